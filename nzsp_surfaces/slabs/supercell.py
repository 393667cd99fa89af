"""Slabs on larger surface cells."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.slabs.cut import Cut

Multiples = tuple[tuple[int, int], tuple[int, int]]
"""Vectors of a larger surface cell, in multiples of the smaller one's."""
ITSELF: Multiples = ((1, 0), (0, 1))


def widened(cut: Cut, multiples: Multiples) -> Cut:
    """The cut on a larger surface cell: every site once in each of the cells that it holds."""
    if multiples == ITSELF:
        return cut
    own = np.array(cut.in_plane)
    shifts = np.array(_translations(np.array(multiples))) @ own
    sites = tuple((site, _whole(np.array(offset) + shift)) for shift in shifts for site, offset in cut.sites)
    first, second = (_whole(vector) for vector in np.array(multiples) @ own)
    return Cut(cut.miller, (first, second), sites, cut.flip)


def turns_over(cut: Cut, multiples: Multiples) -> bool:
    """Whether the operation that turns the cut over maps the larger cell's lattice on itself, too."""
    vectors = np.array(multiples) @ np.array(cut.in_plane)
    images = vectors @ cut.flip.rotation.T @ np.linalg.pinv(vectors)
    return bool(np.allclose(images, np.rint(images), atol=1e-6))


def _translations(multiples: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """One lattice translation, in the smaller cell's vectors, to each of the cells in the larger one."""
    inverse, count = np.linalg.inv(multiples), round(abs(np.linalg.det(multiples)))
    found: dict[tuple[float, ...], tuple[int, int]] = {}
    for one, other in product(range(count), repeat=2):
        place = np.round(np.array([one, other]) @ inverse, 6) % 1.0
        found.setdefault(tuple(np.round(place, 6) % 1.0), (one, other))
    return list(found.values())


def _whole(vector: npt.NDArray[np.int64]) -> tuple[int, int, int]:
    x, y, z = (int(i) for i in vector)
    return x, y, z
