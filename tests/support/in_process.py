"""`nzsp run` without a pool: what a worker does, in this process, so that hundreds of runs take seconds."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from nzsp_surfaces.runs import local
from nzsp_surfaces.runs.local import Watcher
from nzsp_surfaces.runs.store import Store
from nzsp_surfaces.study.study import Study
from nzsp_surfaces.tasks.base import Outcome, Task
from nzsp_surfaces.tasks.plan import Plan


class _NoSteps:
    """Nobody is told of steps."""

    def put(self, _progress: Any) -> None:
        """Forget it."""

    def get_nowait(self) -> Any:
        """Nothing is there."""
        raise queue.Empty


def _work(
    study: Study, plan: Plan, store: Store, _workers: int, watcher: Watcher, outcome: Outcome, waiting: list[Task]
) -> None:
    local._here[:] = [local._Workplace(study, plan, store, _NoSteps())]
    open_tasks = {task.id for task in waiting}
    for task in (task for task in plan.tasks if task.id in open_tasks):
        result = local._carry_out(task.id, {name: outcome.results[name] for name in task.parents})
        outcome.results[task.id] = result
        outcome.computed += 1
        watcher.finished(task, result)


@contextmanager
def runs_in_this_process() -> Iterator[None]:
    """Tasks of local runs are carried out one after the other, here."""
    with patch.object(local, "_work", _work):
        yield
