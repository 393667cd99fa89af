"""Chemical potentials: where materials are stable, lines of all terminations, and planes in oxygen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from nzsp_surfaces.report.markup import drawing
from nzsp_surfaces.report.rows.reservoirs import ConditionRow, StabilityRow, TerminationRow
from nzsp_surfaces.report.sections.base import Section, Shown, colours_of

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True, kw_only=True)
class _Potentials(Shown):
    materials: Sequence[StabilityRow]
    terminations: Sequence[TerminationRow]
    conditions: Sequence[ConditionRow]
    pictures: Mapping[str, Markup]
    kind: type[TerminationRow] = TerminationRow
    condition_kind: type[ConditionRow] = ConditionRow


def _show(results: Results) -> _Potentials | None:
    if not results.stability:
        return None
    return _Potentials(
        materials=results.stability,
        terminations=results.terminations,
        conditions=results.conditions,
        pictures=_pictures(results),
    )


def _pictures(results: Results) -> dict[str, Markup]:
    from nzsp_surfaces.report.draw.reservoirs import draw_terminations
    from nzsp_surfaces.report.draw.style import figure_of

    colours, made = colours_of(results), {}
    for number, name in enumerate(dict.fromkeys(row.material for row in results.terminations)):
        rows = [row for row in results.terminations if row.material == name]
        made[name] = drawing(figure_of(draw_terminations, rows, size=(5.6, 3.2), colours=colours), f"mu{number}-")
    return made


SECTION = Section("Chemical potentials", _show)
