"""Planes with very many ways of sharing their mobile ions: all are judged, fewer and fewer are relaxed further.

Successive halving (K. Jamieson and A. Talwalkar, AISTATS 2016): each round takes the lowest of the last one further.
What was left behind tells how many lower ones may have been missed: the survivors show how much an arrangement still
gains after a round, with what scatter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from statistics import NormalDist, fmean, stdev
from typing import TYPE_CHECKING

from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind
from nzsp_surfaces.tasks.building import Arrangement, SlabBuilding, SlabStart

if TYPE_CHECKING:
    from nzsp_surfaces.base.calculation import Calculation
    from nzsp_surfaces.tasks.draft import Draft

SHAKE = 0.01
"""Å; a larger one costs steps to relax, and hides what the arrangements differ in."""
FEWEST = 3
"""Arrangements of a batch that are taken through all rounds at least."""
NOISE = 1e-6
"""eV that count as a scatter of nothing."""
BATCH = 100
"""Arrangements that one task judges at most, so that several cores share a plane."""


@dataclass(frozen=True)
class Round:
    """How many of a batch are taken how far.

    Attributes:
        share: of the batch that is taken on, the lowest energies first.
        steps: of relaxation, those of the rounds before included.
    """

    share: float
    steps: int


ROUNDS = (Round(1.0, 0), Round(0.4, 12), Round(0.25, 40), Round(0.12, 90))
"""On Na4Zr2(SiO4)3 (0003) energies before 30 steps hardly tell which arrangement ends lowest."""


@dataclass(frozen=True)
class SearchInputs:
    """A batch of arrangements to judge.

    Attributes:
        building: of the slabs.
        arrangements: of the batch.
        force: eV/Å, at which a relaxation ends before its steps are used up.
        rounds: in which they are taken further.
    """

    building: SlabBuilding
    arrangements: tuple[Arrangement, ...]
    force: float
    rounds: tuple[Round, ...] = ROUNDS


@dataclass(frozen=True)
class Judged:
    """An arrangement, as it was built and as a round has left it."""

    number: int
    start: SlabStart
    calculation: Calculation


def _search(bench: Bench[SearchInputs]) -> Result:
    """The lowest of a batch, and how many lower ones may have been left behind."""
    inputs, bulk = bench.inputs, bench.parent("bulk").computed.structure
    on = {each.number: inputs.building.start(each, bulk, SHAKE) for each in inputs.arrangements}
    rounds: list[list[Judged]] = []
    for round_ in inputs.rounds:
        taken = max(FEWEST, math.ceil(round_.share * len(inputs.arrangements)))
        judged = [_judged(bench, number, start, round_.steps) for number, start in islice(on.items(), taken)]
        rounds.append(sorted(judged, key=lambda each: each.calculation.energy))
        on = {each.number: each.start for each in rounds[-1]}
    best = rounds[-1][0]
    left_behind = missed([{each.number: each.calculation.energy for each in judged} for judged in rounds])
    choices = Choices(arrangement=best.number, judged=len(inputs.arrangements), missed=left_behind)
    return bench.result(calculation=best.calculation, start=best.start.structure, choices=choices)


def _judged(bench: Bench[SearchInputs], number: int, start: SlabStart, steps: int) -> Judged:
    """An arrangement after so many steps; those of the rounds before come from the record in its folder."""
    settings = RelaxSettings(bench.inputs.force, steps, held=start.held)
    folder = bench.folder / str(number)
    folder.mkdir(exist_ok=True)
    relaxed = bench.engine(Ask.SLAB).relax(start.structure, settings, folder, bench.forces, start.flip)
    return Judged(number, start, relaxed)


def missed(rounds: Sequence[Mapping[int, float]]) -> float | None:
    """How many of those left behind would be expected to end below the lowest that was found.

    What an arrangement gains after a round is taken as normal, with the mean and the scatter of those that went on.
    They were the lowest then, and others may gain more or less: an estimate, not a bound.

    Args:
        rounds: number of an arrangement -> eV after each round; later rounds hold fewer of them.

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


def _evaluations(inputs: SearchInputs) -> float:
    steps = [0, *(round_.steps for round_ in inputs.rounds)]
    more = zip(inputs.rounds, pairwise(steps), strict=True)
    return len(inputs.arrangements) * sum(round_.share * max(1, after - before) for round_, (before, after) in more)


SEARCH = TaskKind("search", _search, (Ask.SLAB,), _evaluations)


def searches(
    draft: Draft, subject: Subject, building: SlabBuilding, arranged: tuple[Arrangement, ...]
) -> tuple[str, ...]:
    """Tasks that judge all arrangements of a plane; each batch holds likely and unlikely ones alike, and leaves one."""
    batches = max(math.ceil(len(arranged) / BATCH), draft.study.profile.relaxed)
    return tuple(
        draft.add(
            SEARCH,
            subject,
            SearchInputs(building, arranged[number::batches], draft.study.profile.slab_force),
            number=number + 1,
            parents=(draft.bulks[subject.material or ""],),
            atoms=len(arranged[0].cut.sites),
        )
        for number in range(batches)
    )
