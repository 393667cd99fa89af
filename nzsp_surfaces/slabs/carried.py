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
