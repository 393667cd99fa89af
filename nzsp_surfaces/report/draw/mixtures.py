"""Energies of mixtures against their composition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from nzsp_surfaces.report.draw.style import GREY, INK

if TYPE_CHECKING:
    from nzsp_surfaces.report.rows.mixtures import MixtureRow


def draw_mixture(ax: Axes, rows: Sequence[MixtureRow]) -> None:
    """Every relaxed configuration a point, the lowest of each composition joined; zero is the line between the ends."""
    known = sorted(((row.x, row.above) for row in rows if row.x is not None and row.above), key=lambda each: each[0])
    for x, above in known:
        ax.plot([x] * len(above), [1000 * energy for energy in above], "_", color=GREY, ms=9, mew=1.2)
    ax.plot([x for x, _ in known], [1000 * above[0] for _, above in known], "-o", color=INK, ms=4, lw=1.3)
    ax.axhline(0.0, color=GREY, lw=0.6, zorder=0)
    ax.set_xlabel(r"composition $x$")
    ax.set_ylabel("energy above the ends / meV per formula unit")
    ax.set_title(rows[0].mixture, fontsize=9, fontweight="bold")
