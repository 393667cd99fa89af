"""`nzsp engines`: what can compute here."""

from __future__ import annotations

import click

EXAMPLES = """\
\b
Examples:
  nzsp engines
  nzsp run inputs/table1.yaml -o runs/chgnet --engine chgnet
"""


@click.command(epilog=EXAMPLES)
def command() -> None:
    """List the engines, their versions here, and what is missing for the others."""
    from rich.console import Console
    from rich.table import Table

    from nzsp_surfaces.engines.registry import DEFAULT, ENGINES

    table = Table()
    for name in ("engine", "model", "version", "here", "about"):
        table.add_column(name)
    for entry in ENGINES.values():
        lacks = (
            f"lacks {', '.join(entry.missing)}: pip install 'nzsp-surfaces\\[{entry.extra}]'"
            if entry.missing
            else "yes"
        )
        name = f"{entry.name} (default)" if entry.name == DEFAULT else entry.name
        table.add_row(name, entry.model, entry.version or "-", lacks, entry.about)
    Console().print(table)
