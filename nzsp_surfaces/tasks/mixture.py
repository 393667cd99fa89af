"""Mixtures: ways of filling a cell are ranked by electrostatics, tried by the engine, exchanged, and relaxed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.calculation import Calculation
from nzsp_surfaces.base.units import EV_PER_K
from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.mixtures.cells import Codes, MixedCell
from nzsp_surfaces.mixtures.exchange import exchanged, likely
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind, lowest
from nzsp_surfaces.tasks.composed import planned
from nzsp_surfaces.tasks.draft import PlannedMixture
from nzsp_surfaces.tasks.fillings import Draws, filled, text

if TYPE_CHECKING:
    from nzsp_surfaces.study.mixtures import Mixture
    from nzsp_surfaces.tasks.draft import Draft


TO_THE_END = 100.0
"""Evaluations that a crystal takes until its forces and its stress are gone, about."""


@dataclass(frozen=True)
class ConfigurationInputs:
    """One of the ranked configurations.

    Attributes:
        draws: that are ranked.
        rank: of this one, from 1; where there are fewer, the last of them.
        relax: how far.
    """

    draws: Draws
    rank: int
    relax: RelaxSettings


@dataclass(frozen=True)
class SwapInputs:
    """Exchanges of ions, from the lowest configuration on.

    Attributes:
        draws: that were ranked.
        number: of exchanges that are tried.
        temperature: K at which they are accepted (N. Metropolis et al., J. Chem. Phys. 21, 1087 (1953)).
        seed: of all of them.
        relax: how far after each.
    """

    draws: Draws
    number: int
    temperature: float
    seed: int
    relax: RelaxSettings


@dataclass(frozen=True)
class MixtureInputs:
    """One of the lowest configurations.

    Attributes:
        rank: among those that were tried, from 1.
        relax: how far.
        even: what was drawn, where an inversion is to be kept.
    """

    rank: int
    relax: RelaxSettings
    even: Draws | None = None


def _configuration(bench: Bench[ConfigurationInputs]) -> Result:
    """Relax a ranked configuration with its cell."""
    draws = bench.inputs.draws
    ranking = draws.ranking
    chosen = ranking.at(bench.inputs.rank)
    start = ranking.cell.structure(chosen.codes)
    flip = draws.flip(chosen.codes, start)
    calculation = bench.engine(Ask.CELL).relax(start, bench.inputs.relax, bench.folder, bench.forces, flip)
    choices = Choices(filling=text(chosen.codes), distinct=len(ranking.configurations), electrostatic=chosen.energy)
    return bench.result(calculation=calculation, start=start, choices=choices)


def _swaps(bench: Bench[SwapInputs]) -> Result:
    """Exchange ions with the engine; what was computed before a kill lies in the folder of each exchange."""
    draws, inputs = bench.inputs.draws, bench.inputs
    cell, random = draws.cell, np.random.default_rng([inputs.seed, 2])
    first = lowest(_tried_before(bench))[0]
    now = best = (filled(first), first.computed)
    accepted = 0
    for number in range(1, inputs.number + 1):
        tried = _tried(bench, cell, now, random, number)
        if tried[1].energy - now[1].energy < EV_PER_K * inputs.temperature * random.standard_exponential():
            now, accepted = tried, accepted + 1
        best = min(best, now, key=lambda each: each[1].energy)
    choices = replace(first.choices, filling=text(best[0]), accepted=accepted)
    return bench.result(calculation=best[1], start=best[1].structure, choices=choices)


def _tried(
    bench: Bench[SwapInputs],
    cell: MixedCell,
    now: tuple[Codes, Calculation],
    random: np.random.Generator,
    number: int,
) -> tuple[Codes, Calculation]:
    """A likely exchange, relaxed shortly."""
    sites = likely(cell, now[0], random)
    codes, start = exchanged(cell, now[0], now[1].structure, sites)
    folder = bench.folder / f"exchange-{number}"
    return codes, bench.engine(Ask.CELL).relax(start, bench.inputs.relax, folder, bench.forces)


def _mixture(bench: Bench[MixtureInputs]) -> Result:
    """Relax one of the lowest configurations to the end."""
    tried = lowest((*_tried_before(bench), *bench.parents.get("swaps", ())))
    own: dict[str | None, Result] = {}
    for each in tried:
        own.setdefault(each.choices.filling, each)
    chosen = list(own.values())[min(bench.inputs.rank, len(own)) - 1]
    start, even = chosen.computed.structure, bench.inputs.even
    flip = even.flip(filled(chosen), start) if even else None
    calculation = bench.engine(Ask.CELL).relax(start, bench.inputs.relax, bench.folder, bench.forces, flip)
    return bench.result(calculation=calculation, start=start, choices=chosen.choices)


def _tried_before(bench: Bench[SwapInputs] | Bench[MixtureInputs]) -> tuple[Result, ...]:
    """All that were relaxed shortly: as drawn, and of small crystals."""
    return (*bench.parents["configuration"], *bench.parents.get("composed", ()))


def _configuration_evaluations(inputs: ConfigurationInputs) -> float:
    return min(float(inputs.relax.max_steps), TO_THE_END)


def _swaps_evaluations(inputs: SwapInputs) -> float:
    return float(inputs.number * inputs.relax.max_steps)


def _mixture_evaluations(_inputs: MixtureInputs) -> float:
    return TO_THE_END


CONFIGURATION = TaskKind("configuration", _configuration, (Ask.CELL,), _configuration_evaluations)
SWAPS = TaskKind("swaps", _swaps, (Ask.CELL,), _swaps_evaluations)
MIXTURE = TaskKind("mixture", _mixture, (Ask.CELL,), _mixture_evaluations)


def plan(draft: Draft) -> None:
    """Each composition of each mixture."""
    draft.mixtures += [_planned(draft, mixture) for mixture in draft.study.mixtures]


def _planned(draft: Draft, mixture: Mixture) -> PlannedMixture:
    keys, subject = mixture.keys, Subject(mixture.label)
    draws = _draws(draft, mixture)
    parts = tuple(name for each in mixture.parts for name in _configurations(draft, each))
    composed_ = planned(draft, subject, draws, mixture, parts)
    tried = (*_configurations(draft, mixture), *composed_)
    swaps = tuple(_swapped(draft, subject, draws, tried, mixture))
    even = draws if keys.inversion else None
    inputs = [MixtureInputs(rank, draft.cell_relaxation, even) for rank in range(1, keys.relaxed + 1)]
    relaxed = tuple(
        draft.add(MIXTURE, subject, each, number=each.rank, parents=tried + swaps, atoms=mixture.atoms)
        for each in inputs
    )
    ends = tuple(draft.bulks[end] for end in mixture.ends)
    return PlannedMixture(mixture, tried, swaps, relaxed, ends, parts)


def _draws(draft: Draft, mixture: Mixture) -> Draws:
    return Draws(mixture.shared, mixture.multiples, mixture.keys.draws, draft.seed(0), mixture.keys.inversion)


def _configurations(draft: Draft, mixture: Mixture) -> tuple[str, ...]:
    """The lowest by point charges, as far as there are different ones."""
    draws = _draws(draft, mixture)
    ways = len(draws.ranking.configurations) if draws.inversion else draws.cell.ways
    inputs = [
        ConfigurationInputs(draws, rank, _first_relaxation(draft, mixture))
        for rank in range(1, min(mixture.keys.tried, ways) + 1)
    ]
    subject = Subject(mixture.label)
    return tuple(draft.add(CONFIGURATION, subject, each, number=each.rank, atoms=mixture.atoms) for each in inputs)


def _first_relaxation(draft: Draft, mixture: Mixture) -> RelaxSettings:
    """Short; in one primitive cell, which costs little, to the end: sodium may leave its site after 50 steps."""
    return draft.cell_relaxation if mixture.cells == 1 else _short_relaxation(draft, mixture)


def _short_relaxation(draft: Draft, mixture: Mixture) -> RelaxSettings:
    return replace(draft.cell_relaxation, max_steps=mixture.keys.steps)


def _swapped(draft: Draft, subject: Subject, draws: Draws, tried: tuple[str, ...], mixture: Mixture) -> Iterator[str]:
    """The task that exchanges ions, where it is asked for and there are unlike ones."""
    keys = mixture.keys
    if not (keys.swaps and draws.cell.mixed):
        return
    relax = _short_relaxation(draft, mixture)
    inputs = SwapInputs(draws, keys.swaps, keys.temperature, draft.seed(0), relax)
    yield draft.add(SWAPS, subject, inputs, parents=tried, atoms=mixture.atoms)
