"""`nzsp engines`: what can compute here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nzsp_surfaces.engines.entry import EngineEntry

EXAMPLES = """\
\b
Examples:
  nzsp engines
  nzsp run inputs/table1.yaml -o runs/chgnet --engine chgnet
  nzsp run inputs/table1.yaml -o runs/lj --engine ase.calculators.lj:LennardJones

\b
In a study, an engine that needs more than its name, or a calculator of your own:
  engine: {name: sevennet-mf0, modal: R2SCAN}
  engine: {calculator: "mace.calculators:mace_mp", arguments: {model: small}}
  engine: {calculator: "my_module:MyCalculator", arguments: {potential: my_weights.pt}}
A file among the arguments is known by its content. Python must find my_module: add its folder to PYTHONPATH.
"""

COLUMNS = ("engine", "model", "version", "device", "abilities", "DFT", "here")


@click.command(epilog=EXAMPLES)
def command() -> None:
    """List the engines: versions and device here, what they can do, and what is missing for the others.

    Abilities are to relax a cell, to relax a slab, a single point, and dynamics.
    """
    from nzsp_surfaces.cli.terminal import show
    from nzsp_surfaces.engines.registry import DEFAULT, engines

    show(COLUMNS, [_row(entry) for entry in engines()])
    show(("engine", "about"), [(entry.name, entry.about) for entry in engines()])
    click.echo(f"Where a study names none, it is {DEFAULT}.")


def _row(entry: EngineEntry) -> tuple[str, ...]:
    from nzsp_surfaces.engines.base import Ask

    all_of_them = entry.abilities == frozenset(Ask)
    # Square brackets would be read as the terminal's markup.
    lacks = f"lacks {', '.join(entry.missing)}: {entry.install}".replace("[", "\\[")
    return (
        entry.name,
        entry.model,
        entry.version or "-",
        "-" if entry.missing else entry.device(),
        "all" if all_of_them else " ".join(ask for ask in Ask if ask in entry.abilities),
        "yes" if entry.is_dft else "no",
        lacks if entry.missing else "yes",
    )
