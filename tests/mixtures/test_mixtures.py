"""Mixtures: what a cell holds, how it is filled, and that the ends of a line are the ordered crystals."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.lines import Line2D
from pymatgen.analysis.ewald import EwaldSummation
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.crystal import Crystal, crystal, symmetry_label
from nzsp_surfaces.crystals.reading import load_shared, load_structure
from nzsp_surfaces.mixtures.cells import MixedCell, compact_multiples, mixed_cell
from nzsp_surfaces.mixtures.exchange import exchanged, likely
from nzsp_surfaces.mixtures.ranking import drawn, ranked, settled
from nzsp_surfaces.mixtures.shared import SharedCrystal, overlay, shared_crystal
from nzsp_surfaces.mixtures.sites import farthest, occupancies
from nzsp_surfaces.mixtures.symmetry import permutations
from nzsp_surfaces.report.draw.mixtures import draw_mixture, lower_hull
from nzsp_surfaces.report.draw.style import INK, figure_of
from nzsp_surfaces.study.mixtures import MixtureKeys, mixtures_of
from support.results import mixture_row

STRUCTURES = Path(__file__).parents[2] / "inputs" / "structures"
ENDS = {"NZP": "NaZr2P3O12.cif", "NZS": "Na4Zr2Si3O12.cif"}
CHARGES = {"Na": 1.0, "Zr": 4.0, "Si": 4.0, "P": 5.0, "O": -2.0}


@cache
def ends() -> dict[str, Crystal]:
    """The end members of NaSICON."""
    return {name: crystal(load_structure(STRUCTURES / file), None, name) for name, file in ENDS.items()}


def nasicon(x: float) -> SharedCrystal:
    """Na(1+x)Zr2Si(x)P(3-x)O12 with shared sites."""
    return overlay(ends()["NZP"], ends()["NZS"], x / 3, "NaSICON")


def cell(x: float, cells: int) -> MixedCell:
    """So many primitive cells of it."""
    shared = nasicon(x)
    return mixed_cell(shared, compact_multiples(shared.lattice, cells))


@pytest.mark.parametrize(("x", "end"), [(0.0, "NZP"), (3.0, "NZS")])
def test_the_lowest_of_an_end_is_the_ordered_crystal(x: float, end: str) -> None:
    """Sodium finds Na1 by itself where there are eight places for two ions; the end's atoms are where they were."""
    ranking = ranked(cell(x, 1), 20, seed=1)
    found = ranking.cell.structure(ranking.at(1).codes)
    known = ends()[end].structure
    assert symmetry_label(found) == "R-3c"
    assert found.composition == known.composition
    assert StructureMatcher(scale=False).get_rms_dist(found, known)[0] < 1e-6


def test_the_energy_of_a_filling_is_the_ewald_sum_of_its_crystal() -> None:
    """One sum for unit charges serves every filling."""
    mixed = cell(1.5, 1)
    codes = drawn(mixed, np.random.default_rng(3))
    structure = mixed.structure(codes)
    structure.add_oxidation_state_by_element(CHARGES)
    assert mixed.energy(codes) == pytest.approx(EwaldSummation(structure, acc_factor=12.0).total_energy, abs=1e-3)


def test_settling_keeps_all_ions_and_lowers_the_energy() -> None:
    """Exchanges lose nothing; the worst settled filling lies below the best random one."""
    mixed = cell(2.4, 5)
    starts = [drawn(mixed, np.random.default_rng(seed)) for seed in range(5)]
    ends = [settled(mixed, start, [seed]) for seed, start in enumerate(starts)]
    for start, end in zip(starts, ends, strict=True):
        for part in mixed.sublattices:
            assert sorted(start[part.sites]) == sorted(end[part.sites])
    assert max(map(mixed.energy, ends)) < min(map(mixed.energy, starts))
    assert mixed.structure(ends[0]).composition.reduced_formula == "Na17Zr10Si12(PO20)3"


def test_a_ranking_is_its_seed() -> None:
    """The same seed gives the same fillings, another seed others; energies ascend."""
    one, same, other = (ranked(cell(1.2, 5), 6, seed) for seed in (1, 1, 2))
    assert [c.codes.tolist() for c in one.configurations] == [c.codes.tolist() for c in same.configurations]
    assert [c.energy for c in one.configurations] == sorted(c.energy for c in one.configurations)
    assert one.at(1).codes.tolist() != other.at(1).codes.tolist()


def test_fillings_that_an_operation_maps_on_each_other_count_once() -> None:
    """One silicon and three sodium in a cell: 336 ways, 12 operations, 31 orbits; all are drawn, and none twice."""
    mixed = cell(0.5, 1)
    operations = permutations(mixed)
    assert len(operations) == 12
    assert mixed.ways == 6 * math.comb(8, 3)
    assert len(ranked(mixed, 600, seed=1).configurations) == _orbits(mixed)
    codes = drawn(mixed, np.random.default_rng(1))
    assert {round(mixed.energy(image), 5) for image in codes[operations]} == {round(mixed.energy(codes), 5)}


def _orbits(mixed: MixedCell) -> float:
    """By Burnside's lemma: how many fillings an operation leaves as they are, in the mean of all operations."""
    operations = permutations(mixed)
    minor = [Counter(part.codes.tolist()).most_common()[-1][1] for part in mixed.mixed]
    chosen = [itertools.combinations(part.sites.tolist(), n) for part, n in zip(mixed.mixed, minor, strict=True)]
    kept = [
        all({int(row[site]) for site in sites} == set(sites) for sites in way)
        for way in itertools.product(*chosen)
        for row in operations
    ]
    return sum(kept) / len(operations)


def test_an_exchange_moves_two_ions_and_no_other() -> None:
    """Atoms stay where they were relaxed, but for an ion that goes to an empty site."""
    mixed = cell(1.5, 1)
    codes = ranked(mixed, 3, seed=1).at(1).codes
    structure = mixed.structure(codes)
    structure.perturb(0.05)
    sites = likely(mixed, codes, np.random.default_rng(1))
    after, moved = exchanged(mixed, codes, structure, sites)
    assert set(np.flatnonzero(after != codes)) == set(sites)
    assert moved.composition == structure.composition
    kept = structure.lattice.get_all_distances(moved.frac_coords, structure.frac_coords).min(axis=1) < 1e-9
    assert np.count_nonzero(~kept) <= 1
    again, back = exchanged(mixed, after, moved, sites)
    assert again.tolist() == codes.tolist()
    assert back.composition == structure.composition


def test_sites_are_named_by_their_kinds() -> None:
    """Na1 has two sites of a primitive cell, Na2 six; the shares are those of the filling."""
    shared, mixed = nasicon(2.5), cell(2.5, 1)
    found = occupancies(shared, mixed, ranked(mixed, 5, seed=1).at(1).codes)
    assert 2 * found["Na on Na1"] + 6 * found["Na on Na2"] == pytest.approx(7, abs=1e-3)
    assert found["Si on P/Si"] == pytest.approx(5 / 6, abs=1e-3)


def test_how_far_an_ion_has_left_its_site_is_told() -> None:
    """Whatever the crystal as a whole has drifted; all others are behind by the mean."""
    mixed = cell(2.5, 1)
    codes = drawn(mixed, np.random.default_rng(1))
    structure = mixed.structure(codes)
    structure.translate_sites(range(len(structure)), [0.1, 0.2, 0.3])
    assert farthest(mixed, codes, structure) == pytest.approx(0.0, abs=1e-9)
    structure.translate_sites([3], [1.7, 0.0, 0.0], frac_coords=False)
    assert farthest(mixed, codes, structure) == pytest.approx(1.7 * (1 - 1 / len(structure)), abs=1e-6)


def test_a_file_with_occupancies_is_the_mixture_that_they_say(tmp_path: Path) -> None:
    """Written as a CIF with shared sites and read again, x = 1.5 holds the same ions and the same energies."""
    shared = nasicon(1.5)
    path = tmp_path / "shared.cif"
    Structure(shared.lattice, [dict(site) for site in shared.shares], shared.fractions).to(str(path))
    with pytest.raises(UserError, match=r"disordered.*mixtures"):
        load_structure(path)
    (found,) = mixtures_of({"file": MixtureKeys(structure=path, charges=CHARGES)}, {}, tmp_path / "study.yaml")
    again = mixed_cell(found.shared, found.multiples)
    assert found.cells == 1
    assert ranked(again, 10, 1).at(1).energy == pytest.approx(ranked(cell(1.5, 1), 10, 1).at(1).energy, abs=0.05)


def test_charges_of_a_file_must_balance(tmp_path: Path) -> None:
    """Occupancies that do not add up are told with what they add up to."""
    shared = nasicon(1.5)
    path = tmp_path / "shared.cif"
    Structure(shared.lattice, [dict(site) for site in shared.shares], shared.fractions).to(str(path))
    with pytest.raises(UserError, match=r"add up to \+3\.00 e"):
        shared_crystal(load_shared(path), CHARGES | {"Si": 5.0}, "here")
    with pytest.raises(UserError, match="Si has none"):
        shared_crystal(load_shared(path), {k: q for k, q in CHARGES.items() if k != "Si"}, "here")


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (
            {"x": (2.4,), "max_atoms": 126},
            "no cell of up to 126 sites holds 2.4 in whole ions; the nearest are 2.333 or 2.5",
        ),
        ({"x": (4.0,)}, "4 lies outside its ends, 0 and 3"),
        ({"x": (1.5,), "max_atoms": 40}, "40 are fewer than the 42 sites"),
        ({"x": (1.5,), "ends": ("NZP", "NZA")}, "no material 'NZA'; did you mean '(NZS|NZP)'"),
    ],
)
def test_a_composition_that_no_cell_holds_is_refused(keys: dict[str, object], told: str) -> None:
    """With the nearest ones that some cell holds."""
    given = MixtureKeys(**{"ends": ("NZP", "NZS"), "x_of_ends": (0.0, 3.0)} | keys)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=told):
        mixtures_of({"NaSICON": given}, ends(), Path("study.yaml"))


@pytest.mark.parametrize("keys", [{"draws": 5001}, {"draws": 0}, {"tried": 300}, {"relaxed": 9}, {"x": ()}])
def test_what_a_study_may_not_ask_of_a_mixture(keys: dict[str, object]) -> None:
    """Too many ways of filling a cell, more tried than drawn, no composition."""
    with pytest.raises(ValueError, match="'"):
        MixtureKeys(**{"ends": ("NZP", "NZS"), "x": (1.0,)} | keys)  # type: ignore[arg-type]


def test_ends_that_do_not_lie_on_each_other_are_refused() -> None:
    """Sodium phosphate is no end of NaSICON."""
    other = crystal(load_structure(STRUCTURES / "Na3PO4.cif"), None, "Na3PO4", "standard")
    with pytest.raises(UserError, match="do not lie on each other"):
        overlay(other, ends()["NZS"], 0.5, "here")


def test_two_hundred_configurations_of_the_sample_are_ranked() -> None:
    """x = 2.4 in 204 atoms: nearly all settle in ways of their own, within half an eV per formula unit."""
    mixed = cell(2.4, 5)
    assert len(ranked(mixed, 200, seed=1).configurations) > 350
    starts = ([1, number] for number in range(200))
    energies = [mixed.energy(settled(mixed, drawn(mixed, np.random.default_rng(s)), [*s, 1])) for s in starts]
    assert len({round(energy, 6) for energy in energies}) > 150
    assert 0 < (max(energies) - min(energies)) / 10 < 1.0


def test_no_mixture_of_two_others_lies_below_the_hull() -> None:
    """Points above a line between two others are left out, those on or below it stay."""
    points = [(0.0, 0.0), (0.5, -0.02), (1.0, -0.1), (2.0, -0.22), (2.5, -0.04), (3.0, 0.0)]
    assert lower_hull(points) == [(0.0, 0.0), (2.0, -0.22), (3.0, 0.0)]
    assert lower_hull([(0.0, 0.0), (1.0, -0.2), (2.0, -0.3), (3.0, 0.0)])[1:3] == [(1.0, -0.2), (2.0, -0.3)]


def test_of_several_cells_of_a_composition_the_lowest_counts() -> None:
    """In whichever order they come: the line goes through it, and the points are one a composition."""
    above = [(0.0, 0.0), (2.4, -0.13), (2.4, -0.16), (2.4, -0.12), (3.0, 0.0)]
    ax = figure_of(draw_mixture, [mixture_row(x, energy) for x, energy in above]).axes[0]
    points, hull = (next(line for line in ax.lines if style(line)) for style in (_is_point, _is_hull))
    assert points.get_xydata() == pytest.approx(np.array([[0.0, 0.0], [2.4, -160.0], [3.0, 0.0]]))
    assert hull.get_xydata() == pytest.approx(points.get_xydata())


def _is_point(line: Line2D) -> bool:
    return line.get_marker() == "o"


def _is_hull(line: Line2D) -> bool:
    return line.get_color() == INK and line.get_linestyle() == "-"
