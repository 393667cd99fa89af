"""What a finished run leaves: documents, pictures and the page on disk, and the table on the terminal."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from nzsp_surfaces.study.study import Study
    from nzsp_surfaces.tasks.base import Outcome
    from nzsp_surfaces.tasks.plan import Plan


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write(study: Study, plan: Plan, outcome: Outcome, output: Path, began: float, started: str) -> None:
    """Write every document, picture and the page, and show the table."""
    from rich.console import Console

    from nzsp_surfaces.cli.energy_table import show_energies
    from nzsp_surfaces.report.draw.pictures import write_pictures
    from nzsp_surfaces.report.page import write_report
    from nzsp_surfaces.report.read import load_results
    from nzsp_surfaces.report.shapes import wulff_shapes
    from nzsp_surfaces.report.write import Clock, write_results
    from nzsp_surfaces.tasks.table import table

    console = Console()
    clock = Clock(started, now(), time.perf_counter() - began)
    write_results(study, plan, outcome, clock, output)
    rows = table(plan, outcome.results, outcome.failures)
    write_pictures(output, rows, wulff_shapes(study, plan, rows, outcome.results))
    page = write_report(output)
    show_energies(load_results(output))
    for line in (study.profile.description, *study.notes):
        console.print(line, markup=False)
    for task, reason in outcome.failures.items():
        console.print(f"failed: {task}: {reason}")
    console.print(
        f"{outcome.computed} calculations, {outcome.repeated} from disk, {time.perf_counter() - began:.0f} s: {page}"
    )
