"""Mixtures that keep an inversion: what is drawn, what is composed, and what relaxes with its cell."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.calculators.emt import EMT
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.crystals.tolerance import dataset
from nzsp_surfaces.engines.ase.engine import AseEngine
from nzsp_surfaces.engines.base import RelaxSettings
from nzsp_surfaces.mixtures.composed import Part, composed, part
from nzsp_surfaces.mixtures.inversion import flip_of, inversions
from nzsp_surfaces.mixtures.ranking import ranked
from nzsp_surfaces.mixtures.symmetry import permutations, representative
from nzsp_surfaces.study.mixtures import Mixture, MixtureKeys, mixtures_of
from support.nasicon import ends, filled
from support.relaxing import silent

STRUCTURES = Path(__file__).parents[2] / "inputs" / "structures"
RELAX = RelaxSettings(force=0.01, max_steps=200, cell=True)


def mixtures(*x: float, supercell: tuple[tuple[int, ...], ...] = ()) -> tuple[Mixture, ...]:
    """As a study asks for them."""
    keys = MixtureKeys(ends=("NZP", "NZS"), x_of_ends=(0.0, 3.0), x=x, inversion=True, supercell=supercell)
    return mixtures_of({"NaSICON": keys}, ends(), Path("study.yaml"))


def has_inversion(structure: Structure, symprec: float) -> bool:
    """As spglib finds it, Å."""
    return any((turn == -np.eye(3)).all() for turn in dataset(structure, symprec).rotations)


@pytest.mark.parametrize(("x", "cells"), [(1.0, 1), (2.0, 1), (1.2, 5), (2.4, 5)])
def test_what_is_drawn_with_an_inversion_is_its_own_image(x: float, cells: int) -> None:
    """And holds what the cell is to hold; for an odd number of sodium, as of x = 1.2, one lies on a fixed site."""
    _, cell = filled(x, cells)
    drawn = ranked(cell, 20, seed=1, inversion=True).configurations
    assert len(drawn) > 2
    for each in drawn:
        assert has_inversion(cell.structure(each.codes), 1e-3)
        for sites in cell.sublattices:
            assert sorted(each.codes[sites.sites]) == sorted(sites.codes)


def test_all_ways_with_an_inversion_are_drawn() -> None:
    """x = 2 in one primitive cell: 12 of 420 ways are their own images, three that no operation maps on each other."""
    _, cell = filled(2.0, 1)
    (inversion,), (sodium, shared) = inversions(cell), cell.mixed
    own = []
    for empty, phosphorus in itertools.product(
        itertools.combinations(sodium.sites, 2), itertools.combinations(shared.sites, 2)
    ):
        codes = cell.filling
        codes[sodium.sites], codes[shared.sites] = cell.table.index("Na"), cell.table.index("Si")
        codes[list(empty)], codes[list(phosphorus)] = 0, cell.table.index("P")
        own += [codes] if inversion.keeps(codes) else []
    assert len(own) == 12
    distinct = {representative(codes, permutations(cell)) for codes in own}
    assert len(distinct) == len(ranked(cell, 60, seed=1, inversion=True).configurations) == 3


def test_an_odd_number_of_what_has_no_fixed_site_is_refused() -> None:
    """One silicon in five cells, of which no place is its own image: x = 0.1; x = 0.5 takes two cells for its pair."""
    with pytest.raises(UserError, match=r"holds 0\.1 in whole ions with an inversion; the nearest are 0 or 0\.2"):
        mixtures(0.1)
    half, large = mixtures(0.5, 2.4)
    assert half.cells == 2
    assert [round(each.x or 0.0, 6) for each in large.parts] == [0, 1, 2, 3]


def parts(energies: dict[float, float]) -> list[Part]:
    """A crystal with an inversion for each composition, its ions off their sites."""
    found = []
    for x, energy in energies.items():
        shared, cell = filled(x, 1)
        codes = ranked(cell, 9, seed=1, inversion=True).at(1).codes
        structure = cell.structure(codes)
        flip = flip_of(cell, codes, structure)
        shifts = flip.average(np.random.default_rng(1).normal(scale=0.1, size=(len(structure), 3)))
        moved = Structure(
            structure.lattice, structure.species, structure.cart_coords + shifts, coords_are_cartesian=True
        )
        found.append(part(shared, codes, moved, energy))
    return found


def test_crystals_side_by_side_become_their_own_image() -> None:
    """x = 2.4 of three crystals of x = 2 and two of x = 3: all ions are there, and no two ways are images."""
    shared, cell = filled(2.4, 5)
    ways = composed(shared, cell, parts({0.0: 0.0, 2.0: -0.6, 3.0: 0.0}), 12, [1], inversion=True)
    assert len(ways) > 1
    for way in ways:
        assert way.structure.composition.reduced_formula == "Na17Zr10Si12(PO20)3"
        assert has_inversion(way.structure, 1e-3)
        assert any(each.keeps(way.codes) for each in inversions(cell))
        assert way.structure.distance_matrix[np.triu_indices(len(way.structure), 1)].min() > 1.0
    assert len({representative(way.codes, permutations(cell)) for way in ways}) == len(ways)


class Noisy(EMT):
    """EMT with forces that have noise: what is not held together drifts apart."""

    def calculate(self, *arguments: Any, **more: Any) -> None:
        """Energy, forces and stress."""
        super().calculate(*arguments, **more)
        random = np.random.default_rng(round(1e6 * abs(self.results["energy"])))
        self.results["forces"] = self.results["forces"] + random.normal(scale=1e-3, size=self.results["forces"].shape)


def alloy() -> tuple[Structure, Flip]:
    """Cu6Au2 in a sheared cell, off its places but for an inversion; some atoms are images of themselves."""
    lattice = Lattice([[7.7, 0.3, 0.0], [0.0, 3.6, 0.2], [0.1, 0.0, 3.8]])
    fixed = [[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.5, 0.5]]
    pairs = np.array([[0.27, 0.5, 0.02], [0.25, 0.03, 0.5]])
    structure = Structure(lattice, ["Au", "Au", *["Cu"] * 6], np.concatenate([fixed, pairs, -pairs]) % 1.0)
    return structure, Flip(-np.eye(3), np.zeros(3), np.array([0, 1, 2, 3, 6, 7, 4, 5]))


def test_a_crystal_keeps_its_inversion_while_its_cell_relaxes(tmp_path: Path) -> None:
    """It ends where it ends freely without noise, and with noise in its forces it is as symmetric as before."""
    start, flip = alloy()
    engines = {
        name: AseEngine(EngineIdentity(name, name, "1"), made) for name, made in (("emt", EMT()), ("no", Noisy()))
    }

    def relaxed(engine: str, turned: Flip | None) -> Calculation:
        folder = tmp_path / f"{engine}-{turned is None}"
        folder.mkdir()
        return engines[engine].relax(start, RELAX, folder, silent, turned)

    free, held, noisy, loose = relaxed("emt", None), relaxed("emt", flip), relaxed("no", flip), relaxed("no", None)
    assert held.converged
    assert held.energy == pytest.approx(free.energy, abs=1e-4)
    assert np.allclose(held.structure.lattice.parameters, free.structure.lattice.parameters, atol=1e-2)
    assert [has_inversion(each.structure, 1e-6) for each in (noisy, loose)] == [True, False]
    assert abs(noisy.structure.volume - start.volume) > 1.0


def test_a_layered_cell_is_taken_where_it_is_asked_for() -> None:
    """Five cells along one normal hold x = 2.4 as well; what is no lattice is refused."""
    layered = ((0, 0, 1), (1, -1, 0), (5, 0, 0))
    (found,) = mixtures(2.4, supercell=layered)
    assert (found.multiples, found.cells, round(found.atoms)) == (layered, 5, 204)
    assert all(part.cells == 1 for part in found.parts)
    with pytest.raises(ValueError, match="three vectors"):
        mixtures(2.4, supercell=((1, 0, 0), (2, 0, 0), (0, 0, 1)))
