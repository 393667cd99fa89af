"""`nzsp query`: surface energies across studies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from nzsp_surfaces.cli import options
from nzsp_surfaces.cli.terminal import show

EXAMPLES = """\
\b
Examples:
  nzsp query
  nzsp query --material NZP --miller 1,-1,0,2 --film none
  nzsp query --film Na3PO4 --format csv > films.csv
"""
ROWS = 100
SHOWN = ("material", "miller", "film", "gamma", "spread", "reason", "engine", "profile", "name")
"""Columns of the table; JSON and CSV have all."""


@click.command(epilog=EXAMPLES)
@options.launchpad
@click.option("--material", help="Name in the study.")
@click.option("--miller", callback=options.planes, multiple=True, help="Plane, as 1,-1,0,2; may be repeated.")
@click.option("--film", help="Name in the study; 'none' for bare planes.")
@click.option("--engine", help="Of the energies.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@click.option("--all", "everything", is_flag=True, help=f"A table of all entries, not of the first {ROWS}.")
def command(
    launchpad: Path | None,
    material: str | None,
    miller: tuple[tuple[int, ...], ...],
    film: str | None,
    engine: str | None,
    form: str,
    *,
    everything: bool,
) -> None:
    """List surface energies, J/m², of all studies in the database."""
    from nzsp_surfaces.runs.fireworks.database import database

    wanted: dict[str, Any] = {name: value for name, value in (("material", material), ("engine", engine)) if value}
    if miller:
        wanted["miller"] = {"$in": [list(plane) for plane in miller]}
    if film:
        wanted["film"] = None if film == "none" else film
    with database(launchpad, reading=True) as known:
        rows = known.entries(wanted, SHOWN if form == "table" else ())
    if form == "table":
        _table(rows, len(rows) if everything else ROWS)
    else:
        {"json": _json, "csv": _csv}[form](rows)


def _json(rows: list[dict[str, Any]]) -> None:
    click.echo(json.dumps(rows, indent=1))


def _csv(rows: list[dict[str, Any]]) -> None:
    from nzsp_surfaces.report.rows.columns import csv_text
    from nzsp_surfaces.report.rows.energies import DatabaseEntry

    click.echo(csv_text(DatabaseEntry, rows), nl=False)


def _table(rows: list[dict[str, Any]], limit: int) -> None:
    names = ("material", "plane", "film", "gamma", "engine", "profile", "study")
    show(names, [_cells(row) for row in rows[:limit]], title="Surface energies, J/m²")
    hidden = len(rows) - limit
    click.echo(f"{len(rows)} entries" + (f", {hidden} of them not shown: --all, --format csv" if hidden > 0 else ""))


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    from nzsp_surfaces.base.labels import plane_name
    from nzsp_surfaces.cli.energy_table import with_margin

    gamma = f"- ({row['reason']})" if row["gamma"] is None else with_margin(row["gamma"], row.get("spread"))
    plane, film = f"({plane_name(tuple(row['miller']))})", row["film"] or "bare"
    return row["material"], plane, film, gamma, row["engine"], row["profile"], row["name"]
