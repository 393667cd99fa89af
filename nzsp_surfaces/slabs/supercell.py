"""Slabs on larger surface cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.crystals.planes import Integers
from nzsp_surfaces.slabs.cut import Cut
from nzsp_surfaces.slabs.surface_cells import cosets

if TYPE_CHECKING:
    from pymatgen.core import Structure

Multiples = tuple[tuple[int, int], tuple[int, int]]
"""Vectors of a larger surface cell, in multiples of the smaller one's."""
ITSELF: Multiples = ((1, 0), (0, 1))


def widened(cut: Cut, multiples: Multiples) -> Cut:
    """The cut on a larger surface cell: every site once in each of the cells that it holds."""
    if multiples == ITSELF:
        return cut
    own = np.array(cut.in_plane)
    shifts = np.array(cosets(np.array(multiples))) @ own
    sites = tuple((site, _whole(np.array(offset) + shift)) for shift in shifts for site, offset in cut.sites)
    first, second = (_whole(vector) for vector in np.array(multiples) @ own)
    return Cut(cut.miller, (first, second), sites, cut.flip)


def wide(slab: Structure, multiples: Multiples) -> Structure:
    """A finished slab on a larger surface cell; its third vector is the normal."""
    if multiples == ITSELF:
        return slab
    larger = slab.copy()
    larger.make_supercell([*([*row, 0] for row in multiples), [0, 0, 1]], to_unit_cell=False)
    return larger


def keeps_flip(cut: Cut, multiples: Multiples) -> bool:
    """Whether the operation that turns the cut over maps the larger cell's lattice on itself, too."""
    vectors = np.array(multiples) @ np.array(cut.in_plane)
    images = vectors @ cut.flip.rotation.T @ np.linalg.pinv(vectors)
    return bool(np.allclose(images, np.rint(images), atol=1e-6))


def _whole(vector: Integers) -> tuple[int, int, int]:
    x, y, z = (int(i) for i in vector)
    return x, y, z
