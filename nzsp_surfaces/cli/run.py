"""`nzsp run`: carry a study out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nzsp_surfaces.cli import options

if TYPE_CHECKING:
    from nzsp_surfaces.runs.local import Progress
    from nzsp_surfaces.study.study import Study
    from nzsp_surfaces.tasks.base import Outcome, Result, Task
    from nzsp_surfaces.tasks.plan import Plan

EXAMPLES = """\
\b
Examples:
  nzsp run inputs/table1.yaml -o runs/table1
  nzsp run inputs/table1.yaml -o runs/table1-paper --profile paper
  nzsp run inputs/table1.yaml -o runs/chgnet --engine chgnet --workers 4
  nzsp run runs/table1                             go on in a directory of nzsp run or nzsp bundle
"""


@click.command(epilog=EXAMPLES)
@options.study
@options.own_output
@options.profile()
@options.engine
@options.workers
def command(study: Path, output: Path | None, profile: str, engine: str | None, workers: int | None) -> int:
    """Carry STUDY out on this machine: energies, Wulff shapes, pictures and report.html.

    STUDY is a file, or a directory that nzsp run or nzsp bundle wrote, which is then gone on with. Killed at any moment
    and started again, it goes on where it was; finished, it computes nothing again. The exit status is 0, 1 where a
    calculation failed, and 2 for a mistake in the input.
    """
    from nzsp_surfaces.cli.studies import loaded

    if output is None and not study.is_dir():
        raise click.UsageError("Missing option '-o' / '--output'")
    return carry_out(loaded(study, profile, engine), output or study, workers)


def carry_out(loaded: Study, output: Path, workers: int | None) -> int:
    """Compute what a results directory lacks of a study and write all of it; the exit status.

    Raises:
        UserError: an engine is not here, or the directory is another study's.
    """
    from nzsp_surfaces.cli.finish import now, write
    from nzsp_surfaces.runs.store import claimed, enough_room
    from nzsp_surfaces.runs.work import check_abilities, check_engines
    from nzsp_surfaces.tasks.plan import make_plan

    began, started = time.perf_counter(), now()
    check_engines(loaded)
    for chosen in loaded.engines.each:
        chosen.ready({})
    enough_room(output)
    with claimed(output, loaded) as store:
        plan = make_plan(loaded)
        check_abilities(loaded, plan)
        outcome = _compute(loaded, plan, store, workers or loaded.engines.parallel or _cores())
        write(loaded, plan, outcome, output, began, started)
    return 1 if outcome.failures else 0


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _compute(study: Study, plan: Plan, store: Any, workers: int) -> Outcome:
    from nzsp_surfaces.runs.local import Watcher, run_plan

    display = Display(study, plan)
    with display:
        watcher = Watcher(display.started, display.stepped, display.finished, display.failed)
        return run_plan(study, plan, store, workers, watcher)


class Display:
    """Progress on a terminal: what runs, how far, the time left, and values as they arrive."""

    def __init__(self, study: Study, plan: Plan) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self.study, self.plan = study, plan
        self.results: dict[str, Result] = {}
        self.shown: set[str] = set()
        self.weights = {task.id: task.weight for task in plan.tasks}
        self.partial: dict[str, float] = {}
        self.computed = 0.0
        self.began = time.perf_counter()
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}"), TimeElapsedColumn()
        )
        self.total = self.bar.add_task(study.name, total=sum(self.weights.values()), text="")
        self.lines: dict[str, Any] = {}

    def __enter__(self) -> Display:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def started(self, task: Task) -> None:
        """A task begins."""
        self.lines[task.id] = self.bar.add_task(f"  {task.id}", total=None, text="starting")

    def stepped(self, progress: Progress) -> None:
        """A step of a task."""
        if progress.task in self.lines:
            self.bar.update(self.lines[progress.task], text=f"step {progress.step}, {progress.text}")

    def finished(self, task: Task, result: Result) -> None:
        """A task has its result; an entry may have its value."""
        self.results[task.id] = result
        line = self.lines.pop(task.id, None)
        if line is not None:
            self.bar.remove_task(line)
            self.computed += task.weight
        self.bar.update(self.total, advance=task.weight, text=self._time_left())
        self._tell_entry(task)

    def failed(self, task: Task, reason: str) -> None:
        """A task failed."""
        line = self.lines.pop(task.id, None)
        if line is not None:
            self.bar.remove_task(line)
        self.bar.update(self.total, advance=task.weight)
        self.bar.console.print(f"failed: {task.id}: {reason}")

    def _time_left(self) -> str:
        left = sum(self.weights[i] for i in self.weights if i not in self.results)
        if not self.computed or not left:
            return ""
        return f"about {left * (time.perf_counter() - self.began) / self.computed:.0f} s left"

    def _tell_entry(self, task: Task) -> None:
        from nzsp_surfaces.base.labels import plane_name
        from nzsp_surfaces.tasks.table import evaluate

        for entry in self.plan.entries:
            if task.id in entry.tasks and all(name in self.results for name in entry.tasks):
                best = evaluate(self.plan, entry, self.results, {}).best
                if best and best.energy and entry.id not in self.shown:
                    self.shown.add(entry.id)
                    label = f"{entry.material} ({plane_name(entry.miller)}) {entry.film or 'bare'}"
                    self.bar.console.print(f"{label}: {best.energy.gamma:.3f} J/m²")
