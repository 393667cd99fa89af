"""Slabs of one engine on the lattice of another: what strain does and does not change, and what turns them over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.slabs.build import build, flip_of
from nzsp_surfaces.slabs.going_on import flip_found, lies_in, on_lattice, oriented
from support.crystals import ionic, slabs_of

CASES = [("NZP", (1, -1, 0, 2)), ("NZP", (1, 1, -2, 0)), ("NZS", (0, 0, 0, 1)), ("calcite", (1, 0, -1, 4))]


def slab_of(name: str, plane: tuple[int, ...]) -> tuple[Structure, tuple[tuple[int, int, int], tuple[int, int, int]]]:
    """The first slab of a plane, with its in-plane vectors."""
    cut = slabs_of(name, plane)[0][0]
    return build(cut, ionic(name), 12.0), cut.in_plane


def strained(bulk: Structure, strain: np.ndarray) -> Structure:
    """The crystal in a homogeneous strain."""
    return Structure(bulk.lattice.matrix @ (np.eye(3) + strain), bulk.species, bulk.frac_coords)


@pytest.mark.parametrize(("name", "plane"), CASES)
def test_on_its_own_lattice_a_slab_stays_as_it_is(name: str, plane: tuple[int, ...]) -> None:
    """Atoms keep their order and all distances."""
    slab, in_plane = slab_of(name, plane)
    bulk = ionic(name).structure
    same = on_lattice(slab, bulk, bulk, in_plane, None)
    assert same.distance_matrix == pytest.approx(slab.distance_matrix, abs=1e-8)
    assert same.species == slab.species


@pytest.mark.parametrize(("name", "plane"), CASES)
def test_a_slab_of_the_strained_crystal_is_the_strained_slab(name: str, plane: tuple[int, ...]) -> None:
    """Cutting and straining go in either order, whatever the strain, and the vacuum is as wanted."""
    slab, in_plane = slab_of(name, plane)
    random = np.random.default_rng(3).normal(0, 0.01, (3, 3))
    bulk = ionic(name).structure
    moved = on_lattice(slab, bulk, strained(bulk, random), in_plane, 9.0)
    there = on_lattice(moved, strained(bulk, random), bulk, in_plane, 12.0)
    assert lies_in(moved, strained(bulk, random), in_plane)
    assert moved.lattice.c - np.ptp(moved.cart_coords[:, 2]) == pytest.approx(9.0)
    assert there.distance_matrix == pytest.approx(slab.distance_matrix, abs=1e-6)
    assert moved.lattice.angles[:2] == pytest.approx((90, 90))


@pytest.mark.parametrize(("name", "plane"), CASES)
def test_a_slab_is_told_from_a_slab_of_another_lattice(name: str, plane: tuple[int, ...]) -> None:
    """Half a per cent is another lattice."""
    slab, in_plane = slab_of(name, plane)
    bulk = ionic(name).structure
    assert lies_in(slab, bulk, in_plane)
    assert not lies_in(slab, strained(bulk, 0.005 * np.eye(3)), in_plane)


@pytest.mark.parametrize(("name", "plane"), CASES)
def test_the_oriented_cell_has_the_slabs_vectors_and_one_layer(name: str, plane: tuple[int, ...]) -> None:
    """Whole primitive cells, at the same density, the third vector leaning less than half of the longer one."""
    slab, in_plane = slab_of(name, plane)
    bulk = ionic(name).structure
    multiples = oriented(in_plane, bulk)
    cell = bulk.copy().make_supercell(multiples, in_place=False)
    assert cell.lattice.abc[:2] == pytest.approx(slab.lattice.abc[:2], abs=1e-6)
    assert cell.volume / len(cell) == pytest.approx(bulk.volume / len(bulk))
    area = np.linalg.norm(np.cross(*slab.lattice.matrix[:2]))
    aside = float(np.sqrt(max(0.0, float(cell.lattice.c**2 - (cell.volume / area) ** 2))))
    assert aside <= max(slab.lattice.abc[:2])


@pytest.mark.parametrize(("name", "plane"), CASES)
def test_the_flip_is_found_from_the_atoms_alone(name: str, plane: tuple[int, ...], tmp_path: Path) -> None:
    """It averages displacements as one that the cut knows; a slab whose faces differ has none."""
    slab, _ = slab_of(name, plane)
    flip = flip_found(slab)
    assert flip is not None
    moves = np.random.default_rng(1).normal(0, 0.1, (len(slab), 3))
    alike = slab.copy()
    for site, move in zip(alike, flip.average(moves), strict=True):
        site.coords = site.coords + move
    assert flip_found(alike) is not None
    cut = slabs_of(name, plane)[0][0]
    known = flip_of(cut, ionic(name), slab)
    assert flip.average(known.average(moves)).shape == moves.shape
    top = slab.copy()
    top.translate_sites([int(np.argmax(slab.cart_coords[:, 2]))], [0.3, 0.2, 0.4], frac_coords=False)
    assert flip_found(top) is None


def test_lattices_of_equal_lengths_and_another_angle_are_told_apart() -> None:
    """The angle counts as well."""
    bulk = Structure(Lattice.cubic(4.0), ["Na"], [[0, 0, 0]])
    slanted = Structure(Lattice.from_parameters(4, 4, 20, 90, 90, 92), ["Na"], [[0, 0, 0.5]])
    assert not lies_in(slanted, bulk, ((1, 0, 0), (0, 1, 0)))
