"""A slab as a choice of sites, what it must satisfy, and why a cut gives none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.base.units import joule_per_square_metre
from nzsp_surfaces.crystals.planes import Gap, Site

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.crystal import Operation


@dataclass(frozen=True, slots=True)
class SlabOptions:
    """What a slab must satisfy.

    Attributes:
        thickness: Å, least distance of the two cuts and of the outermost framework atoms.
        vacuum: Å between a slab and its image along the normal.
        max_cell: largest surface cell tried, in primitive ones.
        arrangements: how many ways of sharing are kept, lowest electrostatic energy first.
        frozen: Å in the middle of a bare slab that relaxations leave as in the bulk.
    """

    thickness: float = 10.0
    vacuum: float = 15.0
    max_cell: int = 4
    arrangements: int = 6
    frozen: float = 0.0

    def __post_init__(self) -> None:
        for name in ("thickness", "vacuum", "max_cell", "arrangements"):
            if not getattr(self, name) > 0:  # not a number is not positive either
                raise ValueError(f"'{name}' must be positive")
        if not 0 <= self.frozen < self.thickness:
            raise ValueError("'frozen' must be at least 0 and less than 'thickness'")


PLAUSIBLE = 2.0
"""J/m² of one face, by formal charges at the places of the bulk, above the best way of sharing at the same cut.

Neither screened nor relaxed, such energies overstate differences five- to tenfold. Of 23 ways of sharing on KNbO3
(210), Li3PO4 (100), Li6PS5Cl (110), Li2CO3 (100) and Na4Zr2(SiO4)3 (1-102) that were relaxed with CHGNet 0.3.0,
the 12 with more than 2 J/m² ended 0.2 to 3.7 J/m² above the first, and the 11 with less between 0.03 below it and 0.3
above.
"""


def is_plausible(electrostatic: float) -> bool:
    """Whether an energy above the best arrangement, eV per Å² with both faces together, is within `PLAUSIBLE`."""
    return joule_per_square_metre(0.5 * electrostatic) <= PLAUSIBLE + 1e-9


@dataclass(frozen=True)
class Cut:
    """A slab as a choice of sites; it holds for every geometry of the same crystal, relaxed or not.

    Attributes:
        miller: the plane, as given.
        in_plane: (2, 3) surface cell vectors in multiples of the primitive ones.
        sites: (site, lattice translation) of every atom.
        flip: the operation on primitive coordinates that maps the faces on each other.
    """

    miller: tuple[int, ...]
    in_plane: tuple[tuple[int, int, int], tuple[int, int, int]]
    sites: tuple[Site, ...]
    flip: Operation


@dataclass(frozen=True)
class SlabCut(Cut):
    """A slab with what was found about its faces and about the others of its plane.

    Attributes:
        formula_units: in the slab.
        place: where the bottom cut parts the framework, or which layers it runs through.
        bottom, top: heights of the two cuts, repeats.
        position: Å along the normal, of the bottom cut within the repeat.
        broken: framework bonds cut, per Å² of one face.
        valence: bond valence of all bonds cut, those of mobile ions too, per Å² of one face.
        electrostatic: eV per Å² above the best arrangement of this cut, unrelaxed formal charges.
        termination: rank of the cut among those of the plane, from 1.
        arrangement: rank among the arrangements of this cut, from 1.
        n_arrangements: how many kinds of face there are up to symmetry.
        n_plausible: how many of them are plausible.
        shared: units that a face keeps of those near the cut, as "1 of 2 Na"; empty where nothing is shared.
    """

    formula_units: int
    place: Gap
    bottom: float
    top: float
    position: float
    broken: float
    valence: float
    electrostatic: float
    termination: int
    arrangement: int
    n_arrangements: int
    n_plausible: int
    shared: str

    @property
    def plausible(self) -> bool:
        """Whether electrostatics put it no more than `PLAUSIBLE` above the best way of sharing at the same cut."""
        return is_plausible(self.electrostatic)

    @property
    def alone(self) -> Cut:
        """The choice of sites, without what was found about it."""
        return Cut(self.miller, self.in_plane, self.sites, self.flip)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A cut that gives no slab, and why. `position` in Å along the normal within the repeat."""

    miller: tuple[int, ...]
    position: float
    reason: str
