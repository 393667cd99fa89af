"""Slabs as they were cut, for print: from the side and from above, with the cuts and the bonds that they broke."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from nzsp_surfaces.base.labels import formula_mathtext, plane_mathtext
from nzsp_surfaces.crystals.contacts import is_neutral
from nzsp_surfaces.report.draw.atoms import element_handles
from nzsp_surfaces.report.draw.cut_panels import BROKEN, draw_side, draw_top
from nzsp_surfaces.report.draw.cut_scene import Panel, panels
from nzsp_surfaces.report.draw.cut_view import CutView, cut_view
from nzsp_surfaces.report.draw.style import INK, STYLE, save
from nzsp_surfaces.report.slabs import surface_name

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.slabs.survey import PlaneSurvey, Surface

GAP = 0.3
"""Inches between the panels."""


def cut_figure(surface: Surface, material: Material) -> Figure:
    """Both views of a slab side by side, to one scale."""
    view = cut_view(surface, material)
    side, top = panels(view)
    inch = min(0.2, 6.4 / (side.size[0] + top.size[0]), 6.0 / max(side.size[1], top.size[1]))
    with mpl.rc_context(STYLE):
        width, height = inch * np.array([side.size[0] + top.size[0], max(side.size[1], top.size[1])]) + (GAP, 0)
        figure = Figure(figsize=(float(width), float(height)))
        first = figure.add_axes(_corner(side, inch, 0.0, (width, height)))
        second = figure.add_axes(_corner(top, inch, inch * side.size[0] + GAP, (width, height)))
        draw_side(first, side, view)
        draw_top(second, top, view)
        _name_panels(figure, (first, f"side view along ${_direction(view)}$"), (second, "upper face"))
        second.legend(handles=_handles(view), loc="center left", bbox_to_anchor=(1.0, 0.5), handletextpad=0.4)
        _write_title(figure, surface, material, view)
    return figure


def _corner(panel: Panel, inch: float, left: float, full: tuple[float, float]) -> tuple[float, float, float, float]:
    """A panel's place in the figure, halfway up: left, bottom, width and height as fractions."""
    width, height = (float(span) * inch for span in panel.size)
    return left / full[0], 0.5 * (1 - height / full[1]), width / full[0], height / full[1]


def _name_panels(figure: Figure, *panels: tuple[Axes, str]) -> None:
    """In one line, however high the panels are."""
    for ax, name in panels:
        place = ax.get_position()
        level = 1 + 0.08 / float(figure.get_size_inches()[1])
        figure.text(0.5 * (place.x0 + place.x1), level, name, ha="center", va="bottom", fontsize=9)


def _direction(view: CutView) -> str:
    """Which of the surface cell's vectors the eye follows, away from the reader."""
    along = view.plane @ view.slab.cell[1] / np.linalg.norm(view.slab.cell[1]) / np.linalg.norm(view.plane, axis=1)
    n = int(np.abs(along).argmax())
    return ("-" if along[n] < 0 else "") + "ab"[n]


def _handles(view: CutView) -> list[Line2D]:

    handles = element_handles(view.slab.symbols)
    handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle=(0, (5, 3)), label="cut"))
    if view.stubs.atoms:
        note = "broken bond,\nring in the colour\nof the lost atom"
        ring = Line2D([], [], color=BROKEN, linewidth=1.0, marker="o", markersize=5, label=note)
        ring.set_markerfacecolor("white")
        handles.append(ring)
    return handles


def _write_title(figure: Figure, surface: Surface, material: Material, view: CutView) -> None:
    """Above both panels, centred on them."""
    cut, height = surface.cut, float(figure.get_size_inches()[1])
    kind = f", arrangement {cut.arrangement} of {cut.n_arrangements}" if cut.n_arrangements > 1 else ""
    name = f"{formula_mathtext(material.crystal.formula)} {plane_mathtext(cut.miller)}, termination {cut.termination}"
    figure.text(0.5, 1 + 0.53 / height, name + kind, ha="center", va="bottom", fontsize=11, fontweight="bold")
    figure.text(0.5, 1 + 0.33 / height, _facts(surface, material, view), ha="center", va="bottom", fontsize=8.5)


def _facts(surface: Surface, material: Material, view: CutView) -> str:
    cut = surface.cut
    facts = [f"{len(cut.sites)} atoms"]
    if is_neutral(material.crystal.charges):
        facts.append(f"{cut.broken:.4f} broken bonds Å$^{{-2}}$")
    else:
        facts.append(f"{cut.valence:.4f} v.u. Å$^{{-2}}$ broken" if surface.broken else "no bond broken")
    facts += [f"Tasker type {surface.tasker}"] if surface.tasker else []
    facts += [f"each face {cut.shared}"] if cut.shared else []
    return " · ".join([*facts, f"layer group {group_mathtext(view.group)}"])


def group_mathtext(symbol: str) -> str:
    r"""'p-3m1 (72)' -> '$p\bar{3}m1$'."""
    return "$" + re.sub(r"-(\d)", r"\\bar{\1}", symbol.split(" ")[0]) + "$"


def write_cut_pictures(material: Material, found: Sequence[PlaneSurvey], path: Path) -> Iterator[tuple[Path, Path]]:
    """PNG and SVG of every slab, in `path`/pictures under the slab's name; yields both paths after each."""
    for each in (surface for plane in found for surface in plane.surfaces):
        yield save(cut_figure(each, material), path / "pictures" / surface_name(material, each))
