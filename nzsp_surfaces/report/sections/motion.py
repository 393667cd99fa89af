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


@dataclass(frozen=True, kw_only=True)
class _Motion(Shown):
    films: Sequence[_Film]


def _show(results: Results) -> _Motion | None:
    files = {row.id: row.trajectory for row in results.dynamics}
    scenes = _scenes(results)
    films = [
        _Film(row, _pictures(row, f"m{n}"), files.get(row.id), row.id if row.id in scenes else None)
        for n, row in enumerate(results.film_motion)
    ]
    return _Motion(films=films, scenes=scenes) if films else None


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
