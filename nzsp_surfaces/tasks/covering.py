"""How the slabs of a plane are covered: what a film's tasks share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.crystals.bonds import Polyanion
from nzsp_surfaces.crystals.crystal import Crystal, relaxed
from nzsp_surfaces.films.compound import FilmCompound
from nzsp_surfaces.films.cover import GROWN, CappedSlab, cap
from nzsp_surfaces.films.laying import Laying
from nzsp_surfaces.tasks.building import Arrangement

if TYPE_CHECKING:
    from pymatgen.core import Structure


@dataclass(frozen=True)
class Covering:
    """How the slabs of a plane are covered.

    Attributes:
        crystal: before the relaxation; its sites name those of the cuts.
        arrangements: of the plane; the best bare one is covered.
        polyanions, mobile: of the crystal, see `Material`.
        compound: of the film.
        layers: of polyanions on each face.
        vacuum: Å.
        seed: of the study; with a placement's number it decides where the film's cations go and how they move.
        laying: how the film is laid on, and how many units instead of whole layers.
    """

    crystal: Crystal
    arrangements: tuple[Arrangement, ...]
    polyanions: tuple[Polyanion, ...]
    mobile: frozenset[str]
    compound: FilmCompound
    layers: int
    vacuum: float
    seed: int
    laying: Laying = GROWN

    def start(self, number: int, placement: int, bulk: Structure) -> CappedSlab:
        """A slab covered by one placement of the film; the same every time.

        Raises:
            UserError: the film does not fit.
        """
        cut = next(each.cut for each in self.arrangements if each.number == number)
        crystal, seed = relaxed(self.crystal, bulk), self.seed_of(placement)
        film, options = self.compound, (self.vacuum, seed, self.laying)
        return cap(cut, crystal, self.polyanions, self.mobile, film, self.layers, *options)

    def bare_atoms(self, number: int) -> int:
        """How many atoms of a slab are those of the crystal, which come first."""
        return len(next(each.cut for each in self.arrangements if each.number == number).sites)

    def seed_of(self, placement: int) -> int:
        """The seed of a placement, for its cations and its dynamics."""
        return 1000 * self.seed + placement
