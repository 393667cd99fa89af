"""Surface energies: the table, what it says, and bars beside the published values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from nzsp_surfaces.report.findings import findings
from nzsp_surfaces.report.markup import drawing
from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow
from nzsp_surfaces.report.sections.base import Section, Shown, caveat, colours_of
from nzsp_surfaces.report.sureness import sureness

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True, kw_only=True)
class _Energies(Shown):
    rows: Sequence[SurfaceEnergyRow]
    findings: Sequence[Markup]
    sureness: Sequence[Markup]
    bars: Markup | None
    caveat: str
    colours: Mapping[tuple[int, ...], str]
    kind: type[SurfaceEnergyRow] = SurfaceEnergyRow


def _show(results: Results) -> _Energies | None:
    rows, colours = results.surface_energies, colours_of(results)
    if not rows:
        return None
    bars = _bars(rows, colours)
    said, sure = findings(rows), sureness(results)
    return _Energies(rows=rows, findings=said, sureness=sure, bars=bars, caveat=caveat(results), colours=colours)


def _bars(rows: Sequence[SurfaceEnergyRow], colours: Mapping[tuple[int, ...], str]) -> Markup | None:
    from nzsp_surfaces.report.draw.bars import draw_energies
    from nzsp_surfaces.report.draw.style import figure_of

    if all(row.gamma is None for row in rows):
        return None
    size = (max(4.0, 1.2 + 0.62 * len(rows)), 3.3)
    return drawing(figure_of(draw_energies, rows, size=size, colours=colours), "bars-")


SECTION = Section("Surface energies", _show)
