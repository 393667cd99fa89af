"""What else was tried: the candidates of every entry, and the cuts that were rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.report.rows.energies import CandidateRow
from nzsp_surfaces.report.rows.slabs import RejectedRow
from nzsp_surfaces.report.sections.base import Section, Shown

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True, kw_only=True)
class _Tried(Shown):
    candidates: Sequence[CandidateRow]
    rejected: Sequence[RejectedRow]
    candidate_kind: type[CandidateRow] = CandidateRow
    rejected_kind: type[RejectedRow] = RejectedRow


def _show(results: Results) -> _Tried | None:
    if not (results.candidates or results.rejected):
        return None
    return _Tried(candidates=results.candidates, rejected=results.rejected)


SECTION = Section("What else was tried", _show)
