"""Where a task meets the engines and the results of its parents, the same for every runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.base import Ask, Engine, Engines
from nzsp_surfaces.study.study import Study
from nzsp_surfaces.tasks.base import Bench, Result, Task
from nzsp_surfaces.tasks.plan import Plan


def bench(
    plan: Plan,
    task: Task,
    results: Mapping[str, Result],
    engines: Engines,
    worker: Mapping[str, str],
    folder: Path,
    report: Callable[[int, str], None],
) -> Bench[Any]:
    """All that a task is carried out with.

    Args:
        results: at least those of the task's parents, by id.
        worker: its environment, which may name programs.
        folder: for checkpoints.
        report: told how far the task is.
    """

    def engine(ask: Ask) -> Engine:
        return engines.of(ask).make(worker)

    return Bench(task.id, task.key, task.inputs, by_kind(plan, task, results), engine, folder, report)


def by_kind(plan: Plan, task: Task, results: Mapping[str, Result]) -> dict[str, tuple[Result, ...]]:
    """Results of a task's parents by their kind, in the order in which the plan names them."""
    found: dict[str, tuple[Result, ...]] = {}
    for name in task.parents:
        kind = plan.by_id[name].kind
        found[kind] = (*found.get(kind, ()), results[name])
    return found


def check_engines(study: Study) -> None:
    """Look whether a study's engines are installed here and know its elements.

    Raises:
        UserError: what is missing.
    """
    crystals = [m.crystal for m in study.materials] + [f.reference for f in study.films]
    elements = sorted({symbol for crystal in crystals for symbol in crystal.charges})
    for engine in study.engines.each:
        engine.check(elements, str(study.path))


def check_abilities(study: Study, plan: Plan) -> None:
    """Look whether the engines are able to do what the plan asks.

    Raises:
        UserError: which is not, and of what.
    """
    for task in plan.tasks:
        for ask in task.recipe.asks:
            engine = study.engines.of(ask)
            if ask not in engine.abilities:
                raise UserError(
                    f"{study.path}: engine '{engine.name}' cannot do '{ask}', which {task.id} needs; choose another"
                )
