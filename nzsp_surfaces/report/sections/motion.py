"""What films do during their anneals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from nzsp_surfaces.report.markup import drawing
from nzsp_surfaces.report.sections.base import Section, Shown

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results
    from nzsp_surfaces.report.rows.motion import FilmMotionRow


@dataclass(frozen=True)
class _Film:
    """An anneal as the page shows it.

    Attributes:
        row: itself.
        pictures: of it.
        trajectory: path of its frames; None where there are none.
        scene: key of its trajectory among the scenes; None where there is none to play.
    """

    row: FilmMotionRow
    pictures: Sequence[Markup]
    trajectory: str | None
    scene: str | None


@dataclass(frozen=True)
class _Series:
    """Anneals of a film at several temperatures, and their picture."""

    row: FilmMotionRow
    picture: Markup


@dataclass(frozen=True, kw_only=True)
class _Motion(Shown):
    films: Sequence[_Film]
    series: Sequence[_Series]


def _show(results: Results) -> _Motion | None:
    files = {row.id: row.trajectory for row in results.dynamics}
    scenes = _scenes(results)
    films = [
        _Film(row, _pictures(row, f"m{n}"), files.get(row.id), row.id if row.id in scenes else None)
        for n, row in enumerate(results.film_motion)
    ]
    return _Motion(films=films, series=_series(results.film_motion), scenes=scenes) if films else None


def _series(rows: Sequence[FilmMotionRow]) -> list[_Series]:
    """Of each covered plane that was annealed at more than one temperature."""
    from nzsp_surfaces.report.draw.motion import draw_temperatures
    from nzsp_surfaces.report.draw.style import figure_of

    told = [row for row in rows if row.temperature is not None and row.lags]
    planes = dict.fromkeys((row.material, row.miller, row.film) for row in told)
    groups = [[r for r in told if (r.material, r.miller, r.film) == plane] for plane in planes]
    several = [group for group in groups if len({row.temperature for row in group}) > 1]
    drawn = [figure_of(draw_temperatures, group, size=(4.2, 2.5)) for group in several]
    return [_Series(g[0], drawing(d, f"heat{n}-")) for n, (g, d) in enumerate(zip(several, drawn, strict=True))]


def _scenes(results: Results) -> dict[str, Any]:
    """Trajectories to play, by the id of their anneal."""
    from nzsp_surfaces.report.draw.trajectory import trajectory_scene

    shown = {row.id for row in results.film_motion}
    read = ((row.id, results.frames(row)) for row in results.dynamics if row.id in shown)
    return {name: trajectory_scene(frames) for name, frames in read if frames}


def _pictures(row: FilmMotionRow, prefix: str) -> list[Markup]:
    from nzsp_surfaces.report.draw.motion import draw_bonding, draw_displacements, draw_profile
    from nzsp_surfaces.report.draw.style import figure_of

    draws = (draw_bonding, draw_profile, draw_displacements)
    return [drawing(figure_of(draw, row, size=(4.2, 2.5)), f"{prefix}{n}-") for n, draw in enumerate(draws)]


SECTION = Section("What films do during the anneal", _show)
