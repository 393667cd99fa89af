"""What tasks of mixtures share: what is filled, and a filling as results keep it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.mixtures.cells import Codes, MixedCell, mixed_cell
from nzsp_surfaces.mixtures.inversion import flip_of
from nzsp_surfaces.mixtures.ranking import Ranking, ranked
from nzsp_surfaces.mixtures.shared import SharedCrystal
from nzsp_surfaces.tasks.base import Result

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip


@dataclass(frozen=True)
class Draws:
    """What decides a ranking.

    Attributes:
        shared: crystal with shared sites.
        multiples: vectors of the cell that is filled, in multiples of the primitive ones.
        number: of ways that are drawn.
        seed: of all of them.
        inversion: only ways that an inversion leaves as they are.
    """

    shared: SharedCrystal
    multiples: tuple[tuple[int, ...], ...]
    number: int
    seed: int
    inversion: bool = False

    @property
    def cell(self) -> MixedCell:
        """That is filled."""
        return mixed_cell(self.shared, self.multiples)

    @property
    def ranking(self) -> Ranking:
        """What is drawn, the lowest by point charges first."""
        return ranked(self.cell, self.number, self.seed, inversion=self.inversion)

    def flip(self, codes: Codes, structure: Structure) -> Flip | None:
        """What a relaxation of a filling keeps: its inversion, where it was drawn with one.

        Args:
            structure: of the filling, its atoms in the order of their sites.
        """
        return flip_of(self.cell, codes, structure) if self.inversion else None


def text(codes: Codes) -> str:
    """A filling as results keep it."""
    return "".join(map(str, codes.tolist()))


def filled(result: Result) -> Codes:
    """What stands on the sites of the cell."""
    return np.array(list(result.choices.filling or ""), np.int8)
