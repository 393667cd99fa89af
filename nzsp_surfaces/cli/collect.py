"""`nzsp collect`: results of a submitted study as the files that `nzsp run` writes."""

from __future__ import annotations

from pathlib import Path

import click

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.cli import options

EXAMPLES = """\
\b
Examples:
  nzsp collect inputs/table1.yaml -o runs/table1
  nzsp report runs/table1
"""


@click.command(epilog=EXAMPLES)
@options.study
@options.launchpad
@options.output()
@options.engine
@options.profile()
def command(study: Path, launchpad: Path | None, output: Path, engine: str | None, profile: str) -> int:
    """Write what STUDY has given so far into a results directory, which `nzsp run` could go on with."""
    import time
    from dataclasses import replace

    from nzsp_surfaces.cli.finish import now, write
    from nzsp_surfaces.runs.fireworks.database import database
    from nzsp_surfaces.runs.store import check_directory, only_run, open_store
    from nzsp_surfaces.study.study import load_study
    from nzsp_surfaces.tasks.base import Outcome
    from nzsp_surfaces.tasks.plan import make_plan

    began, started = time.perf_counter(), now()
    loaded = load_study(study, profile, engine)
    plan = make_plan(loaded)
    with database(launchpad, reading=True) as known:
        none = known.why_none(loaded)
        if none:
            raise UserError(f"{study}: {none}")
        keys = known.submitted_keys(loaded.identity)
        results = known.results(replace(task, key=keys.get(task.id, task.key)) for task in plan.tasks)
        failed = known.jobs(loaded.identity, ("FIZZLED",))
    failures = {job.task: job.reason or "failed" for job in failed}
    outcome = Outcome(results, failures, repeated=len(results))
    check_directory(output, loaded)
    with only_run(output):
        store = open_store(output, loaded)
        for task in (t for t in plan.tasks if t.id in results):
            store.save(task, replace(results[task.id], key=task.key))
        write(loaded, plan, outcome, output, began, started)
    click.echo(f"{len(results)} of {len(plan.tasks)} calculations are finished")
    return 1 if failures else 0
