"""The inputs of VASP for a study: every task is carried out by an engine that notes what it is asked and runs nothing.

So the inputs are those of a run, to the seed. What a run would begin from the result of another task is built from the
geometry of the study's files instead, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.preconditioned import Preconditioned
from nzsp_surfaces.engines.vasp.entry import ChosenVasp
from nzsp_surfaces.engines.vasp.inputs import advised, write_inputs
from nzsp_surfaces.engines.vasp.potentials import check_potentials
from nzsp_surfaces.report.rows.inputs import InputsRow, InputsSource
from nzsp_surfaces.runs.work import by_kind
from nzsp_surfaces.tasks.base import Bench, Result, Task, carry_out

if TYPE_CHECKING:
    from nzsp_surfaces.engines.base import ChosenEngine
    from nzsp_surfaces.engines.vasp.writer import InputsWriter
    from nzsp_surfaces.study.study import Study
    from nzsp_surfaces.tasks.plan import Plan


def planned_inputs(study: Study, plan: Plan) -> Iterator[InputsSource]:
    """What VASP would begin with in every task of a plan.

    Args:
        study: whose engine is VASP.

    Raises:
        UserError: the engine is another, or a cell or an element does not suit its settings.
    """
    engine, dynamics = (_alone(each) for each in (study.engines.energies, study.engines.dynamics))
    if not isinstance(engine, ChosenVasp) or dynamics != engine:
        raise UserError(f"{study.path}: inputs are written for VASP alone, not for {engine.name}; choose engine 'vasp'")
    results: dict[str, Result] = {}
    for task in plan.tasks:
        writer = engine.writer()
        results[task.id] = _carried_out(plan, task, results, writer)
        yield from _noted(task, writer)


def _carried_out(plan: Plan, task: Task, results: dict[str, Result], writer: InputsWriter) -> Result:
    parents = by_kind(plan, task, results)
    return carry_out(task, Bench(task.id, task.key, task.inputs, parents, lambda _: writer, Path(task.id), _unheard))


def _unheard(_step: int, _text: str) -> None:
    """Nothing is computed, so there is nothing to tell."""


def _noted(task: Task, writer: InputsWriter) -> Iterator[InputsSource]:
    """The questions of a task; all but the first go on from what the earlier ones gave, too.

    A folder that is asked about again is taken further than before: its last question is that calculation.
    """
    earlier: tuple[str, ...] = ()
    for noted in {each.folder: each for each in writer.asked}.values():
        folder = str(noted.folder)
        yield InputsSource(task, folder, noted.inputs, (*task.parents, *earlier))
        earlier = (*earlier, folder)


def _alone(engine: ChosenEngine) -> ChosenEngine:
    """Without the potential that lends its Hessian, which changes where VASP begins and not how it computes."""
    return engine.engine if isinstance(engine, Preconditioned) else engine


def for_cores(found: Iterable[InputsSource], cores: int, per_node: int | None) -> list[InputsSource]:
    """The same with advice on parallel runs; see `engines.vasp.inputs.advised`."""
    return [replace(each, inputs=advised(each.inputs, cores, per_node)) for each in found]


def write_planned(found: list[InputsSource], output: Path, potcars: Literal["files", "spec"]) -> list[InputsRow]:
    """Write a folder for each; potentials are looked for before the first file is written.

    Raises:
        UserError: potentials are missing, or a folder holds a calculation.
    """
    if potcars == "files":
        elements = {site.specie.symbol for each in found for site in each.inputs.structure}
        check_potentials(found[0].inputs.settings, sorted(elements))
    return [_written(each, output, potcars) for each in found]


def _written(each: InputsSource, output: Path, potcars: Literal["files", "spec"]) -> InputsRow:
    (output / each.folder).parent.mkdir(parents=True, exist_ok=True)
    warnings = write_inputs(each.inputs, output / each.folder, potcars)
    return InputsRow.made_from(replace(each, warnings=warnings))
