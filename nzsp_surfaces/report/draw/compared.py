"""Surface energies of several runs: a mark for each, the spread as a line, published values beside."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from nzsp_surfaces.base.labels import PLANE_PALETTE, formula_mathtext, plane_mathtext
from nzsp_surfaces.report.draw.bars import name_materials
from nzsp_surfaces.report.draw.style import GREY, INK

if TYPE_CHECKING:
    from nzsp_surfaces.report.compare import Comparison
    from nzsp_surfaces.report.rows.comparison import Surface

MARKS = "osD^vP*X"


def draw_compared(ax: Axes, comparison: Comparison) -> None:
    """Surface energies, J/m², grouped by material."""
    surfaces = comparison.surfaces
    changes = np.cumsum([0] + [a.material != b.material for a, b in itertools.pairwise(surfaces)])
    places = [float(n + 0.6 * change) for n, change in enumerate(changes[: len(surfaces)])]
    for x, surface in zip(places, surfaces, strict=True):
        if surface.gammas:
            ax.plot([x, x], [min(surface.gammas.values()), max(surface.gammas.values())], color=GREY, linewidth=0.8)
    for number, name in enumerate(comparison.names):
        own = [(x, s.gammas[name]) for x, s in zip(places, surfaces, strict=True) if name in s.gammas]
        colour, mark = PLANE_PALETTE[number % len(PLANE_PALETTE)], MARKS[number % len(MARKS)]
        _marks(ax, own, marker=mark, markersize=5, color=colour, label=name)
    told = [(x, s.published) for x, s in zip(places, surfaces, strict=True) if s.published is not None]
    _marks(ax, told, marker="_", markersize=12, color=INK, label="published")
    ax.set_xticks(places, [_label(surface) for surface in surfaces], fontsize=8, va="baseline")
    ax.tick_params(axis="x", length=0, pad=24)
    ax.set_ylabel(r"surface energy $\gamma$ / J m$^{-2}$")
    ax.set_ylim(bottom=0)
    name_materials(ax, places, [surface.material for surface in surfaces])
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0.2)


def _marks(ax: Axes, points: Sequence[tuple[float, float]], **how: Any) -> None:
    if points:
        ax.plot(*zip(*points, strict=True), linestyle="", **how)


def _label(surface: Surface) -> str:
    plane = plane_mathtext(surface.miller)
    return f"{plane}\n+ {formula_mathtext(surface.film)}" if surface.film else f"{plane}\n "
