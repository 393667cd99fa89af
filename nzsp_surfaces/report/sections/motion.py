"""What films do during their anneals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from nzsp_surfaces.report.markup import drawing
from nzsp_surfaces.report.sections.base import Section, Shown

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results
    from nzsp_surfaces.report.rows.motion import FilmMotionRow


@dataclass(frozen=True)
class _Film:
    """An anneal, its pictures, and the file of its trajectory."""

    row: FilmMotionRow
    pictures: Sequence[Markup]
    trajectory: str | None


@dataclass(frozen=True, kw_only=True)
class _Motion(Shown):
    films: Sequence[_Film]


def _show(results: Results) -> _Motion | None:
    files = {row.id: row.trajectory for row in results.dynamics}
    films = [_Film(row, _pictures(row, f"m{n}"), files.get(row.id)) for n, row in enumerate(results.film_motion)]
    return _Motion(films=films) if films else None


def _pictures(row: FilmMotionRow, prefix: str) -> list[Markup]:
    from nzsp_surfaces.report.draw.motion import draw_bonding, draw_displacements, draw_profile
    from nzsp_surfaces.report.draw.style import figure_of

    draws = (draw_bonding, draw_profile, draw_displacements)
    return [drawing(figure_of(draw, row, size=(4.2, 2.5)), f"{prefix}{n}-") for n, draw in enumerate(draws)]


SECTION = Section("What films do during the anneal", _show)
