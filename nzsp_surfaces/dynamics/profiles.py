"""Where the elements are along the normal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DensityProfile:
    """Mean number density of each element in layers along the normal.

    Attributes:
        heights: (b,) Å, middles of the layers, from the slab's middle.
        width: Å of a layer.
        densities: element -> (b,) atoms per Å³.
    """

    heights: Array
    width: float
    densities: dict[str, Array]


def density_profile(heights: Array, symbols: Sequence[str], area: float, width: float = 0.5) -> DensityProfile:
    """Count atoms in layers; over the profile they add up to the atoms of each element by area.

    Args:
        heights: (k, n) Å along the normal, not wrapped.
        symbols: of the n atoms.
        area: Å² of the cell's face.
        width: Å of a layer.
    """
    above = heights - heights.mean()
    half = np.ceil(np.abs(above).max() / width + 0.5) * width
    edges = np.arange(-half, half + 1.5 * width, width)
    per = len(heights) * area * width
    elements = np.array(symbols)
    counts = {e: np.histogram(above[:, elements == e], edges)[0] / per for e in sorted(set(symbols))}
    return DensityProfile(0.5 * (edges[1:] + edges[:-1]), width, counts)
