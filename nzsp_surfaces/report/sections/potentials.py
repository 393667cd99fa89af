"""Chemical potentials: where materials are stable, lines of all terminations, and planes in oxygen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from nzsp_surfaces.report.markup import drawing
from nzsp_surfaces.report.rows.reservoirs import ConditionRow, DiagramRow, StabilityRow, TerminationRow
from nzsp_surfaces.report.sections.base import Section, Shown, colours_of
from nzsp_surfaces.report.sections.shapes import still

if TYPE_CHECKING:
    from nzsp_surfaces.energies.along import ShapeAt
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True)
class _Frame:
    """A shape at one potential.

    Attributes:
        potential: eV.
        picture: of the shape.
        forms: that appear, the largest first, each with its share of the surface.
        kept: whether it stands on paper as well, where nothing can be slid.
    """

    potential: float
    picture: Markup
    forms: Sequence[tuple[tuple[int, ...], float]]
    kept: bool


@dataclass(frozen=True)
class _Path:
    """The shapes of a material along a potential, and the shares of their forms as a picture."""

    element: str
    frames: Sequence[_Frame]
    shares: Markup


@dataclass(frozen=True, kw_only=True)
class _Potentials(Shown):
    materials: Sequence[StabilityRow]
    terminations: Sequence[TerminationRow]
    conditions: Sequence[ConditionRow]
    pictures: Mapping[str, Markup]
    paths: Mapping[str, _Path]
    diagrams: Sequence[Markup]
    colours: Mapping[tuple[int, ...], str]
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
        paths={name: _path(f"along{n}-", name, results) for n, name in enumerate(results.wulff_path)},
        diagrams=[_diagram(row, f"two{n}-") for n, row in enumerate(results.diagrams)],
        colours=colours_of(results),
    )


def _diagram(row: DiagramRow, prefix: str) -> Markup:
    from nzsp_surfaces.report.draw.diagram import draw_diagram
    from nzsp_surfaces.report.draw.style import figure_of

    return drawing(figure_of(draw_diagram, row, size=(4.2, 4.0)), prefix)


def _path(prefix: str, material: str, results: Results) -> _Path:
    from nzsp_surfaces.report.draw.along import draw_shares
    from nzsp_surfaces.report.draw.style import figure_of

    along, colours = results.wulff_path[material], colours_of(results)
    middle = {0, len(along.shapes) // 2, len(along.shapes) - 1}
    frames = [_frame(f"{prefix}{n}-", at, colours, kept=n in middle) for n, at in enumerate(along.shapes)]
    shares = figure_of(draw_shares, along, size=(4.6, 2.9), colours=colours)
    return _Path(along.element, frames, drawing(shares, f"{prefix}shares-"))


def _frame(prefix: str, at: ShapeAt, colours: Mapping[tuple[int, ...], str], *, kept: bool) -> _Frame:
    facets = sorted(at.shape.facets, key=lambda facet: -facet.area_fraction)
    forms = [(facet.miller, facet.area_fraction) for facet in facets if facet.polygons]
    return _Frame(at.potential, still(at.shape, colours, prefix), forms, kept)


def _pictures(results: Results) -> dict[str, Markup]:
    from nzsp_surfaces.report.draw.reservoirs import draw_terminations
    from nzsp_surfaces.report.draw.style import figure_of

    colours, made = colours_of(results), {}
    for number, name in enumerate(dict.fromkeys(row.material for row in results.terminations)):
        rows = [row for row in results.terminations if row.material == name]
        gas = [row for row in results.conditions if row.material == name]
        figure = figure_of(draw_terminations, rows, size=(5.6, 3.6), colours=colours, conditions=gas)
        made[name] = drawing(figure, f"mu{number}-")
    return made


SECTION = Section("Chemical potentials", _show)
