"""Dynamics against time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from nzsp_surfaces.report.draw.style import Vectors

if TYPE_CHECKING:
    from nzsp_surfaces.report.traces import Trace


def draw_trace(ax: Axes, trace: Trace) -> None:
    """Temperature (left) and potential energy (right) of a dynamics run against time."""
    time = trace.time / 1000.0
    blue, orange = "#0072B2", "#D55E00"
    ax.plot(time, trace.temperature, color=blue, linewidth=0.5, alpha=0.4)
    ax.plot(time, _running_mean(trace.temperature), color=blue, linewidth=1.4)
    ax.axhline(trace.target, color=blue, linewidth=0.8, linestyle=(0, (5, 3)))
    ax.set_xlabel("time / ps")
    ax.set_ylabel("temperature / K", color=blue)
    ax.set_ylim(0, None)
    ax.margins(x=0)
    right = ax.twinx()
    right.spines["right"].set_visible(True)
    right.plot(time, trace.potential_energy, color=orange, linewidth=0.5, alpha=0.4)
    right.plot(time, _running_mean(trace.potential_energy), color=orange, linewidth=1.4)
    right.set_ylabel("potential energy / eV", color=orange)
    right.ticklabel_format(useOffset=False)


def _running_mean(values: Vectors) -> Vectors:
    """Over a tenth of the run; the ends average what there is."""
    window = max(1, len(values) // 10)
    ones = np.ones(window)
    return np.asarray(np.convolve(values, ones, "same") / np.convolve(np.ones_like(values), ones, "same"))
