"""The same slab written in another way, as people and programs do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pymatgen.core import Lattice, Structure

Matrix = npt.NDArray[np.float64]


def rotated(slab: Structure, random: np.random.Generator) -> Structure:
    """Turned in space, or mirrored."""
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    return Structure(Lattice(slab.lattice.matrix @ turn), slab.species, slab.frac_coords)


def in_cell(slab: Structure, change: Matrix) -> Structure:
    """With other vectors of the same lattice, given as rows in multiples of the present ones."""
    return Structure(Lattice(change @ slab.lattice.matrix), slab.species, slab.frac_coords @ np.linalg.inv(change))


def skewed(slab: Structure, random: np.random.Generator) -> Structure:
    """A vector of the plane and the third one tilted, the axes in another order."""
    i, j, k = random.integers(-1, 2, size=3)
    tilted = np.array([[1, i, 0], [0, 1, 0], [j, k, 1]])
    return in_cell(slab, tilted[random.permutation(3)])


def spread(slab: Structure, random: np.random.Generator) -> Structure:
    """Two vectors that both leave the plane: none of the cell's faces is the slab's."""
    return in_cell(slab, np.array([[1, 0, 1], [0, 1, random.integers(-1, 2)], [0, 0, 1]]))


def shifted(slab: Structure, random: np.random.Generator) -> Structure:
    """Another origin, the slab across the border of its cell, and another order of its atoms."""
    fractions = (slab.frac_coords + random.random(3)) % 1.0
    order = random.permutation(len(slab))
    return Structure(slab.lattice, [slab[int(n)].specie for n in order], fractions[order])


def relaxed(slab: Structure, random: np.random.Generator, inner: float = 0.1, outer: float = 0.4) -> Structure:
    """Each atom moved in a direction of its own by a length, Å, that grows from the middle to the faces."""
    heights = slab.cart_coords[:, 2]
    depth = np.abs(heights - 0.5 * (heights.min() + heights.max())) / (0.5 * np.ptp(heights))
    directions = random.normal(size=(len(slab), 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    moves = (inner + (outer - inner) * np.maximum(depth - 1 / 3, 0.0)[:, None] * 1.5) * directions
    return Structure(slab.lattice, slab.species, slab.cart_coords + moves, coords_are_cartesian=True)


def strained(slab: Structure, random: np.random.Generator, most: float = 0.003) -> Structure:
    """The plane strained by up to `most`, the normal left."""
    strain = random.uniform(-most, most, size=3)
    change = np.eye(3) + np.array([[strain[0], strain[2] / 2, 0], [strain[2] / 2, strain[1], 0], [0, 0, 0]])
    return Structure(Lattice(slab.lattice.matrix @ change), slab.species, slab.frac_coords)


def rewritten(slab: Structure, seed: int) -> Structure:
    """In another cell, orientation, place and order of atoms; the geometry as it is."""
    random = np.random.default_rng(seed)
    made = skewed(slab, random)
    made = spread(made, random) if random.random() < 0.3 else made
    return shifted(rotated(made, random), random)


def disguised(slab: Structure, seed: int) -> Structure:
    """Rewritten, strained and relaxed, in a surface cell of up to twice the size; its normal is along z at first."""
    random = np.random.default_rng(seed)
    size = [(1, 1, 1), (1, 2, 1), (2, 1, 1), (1, 1, 1)][int(random.integers(4))]
    return rewritten(relaxed(strained(slab * size, random), random), seed)
