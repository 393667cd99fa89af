"""How the slabs of a plane are covered: what a film's tasks share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.crystals.bonds import Polyanion
from nzsp_surfaces.crystals.crystal import Crystal, relaxed
from nzsp_surfaces.dynamics.lost import Parts
from nzsp_surfaces.films.compound import FilmCompound, all_charges, kept_by_all
from nzsp_surfaces.films.cover import GROWN, Beneath, CappedSlab, cap, cap_again
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
        under: how the slabs were covered on which this film lies; None for bare ones.
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
    under: Covering | None = None

    def start(self, number: int, placement: int, bulk: Structure) -> CappedSlab:
        """A bare slab covered by one placement of the film; the same every time.

        Raises:
            UserError: the film does not fit.
        """
        cut = next(each.cut for each in self.arrangements if each.number == number)
        crystal, seed = relaxed(self.crystal, bulk), self.seed_of(placement)
        film, options = self.compound, (self.vacuum, seed, self.laying)
        return cap(cut, crystal, self.polyanions, self.mobile, film, self.layers, *options)

    def upon(self, slab: Structure, placement: int) -> CappedSlab:
        """A slab that the film beneath covers already, covered by one placement of this one; the same every time.

        Args:
            slab: both faces alike, third vector along the normal.

        Raises:
            UserError: the film does not fit, or the faces differ.
        """
        assert self.under is not None
        beneath = Beneath(self.under.compound.name, slab, self.under.charges, self.under.groups)
        options = (self.vacuum, self.seed_of(placement), self.laying)
        return cap_again(beneath, self.compound, self.layers, *options)

    def seed_of(self, placement: int) -> int:
        """The seed of a placement, for its cations and its dynamics."""
        return 1000 * self.seed + placement

    @property
    def films(self) -> tuple[FilmCompound, ...]:
        """On a face, the lowest first."""
        return (*(self.under.films if self.under else ()), self.compound)

    @property
    def charges(self) -> dict[str, float]:
        """Formal charges of all elements, e."""
        return all_charges(self.films, self.crystal)

    @property
    def groups(self) -> tuple[Polyanion, ...]:
        """What the covered slab keeps whole."""
        return kept_by_all(self.films, self.crystal, self.polyanions)

    @property
    def loose(self) -> frozenset[str]:
        """Elements whose ions are bound to no polyanion, of what is covered and of the films."""
        return self.mobile.union(*(film.cations for film in self.films))


def parts_of(covering: Covering, slab: Structure, units: int) -> Parts:
    """The atoms of a covered slab: those of what was covered come first, then the films.

    Args:
        units: of the film's compound, both faces together.
    """
    compound, charges = covering.compound, covering.crystal.charges
    symbols = np.array([site.specie.symbol for site in slab])
    film = np.arange(len(slab)) >= len(slab) - units * compound.atoms
    others = {each.centre for each in covering.polyanions} | covering.mobile
    framework = ~film & np.isin(symbols, [e for e, charge in charges.items() if charge > 0 and e not in others])
    centre = compound.polyanion.centre if compound.polyanion else [*compound.elements, *compound.cations][0]
    return Parts(film, framework, film & (symbols == centre))
