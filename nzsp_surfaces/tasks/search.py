"""Planes with very many ways of sharing their mobile ions: all are judged, fewer and fewer are relaxed further."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind
from nzsp_surfaces.tasks.building import Arrangement, SlabBuilding, SlabStart
from nzsp_surfaces.tasks.halving import ROUNDS, Round, evaluations, halved

if TYPE_CHECKING:
    from nzsp_surfaces.base.calculation import Calculation
    from nzsp_surfaces.tasks.draft import Draft

SHAKE = 0.01
"""Å; a larger one costs steps to relax, and hides what the arrangements differ in."""
BATCH = 100
"""Arrangements that one task judges at most, so that several cores share a plane."""


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


def _search(bench: Bench[SearchInputs]) -> Result:
    """The lowest of a batch, and how many lower ones may have been left behind."""
    inputs, bulk = bench.inputs, bench.parent("bulk").computed.structure
    starts = {each.number: inputs.building.start(each, bulk, SHAKE) for each in inputs.arrangements}
    best = halved(starts, inputs.rounds, lambda number, steps: _judged(bench, number, starts[number], steps))
    choices = Choices(arrangement=best.number, judged=len(starts), missed=best.missed)
    return bench.result(calculation=best.calculation, start=starts[best.number].structure, choices=choices)


def _judged(bench: Bench[SearchInputs], number: int, start: SlabStart, steps: int) -> Calculation:
    """An arrangement after so many steps; those of the rounds before come from the record in its folder."""
    settings = RelaxSettings(bench.inputs.force, steps, held=start.held)
    folder = bench.folder / str(number)
    return bench.engine(Ask.SLAB).relax(start.structure, settings, folder, bench.forces, start.flip)


def _evaluations(inputs: SearchInputs) -> float:
    return evaluations(len(inputs.arrangements), inputs.rounds)


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
