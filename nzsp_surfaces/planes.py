"""The stack of units along the normal of a plane, and where it can be parted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.bonds import Bond, Unit, find_bonds, find_units
from nzsp_surfaces.crystals import primitive_indices

if TYPE_CHECKING:
    from nzsp_surfaces.bonds import Polyanion
    from nzsp_surfaces.crystals import Crystal

Matrix = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
LAYER_TOLERANCE = 0.05
"""Å: units closer along the normal than this lie in one layer."""
TIE = 1e-6
"""Two vectors at exactly 60 or 120 degrees are reduced; without a margin rounding would turn them for ever."""


@dataclass(frozen=True)
class Stack:
    """A crystal seen along the normal of one plane.

    Heights are in repeats along the normal: the height of x is (h k l) . x on primitive coordinates.

    Attributes:
        crystal: the crystal.
        miller: the plane, three or four indices as given.
        basis: (3, 3) integers; two rows in the plane, one to the next, in primitive vectors.
        units: polyanions and single ions.
        heights: (n_units,) of the units' centres.
        bonds: between framework cations and anions of other units; the ones that a cut breaks.
        mobile: elements shared between the two faces.
    """

    crystal: Crystal
    miller: tuple[int, ...]
    basis: Integers
    units: tuple[Unit, ...]
    heights: Matrix
    bonds: tuple[Bond, ...]
    mobile: frozenset[str]

    @property
    def indices(self) -> Integers:
        """(h k l) on the primitive cell, coprime."""
        return primitive_indices(self.crystal, self.miller)

    @property
    def lattice(self) -> Matrix:
        """(3, 3) Å, rows: the vectors of `basis`."""
        return np.asarray(self.basis @ self.crystal.structure.lattice.matrix)

    @property
    def area(self) -> float:
        """Å² of the primitive surface cell."""
        u, v, _ = self.lattice
        return float(np.linalg.norm(np.cross(u, v)))

    @property
    def repeat(self) -> float:
        """Å between neighbouring lattice planes."""
        return float(self.crystal.structure.volume / self.area)

    def element(self, unit: int) -> str:
        """Element of a unit's first centre."""
        return str(self.crystal.structure[self.units[unit].centres[0][0]].specie.symbol)

    def is_mobile(self, unit: int) -> bool:
        """True for single ions of a mobile element."""
        return len(self.units[unit].members) == 1 and self.element(unit) in self.mobile


@dataclass(frozen=True, slots=True)
class Gap:
    """A place where the framework can be parted.

    Attributes:
        lower, upper: heights of the framework layers on both sides, repeats.
        broken: framework bonds across it, per primitive surface cell.
    """

    lower: float
    upper: float
    broken: int

    @property
    def middle(self) -> float:
        """Height of the cut, repeats."""
        return 0.5 * (self.lower + self.upper)


def stack(
    crystal: Crystal, miller: tuple[int, ...], polyanions: tuple[Polyanion, ...], mobile: frozenset[str]
) -> Stack:
    """See a crystal along the normal of a plane.

    Args:
        crystal: the bulk.
        miller: three or four indices on the conventional cell.
        polyanions: kept whole.
        mobile: elements whose ions near a cut may go with either face.

    Raises:
        UserError: wrong indices or polyanions.
    """
    indices = primitive_indices(crystal, miller)
    basis = surface_basis(crystal.structure.lattice.matrix, indices)
    units = find_units(crystal, polyanions)
    heights = np.array([_height(crystal, unit, indices) for unit in units])
    return Stack(crystal, miller, basis, units, heights, _framework_bonds(crystal, units, mobile), mobile)


def _height(crystal: Crystal, unit: Unit, indices: Integers) -> float:
    positions = [crystal.structure[site].frac_coords + offset for site, offset in unit.centres]
    return float(np.mean([indices @ position for position in positions]))


def _framework_bonds(crystal: Crystal, units: tuple[Unit, ...], mobile: frozenset[str]) -> tuple[Bond, ...]:
    home = {site: number for number, unit in enumerate(units) for site, _ in unit.members}
    symbols = [site.specie.symbol for site in crystal.structure]
    return tuple(
        bond
        for bond in find_bonds(crystal.structure, crystal.charges)
        if home[bond.cation] != home[bond.anion] and symbols[bond.cation] not in mobile
    )


def surface_basis(lattice: Matrix, indices: Integers) -> Integers:
    """Integer vectors (u, v, w): u, v the shortest in the plane, w the shortest from one lattice plane to the next.

    Args:
        lattice: (3, 3) Å, primitive vectors as rows.
        indices: (3,) coprime, on that cell.
    """
    u, v, w = _plane_vectors(*(int(i) for i in indices))
    u, v = reduced_plane(u, v, lattice @ lattice.T)
    if np.linalg.det(np.array([u, v, w])) < 0:
        u, v = v, u
    return np.array([u, v, _shortest_modulo(w, u, v, lattice)])


def _plane_vectors(h: int, k: int, l: int) -> tuple[Integers, Integers, Integers]:
    """A basis of the integer lattice whose first two vectors lie in (h k l) and whose third rises by one."""
    if h == 0 and k == 0:
        return np.array([1, 0, 0]), np.array([0, 1, 0]), np.array([0, 0, l])
    g, a, b = _extended_gcd(h, k)
    _, p, q = _extended_gcd(g, l)
    return np.array([k // g, -h // g, 0]), np.array([-a * l, -b * l, g]), np.array([a * p, b * p, q])


def _extended_gcd(a: int, b: int) -> tuple[int, int, int]:
    """(g, x, y) with a x + b y = g > 0."""
    x, y, u, v = 1, 0, 0, 1
    while b:
        quotient = a // b
        a, b = b, a - quotient * b
        x, u = u, x - quotient * u
        y, v = v, y - quotient * v
    return (a, x, y) if a > 0 else (-a, -x, -y)


def reduced_plane(u: Integers, v: Integers, metric: Matrix) -> Integers:
    """(2, n): the two shortest vectors of a plane lattice, at 90 to 120 degrees (Gauss); their sense may turn.

    Args:
        metric: (n, n) scalar products of the vectors that u and v are multiples of.
    """
    while True:
        if u @ metric @ u > v @ metric @ v + 1e-9:
            u, v = v, u
        shift = int(np.rint((1 - TIE) * (u @ metric @ v) / (u @ metric @ u)))
        if shift == 0:
            break
        v = v - shift * u
    return np.array([u, -v] if u @ metric @ v > 1e-9 else [u, v])


def _shortest_modulo(w: Integers, u: Integers, v: Integers, lattice: Matrix) -> Integers:
    cartesian = np.array([u, v]) @ lattice
    m, n = np.rint(np.linalg.lstsq(cartesian.T, w @ lattice, rcond=None)[0]).astype(int)
    return np.asarray(w - m * u - n * v)


def gaps(stack: Stack) -> tuple[Gap, ...]:
    """All distinct places where the framework parts, fewest broken bonds first, one of each symmetric set."""
    levels = np.sort([h % 1.0 for n, h in enumerate(stack.heights) if not stack.is_mobile(n)])
    if len(levels) == 0:
        levels = np.sort(stack.heights % 1.0)
    tolerance = LAYER_TOLERANCE / stack.repeat
    pairs = zip(levels.tolist(), [*levels[1:].tolist(), float(levels[0]) + 1.0], strict=True)
    found = [Gap(a, b, broken_bonds(stack, 0.5 * (a + b))) for a, b in pairs if b - a > tolerance]
    return _distinct(stack, sorted(found, key=lambda gap: (gap.broken, gap.lower)))


def _distinct(stack: Stack, found: list[Gap]) -> tuple[Gap, ...]:
    """Drop gaps that an operation of the crystal maps on an earlier one."""
    kept: list[Gap] = []
    for gap in found:
        images = [sense * gap.middle + shift for sense, shift in height_maps(stack)]
        if not any(abs((image - other.middle + 0.5) % 1.0 - 0.5) < 1e-3 for image in images for other in kept):
            kept.append(gap)
    return tuple(kept)


def height_maps(stack: Stack) -> list[tuple[int, float]]:
    """(sense, shift) of every operation that keeps the plane: it takes a height h to sense h + shift."""
    maps = []
    for operation in stack.crystal.operations:
        image = stack.indices @ operation.rotation
        for sense in (1, -1):
            if (image == sense * stack.indices).all():
                maps.append((sense, float(stack.indices @ operation.translation)))
    return maps


def broken_bonds(stack: Stack, height: float) -> int:
    """Framework bonds across a plane at `height`, per primitive surface cell, units being whole."""
    levels, indices = _site_levels(stack), stack.indices
    count = 0
    for bond in stack.bonds:
        start, rise = levels[bond.cation], int(indices @ bond.offset)
        end = levels[bond.anion] + rise
        count += abs(int(np.floor(start - height)) - int(np.floor(end - height)))
    return count


def _site_levels(stack: Stack) -> Matrix:
    """(n_sites,) height of the unit that each site belongs to, for the site's image in the home cell."""
    levels = np.empty(len(stack.crystal.structure))
    for unit, height in zip(stack.units, stack.heights, strict=True):
        for site, offset in unit.members:
            levels[site] = height - stack.indices @ np.array(offset)
    return levels
