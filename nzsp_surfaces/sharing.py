"""Terminations whose two faces are images of each other, and the ways of sharing mobile ions between them.

A cut through a layer of mobile ions leaves a polar slab unless both faces get the same part of that layer. Here an
operation that turns the crystal upside down fixes the second face from the first, so that every arrangement is
symmetric, hence nonpolar; stoichiometry fixes how many ions each face keeps; the smallest surface cell is the first for
which that number is whole.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals import Operation
from nzsp_surfaces.planes import Gap, Integers, Matrix, Stack, height_maps, reduced_plane

Site = tuple[int, tuple[int, int, int]]
"""A site of the primitive cell and its lattice translation."""

SHARING_DEPTH = 2.0
"""Å on each side of a cut within which mobile ions may go with either face."""
MAX_SUBSETS = 20_000
"""Occupations of one face that are enumerated at most; beyond, the sharing depth shrinks to the framework's gap."""
MATCH = 0.05
"""Å: an image of a site lies this close to a site."""


class NoSlab(Exception):
    """Why a cut gives no admissible slab."""


@dataclass(frozen=True)
class Termination:
    """A slab's framework, and the mobile sites of both faces that are still to be occupied.

    Attributes:
        stack: the crystal along the normal.
        gap: where the bottom face parts the framework.
        bottom, top: heights of the two cuts, repeats.
        supercell: (2, 2) integers, surface cell in multiples of the primitive one.
        fixed: sites that every arrangement holds.
        lower, upper: mobile sites near the bottom and the top cut.
        kept: element -> how many of `lower` each face keeps.
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
    lower: tuple[Site, ...]
    upper: tuple[Site, ...]
    kept: dict[str, int]
    formula_units: int
    group: Integers
    flips: tuple[int, ...]
    operations: tuple[Operation, ...]

    @property
    def in_plane(self) -> Integers:
        """(2, 3) surface cell vectors in multiples of the primitive ones."""
        return np.asarray(self.supercell @ self.stack.basis[:2])


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One occupation of the shared sites.

    Attributes:
        occupied: sites of lower + upper that hold an ion.
        flip: the operation that maps its faces on each other.
        face: the same number for arrangements whose single faces are alike and only differ in how the two are turned.
    """

    occupied: tuple[Site, ...]
    flip: Operation
    face: int


def termination(stack: Stack, gap: Gap, thickness: float, max_cell: int) -> Termination:
    """The smallest symmetric, stoichiometric slab that starts at a gap.

    Args:
        thickness: Å that the two cuts, and the framework's outermost atoms, are apart at least.
        max_cell: largest surface cell tried, in primitive ones.

    Raises:
        NoSlab: with the reason.
    """
    tops = sorted({round(top, 6) for top in _mirror_tops(stack, gap, thickness)})
    if not tops:
        raise NoSlab("not symmetric: no operation of the crystal turns this plane over")
    tops = [top for top in tops if _framework_ratio(stack, gap, top) is not None]
    if not tops:
        raise NoSlab("not stoichiometric: equal faces leave no whole formula units of the framework")
    reason = "no surface cell tried"
    for size in range(1, max_cell + 1):
        for top, supercell in itertools.product(tops, _supercells(size, stack)):
            try:
                return _shared(stack, gap, top, supercell)
            except NoSlab as failure:
                reason = str(failure)
    raise NoSlab(reason)


def _mirror_tops(stack: Stack, gap: Gap, thickness: float) -> Iterator[float]:
    """Top cuts that a flip of the crystal pairs with the bottom one: the two smallest of each kind."""
    lowest = gap.middle + thickness / stack.repeat - 2 * min(_overhang(stack, gap), 0.0) - 1e-6
    for sense, shift in height_maps(stack):
        if sense == -1:
            first = math.ceil(lowest - (shift - gap.middle)) + shift - gap.middle
            yield from (first, first + 1.0)


def _overhang(stack: Stack, gap: Gap) -> float:
    """How far, in repeats, the atoms of whole framework units reach below the bottom cut."""
    fractions = stack.crystal.structure.frac_coords
    reach = -math.inf
    for number, unit in enumerate(stack.units):
        if not stack.is_mobile(number):
            lift = math.ceil(gap.middle - stack.heights[number])
            heights = [stack.indices @ (fractions[site] + offset) + lift for site, offset in unit.members]
            reach = max(reach, gap.middle - min(heights))
    return reach


def _framework_ratio(stack: Stack, gap: Gap, top: float) -> float | None:
    """Formula units of the framework in one primitive surface cell; None where its elements disagree."""
    formula = stack.crystal.structure.composition.reduced_composition
    present: Counter[str] = Counter()
    for number, unit in enumerate(stack.units):
        lifts = math.floor(top - stack.heights[number]) - math.floor(gap.middle - stack.heights[number])
        for site, _ in unit.members:
            present[stack.crystal.structure[site].specie.symbol] += lifts
    frame = [str(e) for e in formula if str(e) not in stack.mobile] or [str(e) for e in formula]
    ratios = {round(present[e] / formula[e], 6) for e in frame}
    return ratios.pop() if len(ratios) == 1 and min(ratios) > 0 else None


def _on_surface(stack: Stack, operation: Operation) -> tuple[Integers, Matrix]:
    """An operation on coordinates along (u, v, w)."""
    inverse = np.linalg.inv(stack.basis.T)
    rotation = np.rint(inverse @ operation.rotation @ stack.basis.T).astype(np.int64)
    return rotation, inverse @ operation.translation


def _supercells(size: int, stack: Stack) -> list[Integers]:
    """All plane sublattices of an index, most compact first (Hermite normal forms, reduced)."""
    forms = [np.array([[a, b], [0, size // a]]) for a in range(1, size + 1) if size % a == 0 for b in range(size // a)]
    metric = stack.lattice[:2] @ stack.lattice[:2].T
    reduced = [reduced_plane(form[0], form[1], metric) for form in forms]
    upright = [cell if np.linalg.det(cell) > 0 else cell[::-1] for cell in reduced]
    return sorted(upright, key=lambda cell: float(np.sum((cell @ stack.lattice[:2]) ** 2)))


def _shared(stack: Stack, gap: Gap, top: float, supercell: Integers) -> Termination:
    fixed, lower, upper = _contents(stack, gap, top, supercell)
    units = (_framework_ratio(stack, gap, top) or 0.0) * round(abs(np.linalg.det(supercell)))
    if abs(units - round(units)) > 1e-6:
        raise NoSlab(f"not stoichiometric: {units:g} formula units")
    operations, flips = _slab_operations(stack, gap.middle, top, supercell)
    if not flips:
        raise NoSlab("not symmetric in this surface cell")
    kept = _kept(stack, fixed, lower, round(units))
    if math.prod(math.comb(_count(stack, lower)[e], n) for e, n in kept.items()) > MAX_SUBSETS:
        raise NoSlab(f"more than {MAX_SUBSETS} ways of sharing {len(lower)} mobile sites; use a smaller surface cell")
    group = _permutations(stack, operations, lower + upper, supercell)
    return Termination(
        stack, gap, gap.middle, top, supercell, fixed, lower, upper, kept, round(units), group, flips, operations
    )


def _contents(
    stack: Stack, gap: Gap, top: float, supercell: Integers
) -> tuple[tuple[Site, ...], tuple[Site, ...], tuple[Site, ...]]:
    """Sites inside the slab, and the shared ones at the bottom and the top."""
    depth = max(SHARING_DEPTH / stack.repeat, 0.5 * (gap.upper - gap.lower)) + 1e-6
    fixed, lower, upper = [], [], []
    for number, height in enumerate(stack.heights):
        mobile = stack.is_mobile(number)
        reach = depth if mobile else 0.0
        for rise in range(math.floor(gap.middle - reach - height), math.ceil(top + reach - height) + 1):
            level = height + rise
            if mobile and abs(level - gap.middle) <= depth:
                lower += _copies(stack, number, rise, supercell)
            elif mobile and abs(level - top) <= depth:
                upper += _copies(stack, number, rise, supercell)
            elif gap.middle < level < top:
                fixed += _copies(stack, number, rise, supercell)
    return tuple(fixed), tuple(lower), tuple(upper)


def _copies(stack: Stack, unit: int, rise: int, supercell: Integers) -> list[Site]:
    """The sites of a unit, lifted by `rise` lattice planes, in every primitive cell of the surface cell."""
    copies = []
    for i, j in _cosets(supercell):
        shift = np.array([i, j, rise]) @ stack.basis
        for site, offset in stack.units[unit].members:
            x, y, z = (int(a) for a in np.array(offset) + shift)
            copies.append((site, (x, y, z)))
    return copies


def _cosets(supercell: Integers) -> list[tuple[int, int]]:
    """Plane translations of the primitive cell within the surface cell."""
    inverse = np.linalg.inv(supercell)
    span = int(np.abs(supercell).sum()) + 1
    seen: dict[tuple[float, float], tuple[int, int]] = {}
    for i, j in sorted(itertools.product(range(-span, span + 1), repeat=2), key=lambda c: (abs(c[0]) + abs(c[1]), c)):
        a, b = np.round((np.array([i, j]) @ inverse) % 1.0, 6) % 1.0
        seen.setdefault((float(a), float(b)), (i, j))
    return list(seen.values())


def _count(stack: Stack, sites: tuple[Site, ...]) -> Counter[str]:
    return Counter(stack.crystal.structure[site].specie.symbol for site, _ in sites)


def _kept(stack: Stack, fixed: tuple[Site, ...], lower: tuple[Site, ...], units: int) -> dict[str, int]:
    """How many shared ions of each element one face keeps."""
    formula = stack.crystal.structure.composition.reduced_composition
    inside, near = _count(stack, fixed), _count(stack, lower)
    kept = {}
    for element in sorted(e for e in stack.mobile if formula[e]):
        open_ions = units * round(formula[element]) - inside[element]
        if open_ions % 2:
            raise NoSlab(f"not stoichiometric and symmetric at once: {open_ions} {element} for two faces")
        if not 0 <= open_ions // 2 <= near[element]:
            raise NoSlab(f"not stoichiometric: {open_ions} {element} for {2 * near[element]} sites of the two faces")
        kept[element] = open_ions // 2
    return kept


def _slab_operations(
    stack: Stack, bottom: float, top: float, supercell: Integers
) -> tuple[tuple[Operation, ...], tuple[int, ...]]:
    """Operations of the crystal that map the slab on itself, and the numbers of those that turn it over."""
    operations: list[Operation] = []
    flips: list[int] = []
    inverse = np.linalg.inv(supercell.T)
    for operation in stack.crystal.operations:
        rotation, shift = _on_surface(stack, operation)
        sense = rotation[2, 2]
        lift = 0.0 if sense == 1 else bottom + top
        rise = lift - shift[2]
        plane = inverse @ rotation[:2, :2] @ supercell.T
        if tuple(rotation[2]) not in ((0, 0, 1), (0, 0, -1)) or abs(rise - round(rise)) > 1e-3:
            continue
        if np.abs(plane - np.rint(plane)).max() > 1e-6:
            continue
        for i, j in _cosets(supercell):
            move = np.array([i, j, round(rise)]) @ stack.basis
            flips += [len(operations)] if sense == -1 else []
            operations.append(Operation(operation.rotation, operation.translation + move))
    return tuple(operations), tuple(flips)


def _permutations(
    stack: Stack, operations: tuple[Operation, ...], sites: tuple[Site, ...], supercell: Integers
) -> Integers:
    """(n_ops, n): where each operation takes each of the sites, modulo the surface cell."""
    if not sites:
        return np.zeros((len(operations), 0), np.int64)
    points = site_coordinates(stack, sites)
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
    fractions = stack.crystal.structure.frac_coords
    return np.array([fractions[site] + np.array(offset) for site, offset in sites]).reshape(-1, 3)


def arrangements(term: Termination) -> tuple[Arrangement, ...]:
    """All ways of sharing the mobile ions that no operation of the slab maps on each other."""
    sites = term.lower + term.upper
    if not sites:
        return (Arrangement((), term.operations[term.flips[0]], 0),)
    found: dict[int, Arrangement] = {}
    lower = _lower_occupations(term)
    faces = _canonical(lower, term.group)
    for flip in term.flips:
        back = np.argsort(term.group[flip])
        rows = lower | lower[:, back]
        # Turned over twice, by -3 for one, a face need not come back; such a slab would be no image of itself.
        alike = (rows == rows[:, back]).all(axis=1)
        rows, kinds = rows[alike], faces[alike]
        for key, row, face in zip(_canonical(rows, term.group).tolist(), rows, kinds.tolist(), strict=True):
            if key not in found:
                occupied = tuple(site for site, full in zip(sites, row, strict=True) if full)
                found[key] = Arrangement(occupied, term.operations[flip], face)
    return tuple(found.values())


def _lower_occupations(term: Termination) -> npt.NDArray[np.bool_]:
    """(m, n) occupations of the bottom face alone."""
    elements = [term.stack.crystal.structure[site].specie.symbol for site, _ in term.lower]
    choices = [
        itertools.combinations([i for i, e in enumerate(elements) if e == element], n)
        for element, n in term.kept.items()
    ]
    picks = [list(itertools.chain(*pick)) for pick in itertools.product(*choices)]
    rows = np.zeros((len(picks), len(term.lower) + len(term.upper)), bool)
    for row, pick in zip(rows, picks, strict=True):
        row[pick] = True
    return rows


def _canonical(rows: npt.NDArray[np.bool_], group: Integers) -> Integers:
    """(m,) the smallest number that the group's images of each occupation spell in binary."""
    powers = 1 << np.arange(rows.shape[1], dtype=np.int64)
    numbers = np.stack([rows @ powers[permutation] for permutation in group])
    return np.asarray(numbers.min(axis=0))
