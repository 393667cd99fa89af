"""Successive halving (K. Jamieson and A. Talwalkar, AISTATS 2016): each round takes the lowest of the last one further.

What was left behind tells how many lower ones may have been missed: the survivors show how much a candidate still
gains after a round, with what scatter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from statistics import NormalDist, fmean, stdev
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nzsp_surfaces.base.calculation import Calculation

FEWEST = 3
"""Candidates that are taken through all rounds at least."""
NOISE = 1e-6
"""eV that count as a scatter of nothing."""


@dataclass(frozen=True)
class Round:
    """How many of the candidates are taken how far.

    Attributes:
        share: of them that is taken on, the lowest energies first.
        steps: of relaxation, those of the rounds before included.
    """

    share: float
    steps: int


ROUNDS = (Round(1.0, 0), Round(0.1, 40), Round(0.05, 90))
"""On Na4Zr2(SiO4)3 (0003) energies before 30 steps do not tell which arrangement ends lowest: a round in between would
cost half as much as all others, and drop the best."""


@dataclass(frozen=True)
class Halved:
    """What the rounds leave.

    Attributes:
        number: of the lowest candidate.
        calculation: of it, after the last round.
        missed: how many of those left behind would be expected to end below it; None where too few went on.
    """

    number: int
    calculation: Calculation
    missed: float | None


def halved(numbers: Iterable[int], rounds: Sequence[Round], judge: Callable[[int, int], Calculation]) -> Halved:
    """The lowest of the candidates.

    Args:
        numbers: of the candidates, the likely ones first.
        judge: relaxes a candidate for so many steps, going on from the round before.
    """
    on = list(numbers)
    count, done = len(on), []
    for round_ in rounds:
        taken = max(FEWEST, math.ceil(round_.share * count))
        judged = {number: judge(number, round_.steps) for number in islice(on, taken)}
        on = sorted(judged, key=lambda number, judged=judged: judged[number].energy)  # type: ignore[misc]
        done.append({number: judged[number].energy for number in on})
    return Halved(on[0], judged[on[0]], missed(done))


def missed(rounds: Sequence[Mapping[int, float]]) -> float | None:
    """How many of those left behind would be expected to end below the lowest that was found.

    What a candidate gains after a round is taken as normal, with the mean and the scatter of those that went on.
    They were the lowest then, and others may gain more or less: an estimate, not a bound.

    Args:
        rounds: number of a candidate -> eV after each round; later rounds hold fewer of them.

    Returns:
        None where too few went on to tell a scatter.
    """
    last = rounds[-1]
    if len(last) < FEWEST:
        return None
    lowest = min(last.values())
    return sum(_below(lowest, before, after, last) for before, after in pairwise(rounds))


def _below(lowest: float, before: Mapping[int, float], after: Mapping[int, float], last: Mapping[int, float]) -> float:
    """Expected number of those left behind between two rounds that would have ended below an energy."""
    gains = [before[number] - energy for number, energy in last.items()]
    gain = NormalDist(fmean(gains), max(stdev(gains), NOISE))
    return sum(1.0 - gain.cdf(before[number] - lowest) for number in before.keys() - after.keys())


def evaluations(count: float, rounds: Sequence[Round]) -> float:
    """Of energies and forces that all rounds take, about."""
    steps = [0, *(round_.steps for round_ in rounds)]
    more = zip(rounds, pairwise(steps), strict=True)
    return count * sum(round_.share * max(1, after - before) for round_, (before, after) in more)
