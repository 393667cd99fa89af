"""The stack of units along the normal of a plane, and where it can be parted."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.bonds import Unit, crystal_bonds, find_units
from nzsp_surfaces.crystals.contacts import Bond
from nzsp_surfaces.crystals.crystal import primitive_indices

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.bonds import Polyanion
    from nzsp_surfaces.crystals.crystal import Crystal, Operation

Matrix = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Site = tuple[int, tuple[int, int, int]]
"""A site of the primitive cell and its lattice translation."""
LAYER_TOLERANCE = 0.05
"""Å: units closer along the normal than this lie in one layer, unless the repeat itself is small."""
LAYER_FRACTION = 0.02
"""Of the repeat: the same for planes of high indices, whose layers lie close."""
TIE = 1e-6
"""Two vectors at exactly 60 or 120 degrees are reduced; without a margin rounding would turn them for ever.

Halves are rounded towards zero by it, on every processor: the last bits of a solver differ between them.
"""
BORDER = 1e-9
"""Repeats: a height so little below a whole number is that number."""


@dataclass(frozen=True, eq=False)
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

    @cached_property
    def indices(self) -> Integers:
        """(h k l) on the primitive cell, coprime."""
        return primitive_indices(self.crystal, self.miller)

    @cached_property
    def lattice(self) -> Matrix:
        """(3, 3) Å, rows: the vectors of `basis`."""
        return np.asarray(self.basis @ self.crystal.structure.lattice.matrix)

    @cached_property
    def area(self) -> float:
        """Å² of the primitive surface cell."""
        u, v, _ = self.lattice
        return float(np.linalg.norm(np.cross(u, v)))

    @cached_property
    def repeat(self) -> float:
        """Å between neighbouring lattice planes."""
        return float(self.crystal.structure.volume / self.area)

    def element(self, unit: int) -> str:
        """Element of a unit's first centre."""
        return self.crystal.symbols[self.units[unit].centres[0][0]]

    def is_mobile(self, unit: int) -> bool:
        """True for single ions of a mobile element."""
        return len(self.units[unit].members) == 1 and self.element(unit) in self.mobile

    @cached_property
    def contents(self) -> tuple[Counter[str], ...]:
        """How many ions of each element each unit holds."""
        symbols = self.crystal.symbols
        return tuple(Counter(symbols[site] for site, _ in unit.members) for unit in self.units)

    @cached_property
    def surface_operations(self) -> tuple[tuple[Operation, Integers, Matrix], ...]:
        """Operations that keep the plane, with rotation and translation on coordinates along the vectors of `basis`."""
        inverse, forward = np.linalg.inv(self.basis.T), self.basis.T
        rotations = np.rint(inverse @ np.array([op.rotation for op in self.crystal.operations]) @ forward)
        translations = np.array([op.translation for op in self.crystal.operations]) @ inverse.T
        turned = zip(self.crystal.operations, rotations.astype(np.int64), translations, strict=True)
        return tuple(row for row in turned if abs(row[1][2, 2]) == 1 and not row[1][2, :2].any())

    def kind(self, unit: int) -> str:
        """A unit's formula, centre first and hydrogen last: Na, PO4, P2O7, OH, NH4."""
        contents, centre = self.contents[unit], self.element(unit)
        if centre == "H":
            centre = max(contents, key=lambda element: (element != "H", self.crystal.charges[element], element))
        order = sorted(contents, key=lambda element: (element != centre, element == "H", element))
        return "".join(element + (str(contents[element]) if contents[element] > 1 else "") for element in order)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The formula of each unit."""
        return tuple(map(self.kind, range(len(self.units))))

    def charge(self, unit: int) -> float:
        """Formal charge of a unit, e."""
        return sum(self.crystal.charges[element] * count for element, count in self.contents[unit].items())

    @cached_property
    def tolerance(self) -> float:
        """Repeats: units closer in height than this lie in one layer."""
        return min(LAYER_TOLERANCE / self.repeat, LAYER_FRACTION)

    @cached_property
    def height_maps(self) -> tuple[tuple[int, float], ...]:
        """(sense, shift) of every operation that keeps the plane: it takes a height h to sense h + shift."""
        maps = []
        for operation in self.crystal.operations:
            image = self.indices @ operation.rotation
            for sense in (1, -1):
                if (image == sense * self.indices).all():
                    maps.append((sense, float(self.indices @ operation.translation)))
        return tuple(maps)

    @cached_property
    def bond_levels(self) -> tuple[Matrix, Matrix]:
        """(n_bonds,) heights of the units at both ends of each framework bond."""
        levels = np.empty(len(self.crystal.structure))
        for unit, height in zip(self.units, self.heights, strict=True):
            for site, offset in unit.members:
                levels[site] = height - self.indices @ np.array(offset)
        offsets = np.array([bond.offset for bond in self.bonds], np.int64).reshape(-1, 3)
        ends = (np.array([getattr(bond, end) for bond in self.bonds], np.int64) for end in ("cation", "anion"))
        start, end = (levels[sites] for sites in ends)
        return start, end + offsets @ self.indices

    @property
    def severed(self) -> tuple[int, ...]:
        """Endless units that run through the plane, so that every cut breaks them."""
        through = (n for n, unit in enumerate(self.units) if any(self.indices @ np.array(p) for p in unit.periods))
        return tuple(through)


@dataclass(frozen=True, slots=True)
class Gap:
    """A place where the framework can be parted: between two layers, or through one whose units both faces share.

    Attributes:
        lower, upper: heights of the framework layers on both sides, repeats; where the cut runs through layers, of the
            lowest and the highest of them.
        broken: framework bonds across it, per primitive surface cell; the mean of just below and just above layers.
        halved: kinds of the units that both faces share, of the layers that the cut runs through.
    """

    lower: float
    upper: float
    broken: float
    halved: frozenset[str] = frozenset()

    @property
    def middle(self) -> float:
        """Height of the cut, repeats."""
        return 0.5 * (self.lower + self.upper)

    @property
    def through(self) -> bool:
        """Whether the cut runs through a layer."""
        return bool(self.halved)


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
    symbols = crystal.symbols
    return tuple(
        bond
        for bond in crystal_bonds(crystal)
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
    m, n = np.rint((1 - TIE) * np.linalg.lstsq(cartesian.T, w @ lattice, rcond=None)[0]).astype(int)
    return np.asarray(w - m * u - n * v)


def surface_keys(stack: Stack, in_plane: Integers, sites: Integers, offsets: Integers) -> list[tuple[int, ...]]:
    """A name for each place of the crystal, the same for all its images in a surface cell.

    Args:
        in_plane: (2, 3) surface cell vectors in multiples of the primitive ones.
        sites: (n,) of the primitive cell.
        offsets: (n, 3) lattice translations.
    """
    along = np.rint(offsets @ np.linalg.inv(stack.basis)).astype(np.int64)
    cell = np.rint(in_plane @ np.linalg.inv(stack.basis))[:, :2].astype(np.int64)
    turns = np.floor(along[:, :2] @ np.linalg.inv(cell) + 1e-6).astype(np.int64)
    inside = along[:, :2] - turns @ cell
    return list(map(tuple, np.column_stack([sites, inside, along[:, 2]]).tolist()))


def gaps(stack: Stack) -> tuple[Gap, ...]:
    """All distinct places between layers of the framework, fewest broken bonds first.

    Two places are one where an operation of the crystal maps them on each other with the same side up; the same place
    upside down shows the other side of the cut.
    """
    pairs = itertools.pairwise([*framework_levels(stack), framework_levels(stack)[0] + 1.0])
    return distinct_gaps(
        stack, [Gap(a, b, broken_bonds(stack, 0.5 * (a + b))) for a, b in pairs if b - a > stack.tolerance]
    )


def layers(stack: Stack) -> tuple[Gap, ...]:
    """All distinct cuts through a layer of charged units of one kind, fewest broken bonds first.

    Such a layer is what makes a plane polar (Tasker's type III), and half of it on each face is what mends that
    (P. W. Tasker, J. Phys. C 12, 4977 (1979)). Layers of several kinds of unit: `slabs.layer_sets`.
    """
    margin = stack.tolerance
    found = []
    for height in framework_levels(stack):
        inside = [n for n, h in enumerate(stack.heights) if abs((h - height + 0.5) % 1.0 - 0.5) < margin]
        if len({stack.kind(n) for n in inside}) == 1 and all(_can_be_shared(stack, n) for n in inside):
            around = [broken_bonds(stack, height + side * margin) for side in (-1, 1)]
            found.append(Gap(height, height, 0.5 * sum(around), frozenset({stack.kind(inside[0])})))
    return distinct_gaps(stack, found)


def _can_be_shared(stack: Stack, unit: int) -> bool:
    return not stack.is_mobile(unit) and stack.units[unit].dimensions == 0 and abs(stack.charge(unit)) > 1e-6


def framework_levels(stack: Stack) -> list[float]:
    """Heights of the framework's units within one repeat, ascending; of all units where nothing is framework."""
    levels = [h for n, h in enumerate(stack.heights) if not stack.is_mobile(n)]
    return sorted(within_repeat(float(h)) for h in (levels or stack.heights))


def within_repeat(height: float) -> float:
    """A height in repeats, taken into one repeat; its border is met from one side, whatever the last bits are."""
    return (height + BORDER) % 1.0 - BORDER


def distinct_gaps(stack: Stack, found: list[Gap]) -> tuple[Gap, ...]:
    """Drop gaps that an operation which keeps the sense of the normal maps on an earlier one."""
    shifts = [shift for sense, shift in stack.height_maps if sense == 1]
    kept: list[Gap] = []
    for gap in sorted(found, key=lambda gap: (round(gap.broken, 9), gap.lower)):
        images = [gap.middle + shift for shift in shifts]
        if not any(abs((image - other.middle + 0.5) % 1.0 - 0.5) < 1e-3 for image in images for other in kept):
            kept.append(gap)
    return tuple(kept)


def broken_bonds(stack: Stack, height: float) -> int:
    """Framework bonds across a plane at `height`, per primitive surface cell, units being whole."""
    start, end = stack.bond_levels
    return int(np.abs(np.floor(start - height) - np.floor(end - height)).sum())
