"""Films: the coordination at each face, at every stage side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nzsp_surfaces.report.sections.base import Section, Shown

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results
    from nzsp_surfaces.report.rows.calculations import FilmFaceRow

STAGES = ("start", "annealed", "quenched", "relaxed")


@dataclass(frozen=True)
class FaceStages:
    """A face of a film.

    Attributes:
        row: of any stage, for its names.
        stages: all rows by stage.
    """

    row: FilmFaceRow
    stages: dict[str, FilmFaceRow] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Films(Shown):
    faces: Sequence[FaceStages]
    stages: Sequence[str] = STAGES


def face_stages(rows: Sequence[FilmFaceRow]) -> list[FaceStages]:
    """The rows of each face of each film joined, whatever their order."""
    faces: dict[tuple[str, str], FaceStages] = {}
    for row in rows:
        faces.setdefault((row.id, row.face), FaceStages(row)).stages[row.stage] = row
    return list(faces.values())


def _show(results: Results) -> _Films | None:
    return _Films(faces=face_stages(results.films)) if results.films else None


SECTION = Section("Films before and after the anneal", _show)
