"""`nzsp collect`: results of a submitted study as the files that `nzsp run` writes, or from such files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.cli import options

if TYPE_CHECKING:
    from nzsp_surfaces.study.study import Study
    from nzsp_surfaces.tasks.plan import Plan

EXAMPLES = """\
\b
Examples:
  nzsp collect inputs/table1.yaml -o runs/table1   results of the workers into a directory
  nzsp report runs/table1
  nzsp collect runs/bundle                         results of a directory into the database
"""


@click.command(epilog=EXAMPLES)
@options.study
@options.launchpad
@click.option("-o", "--output", metavar="DIR", type=options.PATH, help="Directory to write into.")
@options.engine
@options.profile()
def command(study: Path, launchpad: Path | None, output: Path | None, engine: str | None, profile: str) -> int:
    """Write what STUDY has given so far into a results directory, which `nzsp run` could go on with.

    Where STUDY is itself such a directory, of `nzsp bundle` or `nzsp run`, the database first takes in what it holds,
    and the jobs that it answers count as finished.
    """
    from nzsp_surfaces.cli.studies import loaded as read
    from nzsp_surfaces.tasks.plan import make_plan

    if output is None and not study.is_dir():
        raise click.UsageError("Missing option '-o' / '--output'")
    loaded = read(study, profile, engine)
    plan = make_plan(loaded)
    if study.is_dir():
        _take_in(study, launchpad, loaded, plan)
    return 0 if output is None else _write(study, launchpad, output, loaded, plan)


def _take_in(directory: Path, launchpad: Path | None, study: Study, plan: Plan) -> None:
    """From a directory into the database."""
    from nzsp_surfaces.runs.fireworks.bundles import Submitted
    from nzsp_surfaces.runs.fireworks.database import database
    from nzsp_surfaces.runs.store import Store

    with database(launchpad) as known:
        known.prepare()
        results, jobs = Submitted(known, study, plan).take_in(Store(directory))
        none = known.why_none(study)
    click.echo(f"{directory}: {results} results are new to the database, {jobs} jobs are finished by them")
    if none:
        click.echo(f"{directory}: {none}")


def _write(source: Path, launchpad: Path | None, output: Path, study: Study, plan: Plan) -> int:
    """From the database into a directory; the exit status."""
    import time

    from nzsp_surfaces.cli.finish import now, write
    from nzsp_surfaces.runs.fireworks.bundles import Submitted
    from nzsp_surfaces.runs.fireworks.database import database
    from nzsp_surfaces.runs.store import claimed
    from nzsp_surfaces.tasks.base import Outcome

    began, started = time.perf_counter(), now()
    with database(launchpad, reading=True) as known:
        none = known.why_none(study)
        if none:
            raise UserError(f"{source}: {none}")
        results = Submitted(known, study, plan).results()
        failed = known.jobs(study.identity, ("FIZZLED",))
    failures = {job.task: job.reason or "failed" for job in failed}
    with claimed(output, study) as store:
        store.save_all(plan.tasks, results)
        write(study, plan, Outcome(results, failures, repeated=len(results)), output, began, started)
    click.echo(f"{len(results)} of {len(plan.tasks)} calculations are finished")
    return 1 if failures else 0
