"""How a film is laid on a face, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Way = Literal["grown", "melted"]
WAYS: tuple[Way, ...] = ("grown", "melted")


@dataclass(frozen=True)
class Laying:
    """How a film is laid on each face.

    Attributes:
        way: grown, where the crystal's own anions would have gone on; melted, packed at random at the compound's
            density.
        units: formula units of the compound on each face; None for whole layers.
        volume: Å³ of a formula unit, at which a film is spread out; None where the film keeps the crystal's places.
    """

    way: Way = "grown"
    units: int | None = None
    volume: float | None = None
