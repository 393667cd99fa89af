"""Surface energies by two engines, one against the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from nzsp_surfaces.base.labels import formula_mathtext, plane_mathtext
from nzsp_surfaces.report.draw.style import GREY, INK, Colours

if TYPE_CHECKING:
    from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow

MARKS = "osD^vP*X"


def draw_levels(ax: Axes, rows: Sequence[SurfaceEnergyRow], *, colours: Colours) -> None:
    """Each surface at its energy before (x) and now (y), J/m²; a line down to what relaxing would still gain."""
    before, after = ([value for row in rows if (value := get(row)) is not None] for get in (_before, _now))
    span = (0.92 * min(before + after), 1.06 * max(before + after))
    ax.plot(span, span, color=GREY, linewidth=0.8)
    materials = list(dict.fromkeys(row.material for row in rows))
    for row in rows:
        _mark(ax, row, MARKS[materials.index(row.material) % len(MARKS)], colours[tuple(row.miller)])
    for number, material in enumerate(materials):
        ax.plot([], [], MARKS[number % len(MARKS)], color=INK, label=formula_mathtext(material))
    ax.set(xlim=span, ylim=span, aspect="equal")
    ax.set_xlabel(rf"{_names([row.engine_before for row in rows])}: $\gamma$ / J m$^{{-2}}$")
    ax.set_ylabel(rf"{_names([row.engine for row in rows])}: $\gamma$ / J m$^{{-2}}$")
    ax.legend(loc="upper left")


def _before(row: SurfaceEnergyRow) -> float | None:
    return row.gamma_before


def _now(row: SurfaceEnergyRow) -> float | None:
    return row.gamma


def _mark(ax: Axes, row: SurfaceEnergyRow, mark: str, colour: str) -> None:
    if row.gamma_before is None or row.gamma is None:
        return
    if row.gamma_foretold is not None:
        ax.plot([row.gamma_before] * 2, [row.gamma_foretold, row.gamma], color=colour, linewidth=1.0)
    ax.plot(row.gamma_before, row.gamma, mark, color=colour, fillstyle="none" if row.film else "full", markersize=5)
    label = plane_mathtext(row.miller) + (f" + {formula_mathtext(row.film)}" if row.film else "")
    ax.annotate(label, (row.gamma_before, row.gamma), (5, -3), textcoords="offset points", fontsize=6.5, color=INK)


def _names(engines: Sequence[str | None]) -> str:
    return ", ".join(dict.fromkeys(engine or "before" for engine in engines))
