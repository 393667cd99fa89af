"""`nzsp report`: the page again from finished results."""

from __future__ import annotations

from pathlib import Path

import click

from nzsp_surfaces.cli import options

EXAMPLES = """\
\b
Examples:
  nzsp report runs/table1
"""


@click.command(epilog=EXAMPLES)
@click.argument("directory", metavar="DIR", type=options.PATH)
def command(directory: Path) -> None:
    """Write report.html again from the results in DIR; compute nothing.

    The page is one file: it opens without a network and can be sent as it is.
    """
    from nzsp_surfaces.report.page import write_report

    click.echo(f"written: {write_report(directory)}")
