"""What the anneal of a film shows: bonds in time, elements along the normal, displacements of mobile ions."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from nzsp_surfaces.base.labels import PLANE_PALETTE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nzsp_surfaces.report.rows.motion import FilmMotionRow

BLUE, ORANGE = PLANE_PALETTE[0], PLANE_PALETTE[5]


def draw_bonding(ax: Axes, row: FilmMotionRow) -> None:
    """Anions around the framework's cations (left), all and the film's, and whole polyanions (right) against time."""
    time = [t / 1000 for t in row.times]
    both = [own + film for own, film in zip(row.to_slab, row.to_film, strict=True)]
    ax.plot(time, both, color=BLUE, lw=1.0, label="all")
    ax.plot(time, row.to_film, color=BLUE, lw=1.0, ls="--", label="of the film")
    ax.set(xlabel="time / ps", ylim=(0, None))
    ax.set_ylabel("anions around a framework cation", color=BLUE)
    ax.margins(x=0)
    right = ax.twinx()
    right.spines["right"].set_visible(True)
    for values, style in ((row.whole_slab, "-"), (row.whole_film, "--")):
        if values:
            right.plot(time, [100 * each for each in values], color=ORANGE, lw=1.0, ls=style)
    right.set_ylim(0, 105)
    right.set_ylabel("whole polyanions / %", color=ORANGE)
    ax.legend(loc="center right")


def draw_profile(ax: Axes, row: FilmMotionRow) -> None:
    """Number density of each element along the normal."""
    for colour, (element, density) in zip(cycle(PLANE_PALETTE), row.densities.items(), strict=False):
        ax.plot(row.heights, density, color=colour, lw=1.0, label=element)
    ax.set(xlabel="height above the slab's middle / Å", ylim=(0, None))
    ax.set_ylabel("density / Å$^{-3}$")
    ax.margins(x=0)
    ax.legend(loc="upper right")


def draw_displacements(ax: Axes, row: FilmMotionRow) -> None:
    """Mean-square displacement of the mobile ions of each region, in the plane and along the normal (dashed)."""
    lags = [lag / 1000 for lag in row.lags]
    for colour, name in zip(cycle(PLANE_PALETTE), row.in_plane, strict=False):
        ax.plot(lags, row.in_plane[name], color=colour, lw=1.2, label=name)
        ax.plot(lags, row.normal[name], color=colour, lw=1.2, ls="--")
    ax.set(xlabel="lag / ps", ylim=(0, None))
    ax.set_ylabel("mean-square displacement / Å$^2$")
    ax.margins(x=0)
    ax.legend(loc="upper left")


def draw_temperatures(ax: Axes, rows: Sequence[FilmMotionRow]) -> None:
    """Mean-square displacement within the longest time that all anneals show, against their temperature.

    In the plane (filled) and along the normal (open), for the mobile ions of each region.
    """
    lag = min(row.lags[-1] for row in rows)
    for colour, name in zip(cycle(PLANE_PALETTE), rows[0].in_plane, strict=False):
        for part, face in (("in_plane", colour), ("normal", "none")):
            own = [row for row in rows if name in getattr(row, part)]
            displaced = [np.interp(lag, row.lags, getattr(row, part)[name]) for row in own]
            ax.plot([row.temperature or 0.0 for row in own], displaced, "o", color=colour, mfc=face, ms=4)
        ax.plot([], [], "o", color=colour, ms=4, label=name)
    ax.set(xlabel="temperature / K", ylim=(0, None))
    ax.set_ylabel(f"displacement in {lag / 1000:.2g} ps / Å$^2$")
    ax.legend(loc="upper left")
