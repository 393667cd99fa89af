"""Surface energies of terminations against a chemical potential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from nzsp_surfaces.base.labels import formula_mathtext, plane_mathtext
from nzsp_surfaces.report.draw.style import GREY, Colours

if TYPE_CHECKING:
    from nzsp_surfaces.report.rows.reservoirs import ConditionRow, TerminationRow

DASHES = ("-", "--", ":", "-.")


def draw_terminations(
    ax: Axes, rows: Sequence[TerminationRow], *, colours: Colours, conditions: Sequence[ConditionRow] = ()
) -> None:
    """Lines of one material, J/m² against eV; what lies outside its region of stability is hatched.

    Args:
        conditions: of oxygen gas, which stand above where oxygen's potential is varied.
    """
    seen: dict[tuple[int, ...], int] = {}
    for row in rows:
        number = seen[row.miller] = seen.get(row.miller, -1) + 1
        what = f"{formula_mathtext(row.over.split()[-1])} over" if row.over else "stoichiometric"
        style = DASHES[number % len(DASHES)]
        label = f"{plane_mathtext(row.miller)} {what}"
        ax.plot(row.potentials, row.gammas, style, color=colours[tuple(row.miller)], linewidth=1.2, label=label)
    values = rows[0].potentials
    for start, end in ((values[0], values[1]), (values[-2], values[-1])):
        ax.axvspan(start, end, facecolor="none", edgecolor=GREY, hatch="////", linewidth=0.0, alpha=0.5)
    ax.set_xlim(values[0], values[-1])
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.set_xlabel(f"chemical potential of {rows[0].element} / eV (hatched: not stable)")
    ax.set_ylabel(r"surface energy $\gamma$ / J m$^{-2}$")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    if rows[0].element == "O":
        _name_conditions(ax, conditions)


def _name_conditions(ax: Axes, conditions: Sequence[ConditionRow]) -> None:
    """Temperature and pressure above the potential that they give oxygen, as far as it is drawn."""
    low, high = ax.get_xlim()
    told = {
        row.absolute: f"{row.temperature:g} K, {row.pressure:g} bar"
        for row in conditions
        if row.absolute is not None and low <= row.absolute <= high
    }
    if told:
        above = ax.secondary_xaxis("top")
        above.set_xticks(list(told), list(told.values()), rotation=45, ha="left", fontsize=6.5)
