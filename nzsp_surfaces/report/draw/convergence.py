"""Surface energies against the setting of slabs that a series varies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from nzsp_surfaces.base.labels import formula_mathtext, plane_mathtext
from nzsp_surfaces.report.draw.style import Colours

if TYPE_CHECKING:
    from nzsp_surfaces.report.rows.convergence import ConvergenceRow

MARKS = "osD^v<>P"


@dataclass(frozen=True)
class Line:
    """A series as it is drawn: its row, what was varied, and the surface energies, J/m²; a level beside them."""

    row: ConvergenceRow
    settings: Sequence[float]
    gammas: Sequence[float]
    level: float | None = None


def thickness_lines(rows: Sequence[ConvergenceRow]) -> list[Line]:
    """The thickness series that have at least two slabs, with the fit as their level."""
    return [Line(row, row.repeats, row.gammas, row.gamma_fit) for row in rows if len(row.repeats) > 1]


def vacuum_lines(rows: Sequence[ConvergenceRow]) -> list[Line]:
    """The vacuum series that have at least two slabs."""
    return [Line(row, row.vacuums, row.vacuum_gammas) for row in rows if len(row.vacuums) > 1]


def cutoff_lines(rows: Sequence[ConvergenceRow]) -> list[Line]:
    """The series of cutoffs that have at least two."""
    return [Line(row, row.cutoffs, row.cutoff_gammas) for row in rows if len(row.cutoffs) > 1]


def kpoint_lines(rows: Sequence[ConvergenceRow]) -> list[Line]:
    """The series of k-points that have at least two."""
    return [Line(row, row.kpoints, row.kpoints_gammas) for row in rows if len(row.kpoints) > 1]


def draw_series(ax: Axes, lines: Sequence[Line], *, colours: Colours, setting: str) -> None:
    """Surface energies, J/m², against a setting; fits as dashed levels, a mark for each material.

    Args:
        setting: what was varied, for the axis.
    """
    marks = _marks(lines)
    for line in lines:
        colour = colours[tuple(line.row.miller)]
        label = f"{formula_mathtext(line.row.material)} {plane_mathtext(line.row.miller)}"
        ax.plot(line.settings, line.gammas, color=colour, marker=marks[line.row.material], ms=4, lw=1, label=label)
        if line.level is not None:
            ax.hlines(line.level, min(line.settings), max(line.settings), color=colour, linestyle="--", linewidth=0.8)
    ax.set_xticks(sorted({value for line in lines for value in line.settings}))
    ax.set_xlabel(setting)
    ax.set_ylabel(r"surface energy $\gamma$ / J m$^{-2}$")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _marks(lines: Sequence[Line]) -> Mapping[str, str]:
    materials = list(dict.fromkeys(line.row.material for line in lines))
    return {material: MARKS[number % len(MARKS)] for number, material in enumerate(materials)}
