"""Surface energies as bars."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from nzsp_surfaces.base.labels import formula_mathtext, plane_colours, plane_mathtext
from nzsp_surfaces.report.draw.style import GREY, INK, Colours

if TYPE_CHECKING:
    from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow


def draw_energies(ax: Axes, rows: Sequence[SurfaceEnergyRow], *, colours: Colours | None = None) -> None:
    """Surface energies, J/m², as bars grouped by material, each beside its published value where there is one."""
    colours = colours or plane_colours(row.miller for row in rows)
    places = _bar_places(rows)
    for x, row in zip(places, rows, strict=True):
        _draw_pair(ax, x, row, colours[tuple(row.miller)])
    ax.set_xticks(places, [_bar_label(row) for row in rows], fontsize=8, va="baseline")
    ax.tick_params(axis="x", length=0, pad=24)
    ax.set_ylabel(r"surface energy $\gamma$ / J m$^{-2}$")
    ax.set_ylim(
        0, 1.18 * max([v for row in rows for v in (row.gamma, row.gamma_published) if v is not None], default=1.0)
    )
    ax.set_xlim(min(places, default=0) - 0.7, max(places, default=0) + 0.7)
    name_materials(ax, places, [row.material for row in rows])
    handles: list[Artist] = [Patch(facecolor=GREY, label="computed")]
    if any(row.gamma_published is not None for row in rows):
        handles.append(Patch(facecolor="white", edgecolor=GREY, hatch="/////", label="published"))
    if not all(row.converged for row in rows):
        handles.append(Line2D([], [], linestyle="", marker="$*$", color=INK, label="not converged"))
    ax.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0.2)


def _bar_places(rows: Sequence[SurfaceEnergyRow]) -> list[float]:
    """One unit a bar pair, and a gap before each new material."""
    changes = np.cumsum([0] + [a.material != b.material for a, b in itertools.pairwise(rows)])
    return [float(n + 0.6 * change) for n, change in enumerate(changes[: len(rows)])]


def _draw_pair(ax: Axes, x: float, row: SurfaceEnergyRow, colour: str) -> None:
    published = row.gamma_published
    shift = 0.0 if published is None else 0.2
    if row.gamma is None:
        ax.annotate("no value", (x - shift, 0.02), rotation=90, ha="center", va="bottom", color=GREY, fontsize=7)
    else:
        ax.bar(x - shift, row.gamma, width=0.38, color=colour)
        if row.spread is not None:
            ax.errorbar(x - shift, row.gamma, yerr=row.spread, color=INK, elinewidth=0.8, capsize=2, capthick=0.8)
        _number(ax, x - shift, row.gamma + (row.spread or 0.0), "" if row.converged else "*", INK, of=row.gamma)
    if published is not None:
        ax.bar(x + shift, published, width=0.38, color="white", edgecolor=colour, hatch="/////", linewidth=0.8)
        _number(ax, x + shift, published, "", GREY)


def _number(ax: Axes, x: float, height: float, mark: str, colour: str, *, of: float | None = None) -> None:
    """Write a value above its bar, or above the error bar that ends at `height`."""
    value = height if of is None else of
    ax.annotate(
        f"{value:.2f}{mark}", (x, height), (0, 2), textcoords="offset points", ha="center", fontsize=6.5, color=colour
    )


def _bar_label(row: SurfaceEnergyRow) -> str:
    plane = plane_mathtext(row.miller)
    # Two lines in any case: labels are set on the baseline of the last one.
    return f"{plane}\n+ {formula_mathtext(row.film)}" if row.film else f"{plane}\n "


def name_materials(ax: Axes, places: Sequence[float], materials: Sequence[str]) -> None:
    """Write each material below the middle of its places."""
    for material in dict.fromkeys(materials):
        own = [x for x, name in zip(places, materials, strict=True) if name == material]
        middle = (own[0] + own[-1]) / 2
        ax.annotate(
            formula_mathtext(material), (middle, 0), (0, -34), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="center", va="top", fontweight="bold",
        )  # fmt: skip
