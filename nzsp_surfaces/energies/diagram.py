"""The surface phase diagram of a plane in two chemical potentials: which termination is the lowest where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.energies.potentials import Region, Termination

FINE, COARSE = 101, 31
"""Points of the grid along each potential: of three elements, where nothing is to be solved for, and of more."""

Potentials = dict[str, float]


@dataclass(frozen=True)
class Grid:
    """Chemical potentials of all elements on a grid of two of them.

    Attributes:
        elements: whose potentials are varied.
        values: eV of each, rising, between its bounds.
        points: by row of the second and column of the first; None where the crystal is not stable.
    """

    elements: tuple[str, str]
    values: tuple[tuple[float, ...], tuple[float, ...]]
    points: tuple[tuple[Potentials | None, ...], ...]

    def lowest(self, terminations: Sequence[Termination]) -> tuple[tuple[int | None, ...], ...]:
        """Number of the lowest termination at each point (K. Reuter and M. Scheffler, Phys. Rev. B 68, 045407)."""
        return tuple(tuple(_lowest(terminations, point) for point in row) for row in self.points)


def grid(region: Region, elements: tuple[str, str]) -> Grid:
    """The potentials between the bounds of two elements; the others lie in the middle of what is left to them.

    Raises:
        UserError: the crystal has no third element, an element is not of it, or a potential is open.
    """
    name, bounds = region.crystal.name, {bound.element: bound for bound in region.bounds()}
    if len(bounds) < 3:
        raise UserError(f"{name}: of two elements the potential of one fixes that of the other; leave 'second' out")
    values = []
    for element in elements:
        bound = bounds.get(element)
        if bound is None or bound.lower is None or bound.upper is None:
            why = f"holds no {element}" if bound is None else f"the potential of {element} is open"
            raise UserError(f"{name}: {why}, so that there is no diagram in two potentials")
        count = FINE if len(bounds) == 3 else COARSE
        values.append(tuple(np.linspace(bound.lower, bound.upper, count).tolist()))
    first, second = values
    points = tuple(tuple(region.point({elements[0]: x, elements[1]: y}) for x in first) for y in second)
    return Grid(elements, (first, second), points)


def _lowest(terminations: Sequence[Termination], point: Potentials | None) -> int | None:
    if point is None:
        return None
    return int(np.argmin([each.gamma(point) for each in terminations]))
