"""Films that fill a given thickness below a face: anions spread or strewn, cations in pockets, all pushed apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.films.cations import NoRoom, with_cations
from nzsp_surfaces.films.compound import FilmCompound
from nzsp_surfaces.films.settling import REACH, Crowd, roles_of

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]
Film = tuple[list[str], Matrix]
"""Elements and positions, Å."""

BEFORE = 1.0
"""Å between the slab's outermost ion and what counts as the film's volume."""
CLOSEST = 0.8
"""Of the least distances between ions: what a start may keep of them, for the relaxation to mend."""
TIGHTER = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
"""Parts of the usual distances at which pockets are looked for, one after the other, until all cations are placed."""
LOOSER = (1.0, 1.08, 1.16, 1.25, 1.35, 1.5)
"""Of the film's volume, one after the other, until all ions have room."""
TRIES = 40
"""Random places that each strewn anion chooses the emptiest of."""
ANION_TO_ANION = 4.2
"""Å between the centres of strewn anions, and the same for `ANION_TO_SLAB`: how far is weighed against how far."""
ANION_TO_SLAB = 3.2


@dataclass(frozen=True)
class Room:
    """Where a film is to lie.

    Attributes:
        bare: the slab.
        charges: of all elements of slab and film, e.
        centres: elements that are cations within polyanions of either.
        film: its compound.
        top: Å, height where the film's volume begins.
        depth: Å, its thickness.
    """

    bare: Structure
    charges: dict[str, float]
    centres: frozenset[str]
    film: FilmCompound
    top: float
    depth: float

    @property
    def floor(self) -> float:
        """Å, height of the film's far side."""
        return self.top - self.depth

    def crowd(self, elements: list[str], anions: int) -> Crowd:
        """The film's ions beside those of the slab that they feel; the first `anions` anions hold their shape."""
        near = self.bare.cart_coords[:, 2] < self.top + BEFORE + REACH
        fixed = [site.specie.symbol for site, felt in zip(self.bare, near, strict=True) if felt]
        size = len(self.film.elements)
        groups = tuple(tuple(range(n * size, (n + 1) * size)) for n in range(anions))
        centres = set(self.centres)
        return Crowd(
            self.bare.lattice.matrix[:2],
            self.bare.cart_coords[near],
            roles_of(fixed, self.charges, centres),
            roles_of(elements, self.charges, centres),
            groups,
            self.floor,
        )


def room_for(
    bare: Structure, charges: dict[str, float], centres: frozenset[str], film: FilmCompound, volume: float
) -> Room:
    """Below a slab, for a film of a volume.

    Args:
        volume: Å³ on one face.
    """
    area = float(bare.volume / bare.lattice.c)
    top = float(bare.cart_coords[:, 2].min()) - BEFORE
    return Room(bare, charges | film.charges, centres, film, top, volume / area)


def strewn(room: Room, count: int, rng: np.random.Generator) -> list[Matrix]:
    """`count` anions at random, each at the emptiest of some places, in random orientation."""
    from scipy.spatial.transform import Rotation

    slab = room.bare.cart_coords[room.bare.cart_coords[:, 2] < room.top + BEFORE + REACH]
    centres: list[Matrix] = []
    for _ in range(count):
        centres.append(_emptiest(room, slab, np.array(centres).reshape(-1, 3), rng))
    shape = room.film.anion - room.film.anion.mean(axis=0)
    return [place + Rotation.from_quat(rng.normal(size=4)).apply(shape) for place in centres]


def _emptiest(room: Room, slab: Matrix, taken: Matrix, rng: np.random.Generator) -> Matrix:
    a, b, _ = room.bare.lattice.matrix
    low, high = room.floor + 1.0, max(room.top - 1.0, room.floor + 1.5)
    shares = rng.random((TRIES, 3))
    trials = shares[:, :1] * a + shares[:, 1:2] * b
    trials[:, 2] = low + (high - low) * shares[:, 2]
    empty = np.minimum(
        _nearest(room, trials, taken) / ANION_TO_ANION, np.minimum(_nearest(room, trials, slab) / ANION_TO_SLAB, 1.0)
    )
    return np.asarray(trials[int(np.argmax(empty))])


def _nearest(room: Room, points: Matrix, others: Matrix) -> Matrix:
    """(n,) Å from each point to the nearest image of any of the others."""
    if not len(others):
        return np.full(len(points), 9.0)
    plane = room.bare.lattice.matrix[:2]
    gaps = points[:, None] - others[None]
    whole = np.rint(gaps[..., :2] @ np.linalg.inv(plane[:, :2]))
    return np.asarray(np.linalg.norm(gaps - whole @ plane, axis=2).min(axis=1))


def spread_out(room: Room, anions: list[Matrix], first: int) -> list[Matrix]:
    """Anions whose first ones stay and whose others lie evenly down to the film's far side, where they lay denser."""
    heights = np.array([group[:, 2].mean() for group in anions])
    if len(anions) <= first:
        return anions
    start, lowest = float(heights[:first].min()), float(heights.min())
    wanted = room.floor + 0.5 * room.depth * first / len(anions)
    stretch = max(0.0, (start - wanted) / max(start - lowest, 1e-6) - 1.0)
    down = np.where(np.arange(len(anions)) < first, 0.0, stretch * np.minimum(heights - start, 0.0))
    return [group + np.array([0.0, 0.0, shift]) for group, shift in zip(anions, down, strict=True)]


def filled(room: Room, anions: list[Matrix], rng: np.random.Generator) -> Film:
    """The film of these anions: pushed apart, with cations in the pockets of lowest energy, and pushed apart again.

    Raises:
        NoRoom: ions still lie too close.
    """
    elements = room.film.elements * len(anions)
    points = room.crowd(elements, len(anions)).settled(np.vstack(anions))
    elements, points = _with_cations(room, points, rng)
    crowd = room.crowd(elements, len(anions))
    points = crowd.settled(points)
    if crowd.closeness(points) < CLOSEST:
        raise NoRoom(f"film {room.film.name}: its ions lie too close on this face; choose fewer units or another way")
    return elements, points


def _with_cations(room: Room, anions: Matrix, rng: np.random.Generator) -> Film:
    """Pockets at the usual distances, or as tight as it takes."""
    state = rng.bit_generator.state
    for tight in TIGHTER:
        rng.bit_generator.state = state
        try:
            return with_cations(room.bare, room.charges, anions, room.film, rng, room.floor, tight)
        except NoRoom as error:
            failure = error
    raise failure


def roomy(room: Room, attempt: Callable[[Room], Film]) -> Film:
    """A film that fits, in a volume as little larger than the compound's as need be.

    Args:
        attempt: room -> film.

    Raises:
        UserError: none fits.
    """
    for looser in LOOSER:
        try:
            return attempt(replace(room, depth=looser * room.depth))
        except NoRoom as error:
            failure: UserError = error
    raise failure
