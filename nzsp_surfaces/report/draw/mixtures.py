"""Energies of mixtures against their composition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from nzsp_surfaces.report.draw.style import GREY, INK

if TYPE_CHECKING:
    from nzsp_surfaces.report.rows.mixtures import MixtureRow


def draw_mixture(ax: Axes, rows: Sequence[MixtureRow]) -> None:
    """Every relaxed configuration a dash, the lowest of a composition a point; a line joins what no mixture beats.

    Crosses: what small crystals add up to, with nothing for what lies between them. Zero is the line between the ends.
    """
    known = [(row.x, row.above) for row in rows if row.x is not None and row.above]
    for x, above in known:
        ax.plot([x] * len(above), [1000 * energy for energy in above], "_", color=GREY, ms=9, mew=1.2)
    best = {x: min(above[0] for at, above in known if at == x) for x, _ in known}
    lowest = sorted((x, 1000 * energy) for x, energy in best.items())
    ax.plot(*zip(*lowest, strict=True), "o", color=INK, ms=4)
    ax.plot(*zip(*lower_hull(lowest), strict=True), color=INK, lw=1.0)
    sums = {row.x: 1000 * row.side_by_side for row in rows if row.x is not None and row.side_by_side is not None}
    ax.plot(list(sums.keys()), list(sums.values()), "x", color=GREY, ms=5)
    ax.axhline(0.0, color=GREY, lw=0.6, zorder=0)
    ax.set_xlabel(r"composition $x$")
    ax.set_ylabel("energy above the ends\n/ meV per formula unit")
    ax.set_title(rows[0].mixture, fontsize=9, fontweight="bold")


def lower_hull(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of points in ascending order, those below which no line between two others runs."""
    hull: list[tuple[float, float]] = []
    for point in points:
        while len(hull) > 1 and _above(hull[-1], hull[-2], point):
            hull.pop()
        hull.append(point)
    return hull


def _above(point: tuple[float, float], left: tuple[float, float], right: tuple[float, float]) -> bool:
    share = (point[0] - left[0]) / (right[0] - left[0])
    return point[1] >= (1 - share) * left[1] + share * right[1]
