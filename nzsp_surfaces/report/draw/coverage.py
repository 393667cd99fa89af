"""Surface energy against the coverage with a film."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from nzsp_surfaces.base.labels import formula_mathtext, plane_colours, plane_mathtext
from nzsp_surfaces.report.draw.style import GREY, Colours

if TYPE_CHECKING:
    from nzsp_surfaces.report.rows.films import FilmSeriesRow


def draw_coverage(ax: Axes, found: Sequence[FilmSeriesRow], *, colours: Colours | None = None) -> None:
    """A line for each plane from no film on; a circle marks the coverage beyond which more film is in excess."""
    colours = colours or plane_colours(each.miller for each in found)
    for each in found:
        colour = colours[tuple(each.miller)]
        bare = [(0.0, each.gamma_bare)] if each.gamma_bare is not None else []
        points = bare + list(zip(each.coverages, each.gammas, strict=True))
        ax.plot(*zip(*points, strict=True), "-o", color=colour, ms=4, lw=1.3, label=plane_mathtext(each.miller))
        ax.plot(each.best_coverage, each.best_gamma, "o", ms=9, mfc="none", mec=colour, mew=1.2)
    ax.axhline(0.0, color=GREY, lw=0.6, zorder=0)
    ax.set_xlim(left=0)
    face = f"{formula_mathtext(found[0].on)} on a face" if found[0].on else "a face"
    ax.set_xlabel(f"{formula_mathtext(found[0].compound)} on {face} / nm$^{{-2}}$")
    ax.set_ylabel(r"surface energy $\gamma$ / J m$^{-2}$")
    ax.set_title(formula_mathtext(found[0].material), fontsize=9, fontweight="bold")
    ax.legend(loc="best")
