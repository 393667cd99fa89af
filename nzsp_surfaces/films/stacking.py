"""Where a film's polyanions go: to the places where the crystal's own would have gone on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.bonds import Unit
from nzsp_surfaces.crystals.crystal import Crystal
from nzsp_surfaces.crystals.planes import Stack, surface_keys
from nzsp_surfaces.films.compound import FilmCompound
from nzsp_surfaces.slabs.cut import Cut
from nzsp_surfaces.slabs.placing import surface_frame

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]

GROUP_TO_GROUP = 4.0
"""Å between polyanions that hang from single anions' places."""

Anchor = tuple[Unit, tuple[int, int, int]]
"""A polyanion of the crystal and the lattice translation that takes it to its place below the slab."""


@dataclass(frozen=True)
class _Surroundings:
    """Which places of the crystal a slab fills, modulo its surface cell."""

    view: Stack
    cut: Cut

    def key(self, site: int, offset: npt.NDArray[np.int64]) -> tuple[int, ...]:
        """The same for all images of a place in the surface cell."""
        return surface_keys(self.view, np.array(self.cut.in_plane), np.array([site]), offset[None])[0]

    @property
    def inside(self) -> set[tuple[int, ...]]:
        """Places that the slab itself fills."""
        return {self.key(site, np.array(offset)) for site, offset in self.cut.sites}

    def level(self, site: int, offset: npt.NDArray[np.int64]) -> float:
        """Height in repeats."""
        return float(self.view.indices @ (self.view.crystal.fractions[site] + offset))

    def middle(self) -> float:
        """Height of the slab's middle, repeats."""
        levels = [self.level(site, np.array(offset)) for site, offset in self.cut.sites]
        return 0.5 * (min(levels) + max(levels))


def anchors(view: Stack, cut: Cut) -> list[Anchor]:
    """Anions below the slab that its framework is bonded to across the cut; polyanions alone where there are some."""
    around = _Surroundings(view, cut)
    inside = around.inside
    home = {site: (unit, np.array(o)) for unit in _anions(view) for site, o in unit.members}
    middle = around.middle()
    found: dict[tuple[int, ...], Anchor] = {}
    for site, offset in cut.sites:
        for bond in (b for b in view.bonds if b.cation == site and b.anion in home):
            place = np.array(offset) + np.array(bond.offset)
            if around.key(bond.anion, place) not in inside and around.level(bond.anion, place) < middle:
                unit, within = home[bond.anion]
                found.setdefault(around.key(unit.centres[0][0], place - within), _anchor(unit, place - within))
    return list(found.values())


def _anions(view: Stack) -> list[Unit]:
    """Groups of ions, or single anions where there are none."""
    groups = [unit for unit in view.units if len(unit.members) > 1]
    symbols, charges = view.crystal.symbols, view.crystal.charges
    return groups or [unit for unit in view.units if charges[symbols[unit.centres[0][0]]] < 0]


def anchors_for(view: Stack, cut: Cut, first: list[Anchor], count: int) -> list[Anchor]:
    """Places for `count` anions: those of `first` that lie nearest to the slab, or all of them and the next below."""
    if count < len(first):
        around = _Surroundings(view, cut)
        levels = [around.level(u.centres[0][0], np.array(s)) for u, s in first]
        nearest = sorted(range(len(first)), key=lambda n: (-round(levels[n], 6), n))
        return [first[n] for n in sorted(nearest[:count])]
    return first + _deeper(_Surroundings(view, cut), first, count - len(first))


def _anchor(unit: Unit, shift: npt.NDArray[np.int64]) -> Anchor:
    x, y, z = (int(i) for i in shift)
    return unit, (x, y, z)


def _deeper(around: _Surroundings, first: list[Anchor], count: int) -> list[Anchor]:
    """The next `count` polyanions further down, where the slab itself has none."""
    if count == 0:
        return []
    view = around.view
    taken = around.inside | {around.key(u.centres[0][0], np.array(s)) for u, s in first}
    floor = min(around.level(u.centres[0][0], np.array(s)) for u, s in first)
    below: dict[tuple[int, ...], Anchor] = {}
    span = range(-3, 4)
    for unit in _anions(view):
        for i, j, k in np.array(np.meshgrid(span, span, range(-count - 4, 5))).reshape(3, -1).T:
            shift = np.array([i, j, k]) @ view.basis
            key = around.key(unit.centres[0][0], shift)
            if key not in taken and around.level(unit.centres[0][0], shift) < floor + 0.25:
                below.setdefault(key, _anchor(unit, shift))
    ordered = sorted(below.values(), key=lambda a: -around.level(a[0].centres[0][0], np.array(a[1])))
    return ordered[:count]


def apart(bare: Structure, found: list[Anchor], centres: list[Matrix]) -> list[Anchor]:
    """Of single anions' places those that polyanions can take without touching each other, the first ones first.

    Args:
        centres: (3,) Å, of the polyanions in these places.
    """
    kept: list[int] = []
    for number, centre in enumerate(centres):
        others = [centres[n] for n in kept]
        gaps = bare.lattice.get_fractional_coords(np.array(others).reshape(-1, 3) - centre)
        if (np.linalg.norm(bare.lattice.get_cartesian_coords(gaps - np.rint(gaps)), axis=1) > GROUP_TO_GROUP).all():
            kept.append(number)
    return [found[n] for n in kept]


def polyanion_at(crystal: Crystal, cut: Cut, bare: Structure, anchor: Anchor, film: FilmCompound) -> Matrix:
    """(n, 3) Å in the slab's frame: the crystal's polyanion with the film's bond length, centre first.

    A molecular ion takes the place of the crystal's atom that is nearest to the slab with the first atom of its shape,
    and lies beyond it as the crystal's polyanion does. In the place of a single anion, a polyanion hangs by a ligand.
    """
    unit, shift = anchor
    fractions = np.array([crystal.fractions[site] + np.array(o) + np.array(shift) for site, o in unit.members])
    points = _in_frame(crystal, cut, bare, fractions)
    if film.polyanion is None or film.shape:
        return _turned(film.places, points)
    if len(points) == 1:
        return _hanging(film.anion, points[0])
    arms = points[1 : 1 + film.polyanion.count] - points[0]
    arms *= film.bond / np.linalg.norm(arms, axis=1, keepdims=True)
    return np.asarray(points[0] + np.vstack([np.zeros(3), arms]))


def _turned(places: Matrix, points: Matrix) -> Matrix:
    """A shape, its first atom on the highest of the points, its middle in the direction of theirs."""
    from scipy.spatial.transform import Rotation

    highest = points[np.argmax(points[:, 2])]
    if len(places) == 1:
        return np.asarray(highest[None])
    own, wanted = places.mean(axis=0), points.mean(axis=0) - highest
    if np.linalg.norm(wanted) < 1e-6:
        wanted = np.array([0.0, 0.0, -1.0])
    rotation, _ = Rotation.align_vectors(wanted[None], own[None])
    return np.asarray(highest + rotation.apply(places))


def _hanging(places: Matrix, point: Matrix) -> Matrix:
    """A centre with ligands, the first of these on the point and the centre straight below."""
    from scipy.spatial.transform import Rotation

    rotation, _ = Rotation.align_vectors(np.array([[0.0, 0.0, 1.0]]), places[1:2])
    turned = rotation.apply(places)
    return np.asarray(point + turned - turned[1])


def _in_frame(crystal: Crystal, cut: Cut, bare: Structure, fractions: Matrix) -> Matrix:
    """Primitive fractional coordinates to Å in the frame of the built slab."""
    site, offset = cut.sites[0]
    known = crystal.fractions[site] + np.array(offset)
    frame = surface_frame(crystal, np.array(cut.in_plane))
    return np.asarray((fractions - known) @ crystal.structure.lattice.matrix @ frame.T + bare.cart_coords[0])
