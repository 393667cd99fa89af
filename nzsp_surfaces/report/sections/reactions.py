"""Reactions: what forms a film or uses it up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.report.rows.reactions import ReactionRow
from nzsp_surfaces.report.sections.base import Section, Shown

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True, kw_only=True)
class _Reactions(Shown):
    rows: Sequence[ReactionRow]


def _show(results: Results) -> _Reactions | None:
    return _Reactions(rows=results.reactions) if results.reactions else None


SECTION = Section("Reactions", _show)
