"""How far off a surface energy may be, in parts kept apart; a part that nothing tells is absent, never zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """What leaves a surface energy open, J/m²; None for what nothing tells.

    Attributes:
        thickness: change in thicker slabs with the same faces, or how far it goes up and down with every layer.
        arrangements: by which one of the ways of sharing ions that were left out may be lower.
        seeds: by which another anneal may be lower.
        engines: half the range of engines that computed it.
        snapshots: by which another moment of the same anneal may be lower once quenched.
    """

    thickness: float | None = None
    arrangements: float | None = None
    seeds: float | None = None
    engines: float | None = None
    snapshots: float | None = None

    @property
    def parts(self) -> dict[str, float]:
        """Those that are known, by name."""
        named = {name: getattr(self, name) for name in ("thickness", "arrangements", "seeds", "engines", "snapshots")}
        return {name: part for name, part in named.items() if part is not None}

    @property
    def total(self) -> float | None:
        """J/m²: the root of the sum of squares of what is known; None where nothing is."""
        return math.hypot(*self.parts.values()) if self.parts else None


def lower_yet(tried: Sequence[float]) -> float | None:
    """How much lower than the lowest of a sample the lower end of what it was drawn from may lie.

    The gap of the two lowest estimates it (D. S. Robson and J. H. Whitlock, Biometrika 51, 33 (1964), eq. 1).

    Args:
        tried: values of a sample, in any order.

    Returns:
        In the unit of the sample; None where fewer than two were tried, which tell nothing.

    >>> round(lower_yet([0.71, 0.65, 0.66]), 3)
    0.01
    """
    if len(tried) < 2:
        return None
    first, second = sorted(tried)[:2]
    return second - first
