"""Relaxed faces of one slab on another of the same cut, so that both lie in one minimum; and slabs further apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.slabs.cut import Cut

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip

Matrix = npt.NDArray[np.float64]
MIDDLE = 0.1
"""Å: an atom so near the middle of a slab belongs to neither half."""


FACE = 3.0
"""Å from the outermost atom within which atoms belong to a face."""


def face_displacements(cut: Cut, built: Structure, relaxed: Structure) -> dict[object, Matrix]:
    """How far the atoms of the lower half of a slab moved, Å, by their sites.

    Args:
        built: from the cut, in the geometry of the relaxed crystal.
        relaxed: the same atoms, relaxed.
    """
    moved = relaxed.frac_coords - built.frac_coords
    shifts = (moved - np.round(moved)) @ built.lattice.matrix
    return {cut.sites[number]: shifts[number] for number in np.flatnonzero(lower_half(built))}


def with_displacements(cut: Cut, built: Structure, flip: Flip, moved: dict[object, Matrix]) -> Structure:
    """A built slab whose lower face is displaced as that of another, and the upper one by the flip.

    Args:
        moved: Å by site, as `face_displacements` gives them; sites that are not there stay.
    """
    lower, still = lower_half(built), np.zeros(3)
    shifts = np.array([moved.get(site, still) if low else still for site, low in zip(cut.sites, lower, strict=True)])
    shifts[flip.partners] += shifts @ flip.rotation.T
    made = built.copy()
    for site, shift in zip(made, flip.average(shifts), strict=True):
        site.coords = site.coords + shift
    return made


def face_distance(one: Structure, other: Structure, depth: float = FACE) -> float:
    """How far, Å, an atom of the lower face of one slab lies from the same atom of another at most.

    Args:
        one, other: relaxed slabs of one cut in one cell, their elements from the bottom up, as `build` orders them.
        depth: Å below which atoms belong to the face.
    """
    pairs = _same_atoms(one, other, depth)
    apart = other.cart_coords[pairs[:, 1]] - one.cart_coords[pairs[:, 0]]
    # Atoms may have been put back into the cell: the median is not moved by those.
    along = (apart - np.median(apart, axis=0)) @ np.linalg.inv(one.lattice.matrix)
    along[:, :2] -= np.round(along[:, :2])
    left = along @ one.lattice.matrix
    return float(np.linalg.norm(left - np.median(left, axis=0), axis=1).max())


def _same_atoms(one: Structure, other: Structure, depth: float) -> npt.NDArray[np.int64]:
    """(n, 2) numbers of the atoms of the lower face in both slabs: of each element as many of the lowest."""
    heights = one.cart_coords[:, 2]
    near = heights < heights.min() + depth
    pairs = []
    for element in one.composition:
        own, theirs = ([n for n, site in enumerate(slab) if site.specie == element] for slab in (one, other))
        pairs += list(zip(own, theirs, strict=False))[: int(near[own].sum())]
    return np.array(pairs, np.int64)


def lower_half(slab: Structure) -> npt.NDArray[np.bool_]:
    """(n,) the atoms below the middle of a slab as built."""
    heights = slab.cart_coords[:, 2]
    return np.asarray(heights < 0.5 * (heights.max() + heights.min()) - MIDDLE)


def further_apart(slab: Structure, more: float) -> Structure:
    """The same slab with so much more vacuum, Å, on both sides together; less where it is negative."""
    from pymatgen.core import Lattice, Structure

    vectors = slab.lattice.matrix.copy()
    vectors[2, 2] += more
    lifted = slab.cart_coords + np.array([0.0, 0.0, 0.5 * more])
    properties = dict(slab.site_properties)
    return Structure(Lattice(vectors), slab.species, lifted, coords_are_cartesian=True, site_properties=properties)
