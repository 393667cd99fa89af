"""Mixtures: energy above the line between their ends, and where the ions are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from nzsp_surfaces.report.markup import drawing
from nzsp_surfaces.report.rows.mixtures import MixtureRow, SegregationRow
from nzsp_surfaces.report.sections.base import Section, Shown

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True, kw_only=True)
class _Mixtures(Shown):
    rows: Sequence[MixtureRow]
    pictures: Sequence[Markup]
    segregation: Sequence[SegregationRow]
    kind: type[MixtureRow] = MixtureRow


def _show(results: Results) -> _Mixtures | None:
    if not results.mixtures:
        return None
    return _Mixtures(rows=results.mixtures, pictures=_pictures(results.mixtures), segregation=results.segregation)


def _pictures(rows: Sequence[MixtureRow]) -> list[Markup]:
    """One for each mixture of two ends."""
    from nzsp_surfaces.report.draw.mixtures import draw_mixture
    from nzsp_surfaces.report.draw.style import figure_of

    known = [row for row in rows if row.lowest is not None]
    groups = [[row for row in known if row.mixture == name] for name in dict.fromkeys(row.mixture for row in known)]
    return [
        drawing(figure_of(draw_mixture, group, size=(4.2, 3.0)), f"mixture{number}-")
        for number, group in enumerate(groups)
    ]


SECTION = Section("Mixed compositions", _show)
