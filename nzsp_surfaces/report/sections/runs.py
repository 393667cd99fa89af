"""Imported runs: all that were found, used or not, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.report.rows.imported import RunRow
from nzsp_surfaces.report.sections.base import Section, Shown

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True, kw_only=True)
class _Runs(Shown):
    used: Sequence[RunRow]
    others: Sequence[RunRow]
    kind: type[RunRow] = RunRow


def _show(results: Results) -> _Runs | None:
    if not results.runs:
        return None
    used, others = ([row for row in results.runs if row.used is wanted] for wanted in (True, False))
    return _Runs(used=used, others=others)


SECTION = Section("Imported runs", _show)
