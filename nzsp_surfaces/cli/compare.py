"""`nzsp compare`: surface energies of several runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nzsp_surfaces.cli import options

if TYPE_CHECKING:
    from nzsp_surfaces.report.compare import Comparison

EXAMPLES = """\
\b
Examples:
  nzsp compare runs/table1 runs/chgnet -o runs/comparison
  nzsp compare runs/table1 runs/imported runs/vasp -o runs/comparison
"""


@click.command(epilog=EXAMPLES)
@click.argument("directories", metavar="RUN...", type=options.PATH, nargs=-1, required=True)
@options.output()
def command(directories: tuple[Path, ...], output: Path) -> None:
    """Compare the surface energies of finished runs: values, mean and spread, the order of planes, Wulff shapes.

    Materials are matched by formula, planes by the symmetry of the crystal, films by name and amount; engines, studies
    and imported runs may differ. Writes comparison.json, comparison.csv, a picture and comparison.html.
    """
    from nzsp_surfaces.report.compare import compare
    from nzsp_surfaces.report.page import write_comparison
    from nzsp_surfaces.report.read import load_results

    found = compare([load_results(directory) for directory in directories])
    page = write_comparison(found, output)
    _show(found)
    click.echo(f"written: {page}")


def _show(found: Comparison) -> None:
    from nzsp_surfaces.base.labels import plane_text
    from nzsp_surfaces.cli.energy_table import with_margin
    from nzsp_surfaces.cli.terminal import show

    rows = [
        (
            surface.material,
            plane_text(surface.miller),
            surface.film or "bare",
            *(_number(surface.gammas.get(name)) for name in found.names),
            with_margin(surface.mean, surface.margin),
            _number(surface.spread),
            _number(surface.published),
        )
        for surface in found.surfaces
    ]
    names = ("material", "plane", "film", *found.names, "mean", "spread", "published")
    show(names, rows, names[3:], "Surface energies, J/m²")
    for material, orders in found.orders().items():
        alike = len({tuple(planes) for planes in orders.values()}) == 1
        click.echo(f"{material}: the planes come in {'one order' if alike else 'different orders'}")
        for name, planes in list(orders.items())[: 1 if alike else None]:
            click.echo(f"  {'all' if alike else name}: {' < '.join(map(plane_text, planes))}")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
