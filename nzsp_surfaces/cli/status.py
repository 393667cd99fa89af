"""`nzsp status`: what waits, runs, failed and finished."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nzsp_surfaces.cli.submit import launchpad_option

if TYPE_CHECKING:
    from nzsp_surfaces.launchpad import Job

EXAMPLES = """\
\b
Examples:
  nzsp status                                     all studies of the database
  nzsp status inputs/table1.yaml -l my_launchpad.yaml
"""

WORDS = {
    "WAITING": "waits for others",
    "READY": "ready",
    "RESERVED": "in the queue",
    "RUNNING": "runs",
    "COMPLETED": "finished",
    "FIZZLED": "failed",
    "DEFUSED": "stopped",
    "PAUSED": "paused",
}


@click.command(epilog=EXAMPLES)
@click.argument("study", type=click.Path(path_type=Path), required=False)
@launchpad_option
@click.option("--profile", type=click.Choice(["quick", "paper"]), default="quick", show_default=True, help="Protocol.")
@click.option("--engine", help="Engine instead of the study's.")
@click.option("--all", "everything", is_flag=True, help="List finished jobs too.")
def command(study: Path | None, launchpad: Path | None, profile: str, engine: str | None, *, everything: bool) -> None:
    """Show how far STUDY, or everything in the database, has come."""
    from rich.console import Console

    from nzsp_surfaces.launchpad import database
    from nzsp_surfaces.study import load_study

    identity = load_study(study, profile, engine).identity if study else None
    with database(launchpad) as known:
        jobs = known.jobs(identity)
    if not jobs:
        click.echo(f"{study or 'no study'}: nothing is submitted; 'nzsp submit STUDY' does")
        return
    console = Console()
    shown = [job for job in jobs if everything or job.state not in ("COMPLETED", "WAITING")]
    if shown:
        console.print(_table(shown))
    counts = Counter(WORDS.get(job.state, job.state.lower()) for job in jobs)
    console.print(", ".join(f"{n} {word}" for word, n in counts.items()), highlight=False)
    for job in (j for j in jobs if j.state == "FIZZLED"):
        console.print(f"{job.task} failed: {job.reason}; mend it, then: lpad rerun_fws -i {job.fw_id}", highlight=False)


def _table(jobs: list[Job]) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    for name in ("job", "task", "state", "for/s", "queue job"):
        table.add_column(name, justify="right" if name in ("job", "for/s") else "left")
    for job in jobs:
        seconds = f"{job.seconds:.0f}" if job.seconds is not None else "-"
        table.add_row(str(job.fw_id), job.task, WORDS.get(job.state, job.state), seconds, job.queue or "-")
    return table
