"""`nzsp bundle`: a study for nodes that cannot reach the database."""

from __future__ import annotations

from pathlib import Path

import click

from nzsp_surfaces.cli import options

EXAMPLES = """\
\b
Examples:
  nzsp bundle inputs/table1.yaml -o runs/table1       here, where the database is
  nzsp run runs/table1                                in a job, where it is not; copy the directory there if need be
  nzsp collect runs/table1                            here again, as often as you like, also while it runs
"""


@click.command(epilog=EXAMPLES)
@options.study
@options.launchpad
@options.output()
@options.engine
@options.profile()
def command(study: Path, launchpad: Path | None, output: Path, engine: str | None, profile: str) -> None:
    """Write STUDY and what the database has of it into a directory, which `nzsp run` carries out without the database.

    It is a results directory like any other: what it holds is not computed again, and several of one study may be
    carried out at once, in which the first result of each calculation counts.
    """
    from nzsp_surfaces.cli.studies import loaded as read
    from nzsp_surfaces.runs.fireworks.bundles import Submitted
    from nzsp_surfaces.runs.fireworks.database import database
    from nzsp_surfaces.runs.store import claimed
    from nzsp_surfaces.tasks.plan import make_plan

    loaded = read(study, profile, engine)
    plan = make_plan(loaded)
    with database(launchpad, reading=True) as known:
        results = Submitted(known, loaded, plan).results()
    with claimed(output, loaded) as store:
        store.save_all(plan.tasks, results)
    click.echo(
        f"{output}: {len(results)} of {len(plan.tasks)} calculations are there; where they are to run: "
        f"nzsp run {output}; then here: nzsp collect {output}"
    )
