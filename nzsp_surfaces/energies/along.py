"""The equilibrium shape of a crystal along a path of chemical potentials, each plane with its lowest termination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nzsp_surfaces.energies.construction import Construction, Miller
from nzsp_surfaces.energies.wulff import WulffShape, shape_of

FRAMES = 21
"""Shapes along a path, both ends of the stable region among them."""


@dataclass(frozen=True, slots=True)
class ShapeAt:
    """A shape at one chemical potential.

    Attributes:
        potential: eV per atom.
        shape: of the crystal there.
    """

    potential: float
    shape: WulffShape


@dataclass(frozen=True, slots=True)
class ShapesAlong:
    """The shapes of one crystal along a path.

    Attributes:
        element: whose potential is varied.
        shapes: in the order of the potentials, which rise.
    """

    element: str
    shapes: tuple[ShapeAt, ...]

    def as_dict(self) -> dict[str, Any]:
        """The entry of one crystal in ``wulff_path.json``."""
        told = [{"potential": at.potential, "shape": at.shape.as_dict()} for at in self.shapes]
        return {"element": self.element, "shapes": told}


def shapes_along(
    given: Construction, element: str, values: Sequence[float], lines: Sequence[tuple[Miller, Sequence[float]]]
) -> ShapesAlong:
    """Shapes at some of the potentials; where a surface energy is not above zero there is none.

    Args:
        given: planes and symmetry; its surface energies are replaced.
        element: whose potential is varied.
        values: eV, rising, within the stable region.
        lines: of each termination its plane and its surface energies at these, J/m².
    """
    gammas = {plane: np.min([own for miller, own in lines if miller == plane], axis=0) for plane in given.table}
    chosen = np.unique(np.linspace(0, len(values) - 1, FRAMES).round().astype(int))
    tables = [(values[n], {plane: float(own[n]) for plane, own in gammas.items()}) for n in chosen]
    return ShapesAlong(
        element,
        tuple(
            ShapeAt(float(value), shape_of(replace(given, table=table)))
            for value, table in tables
            if min(table.values()) > 0
        ),
    )
