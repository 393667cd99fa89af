"""Surface phase diagrams in two chemical potentials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from nzsp_surfaces.base.labels import PLANE_PALETTE, formula_mathtext, plane_mathtext
from nzsp_surfaces.report.draw.style import GREY

if TYPE_CHECKING:
    from nzsp_surfaces.report.rows.reservoirs import DiagramRow


def draw_diagram(ax: Axes, row: DiagramRow) -> None:
    """Where each termination of a plane is the lowest; what lies outside the region of stability is hatched."""
    first, second = row.elements
    numbers = np.array([[np.nan if n is None else n for n in line] for line in row.lowest])
    shades = [PLANE_PALETTE[n % len(PLANE_PALETTE)] for n in range(len(row.terminations))]
    ax.set_facecolor("none")
    ax.patch.set(hatch="////", edgecolor=GREY, alpha=0.5)
    ends = (*_ends(row.potentials_first), *_ends(row.potentials_second))
    ax.imshow(
        numbers, origin="lower", extent=ends, aspect="auto", interpolation="nearest", cmap=ListedColormap(shades),
        vmin=-0.5, vmax=len(shades) - 0.5,
    )  # fmt: skip
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(5))
    ax.set(xlabel=f"chemical potential of {first} / eV", ylabel=f"chemical potential of {second} / eV")
    ax.set_title(f"{formula_mathtext(row.material)} {plane_mathtext(row.miller)}", fontsize=9)
    there = [n for n in range(len(shades)) if (numbers == n).any()]
    handles = [Patch(facecolor=shades[n], label=_said(row.terminations[n])) for n in there]
    handles.append(Patch(facecolor="none", edgecolor=GREY, hatch="////", label="not stable"))
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=3)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Half a step beyond the first and the last value."""
    half = 0.5 * (values[1] - values[0])
    return values[0] - half, values[-1] + half


def _said(over: str) -> str:
    return f"{formula_mathtext(over.split()[-1])} over" if over else "stoichiometric"
