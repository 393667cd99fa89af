"""Surface cells of a slab: plane sublattices by compactness, and the operations that a slab keeps in them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from nzsp_surfaces.crystals.crystal import Operation
from nzsp_surfaces.crystals.planes import Gap, Integers, Stack, reduced_plane

SAME_COMPACTNESS = 1e-4
"""Surface cells whose squared edges differ by less than this part count as equally compact."""


def supercells(size: int, stack: Stack) -> list[list[Integers]]:
    """All plane sublattices of an index (Hermite normal forms, reduced), equally compact ones together, best first."""
    forms = [np.array([[a, b], [0, size // a]]) for a in range(1, size + 1) if size % a == 0 for b in range(size // a)]
    metric = stack.lattice[:2] @ stack.lattice[:2].T
    reduced = [reduced_plane(form[0], form[1], metric) for form in forms]
    upright = [cell if np.linalg.det(cell) > 0 else cell[::-1] for cell in reduced]
    sums = np.array([float(np.sum((cell @ stack.lattice[:2]) ** 2)) for cell in upright])
    order = np.argsort(sums, kind="stable")
    parts = np.flatnonzero(np.diff(sums[order]) > SAME_COMPACTNESS * sums.max()) + 1
    return [[upright[i] for i in group] for group in np.split(order, parts)]


def unlike(stack: Stack, gap: Gap, top: float, cells: list[Integers]) -> list[Integers]:
    """The sublattices that no operation of the slab maps on an earlier one."""
    if len(cells) == 1:
        return cells
    turns = [rotation[:2, :2] for _, rotation, _ in kept_heights(stack, gap.middle, top)]
    kept: list[Integers] = []
    for cell in cells:
        images = (cell @ turn.T for turn in turns)
        if not any(_same_lattice(image, other) for image in images for other in kept):
            kept.append(cell)
    return kept


def _same_lattice(one: Integers, other: Integers) -> bool:
    change = one @ np.linalg.inv(other)
    return bool(np.abs(change - np.rint(change)).max() < 1e-6)


def cosets(supercell: Integers) -> tuple[tuple[int, int], ...]:
    """Plane translations of the primitive cell within the surface cell."""
    return _cosets_of(tuple(map(tuple, supercell.tolist())))


@lru_cache(maxsize=1024)
def _cosets_of(cell: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, int], ...]:
    supercell = np.array(cell)
    inverse = np.linalg.inv(supercell)
    span = int(np.abs(supercell).sum()) + 1
    seen: dict[tuple[float, float], tuple[int, int]] = {}
    for i, j in sorted(itertools.product(range(-span, span + 1), repeat=2), key=lambda c: (abs(c[0]) + abs(c[1]), c)):
        a, b = np.round((np.array([i, j]) @ inverse) % 1.0, 6) % 1.0
        seen.setdefault((float(a), float(b)), (i, j))
    return tuple(seen.values())


def kept_heights(stack: Stack, bottom: float, top: float) -> Iterator[tuple[Operation, Integers, int]]:
    """Operations that map a slab on itself but for a lattice plane: rotation along `basis`, and planes to rise."""
    for operation, rotation, shift in stack.surface_operations:
        rise = (0.0 if rotation[2, 2] == 1 else bottom + top) - shift[2]
        if abs(rise - round(rise)) <= 1e-3:
            yield operation, rotation, round(rise)


def slab_operations(
    stack: Stack, bottom: float, top: float, supercell: Integers
) -> tuple[tuple[Operation, ...], tuple[int, ...]]:
    """Operations of the crystal that map the slab on itself, and the numbers of those that turn it over."""
    operations: list[Operation] = []
    flips: list[int] = []
    inverse = np.linalg.inv(supercell.T)
    for operation, rotation, rise in kept_heights(stack, bottom, top):
        plane = inverse @ rotation[:2, :2] @ supercell.T
        if np.abs(plane - np.rint(plane)).max() > 1e-6:
            continue
        for i, j in cosets(supercell):
            move = np.array([i, j, rise]) @ stack.basis
            flips += [len(operations)] if rotation[2, 2] == -1 else []
            operations.append(Operation(operation.rotation, operation.translation + move))
    return tuple(operations), tuple(flips)
