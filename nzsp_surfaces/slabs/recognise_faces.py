"""A name for a face that does not depend on the slab under it: its thickness, its surface cell, how it lies.

Under a face the crystal goes on for ever. Such a half crystal is known by the level up to which each site is filled in
all of the surface cell, and by the places that are filled above. Of all its images under the operations of the crystal
that keep the plane, or turn it over, the first in order is hashed; so the faces of two slabs have one name where they
are the same.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nzsp_surfaces.base.content import digest
from nzsp_surfaces.crystals.crystal import Crystal, Operation
from nzsp_surfaces.crystals.planes import Integers, Matrix, Site, surface_basis

LENGTH = 10
SPAN = 1 << 12
"""Repeats and surface cells that a place is told apart within."""
Rows = Integers
"""(n, 5): site, two coordinates in the plane, level, and 1 for a filled place, or 0 where all are up to this level."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A slab as places of a crystal.

    Attributes:
        in_plane: (2, 3) surface cell vectors in multiples of the primitive ones.
        sites: (n,) of the primitive cell.
        offsets: (n, 3) their lattice translations.
    """

    in_plane: Integers
    sites: Integers
    offsets: Integers

    def of(self, kept: Integers) -> Placed:
        """Those of its places that belong to some sites."""
        own = np.isin(self.sites, kept)
        return Placed(self.in_plane, self.sites[own], self.offsets[own])

    @property
    def places(self) -> tuple[Site, ...]:
        """As cuts have them, each once."""
        rows = zip(self.sites.tolist(), self.offsets.tolist(), strict=True)
        return tuple(dict.fromkeys((site, (i, j, k)) for site, (i, j, k) in rows))

    @property
    def indices(self) -> Integers:
        """(h k l) of its plane on the primitive cell, coprime."""
        indices = np.cross(*self.in_plane)
        return np.asarray(indices // np.gcd.reduce(indices))


def as_placed(in_plane: tuple[tuple[int, ...], ...], sites: tuple[Site, ...]) -> Placed:
    """The slab of a cut."""
    return Placed(np.array(in_plane), np.array([s for s, _ in sites]), np.array([o for _, o in sites]))


@dataclass(frozen=True, eq=False)
class Images:
    """Where the operations of a crystal take its sites: (m, n) site, (m, n, 3) its lattice translation."""

    sites: Integers
    offsets: Integers


@lru_cache(maxsize=64)
def site_images(crystal: Crystal) -> Images:
    """Where each operation takes each site."""
    points = crystal.fractions
    moved = np.array([points @ op.rotation.T + op.translation for op in crystal.operations])
    gaps = moved[:, :, None, :] - points[None, None]
    lengths = np.linalg.norm((gaps - np.rint(gaps)) @ crystal.structure.lattice.matrix, axis=-1)
    lengths[:, crystal.numbers[:, None] != crystal.numbers[None]] = np.inf
    sites = lengths.argmin(axis=-1)
    return Images(sites, np.rint(moved - points[sites]).astype(np.int64))


def moved(crystal: Crystal, slab: Placed, number: int) -> Placed:
    """The slab under an operation of the crystal."""
    images, rotation = site_images(crystal), crystal.operations[number].rotation
    offsets = slab.offsets @ rotation.T + images.offsets[number, slab.sites]
    return Placed(slab.in_plane @ rotation.T, images.sites[number, slab.sites], offsets)


def turned_to(crystal: Crystal, slab: Placed, indices: Integers) -> Placed:
    """The slab, moved by the operation that takes its plane to an equivalent one.

    Raises:
        ValueError: the planes are not equivalent.
    """
    for number, operation in enumerate(crystal.operations):
        image = slab.indices @ np.rint(np.linalg.inv(operation.rotation)).astype(np.int64)
        if np.array_equal(image, indices) or np.array_equal(-image, indices):
            return moved(crystal, slab, number)
    raise ValueError(f"plane {slab.indices.tolist()} is not equivalent to {indices.tolist()}")


def face_names(
    crystal: Crystal, slab: Placed, indices: Integers, without: frozenset[str] = frozenset()
) -> tuple[str, str]:
    """Names of a slab's faces, against the sense of the indices and along it.

    Args:
        indices: (3,) of the slab's plane or of its opposite, coprime, on the primitive cell.
        without: elements that the names leave out.
    """
    kept = np.flatnonzero(~np.isin(crystal.symbols, list(without)))
    slab = slab.of(kept)
    basis = surface_basis(crystal.structure.lattice.matrix, indices)
    cell = np.rint(slab.in_plane @ np.linalg.inv(basis))[:, :2].astype(np.int64)
    operations = _keeping(crystal, basis)
    lower, upper = (_half(crystal, slab, basis, cell, sense) for sense in (-1, 1))
    lower, upper = (half[np.isin(half[:, 0], kept)] for half in (lower, upper))
    of = [crystal.formula, crystal.number, indices.tolist(), sorted(without)]
    down, up = _first_image(lower, cell, operations, -1), _first_image(upper, cell, operations, 1)
    return digest([*of, down])[:LENGTH], digest([*of, up])[:LENGTH]


@dataclass(frozen=True, eq=False)
class _Motion:
    """An operation that keeps a plane, on coordinates along the vectors of its basis.

    Attributes:
        rotation: (3, 3).
        sites: (n,) where it takes each site.
        offsets: (n, 3) lattice translations of these.
    """

    rotation: Integers
    sites: Integers
    offsets: Integers

    @property
    def sense(self) -> int:
        """1 where it keeps the sense of the normal, -1 where it turns it over."""
        return int(self.rotation[2, 2])


def _keeping(crystal: Crystal, basis: Integers) -> list[_Motion]:
    """The operations of the crystal that keep a plane or turn it over."""
    images, inverse = site_images(crystal), np.linalg.inv(basis)
    rotations = [_along(op, basis) for op in crystal.operations]
    return [
        _Motion(rotation, images.sites[n], np.rint(images.offsets[n] @ inverse).astype(np.int64))
        for n, rotation in enumerate(rotations)
        if abs(rotation[2, 2]) == 1 and not rotation[2, :2].any()
    ]


def _along(operation: Operation, basis: Integers) -> Integers:
    return np.rint(np.linalg.inv(basis.T) @ operation.rotation @ basis.T).astype(np.int64)


def _half(crystal: Crystal, slab: Placed, basis: Integers, cell: Integers, sense: int) -> Rows:
    """The half crystal that ends in one face of a slab, filled from the slab's middle on."""
    along = np.rint(slab.offsets @ np.linalg.inv(basis)).astype(np.int64)
    depths = crystal.fractions @ np.rint(np.linalg.inv(basis)[:, 2]).astype(np.int64)
    heights = depths[slab.sites] + along[:, 2]
    starts = _round_up(0.5 * (heights.min() + heights.max()) - depths, sense)
    filled: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
    for site, i, j, level in np.column_stack([slab.sites, _modulo(along[:, :2], cell), along[:, 2]]).tolist():
        if (level - starts[site]) * sense >= 0:
            filled[site, level].add((i, j))
    full = abs(int(round(float(np.linalg.det(cell)))))
    rows: list[tuple[int, ...]] = []
    for site, level in enumerate(starts):
        while len(filled[site, level]) == full:
            del filled[site, level]
            level += sense
        rows.append((site, 0, 0, level - sense, 0))
    rows += [(site, i, j, level, 1) for (site, level), places in filled.items() for i, j in places]
    return np.array(rows, np.int64)


def _round_up(levels: Matrix, sense: int) -> list[int]:
    """The first whole numbers from some levels on, upwards or downwards."""
    return [int(n) for n in sense * np.ceil(sense * levels - 1e-6)]


def _modulo(places: Integers, cell: Integers) -> Integers:
    """(n, 2) places of a plane lattice, the same for all that differ by vectors of a cell."""
    a, b, d = _normal_form(cell)
    turns = places[:, 0] // a
    return np.stack([places[:, 0] - a * turns, (places[:, 1] - b * turns) % d], axis=1)


def _normal_form(cell: Integers) -> tuple[int, int, int]:
    """(a, b, d): the same plane lattice spanned by (a, b) and (0, d), 0 <= b < d."""
    (x, y), (z, w) = cell.tolist()
    while z:
        (x, y), (z, w) = (z, w), (x - x // z * z, y - x // z * w)
    d = abs(w)
    return (x, y % d, d) if x > 0 else (-x, -y % d, d)


def _first_image(rows: Rows, cell: Integers, operations: list[_Motion], sense: int) -> list[int]:
    """The first in order of all images of a half crystal that face up; down where nothing turns it over."""
    turning = [motion for motion in operations if motion.sense == sense]
    cell = _own_period(rows, cell)
    images = [image for motion in turning or operations for image in _written(rows, cell, motion)]
    return [1 if turning else -1, *min(images)]


def _own_period(rows: Rows, cell: Integers) -> Integers:
    """(2, 2) the plane lattice by which a half crystal repeats, which may be finer than the surface cell."""
    own = _coded(rows, cell)
    a, b, d = _normal_form(cell)
    moves = [(i, j) for i in range(a) for j in range(d) if np.array_equal(_coded(_shifted(rows, i, j), cell), own)]
    finest = math.gcd(a, *(i for i, _ in moves))
    across = math.gcd(d, *(j for i, j in moves if i == 0))
    # The move that advances by the least along the first vector: moves are known modulo the cell, (a, b) is none.
    rise = next((j for i, j in moves if i == finest), b)
    return np.array([[finest, rise], [0, across]])


def _shifted(rows: Rows, i: int, j: int) -> Rows:
    return np.asarray(rows + rows[:, 4:] * np.array([0, i, j, 0, 0]))


def _written(rows: Rows, cell: Integers, motion: _Motion) -> Iterator[list[int]]:
    """A half crystal under an operation, with each place of its plane as the origin."""
    points = rows[:, 1:4] @ motion.rotation.T + motion.offsets[rows[:, 0]]
    points[:, 2] -= points[rows[:, 4] == 0, 2].max()
    points[:, :2] *= rows[:, 4:]
    turned = np.column_stack([motion.sites[rows[:, 0]], points, rows[:, 4]])
    a, b, d = _normal_form(cell @ motion.rotation[:2, :2].T)
    for i in range(a):
        for j in range(d):
            yield [a, b, d, *_coded(_shifted(turned, i, j), np.array([[a, b], [0, d]])).tolist()]


def _coded(rows: Rows, cell: Integers) -> Integers:
    """(m,) a number for each place modulo a cell, each once, in ascending order."""
    places = _modulo(rows[:, 1:3], cell)
    code = (rows[:, 0] * SPAN + places[:, 0]) * SPAN + places[:, 1]
    return np.unique((code * SPAN + rows[:, 3] + SPAN // 2) * 2 + rows[:, 4])
