"""A hop moves what lies at the faces, both alike, and leaves polyanions whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.crystals.bonds import broken_polyanions
from nzsp_surfaces.crystals.certificate import turns_over
from nzsp_surfaces.slabs.hopping import NEAREST, Group, Hop, Movable, groups, hopped, least_distances, outer_atoms
from nzsp_surfaces.tasks.building import SlabStart

TABLE_1 = Path(__file__).parents[2] / "inputs" / "table1.yaml"
CHARGES = {"Na": 1.0, "Zr": 4.0, "P": 5.0, "O": -2.0}
"""Of NaZr2(PO4)3."""
ALL = Hop(share=1.0)


@pytest.fixture(scope="module")
def slab() -> SlabStart:
    """NaZr2(PO4)3 (1-102) as it is cut."""
    study = load_study(TABLE_1)
    (task,) = (task for task in make_plan(study).tasks if task.id == "NZP/1-102/bare/1")
    crystal = task.inputs.building.crystal
    built: SlabStart = task.inputs.building.start(task.inputs.arrangements[0], crystal.structure, 0.0)
    return built


@pytest.fixture(scope="module")
def known(slab: SlabStart) -> tuple[Group, ...]:
    """Its phosphates."""
    polyanions = load_study(TABLE_1).materials[0].polyanions
    return groups(slab.structure, CHARGES, polyanions)


def moved(slab: SlabStart, known: tuple[Group, ...], seed: int = 1, hop: Hop = ALL) -> Structure:
    """The slab after a hop in which all that lies at the faces moves."""
    usual = least_distances(slab.structure)
    movable = Movable(slab.flip, known, outer_atoms(slab.structure, hop.depth), slab.held)
    return hopped(slab.structure, movable, hop, np.random.default_rng(seed), usual)


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
    after = moved(slab, known, seed, shallow := Hop(depth=2.0, share=1.0))
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
    assert np.array_equal(moved(slab, known).cart_coords, moved(slab, known).cart_coords)
    assert not np.allclose(moved(slab, known, 1).cart_coords, moved(slab, known, 2).cart_coords)
    still = moved(slab, known, 1, Hop(angle=0.0, shift=0.0))
    assert np.allclose(still.cart_coords, slab.structure.cart_coords, atol=1e-9)


def test_what_is_held_stays_with_its_whole_polyanion(slab: SlabStart, known: tuple[Group, ...]) -> None:
    """As the frozen middle of a slab; all else moves."""
    group = known[0]
    after = moved(replace(slab, held=(group.ligands[0],)), known)
    distance = np.linalg.norm(after.cart_coords - slab.structure.cart_coords, axis=1)
    own = [group.centre, *group.ligands]
    assert distance[[*own, *slab.flip.partners[own]]].max() < 1e-9
    assert distance.max() > 0.1


def test_whole_polyanions_stay_whole_by_count(slab: SlabStart, known: tuple[Group, ...]) -> None:
    """As the rule of slabs counts them."""
    polyanions = load_study(TABLE_1).materials[0].polyanions
    assert broken_polyanions(slab.structure, CHARGES, polyanions) == 0
    gentle = moved(slab, known, 1, Hop(share=1.0, angle=5.0, shift=0.05))
    assert broken_polyanions(gentle, CHARGES, polyanions) == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_no_hop_brings_ions_too_near(slab: SlabStart, known: tuple[Group, ...], seed: int) -> None:
    """However far it would move them: a potential has holes where no two atoms ever were."""
    after = moved(slab, known, seed, Hop(share=1.0, angle=90.0, shift=3.0))
    assert (least_distances(after) >= NEAREST * least_distances(slab.structure)).all()
    assert np.linalg.norm(after.cart_coords - slab.structure.cart_coords, axis=1).max() > 0.1


def test_least_distances_are_those_of_the_nearest_atoms(slab: SlabStart) -> None:
    """Of sodium, oxygen, phosphorus and zirconium, in this order: P-O is a bond, P-P is none; both orders agree."""
    least = least_distances(slab.structure)
    assert least == pytest.approx(least.T)
    assert least[1, 2] == pytest.approx(1.53, abs=0.03)
    assert least[2, 2] > 3.5
