"""How a film is laid on a face, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nzsp_surfaces.films.matching import Sheet
from nzsp_surfaces.slabs.supercell import ITSELF, Multiples

Way = Literal["grown", "melted", "matched"]
WAYS: tuple[Way, ...] = ("grown", "melted", "matched")


@dataclass(frozen=True)
class Laying:
    """How a film is laid on each face.

    Attributes:
        way: grown, where the crystal's own anions would have gone on; melted, packed at random at the compound's
            density; matched, a slab of the compound's own crystal laid on.
        units: formula units of the compound on each face; None for whole layers.
        volume: Å³ of a formula unit, at which a film is spread out; None where the film keeps the crystal's places.
        sheet: what is laid on; None where the way is another.
    """

    way: Way = "grown"
    units: int | None = None
    volume: float | None = None
    sheet: Sheet | None = None

    @property
    def cells(self) -> Multiples:
        """Vectors of the surface cell that it needs, in multiples of the face's own."""
        return self.sheet.cells if self.sheet else ITSELF

    @property
    def count(self) -> int:
        """Of the face's own surface cells in that cell."""
        return self.sheet.count if self.sheet else 1
