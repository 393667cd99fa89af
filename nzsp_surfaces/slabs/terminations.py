"""Terminations whose two faces are images of each other, and the ways of sharing units between them.

A cut through a layer of ions leaves a polar slab unless both faces get the same part of that layer. Here an
operation that turns the crystal upside down fixes the second face from the first, so that every arrangement is
symmetric, hence nonpolar; stoichiometry fixes how many units each face keeps; the smallest surface cell is the first
for which that number is whole.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from nzsp_surfaces.crystals.crystal import Operation
from nzsp_surfaces.crystals.planes import BORDER, Gap, Integers, Matrix, Site, Stack
from nzsp_surfaces.slabs.stoichiometry import (
    Kinded,
    NoCell,
    NoSlab,
    Piece,
    TooMany,
    formula_units,
    kept_units,
    layer_reach,
    neutral_units,
)
from nzsp_surfaces.slabs.surface_cells import cosets, slab_operations, supercells, unlike

SHARING_DEPTHS = (2.0, 1.0, 0.5, 0.0)
"""Å on each side of a cut within which mobile ions may go with either face; the first that leaves few enough ways."""
MAX_SUBSETS = 20_000
"""Occupations of one face that are enumerated at most."""
MAX_PIECES = 62
"""Shared units of both faces at most: as many as a number of 64 bits can tell apart."""
MATCH = 0.05
"""Å: an image of a site lies this close to a site."""
Settled = Callable[[tuple[Site, ...], tuple[Kinded, ...]], dict[str, int]]
"""From the sites that a slab holds anyway, and the units near a face, to how many of each kind the face keeps."""


@dataclass(frozen=True)
class Termination:
    """A slab's framework, and the units near both faces that are still to be shared out.

    Attributes:
        stack: the crystal along the normal.
        gap: where the bottom face parts the framework.
        bottom, top: heights of the two cuts, repeats.
        supercell: (2, 2) integers, surface cell in multiples of the primitive one.
        fixed: sites that every arrangement holds.
        lower, upper: shared units near the bottom and the top cut.
        kinds: of each unit of `lower`, its formula.
        kept: kind -> how many of `lower` each face keeps.
        formula_units: in the slab.
        group: operations that map the slab on itself, as permutations (n_ops, n) of lower + upper.
        flips: indices of those of `group` that turn it over.
        operations: the operations of `group` on primitive coordinates.
    """

    stack: Stack
    gap: Gap
    bottom: float
    top: float
    supercell: Integers
    fixed: tuple[Site, ...]
    lower: tuple[Piece, ...]
    upper: tuple[Piece, ...]
    kinds: tuple[str, ...]
    kept: dict[str, int]
    formula_units: int
    group: Integers
    flips: tuple[int, ...]
    operations: tuple[Operation, ...]

    @property
    def in_plane(self) -> Integers:
        """(2, 3) surface cell vectors in multiples of the primitive ones."""
        return np.asarray(self.supercell @ self.stack.basis[:2])


def terminations(stack: Stack, gap: Gap, thickness: float, max_cell: int) -> tuple[Termination, ...]:
    """The smallest symmetric, stoichiometric slabs that start at a gap, one for each of the equally compact cells.

    Which of two equally compact cells comes first depends on the axes of the bulk, so all of them are returned, save
    those that symmetry makes alike.

    Args:
        thickness: Å that the two cuts, and the framework's outermost atoms, are apart at least.
        max_cell: largest surface cell tried, in primitive ones.

    Raises:
        NoSlab: with the reason.
    """
    tops = sorted({round(top, 6) for top in mirror_tops(stack, gap, thickness)})
    if not tops:
        raise NoSlab("not symmetric: no operation of the crystal turns this plane over")
    tops = [top for top in tops if formula_units(stack, gap, top) is not None]
    if not tops:
        raise NoSlab("not stoichiometric: equal faces leave no whole formula units of the framework")
    reasons: dict[float, str] = {}
    for size in range(1, max_cell + 1):
        for top in tuple(tops):
            try:
                return _most_compact(stack, gap, top, size)
            except NoCell as failure:
                tops.remove(top)
                reasons[top] = str(failure)
            except NoSlab as failure:
                reasons[top] = f"{failure} (surface cells up to {max_cell} times the primitive one)"
    raise NoSlab(reasons[max(reasons)])


def _most_compact(stack: Stack, gap: Gap, top: float, size: int) -> tuple[Termination, ...]:
    """The terminations between two cuts in the most compact cells of a size that allow any."""
    reason = NoSlab("no surface cell of this size")
    for cells in supercells(size, stack):
        found = []
        for supercell in unlike(stack, gap, top, cells):
            try:
                found.append(shared_out(stack, gap, top, supercell))
            except NoCell:
                raise
            except NoSlab as failure:
                reason = failure
        if found:
            return tuple(found)
    raise reason


def mirror_tops(stack: Stack, gap: Gap, thickness: float) -> Iterator[float]:
    """Top cuts that a flip of the crystal pairs with the bottom one: the two smallest of each kind."""
    lowest = gap.middle + thickness / stack.repeat - 2 * min(_overhang(stack, gap), 0.0) - 1e-6
    for sense, shift in stack.height_maps:
        if sense == -1:
            first = math.ceil(lowest - (shift - gap.middle)) + shift - gap.middle
            yield from (first, first + 1.0)


def _overhang(stack: Stack, gap: Gap) -> float:
    """How far, in repeats, the atoms of whole framework units reach below the bottom cut."""
    fractions = stack.crystal.fractions
    reach = -math.inf
    for number, unit in enumerate(stack.units):
        if not stack.is_mobile(number):
            # What lies at the height of the cut itself is shared by both faces and reaches below none of them.
            lift = math.ceil(gap.middle - stack.heights[number] + BORDER)
            heights = [stack.indices @ (fractions[site] + offset) + lift for site, offset in unit.members]
            reach = max(reach, gap.middle - min(heights))
    return reach


def shared_out(stack: Stack, gap: Gap, top: float, supercell: Integers) -> Termination:
    """The termination of a surface cell between two cuts, with the deepest sharing that leaves few enough ways.

    Raises:
        NoSlab: with the reason.
    """
    units = (formula_units(stack, gap, top) or 0.0) * round(abs(np.linalg.det(supercell)))
    if abs(units - round(units)) > 1e-6:
        raise NoSlab(f"not stoichiometric: {units:g} formula units")
    settled = partial(kept_units, stack, round(units))
    return _termination(stack, gap, top, supercell, round(units), settled)


def balanced_out(stack: Stack, gap: Gap, top: float, supercell: Integers) -> Termination:
    """The same off stoichiometry: the faces keep as many mobile ions as leave no charge.

    Raises:
        NoSlab: no number of them does.
    """
    return _termination(stack, gap, top, supercell, 0, partial(neutral_units, stack))


def _termination(stack: Stack, gap: Gap, top: float, supercell: Integers, units: int, settled: Settled) -> Termination:
    operations, flips = slab_operations(stack, gap.middle, top, supercell)
    if not flips:
        raise NoSlab("not symmetric in this surface cell")
    failure: NoSlab = NoSlab("")
    for depth in SHARING_DEPTHS:
        fixed, lower, upper = _contents(stack, gap, top, supercell, depth)
        try:
            kept = settled(fixed, lower)
            _refuse_too_many(lower, upper, kept)
        except TooMany as many:
            failure = many
            continue
        pieces, shared = tuple(p for _, p in lower), tuple(p for _, p in upper)
        group, kinds = _permutations(stack, operations, pieces + shared, supercell), tuple(k for k, _ in lower)
        return Termination(
            stack, gap, gap.middle, top, supercell, fixed, pieces, shared, kinds, kept, units, group, flips,
            operations,
        )  # fmt: skip
    raise failure


def _contents(
    stack: Stack, gap: Gap, top: float, supercell: Integers, sharing: float
) -> tuple[tuple[Site, ...], tuple[Kinded, ...], tuple[Kinded, ...]]:
    """Sites inside the slab, and the shared units with their kinds at the bottom and the top."""
    depth = max(sharing / stack.repeat, 0.5 * (gap.upper - gap.lower)) + 1e-6
    fixed: list[Site] = []
    lower: list[Kinded] = []
    upper: list[Kinded] = []
    for number, height in enumerate(stack.heights):
        reach = depth if stack.is_mobile(number) else layer_reach(stack, gap, number) or -1.0
        for rise in range(math.floor(gap.middle - depth - height), math.ceil(top + depth - height) + 1):
            level = height + rise
            if abs(level - gap.middle) <= reach:
                lower += [(stack.kind(number), piece) for piece in _copies(stack, number, rise, supercell)]
            elif abs(level - top) <= reach:
                upper += [(stack.kind(number), piece) for piece in _copies(stack, number, rise, supercell)]
            elif gap.middle < level < top:
                fixed += itertools.chain(*_copies(stack, number, rise, supercell))
    return tuple(fixed), tuple(lower), tuple(upper)


def _copies(stack: Stack, unit: int, rise: int, supercell: Integers) -> list[Piece]:
    """A unit, lifted by `rise` lattice planes, in every primitive cell of the surface cell."""
    copies = []
    for i, j in cosets(supercell):
        shift = np.array([i, j, rise]) @ stack.basis
        moved = ((site, np.array(offset) + shift) for site, offset in stack.units[unit].members)
        copies.append(tuple((site, (int(x), int(y), int(z))) for site, (x, y, z) in moved))
    return copies


def _refuse_too_many(lower: tuple[Kinded, ...], upper: tuple[Kinded, ...], kept: dict[str, int]) -> None:
    near = Counter(kind for kind, _ in lower)
    ways = math.prod(math.comb(near[kind], n) for kind, n in kept.items())
    if ways > MAX_SUBSETS or len(lower) + len(upper) > MAX_PIECES:
        raise TooMany(
            f"too many ways of sharing: {ways} for {sum(kept.values())} units on {len(lower)} places of a face, "
            f"where up to {MAX_SUBSETS} are enumerated"
        )


def _permutations(
    stack: Stack, operations: tuple[Operation, ...], pieces: tuple[Piece, ...], supercell: Integers
) -> Integers:
    """(n_ops, n): where each operation takes each of the units, modulo the surface cell."""
    if not pieces:
        return np.zeros((len(operations), 0), np.int64)
    points = np.array([site_coordinates(stack, piece).mean(axis=0) for piece in pieces])
    images = np.array([points @ op.rotation.T + op.translation for op in operations])
    gaps = (images[:, :, None, :] - points[None, None, :, :]) @ np.linalg.inv(stack.basis)
    plane = gaps[..., :2] @ np.linalg.inv(supercell)
    gaps[..., :2] = (plane - np.rint(plane)) @ supercell
    distances = np.linalg.norm(gaps @ stack.lattice, axis=-1)
    if distances.min(axis=-1).max() > MATCH:
        raise NoSlab("the symmetry of the crystal is broken; symmetrise the structure first")
    return np.asarray(distances.argmin(axis=-1), np.int64)


def site_coordinates(stack: Stack, sites: tuple[Site, ...]) -> Matrix:
    """(n, 3) primitive fractional coordinates."""
    if not sites:
        return np.zeros((0, 3))
    return np.asarray(stack.crystal.fractions[[s for s, _ in sites]] + np.array([o for _, o in sites]))
