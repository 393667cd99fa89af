"""Small ordered crystals side by side in a large cell: all are judged, fewer and fewer are relaxed further."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.mixtures.cells import mixed_cell
from nzsp_surfaces.mixtures.composed import Composed, Part, composed, lowest_sums, part
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind, lowest
from nzsp_surfaces.tasks.fillings import Draws, filled, text
from nzsp_surfaces.tasks.halving import Round, evaluations, halved

if TYPE_CHECKING:
    from nzsp_surfaces.base.calculation import Calculation
    from nzsp_surfaces.mixtures.shared import SharedCrystal
    from nzsp_surfaces.study.mixtures import Mixture
    from nzsp_surfaces.tasks.draft import Draft


ROUNDS = (Round(1.0, 0), Round(0.4, 12), Round(0.25, 40))
"""The lowest of each batch is relaxed to the end in any case."""


@dataclass(frozen=True)
class ComposedInputs:
    """A batch of such crystals.

    Attributes:
        draws: whose cell is filled.
        number: of ways, all batches together.
        batch: number of this one, from 1.
        batches: among which they are dealt.
        force: eV/Å, at which a relaxation ends before its steps are used up.
        rounds: in which they are taken further.
    """

    draws: Draws
    number: int
    batch: int
    batches: int
    force: float
    rounds: tuple[Round, ...] = ROUNDS


def _composed(bench: Bench[ComposedInputs]) -> Result:
    """The lowest of a batch; parts are the lowest crystals of one primitive cell that were found."""
    inputs, cell = bench.inputs, bench.inputs.draws.cell
    parts = ordered_parts(inputs.draws.shared, bench.parents["configuration"])
    seed, inversion = [inputs.draws.seed, 3], inputs.draws.inversion
    ways = composed(inputs.draws.shared, cell, parts, inputs.number, seed, inversion=inversion)
    own = dict(enumerate(ways[inputs.batch - 1 :: inputs.batches] or ways[-1:], start=1))
    best = halved(own, inputs.rounds, lambda number, steps: _judged(bench, number, own[number], steps))
    codes = own[best.number].codes
    choices = Choices(filling=text(codes), electrostatic=cell.energy(codes), judged=len(own), missed=best.missed)
    return bench.result(calculation=best.calculation, start=own[best.number].structure, choices=choices)


def _judged(bench: Bench[ComposedInputs], number: int, way: Composed, steps: int) -> Calculation:
    """A crystal after so many steps with its cell; those of the rounds before come from the record in its folder."""
    folder = bench.folder / str(number)
    relax, flip = RelaxSettings(bench.inputs.force, steps, cell=True), bench.inputs.draws.flip(way.codes, way.structure)
    return bench.engine(Ask.CELL).relax(way.structure, relax, folder, bench.forces, flip)


def ordered_parts(shared: SharedCrystal, results: Sequence[Result]) -> list[Part]:
    """The lowest crystal of one primitive cell for each composition among results."""
    parts = [
        part(shared, filled(each), each.computed.structure, each.computed.energy) for each in lowest(tuple(results))
    ]
    found: dict[tuple[int, ...], Part] = {}
    for each in parts:
        found.setdefault(each.held, each)
    return list(found.values())


def _evaluations(inputs: ComposedInputs) -> float:
    return evaluations(inputs.number / inputs.batches, inputs.rounds)


COMPOSED = TaskKind("composed", _composed, (Ask.CELL,), _evaluations)


def planned(draft: Draft, subject: Subject, draws: Draws, mixture: Mixture, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Batches of crystals side by side, each of which leaves one to be relaxed to the end; none where parts do not fit.

    Args:
        parts: tasks that relax crystals of one primitive cell.
    """
    keys = mixture.keys
    if not (keys.composed and _fit(draws, mixture.parts)):
        return ()
    batches = min(keys.relaxed, keys.composed)
    inputs = [
        ComposedInputs(draws, keys.composed, batch, batches, draft.cell_relaxation.force)
        for batch in range(1, batches + 1)
    ]
    return tuple(
        draft.add(COMPOSED, subject, each, number=each.batch, parents=parts, atoms=mixture.atoms) for each in inputs
    )


def _fit(draws: Draws, parts: tuple[Mixture, ...]) -> bool:
    """Whether any parts make up what the cell holds."""
    cells = [mixed_cell(each.shared, each.multiples) for each in parts]
    made = [part(draws.shared, cell.filling, cell.structure(cell.filling), 0.0) for cell in cells]
    return bool(lowest_sums(draws.cell, made, len(draws.cell.fractions) // len(draws.shared.fractions), 1))
