"""A slab that one engine has relaxed, as another is to go on with it: on the other's lattice, and with its flip."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.crystals.moments import kinds
from nzsp_surfaces.slabs.placing import frame_of

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]
InPlane = tuple[tuple[int, int, int], tuple[int, int, int]]
Multiples = tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]

LATTICE_TOLERANCE = 0.02
"""Å, of the lengths of in-plane vectors: files round, and a crystal relaxed without symmetry is a little off it."""
FLIP_TOLERANCE = 0.05
"""Å: faces that were kept alike are far closer, those of an annealed film far from it."""
ASIDE = 4
"""Multiples of primitive vectors, up to which the vector to another layer is looked for."""


def lies_in(slab: Structure, bulk: Structure, in_plane: InPlane) -> bool:
    """Whether a slab's in-plane vectors are these multiples of the bulk's primitive vectors, in length and angle."""
    wanted, own = np.array(in_plane) @ bulk.lattice.matrix, slab.lattice.matrix[:2]
    lengths = np.linalg.norm(own, axis=1) - np.linalg.norm(wanted, axis=1)
    angle = (own[0] @ own[1] - wanted[0] @ wanted[1]) / np.linalg.norm(wanted[0])
    return bool(np.abs([*lengths, angle]).max() < LATTICE_TOLERANCE)


def on_lattice(
    slab: Structure, before: Structure, after: Structure, in_plane: InPlane, vacuum: float | None
) -> Structure:
    """A slab strained as its bulk is between two geometries, so that it fits the second one's lattice.

    Args:
        slab: third vector along the normal, middle anywhere.
        before: bulk in whose lattice the slab lies; primitive cell.
        after: the same bulk on the wanted lattice.
        in_plane: the slab's vectors in multiples of the primitive ones.
        vacuum: Å beside the slab; None for as much as there is.

    Returns:
        The slab with a along x, the normal along z and its middle at half the cell; atoms keep their order.
    """
    old, new = (np.array(in_plane) @ each.lattice.matrix for each in (before, after))
    strain = np.linalg.inv(before.lattice.matrix) @ after.lattice.matrix
    points = slab.cart_coords @ frame_of(slab.lattice.matrix[:2]).T @ frame_of(old) @ strain @ frame_of(new).T
    thickness = float(np.ptp(points[:, 2]))
    height = thickness + (slab.lattice.c - float(np.ptp(slab.cart_coords[:, 2])) if vacuum is None else vacuum)
    points[:, 2] += 0.5 * height - 0.5 * (points[:, 2].max() + points[:, 2].min())
    lattice = np.array([*(new @ frame_of(new).T), [0.0, 0.0, height]])
    return type(slab)(
        lattice,
        slab.species,
        points,
        coords_are_cartesian=True,
        to_unit_cell=False,
        site_properties=slab.site_properties or None,
    )


def oriented(in_plane: InPlane, bulk: Structure, layers: int = 1) -> Multiples:
    """Vectors of a bulk cell of so many layers with the slab's in-plane vectors, in multiples of the primitive ones.

    The third is the one that leans least; where several do, the first in order.
    """
    plane = np.cross(*np.array(in_plane))
    height = layers * int(np.gcd.reduce(plane))
    numbers = np.array(list(product(range(-ASIDE, ASIDE + 1), repeat=3)))
    above = numbers[numbers @ plane == height]
    normal = frame_of(np.array(in_plane) @ bulk.lattice.matrix)[2]
    vectors = above @ bulk.lattice.matrix
    aside = np.linalg.norm(vectors - np.outer(vectors @ normal, normal), axis=1)
    third = min(zip(np.round(aside, 3).tolist(), above.tolist(), strict=True))[1]
    return (*in_plane, tuple(third))


def flip_found(slab: Structure, tolerance: float = FLIP_TOLERANCE) -> Flip | None:
    """The operation that turns a finished slab over, as spglib finds it; None where its faces are not alike.

    Of several, the one that is repeated least often until every atom is back.
    """
    import spglib

    cell = (slab.lattice.matrix, slab.frac_coords, kinds(slab))
    found = spglib.get_symmetry(cell, symprec=tolerance)
    over = [] if found is None else [i for i, rotation in enumerate(found["rotations"]) if rotation[2, 2] == -1]
    if not over:
        return None
    flips = [_flip(slab, found["rotations"][i], found["translations"][i]) for i in over]
    return min(flips, key=lambda flip: flip.order)


def _flip(slab: Structure, rotation: npt.NDArray[np.intc], translation: Matrix) -> Flip:
    """An operation on fractional coordinates, in Å, with the atom that each atom is mapped on.

    Along the normal it leaves the slab where it is, so that it holds for cells with another vacuum, too.
    """
    axes, heights = slab.lattice.matrix, slab.frac_coords[:, 2]
    translation = translation + np.array([0.0, 0.0, np.rint(heights.max() + heights.min() - translation[2])])
    images = slab.frac_coords @ rotation.T + translation
    partners = slab.lattice.get_all_distances(images, slab.frac_coords).argmin(axis=1)
    turned = axes.T @ rotation @ np.linalg.inv(axes.T)
    return Flip(turned, translation @ axes, np.asarray(partners, np.int64))
