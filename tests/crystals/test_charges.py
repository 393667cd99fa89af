"""Formal charges: statistics propose, bond valence sums judge, and the user sees how they came about."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.charges import guessed_charges
from nzsp_surfaces.crystals.crystal import crystal
from nzsp_surfaces.crystals.material import material
from nzsp_surfaces.crystals.valence_sums import MOST_ATOMS, bond_valence_sums, told_charges
from support.crystals import ionic, published, structure

Sites = list[tuple[str, list[float]]]
CRYSTALS: dict[str, tuple[str, Lattice, Sites]] = {
    # Fleet, Acta Cryst. B 37, 917 (1981)
    "magnetite": (
        "Fd-3m", Lattice.cubic(8.3941),
        [("Fe", [0, 0, 0]), ("Fe", [0.625, 0.625, 0.625]), ("O", [0.3799, 0.3799, 0.3799])],
    ),
    # Gavarri and Weigel, J. Solid State Chem. 13, 252 (1975)
    "minium": (
        "P4_2/mbc", Lattice.tetragonal(8.811, 6.563),
        [("Pb", [0, 0.5, 0.25]), ("Pb", [0.1405, 0.1613, 0]), ("O", [0.6717, 0.1717, 0.25]),
         ("O", [0.0961, 0.6347, 0])],
    ),
    # Hall, Szymanski and Stewart, Can. Mineral. 16, 131 (1978)
    "stannite": (
        "I-42m", Lattice.tetragonal(5.449, 10.757),
        [("Fe", [0, 0, 0]), ("Cu", [0, 0.5, 0.25]), ("Sn", [0, 0, 0.5]), ("S", [0.7551, 0.7551, 0.8702])],
    ),
}  # fmt: skip


def written(name: str) -> Structure:
    group, lattice, sites = CRYSTALS[name]
    return Structure.from_spacegroup(group, lattice, [e for e, _ in sites], [x for _, x in sites])


@pytest.mark.parametrize(
    ("name", "charge"), [("magnetite", ("Fe", 8 / 3)), ("minium", ("Pb", 8 / 3)), ("LiMn2O4", ("Mn", 3.5))]
)
def test_mixed_valence_is_a_part_of_a_charge(name: str, charge: tuple[str, float]) -> None:
    """Of d metals, and of lead where its sites have different bond valence sums."""
    given = published("limn2o4").crystal.structure if name == "LiMn2O4" else written(name)
    assert crystal(given).charges[charge[0]] == pytest.approx(charge[1])


def test_an_implausible_guess_is_refused_with_two_candidates_that_balance() -> None:
    """Both are read as they are written, and balance."""
    odd = Structure(
        Lattice.cubic(6.0), [*"SSSNNC", "Cl"], [[i / 7, (3 * i % 7) / 7, (5 * i % 7) / 7] for i in range(7)]
    )
    with pytest.raises(UserError, match="not plausible") as error:
        crystal(odd)
    assert "--charges" in str(error.value)
    assert "'charges'" in str(error.value)
    offers = str(error.value).split("such as ")[1].split(" or ")
    assert len(offers) == 2
    for offer in offers:
        crystal(odd, {part.split("=")[0]: float(part.split("=")[1]) for part in offer.split(",")})


def test_without_whole_charges_none_at_all_are_offered() -> None:
    """A boride is refused with a way to cut it: nothing in it is ionic."""
    boride = Structure.from_spacegroup(
        "R-3m", Lattice.hexagonal(3.011, 20.93), ["Mo", "B", "B", "B"],
        [[0, 0, 0.075], [0, 0, 0.333], [0, 0, 0.186], [0, 0, 0.5]],
    )  # fmt: skip
    with pytest.raises(UserError, match=r"B -1\.8.*Mo=0"):
        crystal(boride)
    assert not any(crystal(boride, {"Mo": 0, "B": 0}).charges.values())


def test_bond_valence_overrules_statistics_and_says_so() -> None:
    """Stannite is Cu2+ Fe2+ Sn4+ by its bond lengths, whatever is more frequent."""
    known = material("stannite", written("stannite"), None, None, None, "stannite")
    assert known.crystal.charges == {"Cu": 1, "Fe": 2, "Sn": 4, "S": -2}
    assert "chosen by bond valence" in known.notes[0]
    assert "Sn +2" in known.notes[0]


@pytest.mark.parametrize("name", ["nzp", "lifepo4", "calcite", "rutile", "corundum", "barite", "llzo", "brucite"])
def test_bond_valence_sums_are_near_the_charges(name: str) -> None:
    """Within the larger of 0.7 and a quarter, in oxides of the literature; nothing speaks against their charges."""
    known = published(name).crystal
    for element, total in bond_valence_sums(known.structure, known.charges).items():
        charge = abs(known.charges[element])
        assert abs(total - charge) < max(0.7, 0.25 * charge)
    assert "speak against" not in told_charges(known.structure, known.charges, "given")


def test_sums_of_cations_and_anions_are_the_same_total() -> None:
    """Each bond counts at both its ends."""
    known = ionic("NZP")
    sums, counts = bond_valence_sums(known.structure, known.charges), known.counts
    signed = sum(sums[e] * n * (1 if known.charges[e] > 0 else -1) for e, n in counts.items())
    assert signed == pytest.approx(0, abs=1e-9)


def test_wrong_charges_that_are_given_are_taken_and_told() -> None:
    """The user decides; the witness is heard."""
    wrong = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.21), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    known = material("MgO", wrong, {"Mg": 1, "O": -1}, None, None, "MgO")
    assert known.crystal.charges == {"Mg": 1, "O": -1}
    assert "(given; bond valence sums" in known.notes[0]
    assert "speak against Mg and O" in known.notes[0]


def test_how_charges_came_about_is_told() -> None:
    """Guessed from statistics, from molecular ions, given; and nothing of metals."""
    assert "statistics of oxidation states; bond valence sums" in _note("calcite")
    assert "(given;" in published("calcite").notes[0]
    assert ionic("CuAu").charges_from == "a metal"
    assert told_charges(ionic("CuAu").structure, ionic("CuAu").charges, "a metal") == ""


def _note(name: str) -> str:
    return material(name, structure(name), None, None, None, name).notes[0]


def test_large_cells_are_not_summed() -> None:
    """And it is said."""
    large = structure("NaCl") * (5, 4, 4)
    assert len(large) > MOST_ATOMS
    assert "too many atoms" in told_charges(large, {"Na": 1, "Cl": -1}, "given")
    found = guessed_charges(large, "NaCl")
    assert found is not None
    assert found.charges == {"Na": 1, "Cl": -1}
