"""A name for a slab that does not depend on how its crystal was written down.

The slab is taken as a graph: atoms, joined by bonds and, for cations of one kind, by contacts; the kinds of both are
the distinct lengths of the bulk in ascending order. Colours that start from the elements and are refined by what lies
at which distance in the graph depend on no cell, origin, orientation or order; their sorted list is hashed
(B. Weisfeiler and A. A. Leman, Nauchno-Tekhnicheskaya Informatsia 2 (9), 12 (1968), here on all pairs of atoms).
Everything that enters is a whole number, so rounding in the coordinates changes nothing, unless two lengths differ by
just `SAME_LENGTH`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.content import digest
from nzsp_surfaces.crystals.bonds import crystal_bonds, site_orbits
from nzsp_surfaces.crystals.planes import Integers, Matrix, Stack, surface_keys
from nzsp_surfaces.slabs.placing import coordinates

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.crystal import Crystal
    from nzsp_surfaces.crystals.planes import Site

Row = tuple[int, int, tuple[int, ...], float]
"""Start, end, lattice translation of the end, length."""
Hashes = npt.NDArray[np.uint64]
SAME_LENGTH = 0.005
"""Bonds of the bulk whose lengths differ by less are of one kind; in edges of an atom's share of volume, some 2 Å."""
SIGHT = 9.0
"""Å: how far an atom's surroundings reach."""
CONTACT = 3.5
"""Like cations up to this far apart, in the same measure, tell apart how ions are shared out on a face."""
ROUNDS = 4
LENGTH = 10


def slab_identity(stack: Stack, in_plane: Integers, sites: tuple[Site, ...]) -> str:
    """Ten hexadecimal digits: the same for the same slab however its bulk was given, and for its mirror image.

    Args:
        in_plane: (2, 3) surface cell vectors in multiples of the primitive ones.
        sites: of the slab.
    """
    crystal = stack.crystal
    bonds = _edges(stack, in_plane, sites, _bonds(crystal))
    contacts = _edges(stack, in_plane, sites, _contacts(crystal))
    colours = _refined(_elements(crystal, sites), bonds + contacts, _steps(bonds))
    area = round(abs(float(np.linalg.det((in_plane @ np.linalg.inv(stack.basis))[:, :2]))))
    content = [crystal.formula, crystal.number, area, sorted(int(c) for c in colours)]
    return digest(content)[:LENGTH]


def _elements(crystal: Crystal, sites: tuple[Site, ...]) -> Hashes:
    return _mix(crystal.numbers[[site for site, _ in sites]].astype(np.uint64))


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs of sites of a crystal, each once: (n,) start and end, (n, 3) lattice translation of the end, (n,) kind."""

    start: Integers
    end: Integers
    offset: Integers
    kind: Hashes


def _edges(stack: Stack, in_plane: Integers, sites: tuple[Site, ...], pairs: _Pairs) -> Hashes:
    """(n, n) what joins two atoms of the surface cell: 0 for nothing, else a hash of all pairs between them."""
    numbers, offsets = np.array([s for s, _ in sites]), np.array([o for _, o in sites])
    atoms = {key: i for i, key in enumerate(surface_keys(stack, in_plane, numbers, offsets))}
    here, pair = np.nonzero(numbers[:, None] == pairs.start[None, :])
    ends = surface_keys(stack, in_plane, pairs.end[pair], offsets[here] + pairs.offset[pair])
    there = np.array([atoms.get(key, -1) for key in ends], np.int64)
    inside = there >= 0
    joined = np.zeros((len(sites), len(sites)), np.uint64)
    np.add.at(joined, (here[inside], there[inside]), pairs.kind[pair][inside])
    return joined + joined.T


@lru_cache(maxsize=64)
def _bonds(crystal: Crystal) -> _Pairs:
    """Bonds; of a kind where elements and the length's rank among those of the two elements agree."""
    bonds, numbers = crystal_bonds(crystal), crystal.numbers.tolist()
    elements = [200 * numbers[b.cation] + numbers[b.anion] for b in bonds]
    measure = _measure(crystal)
    rows: list[Row] = [(b.cation, b.anion, b.offset, b.length / measure) for b in bonds]
    return _pairs(rows, elements, elements)


@lru_cache(maxsize=64)
def _contacts(crystal: Crystal) -> _Pairs:
    """Neighbouring cations that symmetry makes alike; of a kind where the length's rank among theirs agrees."""
    orbits = site_orbits(crystal)
    rows = zip(*crystal.structure.get_neighbor_list(CONTACT * _measure(crystal)), strict=True)
    found = [(int(i), int(j), tuple(int(x) for x in o), float(d)) for i, j, o, d in rows if orbits[i] == orbits[j]]
    cations = [row for row in found if crystal.charges[crystal.symbols[row[0]]] > 0]
    once = [row for row in cations if (row[1], row[2]) > (row[0], (0, 0, 0))]
    once = [(i, j, offset, length / _measure(crystal)) for i, j, offset, length in once]
    return _pairs(once, [100_000 + orbits[row[0]] for row in once], [100_000] * len(once))


def _measure(crystal: Crystal) -> float:
    """Å: edge of an atom's share of the volume, so that a strained bulk gives the same kinds of lengths."""
    return float((crystal.structure.volume / len(crystal.structure)) ** (1 / 3))


def _pairs(rows: list[Row], groups: list[int], names: list[int]) -> _Pairs:
    """Pairs whose kinds are ranks of their lengths within their group, hashed with a name."""
    if not rows:
        return _Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 3), np.int64), np.zeros(0, np.uint64))
    start, end, offset, lengths = (np.array(column) for column in zip(*rows, strict=True))
    ranks = np.zeros(len(rows), np.uint64)
    for group in set(groups):
        own = np.flatnonzero(np.array(groups) == group)
        order = own[np.argsort(lengths[own])]
        ranks[order] = np.concatenate([[0], np.cumsum(np.diff(lengths[order]) > SAME_LENGTH)]).astype(np.uint64)
    kinds = _mix(ranks * np.uint64(1_000_000) + np.array(names, np.uint64))
    return _Pairs(start, end, offset, kinds)


def _steps(edges: Hashes) -> Hashes:
    """(n, n) bonds on the shortest way between two atoms; one more than any way where there is none."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path

    lengths = shortest_path(csr_array(edges != 0), unweighted=True, directed=False)
    return np.where(np.isinf(lengths), len(edges), lengths).astype(np.uint64)


def _refined(colours: Hashes, edges: Hashes, steps: Hashes) -> Hashes:
    """Colours after each atom has been told, a few times over, what stands where seen from it."""
    places = _mix(edges + _mix(steps))
    for _ in range(ROUNDS):
        colours = _mix(colours + np.sum(_mix(places + colours[None, :]), axis=1, dtype=np.uint64))
    return colours


def _mix(numbers: Hashes) -> Hashes:
    """A scrambling of 64 bits, so that sums of scrambled numbers tell lists apart.

    Splitmix64: G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014, 453.
    """
    with np.errstate(over="ignore"):
        z = numbers + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)))


def surroundings(crystal: Crystal, in_plane: Integers, sites: tuple[Site, ...]) -> Matrix:
    """(n,) a number for each atom of a slab that no rigid motion changes, sorted: what lies how far from it."""
    lattice, points = coordinates(crystal, in_plane, sites, 0.0)
    weights = crystal.numbers[[site for site, _ in sites]].astype(float)
    plane = lattice[:2, :2]
    x, y, z = np.moveaxis(points[:, None] - points[None], 2, 0) / SIGHT
    turns = np.rint(np.stack([x, y], axis=-1) @ np.linalg.inv(plane) * SIGHT) @ plane / SIGHT
    x, y, z = x - turns[..., 0], y - turns[..., 1], 1 - z**2
    total = np.zeros_like(x)
    for u, v in _shifts(plane / SIGHT, 1.0 + 0.5 * float(np.linalg.norm(plane, axis=1).sum()) / SIGHT):
        # Smooth, and zero beyond its reach: which images a cell has must not matter.
        total += np.maximum(z - (x + u) ** 2 - (y + v) ** 2, 0.0) ** 3
    return np.sort(weights * (total @ weights**1.5))


def _shifts(plane: Matrix, reach: float) -> Matrix:
    """(m, 2) vectors of a plane lattice that are not longer than `reach`."""
    spans = [range(-n, n + 1) for n in np.ceil(reach * np.linalg.norm(np.linalg.inv(plane), axis=0)).astype(int)]
    vectors = np.array(list(itertools.product(*spans))) @ plane
    return np.asarray(vectors[np.linalg.norm(vectors, axis=1) <= reach])


def congruent(one: Matrix, other: Matrix) -> bool:
    """Whether two slabs look alike from each of their atoms, by their `surroundings`."""
    return len(one) == len(other) and bool(np.abs(one - other).max() < 1e-5 * np.abs(one).max())
