"""Films of several amounts: surface energy against coverage, and what the film's boundaries cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from nzsp_surfaces.report.markup import drawing
from nzsp_surfaces.report.rows.films import FilmSeriesRow
from nzsp_surfaces.report.sections.base import Section, Shown, caveat, colours_of

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True, kw_only=True)
class _Coverage(Shown):
    rows: Sequence[FilmSeriesRow]
    pictures: Sequence[Markup]
    colours: Mapping[tuple[int, ...], str]
    caveat: str
    kind: type[FilmSeriesRow] = FilmSeriesRow


def _show(results: Results) -> _Coverage | None:
    rows, colours = results.film_series, colours_of(results)
    if not rows:
        return None
    return _Coverage(rows=rows, pictures=_pictures(rows, colours), colours=colours, caveat=caveat(results))


def _pictures(rows: Sequence[FilmSeriesRow], colours: Mapping[tuple[int, ...], str]) -> list[Markup]:
    """One for each material and compound, and what it lies on."""
    from nzsp_surfaces.report.draw.coverage import draw_coverage
    from nzsp_surfaces.report.draw.style import figure_of

    kinds = dict.fromkeys((row.material, row.compound, row.on) for row in rows)
    groups = [[row for row in rows if (row.material, row.compound, row.on) == kind] for kind in kinds]
    return [
        drawing(figure_of(draw_coverage, group, size=(4.2, 3.3), colours=colours), f"coverage{number}-")
        for number, group in enumerate(groups)
    ]


SECTION = Section("Coverage with films", _show)
