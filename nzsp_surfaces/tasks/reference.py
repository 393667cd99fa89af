"""The compounds of films: given cells relaxed and larger ones annealed; the lowest energy is a film's reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.engines.base import Ask, DynamicsSettings, RelaxSettings
from nzsp_surfaces.tasks.base import Bench, Result, Subject, TaskKind

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.study.study import Film
    from nzsp_surfaces.tasks.draft import Draft

Repeats = tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]

ANNEALED_ATOMS = 32
"""An annealed cell holds at least so many atoms, so that polyanions may turn independently."""


@dataclass(frozen=True)
class ReferenceInputs:
    """A cell of a film's compound.

    Attributes:
        structure: primitive cell.
        relax: how far.
        repeats: (3, 3), vectors of the annealed cell in multiples of the primitive ones; None for the cell as it is.
        dynamics: of the anneal before the relaxation; None for none.
    """

    structure: Structure
    relax: RelaxSettings
    repeats: Repeats | None = None
    dynamics: DynamicsSettings | None = None


def _carry_out(bench: Bench[ReferenceInputs]) -> Result:
    """Relax the given cell, or a larger one that is annealed first."""
    inputs, start, annealed = bench.inputs, bench.inputs.structure.copy(), None
    if inputs.repeats is not None:
        start.make_supercell(inputs.repeats)
    if inputs.dynamics is not None:
        annealed = bench.engine(Ask.DYNAMICS).dynamics(start, inputs.dynamics, bench.folder, bench.heat)
        start = annealed.structure
    calculation = bench.engine(Ask.CELL).relax(start, inputs.relax, bench.folder, bench.forces)
    return bench.result(calculation=calculation, start=start, trajectory=annealed)


def _evaluations(inputs: ReferenceInputs) -> float:
    return 40.0 + (inputs.dynamics.steps if inputs.dynamics else 0)


REFERENCE = TaskKind("reference", _carry_out, (Ask.CELL, Ask.DYNAMICS), _evaluations)


def plan(draft: Draft) -> None:
    """The given cell of each film, and at each temperature of its anneals as many others as the profile wants."""
    for film in draft.study.films:
        seeds = [draft.seed(number) for number in range(1, draft.study.profile.references)]
        anneals = [draft.anneal(film, t, seed=seed) for t in film.settings.temperatures for seed in seeds]
        planned = (_planned(draft, film, number, each) for number, each in enumerate([None, *anneals]))
        draft.references[film.name] = tuple(planned)


def _planned(draft: Draft, film: Film, number: int, dynamics: DynamicsSettings | None) -> str:
    inputs, atoms = ReferenceInputs(film.reference.structure, draft.cell_relaxation), len(film.reference.structure)
    if dynamics is not None:
        repeats = _repeats(film)
        inputs = replace(inputs, repeats=repeats, dynamics=dynamics)
        atoms *= round(abs(float(np.linalg.det(repeats))))
    return draft.add(REFERENCE, Subject(film=film.name), inputs, number=number, atoms=atoms)


def _repeats(film: Film) -> Repeats:
    """The conventional cell, repeated until it holds enough atoms."""
    matrix = np.rint(np.linalg.inv(film.reference.setting)).astype(np.int64)
    atoms = len(film.reference.structure) * round(abs(float(np.linalg.det(matrix))))
    factors = np.ones(3, np.int64)
    while atoms * int(factors.prod()) < ANNEALED_ATOMS:
        factors[int(np.argmin(factors))] += 1
    a, b, c = (tuple(int(x) for x in row) for row in np.diag(factors) @ matrix)
    return a, b, c  # type: ignore[return-value]
