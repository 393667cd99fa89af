"""How many units of each kind two equal faces keep, so that a slab holds whole formula units or at least no charge."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator

from nzsp_surfaces.crystals.planes import Gap, Site, Stack

Piece = tuple[Site, ...]
"""All sites of one unit: a polyanion or a single ion."""
Kinded = tuple[str, Piece]


class NoSlab(Exception):
    """Why a cut gives no admissible slab."""


class TooMany(NoSlab):
    """More ways of sharing than are enumerated."""


class NoCell(NoSlab):
    """What no larger surface cell mends."""


def formula_units(stack: Stack, gap: Gap, top: float) -> float | None:
    """Formula units in one primitive surface cell, from the elements that are not shared; None where they disagree."""
    formula = stack.crystal.counts
    frame = set(formula) - _shared_elements(stack, gap) or set(formula) - stack.mobile or set(formula)
    present: dict[str, float] = dict.fromkeys(formula, 0.0)
    for number in range(len(stack.units)):
        images = _images(stack, gap, top, number)
        for element, count in stack.contents[number].items():
            present[element] += images * count
    ratios = {round(present[e] / formula[e], 6) for e in frame}
    return ratios.pop() if len(ratios) == 1 and min(ratios) > 0 else None


def _images(stack: Stack, gap: Gap, top: float, number: int) -> float:
    """How many images of a unit lie between the cuts; those in layers that a cut runs through count half."""
    height, reach = float(stack.heights[number]), layer_reach(stack, gap, number)
    return 0.5 * sum(math.floor(top + r - height) - math.floor(gap.middle - r - height) for r in (reach, -reach))


def layer_reach(stack: Stack, gap: Gap, number: int) -> float:
    """How far from a cut, in repeats, a unit may lie to be one that the faces share; 0 for those that they do not."""
    return 0.5 * (gap.upper - gap.lower) + stack.tolerance if stack.kinds[number] in gap.halved else 0.0


def _shared_elements(stack: Stack, gap: Gap) -> set[str]:
    """Elements whose number the sharing settles."""
    layer = [stack.contents[number] for number in range(len(stack.units)) if _in_layer(stack, gap, number)]
    return set(stack.mobile).union(*layer)


def _in_layer(stack: Stack, gap: Gap, number: int) -> bool:
    """Whether the cut runs through layers and the unit, or an image of it, lies there and is shared."""
    away = (stack.heights[number] - gap.middle + 0.5) % 1.0 - 0.5
    return bool(abs(away) < layer_reach(stack, gap, number))


def _count(stack: Stack, sites: tuple[Site, ...]) -> Counter[str]:
    return Counter(stack.crystal.symbols[site] for site, _ in sites)


def kept_units(stack: Stack, units: int, fixed: tuple[Site, ...], lower: tuple[Kinded, ...]) -> dict[str, int]:
    """How many shared units of each kind one face keeps, so that the slab holds whole formula units.

    Args:
        units: formula units of the slab.
        fixed: sites that it holds anyway.
        lower: units near one face.

    Raises:
        NoSlab: no numbers do.
    """
    inside = _count(stack, fixed)
    missing = {element: units * n - inside[element] for element, n in stack.crystal.counts.items()}
    kept = {}
    for kind, element, contents in _settled(stack, dict(lower)):
        near = sum(k == kind for k, _ in lower)
        wanted = missing[element] // contents[element]
        if wanted % 2:
            raise NoSlab(f"not stoichiometric and symmetric at once: {wanted} {kind} for two faces")
        if not 0 <= wanted <= 2 * near:
            raise NoCell(f"not stoichiometric: {wanted} {kind} for {2 * near} places of the two faces")
        kept[kind] = wanted // 2
        missing = {e: n - wanted * contents[e] for e, n in missing.items()}
    wrong = sorted(e for e, n in missing.items() if n)
    if wrong:
        raise NoCell(f"not stoichiometric: {missing[wrong[0]]:+d} {wrong[0]} when the faces are alike")
    return kept


def _settled(stack: Stack, pieces: dict[str, Piece]) -> Iterator[tuple[str, str, Counter[str]]]:
    """Kinds in an order in which stoichiometry settles them one by one: kind, the element that does it, contents.

    SiO4 comes before O: it alone holds silicon, and takes its part of the oxygen.
    """
    left = {kind: _count(stack, piece) for kind, piece in sorted(pieces.items())}
    while left:
        shared = Counter(element for contents in left.values() for element in contents)
        kind = next((k for k, contents in left.items() if any(shared[e] == 1 for e in contents)), next(iter(left)))
        contents = left.pop(kind)
        centre = stack.crystal.symbols[pieces[kind][0][0]]
        yield kind, min(contents, key=lambda e: (shared[e], e != centre, e)), contents


def neutral_units(stack: Stack, fixed: tuple[Site, ...], lower: tuple[Kinded, ...]) -> dict[str, int]:
    """How many shared ions of each kind one face keeps, so that the slab has no charge; as near to a half as can be.

    Args:
        fixed: sites that it holds anyway.
        lower: mobile ions near one face.

    Raises:
        NoSlab: no numbers do.
    """
    charges = stack.crystal.charges
    rest = sum(charges[element] * n for element, n in _count(stack, fixed).items())
    near, pieces = Counter(kind for kind, _ in lower), dict(lower)
    ionic = {kind: sum(charges[e] * n for e, n in _count(stack, piece).items()) for kind, piece in pieces.items()}
    ways = (dict(zip(near, way, strict=True)) for way in itertools.product(*(range(n + 1) for n in near.values())))
    neutral = [way for way in ways if abs(rest + 2 * sum(ionic[kind] * n for kind, n in way.items())) < 1e-6]
    if not neutral:
        raise NoSlab(f"charged: {rest:+g} e, which the mobile ions near two equal faces do not balance")
    return min(neutral, key=lambda way: sum(abs(way[kind] - 0.5 * n) for kind, n in near.items()))
