"""Convergence: verdicts on what series vary, and the series as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from nzsp_surfaces.report.markup import drawing
from nzsp_surfaces.report.rows.convergence import ConvergenceRow
from nzsp_surfaces.report.sections.base import Section, Shown, colours_of

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True, kw_only=True)
class _Convergence(Shown):
    rows: Sequence[ConvergenceRow]
    pictures: Sequence[Markup]
    kind: type[ConvergenceRow] = ConvergenceRow


def _show(results: Results) -> _Convergence | None:
    return _Convergence(rows=results.convergence, pictures=_pictures(results)) if results.convergence else None


def _pictures(results: Results) -> list[Markup]:
    from nzsp_surfaces.report.draw.convergence import (
        cutoff_lines,
        draw_series,
        kpoint_lines,
        thickness_lines,
        vacuum_lines,
    )
    from nzsp_surfaces.report.draw.style import figure_of

    drawn = [("repeats of the slab", thickness_lines(results.convergence))]
    drawn += [("vacuum / Å", vacuum_lines(results.convergence))]
    drawn += [("cutoff / eV", cutoff_lines(results.convergence)), ("k-points / Å", kpoint_lines(results.convergence))]
    colours = colours_of(results)
    return [
        drawing(figure_of(draw_series, lines, size=(5.2, 3.2), colours=colours, setting=setting), f"series{number}-")
        for number, (setting, lines) in enumerate(drawn)
        if lines
    ]


SECTION = Section("Convergence", _show)
