"""A jump puts one ion elsewhere at its face, its image at the other, and nothing else anywhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nzsp_surfaces.crystals.certificate import turns_over
from nzsp_surfaces.slabs.hopping import NEAREST, least_distances
from nzsp_surfaces.slabs.jumping import Jump, jumped
from support.faces import cleaved, movable

JUMP = Jump()


def gone(seed: int) -> tuple[list[int], float]:
    """Numbers of the atoms that a jump of sodium moves, and how far the first goes, Å."""
    slab = cleaved().structure
    rng = np.random.default_rng(seed)
    after = jumped(slab, movable(JUMP.depth), ("Na",), JUMP, rng, least_distances(slab))
    assert after is not None
    far = [a.distance(b) for a, b in zip(slab, after, strict=True)]
    atoms = [int(i) for i in np.flatnonzero(np.array(far) > 1e-6)]
    assert turns_over(after, 0.01)
    assert (least_distances(after) >= NEAREST * least_distances(slab)).all()
    return atoms, far[atoms[0]]


@pytest.mark.parametrize("seed", range(5))
def test_one_ion_and_its_image_jump_and_no_two_come_too_near(seed: int) -> None:
    """At least as far as asked; which it is, chance decides."""
    atoms, far = gone(seed)
    slab = cleaved()
    assert {slab.structure[i].specie.symbol for i in atoms} == {"Na"}
    assert sorted(atoms) == sorted({atoms[0], int(slab.flip.partners[atoms[0]])})
    assert far >= JUMP.far


def test_an_ion_stays_at_its_face() -> None:
    """No deeper than asked: the middle of the slab keeps what it has."""
    slab = cleaved().structure
    heights = slab.cart_coords[:, 2]
    for seed in range(5):
        shallow = replace(JUMP, below=1.0)
        after = jumped(slab, movable(4.0), ("Na",), shallow, np.random.default_rng(seed), least_distances(slab))
        assert after is not None
        moved = after.cart_coords[np.abs(after.cart_coords - slab.cart_coords).max(axis=1) > 1e-6, 2]
        assert (np.minimum(moved - heights.min(), heights.max() - moved) <= 1.0 + 1e-6).all()


def test_equal_seeds_jump_alike() -> None:
    """Other seeds jump elsewhere."""
    assert gone(1) == gone(1)
    assert len({gone(seed)[1] for seed in range(4)}) == 4


def test_what_cannot_jump_stays() -> None:
    """No ion of the kind, all of them held, or no place that is far enough."""
    slab, rng = cleaved().structure, np.random.default_rng(1)
    sodium = tuple(i for i, site in enumerate(slab) if site.specie.symbol == "Na")
    usual = least_distances(slab)
    assert jumped(slab, movable(4.0), ("K",), JUMP, rng, usual) is None
    assert jumped(slab, movable(4.0, held=sodium), ("Na",), JUMP, rng, usual) is None
    assert jumped(slab, movable(4.0), ("Na",), replace(JUMP, far=100.0), rng, usual) is None
