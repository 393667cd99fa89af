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

    def level(self, site: int, offset: npt.NDArray[np.int64]) -> float:
        """Height in repeats."""
        return float(self.view.indices @ (self.view.crystal.fractions[site] + offset))

    def middle(self) -> float:
        """Height of the slab's middle, repeats."""
        levels = [self.level(site, np.array(offset)) for site, offset in self.cut.sites]
        return 0.5 * (min(levels) + max(levels))


def anchors(view: Stack, cut: Cut, layers: int) -> list[Anchor]:
    """Polyanions below the slab: those that its framework is bonded to, then as many again for each further layer."""
    around = _Surroundings(view, cut)
    inside = {around.key(site, np.array(offset)) for site, offset in cut.sites}
    home = {site: (unit, np.array(o)) for unit in view.units if len(unit.members) > 1 for site, o in unit.members}
    middle = around.middle()
    found: dict[tuple[int, ...], Anchor] = {}
    for site, offset in cut.sites:
        for bond in (b for b in view.bonds if b.cation == site and b.anion in home):
            place = np.array(offset) + np.array(bond.offset)
            if around.key(bond.anion, place) not in inside and around.level(bond.anion, place) < middle:
                unit, within = home[bond.anion]
                found.setdefault(around.key(unit.centres[0][0], place - within), _anchor(unit, place - within))
    first = list(found.values())
    return first + _deeper(around, first, len(first) * (layers - 1))


def _anchor(unit: Unit, shift: npt.NDArray[np.int64]) -> Anchor:
    x, y, z = (int(i) for i in shift)
    return unit, (x, y, z)


def _deeper(around: _Surroundings, first: list[Anchor], count: int) -> list[Anchor]:
    """The next `count` polyanions further down."""
    if count == 0:
        return []
    view = around.view
    taken = {around.key(u.centres[0][0], np.array(s)) for u, s in first}
    floor = min(around.level(u.centres[0][0], np.array(s)) for u, s in first)
    below: dict[tuple[int, ...], Anchor] = {}
    span = range(-3, 4)
    for unit in (u for u in view.units if len(u.members) > 1):
        for i, j, k in np.array(np.meshgrid(span, span, range(-count - 4, 5))).reshape(3, -1).T:
            shift = np.array([i, j, k]) @ view.basis
            key = around.key(unit.centres[0][0], shift)
            if key not in taken and around.level(unit.centres[0][0], shift) < floor + 0.25:
                below.setdefault(key, _anchor(unit, shift))
    ordered = sorted(below.values(), key=lambda a: -around.level(a[0].centres[0][0], np.array(a[1])))
    return ordered[:count]


def polyanion_at(crystal: Crystal, cut: Cut, bare: Structure, anchor: Anchor, film: FilmCompound) -> Matrix:
    """(n, 3) Å in the slab's frame: the crystal's polyanion with the film's bond length, centre first.

    A molecular ion takes the place of the crystal's atom that is nearest to the slab with the first atom of its shape,
    and lies beyond it as the crystal's polyanion does.
    """
    unit, shift = anchor
    fractions = np.array([crystal.fractions[site] + np.array(o) + np.array(shift) for site, o in unit.members])
    points = _in_frame(crystal, cut, bare, fractions)
    if film.shape:
        return _turned(film.places, points)
    arms = points[1 : 1 + film.polyanion.count] - points[0]
    arms *= film.bond / np.linalg.norm(arms, axis=1, keepdims=True)
    return np.asarray(points[0] + np.vstack([np.zeros(3), arms]))


def _turned(places: Matrix, points: Matrix) -> Matrix:
    """A shape, its first atom on the highest of the points, its middle in the direction of theirs."""
    from scipy.spatial.transform import Rotation

    highest = points[np.argmax(points[:, 2])]
    own, wanted = places.mean(axis=0), points.mean(axis=0) - highest
    if np.linalg.norm(wanted) < 1e-6:
        wanted = np.array([0.0, 0.0, -1.0])
    rotation, _ = Rotation.align_vectors(wanted[None], own[None])
    return np.asarray(highest + rotation.apply(places))


def _in_frame(crystal: Crystal, cut: Cut, bare: Structure, fractions: Matrix) -> Matrix:
    """Primitive fractional coordinates to Å in the frame of the built slab."""
    site, offset = cut.sites[0]
    known = crystal.fractions[site] + np.array(offset)
    frame = surface_frame(crystal, np.array(cut.in_plane))
    return np.asarray((fractions - known) @ crystal.structure.lattice.matrix @ frame.T + bare.cart_coords[0])
