"""`nzsp run`: carry a study out."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nzsp_surfaces.cli import options

if TYPE_CHECKING:
    from nzsp_surfaces.runs.local import Progress
    from nzsp_surfaces.study.study import Study
    from nzsp_surfaces.tasks.plan import Plan, Task
    from nzsp_surfaces.tasks.recipes import Outcome, Result

EXAMPLES = """\
\b
Examples:
  nzsp run inputs/table1.yaml -o runs/table1
  nzsp run inputs/table1.yaml -o runs/table1-paper --profile paper
  nzsp run inputs/table1.yaml -o runs/chgnet --engine chgnet --workers 4
"""


@click.command(epilog=EXAMPLES)
@options.study
@options.output()
@options.profile()
@options.engine
@options.workers
def command(study: Path, output: Path, profile: str, engine: str | None, workers: int | None) -> int:
    """Carry STUDY out on this machine: energies, Wulff shapes, pictures and report.html.

    Killed at any moment and started again, it goes on where it was; finished, it computes nothing again. The exit
    status is 0, 1 where a calculation failed, and 2 for a mistake in the input.
    """
    from nzsp_surfaces.engines import registry as catalogue
    from nzsp_surfaces.engines.queues import wall_time
    from nzsp_surfaces.engines.vasp.custody import vasp_commands
    from nzsp_surfaces.runs.local import check_engines
    from nzsp_surfaces.runs.store import check_directory, enough_room, only_run, open_store
    from nzsp_surfaces.study.study import load_study
    from nzsp_surfaces.tasks.plan import make_plan

    began, started = time.perf_counter(), now()
    loaded = load_study(study, profile, engine)
    check_engines(loaded)
    vasp = catalogue.VASP in (loaded.settings.engine, loaded.anneal_engine)
    if vasp:
        vasp_commands({})
        wall_time()
    enough_room(output)
    check_directory(output, loaded)
    with only_run(output):
        store = open_store(output, loaded)
        plan = make_plan(loaded)
        outcome = _compute(loaded, plan, store, workers or (1 if vasp else _cores()))
        write(loaded, plan, outcome, output, began, started)
    return 1 if outcome.failures else 0


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _compute(study: Study, plan: Plan, store: Any, workers: int) -> Outcome:
    from nzsp_surfaces.runs.local import Watcher, run_plan

    display = Display(study, plan)
    with display:
        watcher = Watcher(display.started, display.stepped, display.finished, display.failed)
        return run_plan(study, plan, store, workers, watcher)


def write(study: Study, plan: Plan, outcome: Outcome, output: Path, began: float, started: str) -> None:
    """Write every document, picture and the page, and show the table."""
    from rich.console import Console

    from nzsp_surfaces.report.draw.pictures import write_pictures
    from nzsp_surfaces.report.page import write_report
    from nzsp_surfaces.report.write import Clock, write_results, wulff_shapes
    from nzsp_surfaces.tasks.table import table

    console = Console()
    clock = Clock(started, now(), time.perf_counter() - began)
    write_results(study, plan, outcome, clock, output)
    rows = table(study, plan, outcome.results, outcome.failures)
    write_pictures(output, rows, wulff_shapes(study, rows, outcome.results))
    page = write_report(output)
    console.print(_table(study, rows))
    console.print(study.profile.description)
    for task, reason in outcome.failures.items():
        console.print(f"failed: {task}: {reason}")
    console.print(
        f"{outcome.computed} calculations, {outcome.repeated} from disk, {time.perf_counter() - began:.0f} s: {page}"
    )


def _table(study: Study, rows: Any) -> Any:
    from rich.table import Table

    from nzsp_surfaces.tasks.plan import plane_name

    table = Table(title=f"Surface energies, J/m², {study.settings.engine}")
    for name in ("material", "plane", "film"):
        table.add_column(name)
    for name in ("gamma", "published", "ratio"):
        table.add_column(name, justify="right")
    table.add_column("candidate")
    for row in rows:
        gamma = row.best.energy.gamma if row.best else None
        published = study.published(row.entry.material, row.entry.miller, row.entry.film)
        table.add_row(
            row.entry.material,
            f"({plane_name(row.entry.miller)})",
            row.entry.film or "bare",
            f"{gamma:.3f}" if gamma is not None else "-",
            f"{published:.2f}" if published is not None else "-",
            f"{gamma / published:.2f}" if gamma is not None and published else "-",
            row.best.note if row.best else row.reason,
        )
    return table


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
        from nzsp_surfaces.tasks.plan import plane_name
        from nzsp_surfaces.tasks.table import evaluate

        for entry in self.plan.entries:
            if task.id in entry.candidates and all(c in self.results for c in entry.candidates):
                best = evaluate(self.study, self.plan, entry, self.results, {}).best
                if best and best.energy and entry.id not in self.shown:
                    self.shown.add(entry.id)
                    label = f"{entry.material} ({plane_name(entry.miller)}) {entry.film or 'bare'}"
                    self.bar.console.print(f"{label}: {best.energy.gamma:.3f} J/m²")
