"""Hydroxides, hydrates and acid salts are cut without options, and hydrogen bonds count as the weak bonds they are."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest
from pymatgen.core import Lattice, PeriodicSite, Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.bonds import crystal_bonds, find_units
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.crystals.hydrogen_bonds import hydrogen_bonds
from nzsp_surfaces.crystals.material import Material, material
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.survey import PlaneSurvey, every_plane, survey_plane
from support.crystals import ionic
from support.hydrates import HYDRATES, hydrate, known

OPTIONS = SlabOptions()


@cache
def planes(name: str) -> tuple[PlaneSurvey, ...]:
    """The four densest planes."""
    return tuple(survey_plane(known(name), plane, OPTIONS) for plane in every_plane(known(name), 1)[:4])


def waters(found: Material) -> Counter[str]:
    """How many units hold hydrogen, by what they are made of."""
    symbols = found.crystal.symbols
    units = find_units(found.crystal, found.polyanions)
    formulas = ("".join(sorted(symbols[site] for site, _ in unit.members)) for unit in units)
    return Counter(formula for formula in formulas if "H" in formula)


@pytest.mark.parametrize("name", HYDRATES)
def test_hydrates_are_cut_without_any_option(name: str) -> None:
    """Most planes have slabs that pass the certificate; hydrogen is never shared between the faces as mobile."""
    found = known(name)
    assert "H" not in found.mobile
    assert {"H": 1, "O": -2}.items() <= found.crystal.charges.items()
    cut = [plane.surfaces[0].cut for plane in planes(name) if plane.surfaces]
    assert len(cut) >= 3
    for each in cut:
        slab = build(each, found.crystal, 15.0)
        assert certify(slab, found.crystal.charges, found.polyanions, found.framework).failure is None


def test_water_and_hydroxide_are_units_of_their_own() -> None:
    """Gypsum holds two waters for each sulfate, the hydroxide monohydrate both."""
    assert waters(known("gypsum")) == {"HHO": 4}
    assert waters(known("LiOH.H2O")) == {"HHO": 2, "HO": 2}
    assert waters(known("gibbsite")) == {"HO": 24}


@pytest.mark.parametrize(("name", "plane"), [("gypsum", (0, 1, 0)), ("gibbsite", (0, 0, 1))])
def test_cleavage_goes_through_hydrogen_bonds_alone(name: str, plane: tuple[int, ...]) -> None:
    """The perfect cleavage of gypsum and gibbsite breaks no bond of the framework, and is told what it breaks."""
    best = min((s for p in planes(name) for s in p.surfaces), key=lambda s: (s.cut.broken, s.cut.valence))
    assert best.cut.miller == plane
    assert best.cut.broken == 0
    assert best.cut.valence > 0
    assert {(row.cation, row.anion) for row in best.broken} == {("H", "O")}


def test_of_equal_cuts_that_with_fewer_hydrogen_bonds_comes_first() -> None:
    """Two cuts of (11-1) of gibbsite break as many Al-O bonds of the same valence."""
    cuts = {s.cut.termination: s for s in survey_plane(known("gibbsite"), (1, 1, -1), OPTIONS).surfaces}
    first, second = ({row.cation: row for row in cuts[n].broken} for n in (1, 2))
    assert first["Al"].valence == pytest.approx(second["Al"].valence, rel=1e-3)
    assert first["H"].valence < second["H"].valence


def test_where_nothing_else_holds_ions_together_hydrogen_bonds_are_what_breaks() -> None:
    """Every slab of ammonium chloride breaks some."""
    cell = Lattice.cubic(3.8758)
    salt = Structure.from_spacegroup(
        "P-43m", cell, ["N", "Cl", "H"], [[0, 0, 0], [0.5, 0.5, 0.5], [0.153, 0.153, 0.153]]
    )
    found = material("NH4Cl", salt, None, None, None, "NH4Cl")
    cuts = [s.cut for plane in every_plane(found, 1) for s in survey_plane(found, plane, OPTIONS).surfaces]
    assert cuts
    assert all(cut.broken > 0 for cut in cuts)


@pytest.mark.parametrize("name", ["gypsum", "goethite", "LiOH.H2O", "gibbsite"])
def test_hydrogen_bonds_are_short_and_straight(name: str) -> None:
    """H...O below 2.5 Å and beyond the proton's own oxygen, D-H...O above 120 degrees; none is a bond of ions."""
    crystal = known(name).crystal
    found, own = (
        hydrogen_bonds(crystal),
        {b.cation: b for b in crystal_bonds(crystal) if crystal.symbols[b.cation] == "H"},
    )
    assert found
    assert not set(found) & set(crystal_bonds(crystal))
    for bond in found:
        ends = [
            (crystal.fractions[b.anion] + b.offset - crystal.fractions[b.cation]) @ crystal.structure.lattice.matrix
            for b in (own[bond.cation], bond)
        ]
        assert np.linalg.norm(ends[1]) == pytest.approx(bond.length)
        assert 1.2 < bond.length < 2.5
        assert ends[0] @ ends[1] < -0.5 * np.linalg.norm(ends[0]) * np.linalg.norm(ends[1])


@pytest.mark.parametrize(("name", "count"), [("gypsum", 8), ("portlandite", 0), ("goethite", 4)])
def test_the_literature_s_hydrogen_bonds_are_found(name: str, count: int) -> None:
    """One for each proton of gypsum's water and of goethite, none in portlandite (Busing and Levy 1957)."""
    assert len(hydrogen_bonds(known(name).crystal)) == count


def test_without_protons_there_is_no_hydrogen_bond() -> None:
    """Nor of hydrides."""
    hydride = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.88), ["Na", "H"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    assert hydrogen_bonds(material("NaH", hydride, None, None, None, "NaH").crystal) == ()
    assert hydrogen_bonds(ionic("NZP")) == ()


def test_a_proton_in_the_middle_stays_with_neither_side() -> None:
    """As KH2PO4 has it above its Curie point; moved to one side, as in Slater's order, it is kept in H2PO4."""
    middle = known("KDP")
    assert [str(p) for p in middle.polyanions] == ["PO4"]
    assert any("in the middle" in note for note in middle.notes)
    ordered = material("KDP", polarised(hydrate("KDP")), None, None, None, "KDP")
    assert set(waters(ordered)) == {"HHOOOOP"}
    assert ordered.mobile == {"K"}


def polarised(kdp: Structure) -> Structure:
    """Each proton 0.2 Å nearer to that of its two oxygens which lies above its phosphorus (J. C. Slater, 1941)."""
    moved = kdp.copy()
    for i in [n for n, site in enumerate(kdp) if site.specie.symbol == "H"]:
        near = [n for n in kdp.get_neighbors(kdp[i], 1.3) if n.specie.symbol == "O"]
        upper = next(o for o in near if _above_phosphorus(kdp, o))
        moved[i] = "H", kdp.lattice.get_fractional_coords(kdp[i].coords + 0.2 * (upper.coords - kdp[i].coords) / 1.26)
    return moved


def _above_phosphorus(kdp: Structure, oxygen: PeriodicSite) -> bool:
    near = min(kdp.get_neighbors(oxygen, 1.7), key=lambda n: n.specie.symbol != "P")
    return bool(oxygen.coords[2] > near.coords[2])


MOLECULAR: dict[str, tuple[str, Lattice, dict[str, list[float]]]] = {
    # Kuhs, Finney, Vettier and Bliss, J. Chem. Phys. 81, 3612 (1984): ice VIII, origin 1/4 of a off that of the tables
    "ice VIII": ("I4_1/amd", Lattice.tetragonal(4.656, 6.775), {"O": [0, 0.25, 0.1071], "H": [0, 0.4157, 0.1935]}),
    # Simon and Peters, Acta Cryst. B 36, 2750 (1980)
    "dry ice": ("Pa-3", Lattice.cubic(5.624), {"C": [0, 0, 0], "O": [0.1185, 0.1185, 0.1185]}),
}


@pytest.mark.parametrize("name", MOLECULAR)
def test_only_neutral_pieces_are_molecules(name: str) -> None:
    """Ice and dry ice are refused, hydrogen bonds or not."""
    group, lattice, sites = MOLECULAR[name]
    whole = Structure.from_spacegroup(group, lattice, list(sites), list(sites.values()))
    with pytest.raises(UserError, match="separate molecules"):
        material(name, whole, None, None, None, name)
