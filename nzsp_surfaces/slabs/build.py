"""From a cut to a structure with vacuum, and the operation that turns it over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.slabs.placing import placed, positions, surface_frame

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.crystal import Crystal

from nzsp_surfaces.slabs.cut import Cut

Matrix = npt.NDArray[np.float64]
FLIP_TOLERANCE = 0.15
"""Å: a bulk that was relaxed without symmetry constraints is symmetric to this by far."""


def build(cut: Cut, crystal: Crystal, vacuum: float) -> Structure:
    """The slab of a cut in a crystal's geometry, middle of the slab at half the cell, third vector along the normal.

    Args:
        vacuum: Å.

    Returns:
        Structure with a along x and the normal along z.
    """
    return placed(crystal, np.array(cut.in_plane), cut.sites, vacuum)


def flip_of(cut: Cut, crystal: Crystal, structure: Structure) -> Flip:
    """The operation that turns the built slab over.

    Args:
        structure: as built from this cut; it fixes the origin.

    Raises:
        UserError: the structure is not symmetric under it.
    """
    lattice, frame = crystal.structure.lattice.matrix, surface_frame(crystal, np.array(cut.in_plane))
    rotation = frame @ lattice.T @ cut.flip.rotation @ np.linalg.inv(lattice.T) @ frame.T
    origin = structure.cart_coords[0] - frame @ positions(crystal, cut.sites[:1])[0]
    translation = frame @ (cut.flip.translation @ lattice) + origin - rotation @ origin
    return Flip(rotation, translation, _partners(structure, rotation, translation))


def shifted(flip: Flip, structure: Structure, lift: Matrix) -> Flip:
    """The same flip of a structure that was moved by `lift` (3,) Å, whose atoms may have become more."""
    translation = flip.translation + lift - flip.rotation @ lift
    return Flip(flip.rotation, translation, _partners(structure, flip.rotation, translation))


def _partners(structure: Structure, rotation: Matrix, translation: Matrix) -> npt.NDArray[np.int64]:
    images = structure.lattice.get_fractional_coords(structure.cart_coords @ rotation.T + translation)
    distances = structure.lattice.get_all_distances(images, structure.frac_coords)
    if distances.min(axis=1).max() > FLIP_TOLERANCE:
        raise UserError(f"slab {structure.composition.reduced_formula}: its faces are not images of each other")
    return np.asarray(distances.argmin(axis=1), np.int64)
