"""Bulk references: the relaxed crystals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.report.rows.calculations import BulkRow
from nzsp_surfaces.report.sections.base import Section, Shown

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True, kw_only=True)
class _Bulk(Shown):
    rows: Sequence[BulkRow]
    notes: Sequence[str]
    kind: type[BulkRow] = BulkRow


def _show(results: Results) -> _Bulk | None:
    notes = results.study.notes if results.study else ()
    return _Bulk(rows=results.bulk, notes=notes) if results.bulk else None


SECTION = Section("Bulk references", _show)
