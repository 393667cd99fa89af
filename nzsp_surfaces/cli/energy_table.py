"""Surface energies on the terminal, each with what leaves it open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results
    from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow

NUMBERS = ("gamma", "published", "ratio")


def show_energies(results: Results) -> None:
    """Print the table of a results directory and the parts of each ±; nothing where it has no surface energies."""
    import click

    from nzsp_surfaces.cli.terminal import show

    rows = results.surface_energies
    if not rows:
        return
    chosen = {(c.material, c.miller, c.film): c.note for c in results.candidates if c.selected}
    cells = [_cells(row, chosen.get((row.material, row.miller, row.film), "")) for row in rows]
    engines = ", ".join(dict.fromkeys(row.engine for row in rows))
    names = ("material", "plane", "film", *NUMBERS, "candidate")
    show(names, cells, NUMBERS, f"Surface energies, J/m², {engines}")
    for line in _parts(rows):
        click.echo(line)


def _parts(rows: Sequence[SurfaceEnergyRow]) -> list[str]:
    """What each ± is made of, a line for each kind of part."""
    known = [(part, _name(row), value) for row in rows for part, value in (row.spread_parts or {}).items()]
    kinds = dict.fromkeys(part for part, _, _ in known)
    return [f"± {kind}: " + ", ".join(f"{name} {value:.3f}" for k, name, value in known if k == kind) for kind in kinds]


def _name(row: SurfaceEnergyRow) -> str:
    from nzsp_surfaces.base.labels import plane_name

    return f"{row.material} ({plane_name(row.miller)})" + (f" + {row.film}" if row.film else "")


def _cells(row: SurfaceEnergyRow, note: str) -> tuple[str, ...]:
    from nzsp_surfaces.base.labels import plane_name

    published = f"{row.gamma_published:.2f}" if row.gamma_published is not None else "-"
    ratio = f"{row.gamma / row.gamma_published:.2f}" if row.gamma is not None and row.gamma_published else "-"
    value, why = with_margin(row.gamma, row.spread), note if row.gamma is not None else row.reason or ""
    return row.material, f"({plane_name(row.miller)})", row.film or "bare", value, published, ratio, why


def with_margin(gamma: float | None, spread: float | None) -> str:
    """A surface energy with its spread, J/m², which stay on one line; a spread that nothing tells is a question mark.

    >>> with_margin(0.651, 0.034).split(), with_margin(0.651, None).split(), with_margin(None, None)
    (['0.65', '±', '0.03'], ['0.65', '±', '?'], '-')
    """
    from nzsp_surfaces.report.markup import margin, number

    return "-" if gamma is None else f"{number(gamma)} ± {margin(spread)}".replace(" ", "\xa0")
