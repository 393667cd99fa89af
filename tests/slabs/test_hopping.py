"""A hop moves what lies at the faces, both alike, and leaves polyanions whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pymatgen.core import Structure

from nzsp_surfaces import load_study
from nzsp_surfaces.crystals.bonds import broken_polyanions
from nzsp_surfaces.crystals.certificate import turns_over
from nzsp_surfaces.slabs.hopping import NEAREST, Group, Hop, groups, hopped, least_distances
from nzsp_surfaces.tasks.building import SlabStart
from support.faces import CHARGES, TABLE_1, cleaved, movable, phosphates

ALL = Hop(share=1.0)


@pytest.fixture(scope="module")
def slab() -> SlabStart:
    """NaZr2(PO4)3 (1-102) as it is cut."""
    return cleaved()


@pytest.fixture(scope="module")
def known() -> tuple[Group, ...]:
    """Its phosphates."""
    return phosphates()


def moved(slab: SlabStart, seed: int = 1, hop: Hop = ALL) -> Structure:
    """The slab after a hop in which all that lies at the faces moves."""
    usual = least_distances(slab.structure)
    return hopped(slab.structure, movable(hop.depth, slab.held), hop, np.random.default_rng(seed), usual)


def test_each_phosphate_is_one_group(slab: SlabStart, known: tuple[Group, ...]) -> None:
    """Four oxygen each, 1.5 Å away, none in two groups, also across the borders of the cell."""
    phosphorus = [i for i, site in enumerate(slab.structure) if site.specie.symbol == "P"]
    assert sorted(group.centre for group in known) == phosphorus
    assert all(len(group.ligands) == 4 for group in known)
    ligands = [ligand for group in known for ligand in group.ligands]
    assert len(ligands) == len(set(ligands))
    assert np.allclose([np.linalg.norm(group.bonds, axis=1) for group in known], 1.53, atol=0.05)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_hop_moves_both_faces_alike_and_keeps_polyanions_whole(
    slab: SlabStart, known: tuple[Group, ...], seed: int
) -> None:
    """Bonds of phosphorus to the digit; nothing deeper than the hop, and a phosphate, has moved."""
    after = moved(slab, seed, shallow := Hop(depth=2.0, share=1.0))
    assert turns_over(after, 0.01)
    again = groups(after, CHARGES, load_study(TABLE_1).materials[0].polyanions)
    assert [group.ligands for group in again] == [group.ligands for group in known]
    before, now = (np.linalg.norm([group.bonds for group in each], axis=2) for each in (known, again))
    assert np.allclose(now, before, atol=1e-6)
    distance = np.linalg.norm(after.cart_coords - slab.structure.cart_coords, axis=1)
    heights = slab.structure.cart_coords[:, 2]
    deep = np.minimum(heights - heights.min(), heights.max() - heights) > shallow.depth + 2.6
    assert deep.any()
    assert distance[deep].max() < 1e-9
    assert distance.max() > 0.1


def test_equal_seeds_hop_alike_and_nothing_moves_by_nothing(slab: SlabStart, known: tuple[Group, ...]) -> None:
    """Another seed hops elsewhere."""
    assert np.array_equal(moved(slab).cart_coords, moved(slab).cart_coords)
    assert not np.allclose(moved(slab, 1).cart_coords, moved(slab, 2).cart_coords)
    still = moved(slab, 1, Hop(angle=0.0, shift=0.0))
    assert np.allclose(still.cart_coords, slab.structure.cart_coords, atol=1e-9)


def test_what_is_held_stays_with_its_whole_polyanion(slab: SlabStart, known: tuple[Group, ...]) -> None:
    """As the frozen middle of a slab; all else moves."""
    group = known[0]
    after = moved(replace(slab, held=(group.ligands[0],)))
    distance = np.linalg.norm(after.cart_coords - slab.structure.cart_coords, axis=1)
    own = [group.centre, *group.ligands]
    assert distance[[*own, *slab.flip.partners[own]]].max() < 1e-9
    assert distance.max() > 0.1


def test_whole_polyanions_stay_whole_by_count(slab: SlabStart, known: tuple[Group, ...]) -> None:
    """As the rule of slabs counts them."""
    polyanions = load_study(TABLE_1).materials[0].polyanions
    assert broken_polyanions(slab.structure, CHARGES, polyanions) == 0
    gentle = moved(slab, 1, Hop(share=1.0, angle=5.0, shift=0.05))
    assert broken_polyanions(gentle, CHARGES, polyanions) == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_no_hop_brings_ions_too_near(slab: SlabStart, known: tuple[Group, ...], seed: int) -> None:
    """However far it would move them: a potential has holes where no two atoms ever were."""
    after = moved(slab, seed, Hop(share=1.0, angle=90.0, shift=3.0))
    assert (least_distances(after) >= NEAREST * least_distances(slab.structure)).all()
    assert np.linalg.norm(after.cart_coords - slab.structure.cart_coords, axis=1).max() > 0.1


def test_least_distances_are_those_of_the_nearest_atoms(slab: SlabStart) -> None:
    """Of sodium, oxygen, phosphorus and zirconium, in this order: P-O is a bond, P-P is none; both orders agree."""
    least = least_distances(slab.structure)
    assert least == pytest.approx(least.T)
    assert least[1, 2] == pytest.approx(1.53, abs=0.03)
    assert least[2, 2] > 3.5
