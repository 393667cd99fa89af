"""What tasks of mixtures share: what is filled, and a filling as results keep it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nzsp_surfaces.mixtures.cells import Codes, MixedCell, mixed_cell
from nzsp_surfaces.mixtures.shared import SharedCrystal
from nzsp_surfaces.tasks.base import Result


@dataclass(frozen=True)
class Draws:
    """What decides a ranking.

    Attributes:
        shared: crystal with shared sites.
        multiples: vectors of the cell that is filled, in multiples of the primitive ones.
        number: of ways that are drawn.
        seed: of all of them.
    """

    shared: SharedCrystal
    multiples: tuple[tuple[int, ...], ...]
    number: int
    seed: int

    @property
    def cell(self) -> MixedCell:
        """That is filled."""
        return mixed_cell(self.shared, self.multiples)


def text(codes: Codes) -> str:
    """A filling as results keep it."""
    return "".join(map(str, codes.tolist()))


def filled(result: Result) -> Codes:
    """What stands on the sites of the cell."""
    return np.array(list(result.choices.filling or ""), np.int8)
