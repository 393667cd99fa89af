"""Molecular ions are found by themselves, with the right charges, and no cut breaks them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.bonds import Polyanion, broken_polyanions, find_units, parse_polyanion
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.crystals.covalent import covalent_contacts
from nzsp_surfaces.crystals.material import Material, material
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.survey import every_plane, survey_plane

Sites = list[tuple[str, list[float]]]
TETRAHEDRON = [[1.0, 1.0, 1.0], [-1.0, -1.0, 1.0], [-1.0, 1.0, -1.0], [1.0, -1.0, -1.0]]

CRYSTALS: dict[str, tuple[str, Lattice, Sites]] = {
    "brucite": (
        "P-3m1", Lattice.hexagonal(3.15, 4.77),
        [("Mg", [0, 0, 0]), ("O", [1 / 3, 2 / 3, 0.2203]), ("H", [1 / 3, 2 / 3, 0.413])],
    ),
    "diaspore": (
        "Pnma", Lattice.orthorhombic(9.4253, 2.8452, 4.4007),
        [("Al", [0.14463, 0.25, 0.95521]), ("O", [0.1988, 0.75, 0.7119]), ("O", [0.0532, 0.75, 0.1975]),
         ("H", [0.0876, 0.75, 0.4095])],
    ),
    "LiBH4": (
        "Pnma", Lattice.orthorhombic(7.1213, 4.406, 6.6744),
        [("Li", [0.1568, 0.25, 0.1015]), ("B", [0.304, 0.25, 0.4305]), ("H", [0.908, 0.25, 0.928]),
         ("H", [0.404, 0.25, 0.28]), ("H", [0.172, 0.054, 0.428])],
    ),
    "NH4Cl": (
        "P-43m", Lattice.cubic(3.8758), [("N", [0, 0, 0]), ("Cl", [0.5, 0.5, 0.5]), ("H", [0.153, 0.153, 0.153])],
    ),
    "Li2O2": (
        "P6_3/mmc", Lattice.hexagonal(3.183, 7.7258),
        [("Li", [0, 0, 0]), ("Li", [1 / 3, 2 / 3, 0.75]), ("O", [1 / 3, 2 / 3, 0.1497])],
    ),
    "KO2": ("I4/mmm", Lattice.tetragonal(4.03, 6.7), [("K", [0, 0, 0]), ("O", [0, 0, 0.404])]),
    "pyrite": ("Pa-3", Lattice.cubic(5.418), [("Fe", [0, 0, 0]), ("S", [0.385, 0.385, 0.385])]),
    "CaC2": ("I4/mmm", Lattice.tetragonal(3.89, 6.38), [("Ca", [0, 0, 0]), ("C", [0, 0, 0.406])]),
    "skutterudite": ("Im-3", Lattice.cubic(8.205), [("Co", [0.25, 0.25, 0.25]), ("As", [0, 0.335, 0.1585])]),
    "KCN": ("P1", Lattice.cubic(4.6), [("K", [0, 0, 0]), ("C", [0.5, 0.5, 0.375]), ("N", [0.5, 0.5, 0.625])]),
    "KPF6": ("Pm-3m", Lattice.cubic(5.0), [("K", [0.5, 0.5, 0.5]), ("P", [0, 0, 0]), ("F", [0.32, 0, 0])]),
    "NaAlH4": (
        "P1", Lattice.cubic(4.8),
        [("Na", [0.5, 0.5, 0.5]), ("Al", [0, 0, 0]), *(("H", [0.19 * x for x in arm]) for arm in TETRAHEDRON)],
    ),
    "Li4P2S6": (
        "P1", Lattice.orthorhombic(6.5, 6.5, 7.5),
        [("Li", [0.5, 0.5, 0]), ("Li", [0.5, 0, 0.5]), ("Li", [0, 0.5, 0.5]), ("Li", [0.5, 0.5, 0.5]),
         ("P", [0, 0, 0.147]), ("P", [0, 0, -0.147]), ("S", [0.29, 0, 0.25]), ("S", [-0.145, 0.25, 0.25]),
         ("S", [-0.145, -0.25, 0.25]), ("S", [-0.29, 0, -0.25]), ("S", [0.145, -0.25, -0.25]),
         ("S", [0.145, 0.25, -0.25])],
    ),
    "NaH2PO4": (
        "P1", Lattice.cubic(6.0),
        [("Na", [0.5, 0.5, 0.5]), ("P", [0, 0, 0]), *(("O", [0.148 * x for x in arm]) for arm in TETRAHEDRON),
         ("H", [0.25, 0.25, 0.25]), ("H", [-0.25, -0.25, 0.25])],
    ),
    "NaHCO3": (
        "P2_1/c", Lattice.monoclinic(3.51, 9.71, 8.05, 111.85),
        [("Na", [0.4278, 0.0042, 0.7142]), ("C", [0.0767, 0.2367, 0.0713]), ("O", [0.189, 0.3665, 0.071]),
         ("O", [0.172, 0.163, 0.208]), ("O", [-0.165, 0.168, -0.079]), ("H", [0.3, 0.24, 0.3])],
    ),
}  # fmt: skip


def written(name: str) -> Structure:
    group, lattice, sites = CRYSTALS[name]
    return Structure.from_spacegroup(group, lattice, [e for e, _ in sites], [x for _, x in sites])


def found(name: str) -> Material:
    return material(name, written(name), None, None, None, name)


def formulas(known: Material) -> set[str]:
    """What a cut keeps whole, elements in alphabetical order."""
    symbols = known.crystal.symbols
    units = find_units(known.crystal, known.polyanions)
    counts = (Counter(symbols[site] for site, _ in unit.members) for unit in units if len(unit.members) > 1)
    return {"".join(f"{e}{n if n > 1 else ''}" for e, n in sorted(count.items())) for count in counts}


@pytest.mark.parametrize(
    ("name", "units", "charges", "mobile"),
    [
        ("brucite", {"HO"}, {"Mg": 2, "O": -2, "H": 1}, set()),
        ("diaspore", {"HO"}, {"Al": 3, "O": -2, "H": 1}, set()),
        ("LiBH4", {"BH4"}, {"Li": 1, "B": 3, "H": -1}, {"Li"}),
        ("NH4Cl", {"H4N"}, {"N": -3, "H": 1, "Cl": -1}, set()),
        ("Li2O2", {"O2"}, {"Li": 1, "O": -1}, {"Li"}),
        ("KO2", {"O2"}, {"K": 1, "O": -0.5}, {"K"}),
        ("pyrite", {"S2"}, {"Fe": 2, "S": -1}, set()),
        ("CaC2", {"C2"}, {"Ca": 2, "C": -1}, set()),
        ("skutterudite", {"As4"}, {"Co": 3, "As": -1}, set()),
        ("KCN", {"CN"}, {"K": 1, "C": 2, "N": -3}, {"K"}),
        ("KPF6", {"F6P"}, {"K": 1, "P": 5, "F": -1}, {"K"}),
        ("NaAlH4", {"AlH4"}, {"Na": 1, "Al": 3, "H": -1}, {"Na"}),
        ("Li4P2S6", {"P2S6"}, {"Li": 1, "P": 4, "S": -2}, {"Li"}),
        ("NaH2PO4", {"H2O4P"}, {"Na": 1, "H": 1, "P": 5, "O": -2}, {"Na"}),
        ("NaHCO3", {"CHO3"}, {"Na": 1, "H": 1, "C": 4, "O": -2}, {"Na"}),
    ],
)
def test_molecular_ions_are_found(name: str, units: set[str], charges: dict[str, float], mobile: set[str]) -> None:
    """Units, charges and what is mobile follow from the coordinates; the bulk's own groups are whole."""
    known = found(name)
    assert (formulas(known), known.crystal.charges, set(known.mobile)) == (units, charges, mobile)
    assert broken_polyanions(known.crystal.structure, known.crystal.charges, known.polyanions) == 0


@pytest.mark.parametrize("name", ["brucite", "diaspore", "LiBH4", "NH4Cl", "Li2O2", "pyrite", "KPF6", "NaH2PO4"])
def test_slabs_keep_molecular_ions_whole(name: str) -> None:
    """Every slab passes the certificate, and without one atom of a molecular ion it does not."""
    known = found(name)
    group = next(p for p in known.polyanions if p.covalent)
    slabs = 0
    for plane in every_plane(known, 1)[:4]:
        for each in survey_plane(known, plane, SlabOptions()).surfaces[:2]:
            slab = build(each.cut, known.crystal, 15.0)
            assert certify(slab, known.crystal.charges, known.polyanions, known.framework).failure is None
            ends = [(slab[i].specie.symbol, slab[j].specie.symbol, j) for i, j, _, _ in covalent_contacts(slab)]
            torn = slab.copy()
            torn.remove_sites([next(j for a, b, j in ends if (a, b) == (group.centre, group.ligand))])
            assert broken_polyanions(torn, known.crystal.charges, known.polyanions)
            slabs += 1
    assert slabs or name in ("KPF6", "NaH2PO4")


def test_brucite_cleaves_between_its_layers() -> None:
    """(0001) breaks no bond and shares nothing."""
    known = found("brucite")
    best = min((s for p in every_plane(known, 1) for s in survey_plane(known, p, SlabOptions()).surfaces),
               key=lambda s: s.cut.broken)  # fmt: skip
    assert (best.cut.miller, best.cut.broken, best.cut.shared) == ((0, 0, 0, 1), 0.0, "")


def test_neutral_molecules_are_refused() -> None:
    """Water by itself is no ionic crystal."""
    water = Structure(Lattice.cubic(3.6), [*"OHH"], np.array([[0, 0, 0], [0.16, 0.21, 0], [0.16, -0.21, 0]]))
    with pytest.raises(UserError, match="separate molecules"):
        material("water", water, None, None, None, "water")


def test_ionic_hydrides_have_no_molecular_ion() -> None:
    """In NaH and MgH2 hydrogen is a single anion."""
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.88), ["Na", "H"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    known = material("NaH", salt, None, None, None, "NaH")
    assert (known.polyanions, known.crystal.charges) == ((), {"Na": 1, "H": -1})


def test_a_part_of_a_charge_on_hydrogen_is_refused() -> None:
    """A guess that gives hydrogen +0.6 is an average over sites that are none."""
    places = [[0, 0, 0], [0.5, 0.5, 0.5], *([0.2 * i, 0.3, 0.25] for i in range(5))]
    odd = Structure(Lattice.cubic(6), [*"OOHHHHH"], np.array(places))
    with pytest.raises(UserError, match="not plausible"):
        material("odd", odd, None, None, None, "odd")


@pytest.mark.parametrize("name", ["OH", "NH4", "BH4", "O2", "CN", "PF6", "PO4", "SS2"])
def test_names_are_read_as_they_are_written(name: str) -> None:
    """OH has hydrogen as its centre, O2 an oxygen."""
    assert str(parse_polyanion(name)) == name
    assert parse_polyanion("OH") == Polyanion("H", "O", 1)
