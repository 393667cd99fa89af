"""Layers of several kinds of ions that a cut may halve, where halving a layer of one kind mends nothing."""

from __future__ import annotations

import numpy as np

from nzsp_surfaces.crystals.planes import Gap, Stack, broken_bonds, distinct_gaps, framework_levels, within_repeat
from nzsp_surfaces.slabs.faces import tasker_class

MOST_LAYERS = 3
"""Neighbouring layers that are halved together at most."""
MOST_SETS = 16
"""Sets of as many layers that are tried at most, those that break the fewest bonds."""
SPAN = 2.0
"""Å from the lowest to the highest of them: as deep as mobile ions are shared on each side of a cut."""


def can_be_mended(stack: Stack, places: tuple[Gap, ...]) -> bool:
    """Whether a plane can be turned over, and each of its cuts leaves a repeat with a dipole (Tasker's type III).

    A plane with a nonpolar cut, such as (001) of SrTiO3, has no charge that halved layers would mend.
    """
    turns = any(sense == -1 for sense, _ in stack.height_maps)
    return turns and all(tasker_class(stack, place.middle) == "III" for place in places)


def layer_sets(stack: Stack, count: int) -> tuple[Gap, ...]:
    """All distinct cuts through a number of neighbouring layers, fewest broken bonds first.

    The faces share all units of these layers, together with the mobile ions near the cut; how many of each kind a face
    keeps follows from stoichiometry, so that what is halved balances itself: S with Li on (100) of Li6PS5Cl, K with O
    on (001) of KNbO3. Layers of one kind alone are left to `crystals.planes.layers`.
    """
    levels = _layers(stack)
    found = []
    for start in range(len(levels)):
        run = [levels[(start + i) % len(levels)] + (start + i) // len(levels) for i in range(count)]
        if count <= len(levels) and (run[-1] - run[0]) * stack.repeat <= SPAN:
            gap = _through(stack, run[0], run[-1])
            found += [gap] if gap else []
    return distinct_gaps(stack, found)


def _layers(stack: Stack) -> list[float]:
    """Mean heights of the framework's layers in one repeat, ascending."""
    levels = np.array(framework_levels(stack))
    parts = np.split(levels, np.flatnonzero(np.diff(levels) > stack.tolerance) + 1)
    if len(parts) > 1 and parts[0][0] + 1.0 - parts[-1][-1] < stack.tolerance:
        parts = [*parts[1:-1], np.concatenate([parts[-1], parts[0] + 1.0])]
    return sorted(within_repeat(float(part.mean())) for part in parts)


def _through(stack: Stack, lower: float, upper: float) -> Gap | None:
    """The cut through all layers between two heights; None where a unit there is endless or nothing is new."""
    middle, reach = 0.5 * (lower + upper), 0.5 * (upper - lower) + stack.tolerance
    away = np.abs((stack.heights - middle + 0.5) % 1.0 - 0.5)
    inside = [int(n) for n in np.flatnonzero(away < reach)]
    frame = [n for n in inside if not stack.is_mobile(n)]
    alone = len({stack.kinds[n] for n in inside}) == 1
    if alone or any(stack.units[n].dimensions for n in frame):
        return None
    broken = broken_bonds(stack, lower - stack.tolerance) + broken_bonds(stack, upper + stack.tolerance)
    return Gap(lower, upper, 0.5 * broken, frozenset(stack.kinds[n] for n in frame))
