"""Where in a crystal a slab lies that is known by its atoms alone.

The plane vectors of a slab are vectors of the lattice of the crystal, but for a small strain. Every pair of lattice
vectors that has their lengths and their angle is a way of laying the slab into the crystal; which it is, the atoms
decide.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nzsp_surfaces.crystals.planes import Integers, Matrix

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.crystal import Crystal
    from nzsp_surfaces.crystals.extent import FreeSlab

FAR = 1.0
"""Å: an atom further from every site of its element lies on none."""
MIDDLE = (0.3, 0.5)
"""Å, root mean square: as near to their sites lie the middle's atoms, and those of a thin slab whose ions have moved.

Atoms of an oxide that lie anywhere are some 0.85 Å from the nearest site of their element, counted as `FAR` allows.
"""
SAME = 0.02
"""Å: a slab whose atoms are this near to the sites has not relaxed, and no other way can be better."""
PROBED = 4
"""Atoms of the middle at least, however thin the slab."""
LEVELS = (0.0, 0.25, -0.25)
"""Of its thickness from its middle: where a slab is bulk, be there a thick film on one of its faces."""
LEAST_REPEAT = 0.1
"""Å along the normal: planes of higher indices than that fit by chance where a surface cell is large."""
MANY = 2000
"""Pairs of vectors that are looked at, the least strained: very large surface cells of simple crystals have more."""
PROBES = 12
"""Atoms of the middle that are looked at before all of them are."""


@dataclass(frozen=True, eq=False)
class Pose:
    """A way of laying a slab into a crystal.

    Attributes:
        in_plane: (2, 3) the slab's plane vectors in multiples of the crystal's primitive ones.
        sense: 1 where the slab's normal points along the product of these vectors, -1 where against it.
        strain: largest relative change of a length in the plane, from the crystal to the slab.
    """

    in_plane: Integers
    sense: int
    strain: float


@dataclass(frozen=True, eq=False)
class Fit:
    """A slab laid into a crystal.

    Attributes:
        crystal, slab: these.
        pose: how.
        sites: (n,) site of the primitive cell that each atom lies on; -1 for none.
        offsets: (n, 3) lattice translation of that site.
        distances: (n,) Å from it.
        fractions: (n, 3) primitive coordinates of the atoms.
    """

    crystal: Crystal
    slab: FreeSlab
    pose: Pose
    sites: Integers
    offsets: Integers
    distances: Matrix
    fractions: Matrix

    @cached_property
    def misfit(self) -> float:
        """Å, root mean square distance of all atoms from their sites, each counted as `FAR` at most."""
        return _rms(self.distances)

    def misfit_of(self, atoms: Integers) -> float:
        """Å, the same of some atoms."""
        return _rms(self.distances[atoms])


def best_fit(crystal: Crystal, slab: FreeSlab, most: float) -> Fit | str:
    """The way of laying a slab into a crystal in which its atoms lie best, or why there is none.

    Args:
        most: strain of the slab's plane that is allowed.
    """
    ways = poses(crystal, slab, most)
    if not ways:
        a, b = np.linalg.norm(slab.lattice, axis=1)
        return f"no plane of {crystal.formula} has its cell of {a:.2f} by {b:.2f} Å within {most:.1%} of strain"
    for near, level in itertools.product(MIDDLE, LEVELS):
        middle = _around(crystal, slab, level)
        fits: list[Fit] = []
        for fit in (fit for pose in ways for fit in _laid(crystal, slab, pose, middle, near)):
            if fit.misfit < SAME:
                return fit
            fits.append(fit)
        if fits:
            return min(fits, key=lambda fit: (round(fit.misfit, 2), fit.pose.strain))
    return f"its cell fits planes of {crystal.formula}, but the atoms in its middle lie on none of their sites"


def poses(crystal: Crystal, slab: FreeSlab, most: float) -> list[Pose]:
    """All ways of laying a slab's plane vectors into a crystal up to its symmetry, least strained first."""
    pairs, strains = _alike_pairs(crystal, slab, most)
    both = [(pair, sense) for sense in (1, -1) for pair in pairs]
    if not both:
        return []
    kept = _unlike(crystal, np.array([p for p, _ in both]), np.array([s for _, s in both]))
    found = [Pose(both[n][0], both[n][1], float(strains[n % len(pairs)])) for n in kept]
    return sorted(found, key=lambda pose: pose.strain)


def _alike_pairs(crystal: Crystal, slab: FreeSlab, most: float) -> tuple[Integers, Matrix]:
    """(n, 2, 3) pairs of lattice vectors with the lengths and angle of a slab's, and (n,) their strain, least first.

    The first vector is one of each kind only, up to the crystal's symmetry.
    """
    lattice, plane = crystal.structure.lattice.matrix, slab.lattice
    lengths = np.linalg.norm(plane, axis=1)
    vectors = _vectors_within(lattice, float(lengths.max()) * (1 + most))
    points = vectors @ lattice
    norms = np.linalg.norm(points, axis=1)
    first, second = (np.flatnonzero(np.abs(norms / length - 1) <= most + 1e-9) for length in lengths)
    first = first[_first_of_kind(crystal, vectors[first])]
    products = points[first] @ points[second].T
    i, j = np.nonzero(np.abs(products - plane[0] @ plane[1]) <= (2 * most + most**2) * float(np.prod(lengths)) + 1e-9)
    pairs = np.stack([vectors[first[i]], vectors[second[j]]], axis=1)
    strains = _strains(pairs @ lattice, plane)
    repeats = np.gcd.reduce(np.cross(pairs[:, 0], pairs[:, 1]), axis=1) * crystal.structure.volume / slab.area
    fitting = np.flatnonzero((strains <= most) & (repeats > LEAST_REPEAT))
    kept = fitting[np.argsort(strains[fitting], kind="stable")][:MANY]
    return pairs[kept], strains[kept]


def _vectors_within(lattice: Matrix, reach: float) -> Integers:
    """(n, 3) lattice vectors no longer than `reach` Å, but for zero."""
    spans = np.floor(reach * np.linalg.norm(np.linalg.inv(lattice), axis=0) + 1e-9).astype(int)
    axes = [np.arange(-span, span + 1) for span in spans]
    vectors = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    lengths = np.linalg.norm(vectors @ lattice, axis=1)
    return np.asarray(vectors[(lengths <= reach) & (lengths > 0)])


def _strains(cells: Matrix, plane: Matrix) -> Matrix:
    """(n,) largest relative change of a length that takes each of (n, 2, 3) pairs of vectors to two others.

    The squares of the principal stretches are the eigenvalues of one metric over the other, here in closed form.
    """
    (a, b), (_, c) = np.moveaxis(cells @ cells.transpose(0, 2, 1), 0, -1)
    (p, q), (_, r) = plane @ plane.T
    area = a * c - b * b
    solvable = area > 1e-6 * a * c
    half = 0.5 * (c * p - 2 * b * q + a * r)[solvable] / area[solvable]
    apart = np.sqrt(np.maximum(half**2 - (p * r - q * q) / area[solvable], 0.0))
    strains = np.full(len(cells), np.inf)
    stretches = np.sqrt(np.maximum([half - apart, half + apart], 0.0))
    strains[solvable] = np.abs(stretches - 1).max(axis=0)
    return strains


@lru_cache(maxsize=64)
def _turns(crystal: Crystal) -> Integers:
    """(m, 3, 3) rotations of the crystal's operations, each once."""
    return np.unique(np.array([op.rotation for op in crystal.operations]), axis=0)


def _first_of_kind(crystal: Crystal, vectors: Integers) -> NDArray[np.bool_]:
    """(n,) which of some vectors come first in order among their images."""
    images = np.einsum("kij,nj->nki", _turns(crystal), vectors)
    base = 2 * int(np.abs(images).max(initial=0)) + 1
    codes = images @ base ** np.arange(3)
    return np.asarray(vectors @ base ** np.arange(3) == codes.min(axis=1, initial=base**4))


def _unlike(crystal: Crystal, pairs: Integers, senses: Integers) -> Integers:
    """The numbers of the pairs that no operation of the crystal maps on an earlier one."""
    turns = _turns(crystal)
    signs = np.rint(np.linalg.det(turns)).astype(np.int64)
    images = np.einsum("kij,npj->nkpi", turns, pairs).reshape(len(pairs), len(turns), 6)
    base = 2 * int(np.abs(images).max()) + 1
    codes = (images + base // 2) @ base ** np.arange(6, dtype=np.int64) * 2 + (senses[:, None] * signs > 0)
    return np.sort(np.unique(codes.min(axis=1), return_index=True)[1])


@dataclass(frozen=True, eq=False)
class _Places:
    """Sites of a crystal by element: numbers, and (m, 3) primitive coordinates."""

    numbers: dict[str, Integers]
    fractions: dict[str, Matrix]


@lru_cache(maxsize=64)
def _places(crystal: Crystal) -> _Places:
    symbols = np.array(crystal.symbols)
    numbers = {element: np.flatnonzero(symbols == element) for element in crystal.counts}
    return _Places(numbers, {element: crystal.fractions[own] for element, own in numbers.items()})


def _laid(crystal: Crystal, slab: FreeSlab, pose: Pose, middle: Integers, near: float) -> Iterator[Fit]:
    """The slab shifted so that an atom of its middle lies on each site of its element, where the others follow.

    Args:
        middle: numbers of its atoms.
        near: Å, root mean square distance of these from their sites.
    """
    if not len(middle):
        return
    unshifted = slab.points @ _turn(crystal, slab, pose)
    places = _places(crystal)
    anchor = min(middle[: len(middle) // 2 + 1], key=lambda atom: len(places.numbers[slab.symbols[atom]]))
    for site in places.fractions[slab.symbols[anchor]]:
        fractions = unshifted + (site - unshifted[anchor])
        if _rms(_on_sites(crystal, slab, fractions, middle[:PROBES]).distances) > 2 * near:
            continue
        fractions = fractions - _drift(crystal, slab, fractions, middle)
        if _rms(_on_sites(crystal, slab, fractions, middle).distances) <= near:
            found = _on_sites(crystal, slab, fractions, np.arange(len(fractions)))
            yield Fit(crystal, slab, pose, found.sites, found.offsets, found.distances, fractions)


def _turn(crystal: Crystal, slab: FreeSlab, pose: Pose) -> Matrix:
    """(3, 3) from positions in the slab's frame to primitive coordinates, the strain of its plane undone."""
    lattice = crystal.structure.lattice.matrix
    u, v = pose.in_plane @ lattice
    normal = pose.sense * np.cross(u, v) / np.linalg.norm(np.cross(u, v))
    own = np.array([*slab.lattice, slab.normal])
    return np.asarray(np.linalg.inv(own) @ np.array([u, v, normal]) @ np.linalg.inv(lattice))


def _around(crystal: Crystal, slab: FreeSlab, level: float) -> Integers:
    """The atoms of a third of a slab that the crystal has elements for, those nearest to a level of it first."""
    own = np.flatnonzero(np.isin(slab.symbols, list(crystal.counts)))
    if not len(own):
        return own
    extent = float(np.ptp(slab.heights[own]))
    away = np.abs(slab.heights[own] - slab.heights[own].min() - (0.5 + level) * extent)
    return own[np.argsort(away, kind="stable")][: max(int(np.sum(away <= extent / 6)), PROBED)]


@dataclass(frozen=True, eq=False)
class _OnSites:
    """(n,) site of each atom, (n, 3) its translation, (n,) Å from it, (n, 3) from it in primitive coordinates."""

    sites: Integers
    offsets: Integers
    distances: Matrix
    apart: Matrix


def _on_sites(crystal: Crystal, slab: FreeSlab, fractions: Matrix, atoms: Integers) -> _OnSites:
    """The nearest site of its element for each of some atoms."""
    lattice, places = crystal.structure.lattice.matrix, _places(crystal)
    symbols = np.array(slab.symbols)[atoms]
    sites, distances = np.full(len(atoms), -1), np.full(len(atoms), np.inf)
    offsets, apart = np.zeros((len(atoms), 3), np.int64), np.zeros((len(atoms), 3))
    for element in places.numbers.keys() & set(symbols.tolist()):
        own = np.flatnonzero(symbols == element)
        gaps = fractions[atoms[own], None, :] - places.fractions[element][None]
        turns = np.rint(gaps)
        lengths = np.linalg.norm((gaps - turns) @ lattice, axis=-1)
        nearest = (np.arange(len(own)), lengths.argmin(axis=1))
        sites[own], distances[own] = places.numbers[element][nearest[1]], lengths[nearest]
        offsets[own], apart[own] = turns[nearest].astype(np.int64), (gaps - turns)[nearest]
    sites[distances > FAR] = -1
    return _OnSites(sites, offsets, distances, apart)


def _drift(crystal: Crystal, slab: FreeSlab, fractions: Matrix, atoms: Integers) -> Matrix:
    """(3,) mean displacement from their sites of those atoms that lie on one."""
    found = _on_sites(crystal, slab, fractions, atoms)
    near = found.sites >= 0
    return np.asarray(found.apart[near].mean(axis=0)) if near.any() else np.zeros(3)


def _rms(distances: Matrix) -> float:
    return float(np.sqrt(np.mean(np.minimum(distances, FAR) ** 2)))
