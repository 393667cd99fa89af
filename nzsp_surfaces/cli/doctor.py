"""`nzsp doctor`: what is amiss on disk or in the database, and its mending."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nzsp_surfaces.cli import options

if TYPE_CHECKING:
    from nzsp_surfaces.runs.doctor.finding import Finding

EXAMPLES = """\
\b
Examples:
  nzsp doctor runs/table1                  a directory of nzsp run
  nzsp doctor runs/table1 --fix
  nzsp doctor -l my_launchpad.yaml         jobs, results and folders of a database
\b
The exit status is 0 where nothing is amiss or all is mended, 1 where something is left.
"""


@click.command(epilog=EXAMPLES)
@click.argument("directory", metavar="[RUN]", type=options.PATH, required=False)
@options.launchpad
@click.option("--fix", is_flag=True, help="Mend what is found; nothing is deleted that holds a result.")
def command(directory: Path | None, launchpad: Path | None, *, fix: bool) -> int:
    """Say what is amiss in RUN, or in a database and the folders of its jobs, and how it is mended.

    It may be called at any time and any number of times: what a run or a worker holds is left alone.
    """
    if directory is not None:
        return _run(directory, fix=fix)
    from nzsp_surfaces.runs.doctor.launchpad import examine
    from nzsp_surfaces.runs.fireworks.database import database

    with database(launchpad, reading=not fix) as known:
        return _tell(examine(known), fix=fix)


def _run(directory: Path, *, fix: bool) -> int:
    from nzsp_surfaces.runs.doctor.disk import examine, idle

    with idle(directory) as free:
        found = examine(directory)
        if fix and found and not free:
            click.echo(f"{directory}: a run works in this directory; what is amiss is left alone until it ends")
        return _tell(found, fix=fix and free)


def _tell(found: list[Finding], *, fix: bool) -> int:
    """A line for each finding; how many are left decides the exit status."""
    left = 0
    for each in found:
        mended = fix and each.act is not None
        if mended and each.act is not None:
            each.act()
        left += not mended
        click.echo(f"{each}{' (done)' if mended else ''}")
    if not found:
        click.echo("nothing is amiss")
    elif any(each.act for each in found) and not fix:
        click.echo(f"{len(found)} found; --fix mends {sum(each.act is not None for each in found)} of them")
    return 1 if left else 0
