"""A slab as pictures show it: upright, in one piece, with its coordination polyhedra complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.contacts import find_bonds

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

Vectors = npt.NDArray[np.float64]

ANIONS = frozenset({"N", "O", "F", "S", "Cl", "Se", "Br", "I"})
MOBILE = frozenset({"H", "Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Ag"})
"""Cations too loosely bound to be drawn as the centre of a polyhedron."""


@dataclass(frozen=True, slots=True)
class Polyhedron:
    """A cation with its anions.

    Attributes:
        centre: element of the cation.
        position: (3,) of the cation, Å.
        corners: (n, 3) positions of the anions, Å.
        faces: (m, 3) corners of the triangles of the convex hull, anticlockwise from outside.
    """

    centre: str
    position: Vectors
    corners: Vectors
    faces: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SlabView:
    """A slab in Cartesian axes with the normal along z and the lowest atom at z = 0.

    Attributes:
        symbols: (n,) elements; the first are those of the cell, then periodic images that complete polyhedra.
        positions: (n, 3) Å.
        n_cell: number of atoms of the cell.
        cell: (3, 3) lattice vectors as rows, Å; the second lies along y, so that a look along y follows a
            lattice row.
        turn: (3, 3) takes row vectors from the structure's axes to these: v @ turn. An atom may have moved by a
            lattice translation, so what belongs to it is carried along as a vector from it.
        polyhedra: of every framework cation with at least three anions.
    """

    symbols: tuple[str, ...]
    positions: Vectors
    n_cell: int
    cell: Vectors
    turn: Vectors
    polyhedra: tuple[Polyhedron, ...]

    @property
    def height(self) -> float:
        """From the lowest to the highest atom, Å."""
        return float(np.ptp(self.positions[:, 2]))


def slab_view(
    structure: Structure, charges: Mapping[str, float] | None = None, loose: frozenset[str] = MOBILE
) -> SlabView:
    """The view of a slab whose third lattice vector points out of its plane.

    Args:
        charges: of its elements, which tell the S of a sulphate from that of a sulphide; by default `ANIONS` decides.
        loose: cations without polyhedra.
    """
    upright, turn = _upright(structure)
    cell = upright.lattice.matrix
    symbols, positions = [site.specie.symbol for site in upright], upright.cart_coords
    places = {(n, (0, 0, 0)): n for n in range(len(symbols))}
    polyhedra = []
    for centre, bonded in _coordination(upright, charges, loose).items():
        corners = positions[[n for n, _ in bonded]] + np.array([offset for _, offset in bonded]) @ cell
        polyhedra.append(Polyhedron(symbols[centre], positions[centre], corners, _hull(corners)))
        for anion in bonded:
            places.setdefault(anion, len(places))
    shown = [positions[n] + np.array(offset) @ cell for n, offset in places]
    elements = tuple(symbols[n] for n, _ in places)
    return SlabView(elements, np.array(shown), len(symbols), cell, turn, tuple(polyhedra))


def _upright(structure: Structure) -> tuple[Structure, Vectors]:
    """Turned so that the shorter vector of the plane lies along y, and moved so that the vacuum parts no bond.

    Returns:
        The structure, and the (3, 3) turn of row vectors.
    """
    from pymatgen.core.structure import Structure as Pymatgen

    a, b, c = structure.lattice.matrix
    # Nearly equal vectors keep their order, so that slabs of like materials are seen from the same side.
    long, short = (a, b) if np.linalg.norm(a) > 0.9 * np.linalg.norm(b) else (b, -a)
    y, normal = short / np.linalg.norm(short), np.cross(long, short)
    z = normal / np.linalg.norm(normal)
    turn = np.array([np.cross(y, z), y, z]).T
    sites = structure.cart_coords @ turn
    cell = np.array([long, short, c * np.sign(c @ z)]) @ turn
    fractions = sites @ np.linalg.inv(cell)
    fractions[:, :2] %= 1.0
    fractions[:, 2] = (fractions[:, 2] - _gap_middle(fractions[:, 2])) % 1.0
    positions = fractions @ cell
    positions[:, 2] -= positions[:, 2].min()
    symbols = [site.specie.symbol for site in structure]
    return Pymatgen(cell, symbols, positions, coords_are_cartesian=True), turn


def _gap_middle(fractions: Vectors) -> float:
    """Middle of the widest empty stretch along a periodic axis, as a fraction."""
    heights = np.sort(fractions % 1.0)
    gaps = np.diff(heights, append=heights[0] + 1.0)
    return float(heights[gaps.argmax()] + gaps.max() / 2)


def _coordination(
    structure: Structure, charges: Mapping[str, float] | None, loose: frozenset[str]
) -> dict[int, list[tuple[int, tuple[int, int, int]]]]:
    """Anions (site, lattice translation) of each framework cation that has at least three."""
    elements = {site.specie.symbol for site in structure} - loose
    given = charges or {element: -1 if element in ANIONS else 1 for element in elements}
    bonded: dict[int, list[tuple[int, tuple[int, int, int]]]] = {}
    for bond in find_bonds(structure, {element: given[element] for element in elements}):
        bonded.setdefault(bond.cation, []).append((bond.anion, bond.offset))
    return {centre: anions for centre, anions in bonded.items() if len(anions) >= 3}


def _hull(corners: Vectors) -> npt.NDArray[np.int64]:
    """Triangles of the convex hull, facing outwards; a flat group of three is its own triangle."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        hull = ConvexHull(corners)
    except (QhullError, ValueError):
        return np.array([[0, n, n + 1] for n in range(1, len(corners) - 1)])
    triangles = np.array(hull.simplices, dtype=np.int64)
    first, second, third = np.moveaxis(corners[triangles], 1, 0)
    inward = np.einsum("ij,ij->i", np.cross(second - first, third - first), hull.equations[:, :3]) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return triangles
