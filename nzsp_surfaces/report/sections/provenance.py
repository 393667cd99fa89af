"""Provenance: how the results came about, and the study."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.report.sections.base import Section, Shown

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results
    from nzsp_surfaces.report.rows.study import Provenance


@dataclass(frozen=True, kw_only=True)
class _Provenance(Shown):
    document: Provenance | None
    study: str


def _show(results: Results) -> _Provenance:
    study = json.dumps(results.study.to_json(), indent=2, ensure_ascii=False) if results.study else ""
    return _Provenance(document=results.provenance, study=study)


SECTION = Section("Provenance", _show)
