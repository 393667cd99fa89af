"""Small crystals side by side: what they hold, where their ions are, and which sums come first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher

from nzsp_surfaces.mixtures.cells import compact_multiples, mixed_cell
from nzsp_surfaces.mixtures.composed import Part, composed, lowest_sums, part
from nzsp_surfaces.mixtures.ranking import ranked
from nzsp_surfaces.study.mixtures import MixtureKeys, mixtures_of
from support.nasicon import ends, filled

STRUCTURES = Path(__file__).parents[2] / "inputs" / "structures"


def crystals(energies: dict[float, float], shift: float = 0.0) -> list[Part]:
    """One for each composition, with an energy; their ions shaken, and shifted as a whole.

    Args:
        energies: eV by composition.
        shift: in fractions of the cell.
    """
    found = []
    for x, energy in energies.items():
        shared, cell = filled(x, 1)
        codes = ranked(cell, 3, seed=1).at(1).codes
        relaxed = cell.structure(codes).perturb(0.1)
        relaxed.translate_sites(range(len(relaxed)), [shift] * 3)
        found.append(part(shared, codes, relaxed, energy))
    return found


def test_crystals_side_by_side_hold_the_composition() -> None:
    """Four kinds of parts make up x = 2.4 in many ways, each with all its ions; no two ways are images."""
    shared, cell = filled(2.4, 5)
    parts = crystals({1.5: -0.4, 2.0: -0.5, 2.5: -0.1, 3.0: 0.0})
    ways = composed(shared, cell, parts, 12, [1])
    assert len(ways) == 12
    assert {way.structure.composition.reduced_formula for way in ways} == {"Na17Zr10Si12(PO20)3"}
    assert len({way.codes.tobytes() for way in ways}) == 12


@pytest.mark.parametrize("cells", [2, 3, 4])
def test_one_crystal_in_all_cells_is_that_crystal(cells: int) -> None:
    """Wherever its origin has drifted to: the same atoms in the same places, so many times."""
    shared, cell = filled(2.0, cells)
    (one,) = crystals({2.0: 0.0}, shift=0.02)
    (way,) = composed(shared, cell, [one], 5, [1])
    small = mixed_cell(shared, compact_multiples(shared.lattice, 1)).structure(one.codes)
    for atom, move in enumerate(one.moves[np.flatnonzero(one.codes)]):
        small.translate_sites([atom], move)
    assert StructureMatcher(scale=False, primitive_cell=True).get_rms_dist(way.structure, small)[0] < 1e-6


def test_the_lowest_sums_are_those_of_all_sums() -> None:
    """As found by trying all ways of taking five of seven parts."""
    _, cell = filled(2.4, 5)
    energies = {0.0: 0.0, 0.5: -0.04, 1.0: -0.2, 1.5: -0.4, 2.0: -0.6, 2.5: -0.18, 3.0: 0.01}
    found = lowest_sums(cell, crystals(energies), 5, 8)
    numbers = np.stack(np.meshgrid(*[np.arange(6)] * 7, indexing="ij"), axis=-1).reshape(-1, 7)
    whole = numbers[(numbers.sum(axis=1) == 5) & (numbers @ np.arange(7) == 24)]
    sums = np.sort(whole @ np.array(list(energies.values())))[:8]
    assert [energy for energy, _ in found] == pytest.approx(sums.tolist())


def test_parts_are_what_one_primitive_cell_holds() -> None:
    """Half a silicon per formula unit is the step; one cell needs no parts, and where none fit none are planned."""
    keys = MixtureKeys(ends=("NZP", "NZS"), x_of_ends=(0.0, 3.0), x=(2.0, 2.4))
    small, large = mixtures_of({"NaSICON": keys}, ends(), Path("study.yaml"))
    assert small.parts == ()
    assert [each.x for each in large.parts] == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
    assert [round(each.atoms) for each in large.parts] == [36, 37, 38, 39, 40, 41, 42]
