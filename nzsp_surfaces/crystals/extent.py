"""In how many directions the atoms of a cell go on without a gap: what tells a crystal from a slab.

Atoms are joined where no vacuum lies between them. The lattice vectors by which joined atoms repeat span a space, a
plane or a line, or nothing, whichever way the cell is written: with the vacuum along any of its vectors or along none
of them, tilted, or with a slab across its border.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.planes import surface_basis

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Kind = Literal["bulk", "slab", "molecule", "chain"]
KINDS: dict[int, Kind] = {3: "bulk", 2: "slab", 1: "chain", 0: "molecule"}
VACUUM = 6.0
"""Å between atoms on both sides of a vacuum at least; those across a van der Waals gap are at 3 to 4.5."""
NEIGHBOURS = 1.3
"""Of the sum of covalent radii: caesium's neighbours in its crystal are at 1.1, further apart than some vacuum."""


@dataclass(frozen=True, eq=False)
class FreeSlab:
    """A slab of which no more is known than its atoms, in a cell of its own.

    Attributes:
        lattice: (2, 3) Å, the shortest vectors in its plane, right-handed about `normal`.
        normal: (3,) unit vector.
        symbols: element of each atom.
        points: (n, 3) Å, in one piece along the normal, its middle at height 0.
    """

    lattice: Matrix
    normal: Matrix
    symbols: tuple[str, ...]
    points: Matrix

    @cached_property
    def heights(self) -> Matrix:
        """(n,) Å along the normal."""
        return np.asarray(self.points @ self.normal)

    @cached_property
    def area(self) -> float:
        """Å² of one face."""
        return float(np.linalg.norm(np.cross(*self.lattice)))


def kind_of(structure: Structure) -> Kind:
    """Whether atoms fill space, or vacuum lies around a slab, a chain or a molecule of them."""
    return KINDS[np.linalg.matrix_rank(periods(structure))]


def free_slab(structure: Structure) -> FreeSlab | None:
    """A slab taken out of its cell; None where the structure is none."""
    found = _independent(periods(structure))
    if len(found) != 2:
        return None
    indices = np.cross(found[0], found[1])
    basis = surface_basis(structure.lattice.matrix, indices // np.gcd.reduce(indices))
    u, v, w = basis @ structure.lattice.matrix
    fractions = structure.frac_coords @ np.linalg.inv(basis)
    fractions[:, 2] = _in_one_piece(fractions[:, 2])
    normal = np.cross(u, v) / np.linalg.norm(np.cross(u, v))
    points = fractions @ np.array([u, v, w])
    heights = points @ normal
    points = points - 0.5 * (heights.min() + heights.max()) * normal
    return FreeSlab(np.array([u, v]), normal, tuple(site.specie.symbol for site in structure), points)


def _in_one_piece(levels: Matrix) -> Matrix:
    """(n,) fractions along a periodic direction, counted from above the widest gap."""
    ordered = np.sort(levels % 1.0)
    widest = int(np.diff([*ordered, ordered[0] + 1.0]).argmax())
    start = ordered[(widest + 1) % len(ordered)]
    return np.asarray((levels - start + 1e-9) % 1.0)


def periods(structure: Structure) -> Integers:
    """(m, 3) lattice vectors, as multiples of the cell's, by which joined atoms repeat; zeros where nothing does."""
    start, end, offsets = _joined(structure)
    places = _unwrapped(len(structure), start, end, offsets)
    found = np.vstack([places[start] + offsets - places[end], np.zeros((1, 3), np.int64)])
    base = 2 * int(np.abs(found).max()) + 1
    return np.asarray(found[np.unique(found @ base ** np.arange(3), return_index=True)[1]])


def _joined(structure: Structure) -> tuple[Integers, Integers, Integers]:
    """(m,) start and end and (m, 3) lattice translation of the end, of pairs with no vacuum between them."""
    from ase.data import covalent_radii

    radii = np.array([covalent_radii[site.specie.Z] for site in structure])
    reach = max(VACUUM, 2 * NEIGHBOURS * float(radii.max()))
    start, end, offsets, distances = structure.get_neighbor_list(reach)
    near = distances <= np.maximum(VACUUM, NEIGHBOURS * (radii[start] + radii[end]))
    return start[near], end[near], np.rint(offsets[near]).astype(np.int64)


def _unwrapped(count: int, start: Integers, end: Integers, offsets: Integers) -> Integers:
    """(n, 3) lattice translation of each atom that puts it next to the atom from which it was reached."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    places = np.zeros((count, 3), np.int64)
    keys, first = np.unique(start * count + end, return_index=True)
    graph = csr_array((np.ones(len(keys)), (start[first], end[first])), shape=(count, count))
    _, pieces = connected_components(graph, directed=False)
    for root in np.unique(pieces, return_index=True)[1]:
        order, before = breadth_first_order(graph, int(root), directed=False)
        ways = offsets[first[np.searchsorted(keys, before[order[1:]].astype(np.int64) * count + order[1:])]]
        for atom, way in zip(order[1:].tolist(), ways, strict=True):
            places[atom] = places[before[atom]] + way
    return places


def _independent(vectors: Integers) -> list[Integers]:
    """As many of the vectors as are independent, short ones first."""
    chosen: list[Integers] = []
    for vector in vectors[np.argsort(np.abs(vectors).sum(axis=1), kind="stable")]:
        if np.linalg.matrix_rank(np.array([*chosen, vector])) > len(chosen):
            chosen.append(vector)
    return chosen
