"""Capping films on both faces of a slab."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.bonds import Polyanion
from nzsp_surfaces.crystals.crystal import Crystal
from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.crystals.moments import moments_of, with_moments
from nzsp_surfaces.crystals.planes import Stack, stack
from nzsp_surfaces.films.cations import NoRoom, with_cations
from nzsp_surfaces.films.compound import FilmCompound
from nzsp_surfaces.films.laying import Laying
from nzsp_surfaces.films.matching import Sheet, laid
from nzsp_surfaces.films.packing import Film, Room, filled, room_for, roomy, spread_out, strewn
from nzsp_surfaces.films.stacking import Anchor, anchors, anchors_for, apart, polyanion_at
from nzsp_surfaces.slabs.build import build, flip_of, shifted
from nzsp_surfaces.slabs.cut import Cut
from nzsp_surfaces.slabs.going_on import flip_found
from nzsp_surfaces.slabs.supercell import wide

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]
GROWN = Laying()


@dataclass(frozen=True)
class CappedSlab:
    """A slab with alike films on both faces.

    Attributes:
        structure: atoms of the slab that was covered, then of the lower film, then of the upper one.
        film_units: formula units of the film, both faces together.
        flip: maps the faces on each other.
        lower: (n,) True for the atoms of the lower half.
    """

    structure: Structure
    film_units: int
    flip: Flip
    lower: npt.NDArray[np.bool_]


def cap(
    cut: Cut,
    crystal: Crystal,
    polyanions: tuple[Polyanion, ...],
    mobile: frozenset[str],
    film: FilmCompound,
    layers: int,
    vacuum: float,
    seed: int,
    laying: Laying = GROWN,
) -> CappedSlab:
    """Cover both faces of a slab.

    Grown, the anions across the cut that complete the coordination of the slab's framework cations become the film's;
    melted, the film's anions are strewn below the face; matched, a slab of the film's own crystal lies there, shifted
    at random. But for that, the film's cations fill the pockets of lowest electrostatic
    energy, with a seeded random preference; the flip of the slab makes the upper film from the lower.

    Args:
        layers: of anions, one completes the framework's coordination; where none is broken, one covers the face.
        vacuum: Å.
        seed: of everything random.
        laying: the way, and how many units instead of whole layers; none leaves the slab bare.

    Raises:
        UserError: the film does not fit, has no place to begin, or an element is a cation in one and an anion in the
            other.
    """
    _refuse_clash(film, crystal.charges, str(list(cut.miller)), crystal.formula)
    below = _Below(build(cut, crystal, vacuum), crystal.charges, polyanions, film)
    flip = flip_of(cut, crystal, below.slab)
    if laying.units == 0:
        return _both_faces(below.slab, ([], np.zeros((0, 3))), 0, flip, vacuum)
    face, rng = _Face(below, cut, crystal, mobile), np.random.default_rng(seed)
    return _both_faces(below.slab, *_lower(below, face, layers, laying, rng), flip, vacuum)


@dataclass(frozen=True)
class Beneath:
    """A finished slab that carries films already, on which another is to lie.

    Attributes:
        name: in words.
        slab: both faces alike, third vector along the normal.
        charges: formal charges of its elements.
        polyanions: that it keeps whole.
    """

    name: str
    slab: Structure
    charges: dict[str, float]
    polyanions: tuple[Polyanion, ...]


def cap_again(
    beneath: Beneath, film: FilmCompound, layers: int, vacuum: float, seed: int, laying: Laying
) -> CappedSlab:
    """Cover both faces of a slab that carries films already; see `cap`.

    Args:
        vacuum: Å.
        laying: melted or matched; no crystal is left whose anions could go on.

    Raises:
        UserError: as `cap`, or the slab's faces differ.
    """
    _refuse_clash(film, beneath.charges, beneath.name, beneath.name)
    slab = wide(beneath.slab, laying.cells)
    flip = flip_found(slab)
    if flip is None:
        raise UserError(f"film {film.name} on {beneath.name}: the faces of the slab differ; relax it with both alike")
    below = _Below(slab, beneath.charges, beneath.polyanions, film)
    lower = _lower(below, None, layers, laying, np.random.default_rng(seed))
    return _both_faces(slab, *lower, flip, vacuum)


def _lower(
    below: _Below, face: _Face | None, layers: int, laying: Laying, rng: np.random.Generator
) -> tuple[Film, int]:
    """The film on the lower face, and its formula units.

    Args:
        face: of the crystal; None where a film lies on it.
    """
    film = below.film
    if laying.sheet is not None:
        return below.matched(laying.sheet, rng), laying.sheet.units
    if film.anions == 0:
        raise UserError(f"film {film.name}: a metal has no anions to grow from or to strew; set 'way: matched'")
    count = below.anions(len(face.first) if face else 0, layers, laying)
    grown = face is not None and laying.way == "grown"
    lower = face.grown(count, laying, rng) if face and grown else below.melted(count, laying, rng)
    return lower, count // film.anions


@dataclass(frozen=True)
class _Below:
    """What a compound finds below the lower face of a slab, whatever the slab is made of.

    Attributes:
        slab: that is to be covered.
        charges: formal charges of its elements.
        polyanions: that it keeps whole.
        film: the compound.
    """

    slab: Structure
    charges: dict[str, float]
    polyanions: tuple[Polyanion, ...]
    film: FilmCompound

    def anions(self, first: int, layers: int, laying: Laying) -> int:
        """How many anions lie on the face: those of whole formula units.

        Args:
            first: anions that complete the coordination of what is there; 0 where nothing is broken.
        """
        if laying.units is not None:
            return laying.units * self.film.anions
        per_layer = first
        if not per_layer and laying.volume:
            per_layer = round(self.slab.volume / self.slab.lattice.c * laying.volume ** (-2 / 3)) * self.film.anions
        return -(-per_layer * layers // self.film.anions) * self.film.anions

    def melted(self, count: int, laying: Laying, rng: np.random.Generator) -> Film:
        """Anions strewn at the compound's density."""
        assert laying.volume is not None
        volume = laying.volume * count / self.film.anions
        return roomy(self.room(volume), lambda room: filled(room, strewn(room, count, rng), rng))

    def matched(self, sheet: Sheet, rng: np.random.Generator) -> Film:
        """A slab of the compound's own crystal."""
        return laid(self.room(0.0), sheet, rng)

    def room(self, volume: float) -> Room:
        """For a film of a volume, Å³ on one face."""
        kept = (*self.polyanions, *self.film.polyanions)
        inner = {p.centre for p in kept} | {p.ligand for p in kept if p.ligand == "H"}
        return room_for(self.slab, self.charges, frozenset(inner), self.film, volume)


@dataclass(frozen=True)
class _Face:
    """The lower face of a bare slab, where the crystal's own anions would have gone on."""

    below: _Below
    cut: Cut
    crystal: Crystal
    mobile: frozenset[str]

    @cached_property
    def view(self) -> Stack:
        """The crystal along the normal."""
        return stack(self.crystal, self.cut.miller, self.below.polyanions, self.mobile)

    @cached_property
    def first(self) -> list[Anchor]:
        """Where the crystal's anions would complete the coordination."""
        return self._apart(anchors(self.view, self.cut))

    def _apart(self, found: list[Anchor]) -> list[Anchor]:
        """Polyanions in the stead of single anions need some distance."""
        if self.below.film.polyanion is None or any(len(unit.members) > 1 for unit, _ in found):
            return found
        return apart(self.below.slab, found, [self._at(each).mean(axis=0) for each in found])

    def _at(self, anchor: Anchor) -> Matrix:
        return polyanion_at(self.crystal, self.cut, self.below.slab, anchor, self.below.film)

    def grown(self, count: int, laying: Laying, rng: np.random.Generator) -> Film:
        """Anions in the crystal's places, spread out where the laying says how far."""
        film, slab = self.below.film, self.below.slab
        if not self.first:
            where = f"film {film.name} on {list(self.cut.miller)}"
            raise UserError(f"{where}: no broken bond at the face; leave this plane bare, or melt the film on")
        places = anchors_for(self.view, self.cut, self.first, count)
        found = [self._at(anchor) for anchor in (self._apart(places) if laying.volume is None else places)]
        if len(found) < count:
            raise NoRoom(f"film {film.name}: only {len(found)} of {count} anions find a place on this face")
        if laying.volume is None:
            return with_cations(slab, self.crystal.charges, np.vstack(found), film, rng)
        first, volume = min(len(self.first), count), laying.volume * count / film.anions
        return roomy(self.below.room(volume), lambda room: filled(room, spread_out(room, found, first), rng))


def _refuse_clash(film: FilmCompound, charges: dict[str, float], where: str, other: str) -> None:
    """An element must not be a cation in the film and an anion in what it is to lie on, or the other way round."""
    for element in sorted(film.charges.keys() & charges.keys()):
        if film.charges[element] * charges[element] < 0:
            raise UserError(
                f"film {film.name} on {where}: {element} is {film.charges[element]:+g} in the film and "
                f"{charges[element]:+g} in {other}; leave this plane bare"
            )


def _both_faces(bare: Structure, lower: tuple[list[str], Matrix], groups: int, flip: Flip, vacuum: float) -> CappedSlab:
    """Copy a lower film to the upper face and give the cell its vacuum back."""
    from pymatgen.core import Lattice, Structure

    elements, positions = lower
    points = np.vstack([bare.cart_coords, positions, positions @ flip.rotation.T + flip.translation])
    symbols = [s.specie.symbol for s in bare] + elements + elements
    height = float(np.ptp(points[:, 2])) + vacuum
    lift = np.array([0.0, 0.0, 0.5 * height - 0.5 * (points[:, 2].max() + points[:, 2].min())])
    lattice = Lattice([*bare.lattice.matrix[:2], [0.0, 0.0, height]])
    structure = Structure(lattice, symbols, points + lift, coords_are_cartesian=True, to_unit_cell=False)
    own = moments_of(bare)
    structure = with_moments(structure, [*own, *[0.0] * (len(symbols) - len(own))]) if own else structure
    below = structure.cart_coords[:, 2] < 0.5 * height - 1e-3
    return CappedSlab(structure, 2 * groups, shifted(flip, structure, lift), below)


def uncovered(bare: Structure, flip: Flip) -> CappedSlab:
    """A bare slab with its two halves told apart, so that one face can be made like the other."""
    middle = 0.5 * flip.translation[2]
    return CappedSlab(bare, 0, flip, bare.cart_coords[:, 2] < middle - 1e-3)


def mirrored(capped: CappedSlab, positions: Matrix, face: str) -> Structure:
    """Both faces made like one of them: that half stays, the flip writes the other.

    Args:
        positions: (n, 3) Å, for example after dynamics, not wrapped.
        face: "bottom" or "top", the one that stays.
    """
    from pymatgen.core import Structure

    partners = capped.flip.partners
    drift = (positions - capped.structure.cart_coords).mean(axis=0)
    points = positions - drift
    kept = capped.lower if face == "bottom" else capped.lower[partners]
    images = points @ capped.flip.rotation.T + capped.flip.translation
    images = _nearest_images(capped.structure, images, capped.structure.cart_coords[partners])
    result = points.copy()
    result[partners[kept]] = images[kept]
    middle = ~(capped.lower | capped.lower[partners])
    result[partners[middle]] = 0.5 * (points[partners[middle]] + images[middle])
    symbols = [s.specie.symbol for s in capped.structure]
    made = Structure(capped.structure.lattice, symbols, result, coords_are_cartesian=True, to_unit_cell=False)
    return with_moments(made, moments_of(capped.structure))


def _nearest_images(structure: Structure, points: Matrix, targets: Matrix) -> Matrix:
    """`points`, each moved by the lattice vector that brings it closest to its target."""
    gaps = structure.lattice.get_fractional_coords(points - targets)
    return np.asarray(points - structure.lattice.get_cartesian_coords(np.rint(gaps)))
