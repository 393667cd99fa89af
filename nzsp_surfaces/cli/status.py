"""`nzsp status`: what waits, runs, failed and finished."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.cli import options
from nzsp_surfaces.cli.terminal import show

if TYPE_CHECKING:
    from nzsp_surfaces.runs.fireworks.database import Database
    from nzsp_surfaces.runs.fireworks.jobs import Job
    from nzsp_surfaces.study.study import Study

WORDS = {
    "WAITING": "waits for others",
    "READY": "ready",
    "RESERVED": "in the queue",
    "RUNNING": "runs",
    "LOST": "lost",
    "COMPLETED": "finished",
    "FIZZLED": "failed",
    "DEFUSED": "stopped",
    "PAUSED": "paused",
}
CHOICES = {"waiting": "WAITING", "queued": "RESERVED", "running": "RUNNING", "finished": "COMPLETED"} | {
    word: state for state, word in WORDS.items() if word in ("ready", "lost", "failed", "stopped", "paused")
}
ROWS = 20

EXAMPLES = f"""\
\b
Examples:
  nzsp status                                     all studies of the database
  nzsp status inputs/table1.yaml -l my_launchpad.yaml
  nzsp status --state failed --all                every failed job of all studies
\b
States: {", ".join(CHOICES)}. Lost: its worker has been silent for RUN_EXPIRATION_SECS of FireWorks, 4 hours.
"""


@click.command(epilog=EXAMPLES)
@options.optional_study
@options.launchpad
@options.profile()
@options.engine
@click.option("--state", type=click.Choice(list(CHOICES)), help="Only jobs in this state.")
@click.option("--all", "everything", is_flag=True, help=f"All rows, not the first {ROWS}; finished jobs too.")
def command(
    study: Path | None, launchpad: Path | None, profile: str, engine: str | None, state: str | None, *, everything: bool
) -> None:
    """Show how far STUDY, or everything in the database, has come."""
    from nzsp_surfaces.runs.fireworks.database import database

    loaded = _read(study, profile, engine) if study else None
    limit = None if everything else ROWS
    with database(launchpad, reading=True) as known:
        counts = known.counts(loaded.identity if loaded else None)
        if not counts:
            _nothing(known, study, loaded)
            return
        if loaded or state:
            states = _states(state, everything=everything)
            _show_jobs(known, loaded, states, limit)
            _say_hidden(sum(own[name] for own in counts.values() for name in states), limit, "jobs;")
        else:
            _show_studies(known, counts, limit)
        total: Counter[str] = sum(counts.values(), Counter())
        _show_hints(known, loaded, launchpad, total)
    click.echo(", ".join(f"{total[state]} {word}" for state, word in WORDS.items() if total[state]))


def _read(study: Path, profile: str, engine: str | None) -> Study:
    from nzsp_surfaces.cli.studies import loaded  # heavy, and not needed without a study

    return loaded(study, profile, engine)


def _nothing(known: Database, study: Path | None, loaded: Study | None) -> None:
    """Say that there is no job.

    Raises:
        UserError: there are jobs of another form of the study.
    """
    other = known.other_forms(loaded) if loaded else None
    if other:
        raise UserError(f"{study}: {other}")
    click.echo(f"{study or 'no study'}: nothing is submitted; 'nzsp submit STUDY' does")


def _states(state: str | None, *, everything: bool) -> tuple[str, ...]:
    from nzsp_surfaces.runs.fireworks.jobs import STATES

    if state:
        return (CHOICES[state],)
    return STATES if everything else tuple(name for name in STATES if name not in ("WAITING", "COMPLETED"))


def _show_studies(known: Database, counts: dict[str, Counter[str]], limit: int | None) -> None:
    """A row for each study, the latest first."""
    from nzsp_surfaces.runs.fireworks.jobs import STATES

    order = {identity: row for identity, row in known.studies().items() if identity in counts}
    order |= {identity: {} for identity in counts if identity not in order}
    states = [state for state in reversed(STATES) if any(own[state] for own in counts.values())]
    words = [WORDS[state] for state in states]
    rows = []
    for identity, row in list(order.items())[:limit]:
        about = (row.get("name", identity[:10]), row.get("profile", "-"), row.get("engine", "-"))
        rows.append((*about, *(str(counts[identity][state]) for state in states)))
    show(("study", "profile", "engine", *words), rows, words)
    _say_hidden(len(order), limit, "studies;")


def _show_jobs(known: Database, loaded: Study | None, states: tuple[str, ...], limit: int | None) -> None:
    """A row for each job; it says its study where that is not given."""
    names = known.studies() if loaded is None else {}
    found = known.jobs(loaded.identity if loaded else None, states, limit)
    of_study = [(names.get(job.study, {}).get("name", "-"),) if names else () for job in found]
    rows = [(*_cells(job), *last) for job, last in zip(found, of_study, strict=True)]
    if rows:
        show(("job", "task", "state", "for/s", "queue job", *(["study"] if names else [])), rows, ("job", "for/s"))


def _say_hidden(number: int, limit: int | None, what: str) -> None:
    if limit is not None and number > limit:
        click.echo(f"... and {number - limit} more {what} --all shows them")


def _cells(job: Job) -> tuple[str, ...]:
    seconds = f"{job.seconds:.0f}" if job.seconds is not None else "-"
    return str(job.fw_id), job.task, WORDS.get(job.state, job.state), seconds, job.queue or "-"


def _show_hints(known: Database, loaded: Study | None, launchpad: Path | None, total: Counter[str]) -> None:
    """What to do about jobs that do not go on by themselves."""
    from nzsp_surfaces.runs.fireworks.jobs import LOST

    call = f"lpad -l {launchpad}" if launchpad else "lpad"
    failed = known.jobs(loaded.identity if loaded else None, ("FIZZLED",), ROWS) if total["FIZZLED"] else []
    for reason in dict.fromkeys(job.reason for job in failed):
        alike = [job for job in failed if job.reason == reason]
        who = alike[0].task + (f" and {len(alike) - 1} more" if alike[1:] else "")
        numbers = ",".join(str(job.fw_id) for job in alike)
        click.echo(f"{who} failed: {reason}; mend it, then: {call} rerun_fws -i {numbers}")
    _say_hidden(total["FIZZLED"], ROWS, "failed jobs; --state failed")
    if total["RESERVED"]:
        _show_gone(known.jobs(loaded.identity if loaded else None, ("RESERVED",)), call)
    if total[LOST]:
        click.echo(
            f"{total[LOST]} lost: no sign of life from the worker, which was killed or cannot reach the database; "
            f"to go on from the checkpoints: {call} detect_lostruns --rerun"
        )


def _show_gone(reserved: list[Job], call: str) -> None:
    """Jobs that the database believes to be in the queue, where the queue says otherwise."""
    from nzsp_surfaces.engines.queues import queued

    there = queued()
    gone = dict.fromkeys(job.queue for job in reserved if job.queue and there is not None and job.queue not in there)
    for number in gone:
        click.echo(
            f"queue job {number} is gone before it began, cancelled or lost; to free its job: {call} cancel_qid "
            f"--qid {number}"
        )
