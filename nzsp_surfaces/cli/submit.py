"""`nzsp submit`: a study becomes a workflow of FireWorks."""

from __future__ import annotations

from pathlib import Path

import click

from nzsp_surfaces.cli import options

EXAMPLES = """\
\b
Examples:
  nzsp submit inputs/table1.yaml                                  with the launchpad file that FireWorks finds
  nzsp submit inputs/table1.yaml -l my_launchpad.yaml --profile paper
  nzsp submit inputs/table1.yaml --engine chgnet -d /shared/nzsp
\b
Then start workers: rlaunch -l my_launchpad.yaml rapidfire, or qlaunch with an adapter of workflows/.
"""


@click.command(epilog=EXAMPLES)
@options.study
@options.launchpad
@options.directory
@options.engine
@options.profile()
def command(study: Path, launchpad: Path | None, directory: Path, engine: str | None, profile: str) -> None:
    """Submit STUDY to FireWorks. Twice is once, and results of other studies are not computed again."""
    from nzsp_surfaces.cli.studies import loaded as read
    from nzsp_surfaces.runs.fireworks.database import database
    from nzsp_surfaces.runs.fireworks.tasks import workflows
    from nzsp_surfaces.runs.work import check_abilities, check_engines
    from nzsp_surfaces.study.bundle import pack
    from nzsp_surfaces.tasks.plan import make_plan

    loaded = read(study, profile, engine)
    check_engines(loaded)
    with database(launchpad) as known:
        if known.is_submitted(loaded.identity):
            known.keep_study(pack(loaded))  # again, where a damaged one was put away
            click.echo(f"{loaded.name}: is submitted already; see 'nzsp status {study}'")
            return
        plan = make_plan(loaded)
        check_abilities(loaded, plan)
        finished = known.finished([task.key for task in plan.tasks])
        known.prepare()
        known.keep_study(pack(loaded))
        known.add(workflows(loaded, plan, directory.absolute(), finished))
    click.echo(
        f"{loaded.name}: submitted {len(plan.tasks) - len(finished)} calculations and the evaluation of "
        f"{len(plan.entries)} entries; known already: {len(finished)} calculations"
    )
