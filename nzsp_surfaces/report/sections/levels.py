"""Two levels: what another engine gave, what this one makes of the same slabs, and what relaxing would gain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from nzsp_surfaces.report.markup import drawing
from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow
from nzsp_surfaces.report.sections.base import Section, Shown, colours_of

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True, kw_only=True)
class _Levels(Shown):
    rows: Sequence[SurfaceEnergyRow]
    parity: Markup
    colours: Mapping[tuple[int, ...], str]


def _show(results: Results) -> _Levels | None:
    from nzsp_surfaces.report.draw.levels import draw_levels
    from nzsp_surfaces.report.draw.style import figure_of

    rows = [row for row in results.surface_energies if row.gamma_before is not None and row.gamma is not None]
    if not rows:
        return None
    colours = colours_of(results)
    parity = drawing(figure_of(draw_levels, rows, size=(4.4, 4.2), colours=colours), "levels-")
    return _Levels(rows=rows, parity=parity, colours=colours)


SECTION = Section("Two levels", _show)
