"""Dynamics: temperature and energy of every run against time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from nzsp_surfaces.report.markup import drawing
from nzsp_surfaces.report.sections.base import Section, Shown

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results
    from nzsp_surfaces.report.rows.calculations import DynamicsRow

TRACE_POINTS = 400


@dataclass(frozen=True)
class _Run:
    """A run and its picture; None where its trace is missing."""

    row: DynamicsRow
    picture: Markup | None


@dataclass(frozen=True, kw_only=True)
class _Dynamics(Shown):
    runs: Sequence[_Run]


def _show(results: Results) -> _Dynamics | None:
    runs = [_Run(row, _picture(results, row, f"t{n}-")) for n, row in enumerate(results.dynamics)]
    return _Dynamics(runs=runs) if runs else None


def _picture(results: Results, row: DynamicsRow, prefix: str) -> Markup | None:
    from nzsp_surfaces.report.draw.style import figure_of
    from nzsp_surfaces.report.draw.traces import draw_trace

    trace = results.trace(row)
    return drawing(figure_of(draw_trace, trace.thinned(TRACE_POINTS), size=(4.2, 2.5)), prefix) if trace else None


SECTION = Section("Dynamics", _show)
