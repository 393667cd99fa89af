"""Drawings for a journal: one column wide, letters of the size they are printed in, as PDF, SVG and PNG."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nzsp_surfaces.base.labels import plane_colours, plane_name
from nzsp_surfaces.report.draw.along import draw_shares
from nzsp_surfaces.report.draw.bars import draw_energies
from nzsp_surfaces.report.draw.convergence import draw_series, thickness_lines, vacuum_lines
from nzsp_surfaces.report.draw.coverage import draw_coverage
from nzsp_surfaces.report.draw.diagram import draw_diagram
from nzsp_surfaces.report.draw.levels import draw_levels
from nzsp_surfaces.report.draw.reservoirs import draw_terminations
from nzsp_surfaces.report.draw.shapes import draw_shape
from nzsp_surfaces.report.draw.style import STYLE, Colours
from nzsp_surfaces.report.files import file_name
from nzsp_surfaces.report.read import Results

COLUMN = 85 / 25.4
"""Inches: the width of a column."""
JOURNAL = {**STYLE, "font.size": 8.0, "legend.fontsize": 7.0, "pdf.fonttype": 42, "savefig.dpi": 600}
"""Type 42 keeps letters as letters, which journals ask for."""
SUFFIXES = (".pdf", ".svg", ".png")


@dataclass(frozen=True)
class _Drawing:
    """A drawing with its name and its height over its width."""

    name: str
    draw: Callable[..., None]
    of: Any
    height: float
    more: dict[str, Any]


def write_figures(results: Results, directory: Path) -> list[Path]:
    """Write all drawings that the results have something for; the paths without their suffixes."""
    directory.mkdir(parents=True, exist_ok=True)
    return [_saved(each, directory / file_name(each.name)) for each in _drawings(results)]


def _drawings(results: Results) -> Iterator[_Drawing]:
    rows = results.surface_energies
    colours = plane_colours([*(r.miller for r in rows), *(f.miller for s in results.wulff.values() for f in s.facets)])
    yield from _of_materials(results, colours)
    for name, shape in results.wulff.items():
        yield _Drawing(f"wulff-{name}", draw_shape, shape, 1.05, {"colours": colours})
    for setting, name, lines in (
        ("repeats of the slab", "thickness", thickness_lines(results.convergence)),
        ("vacuum / Å", "vacuum", vacuum_lines(results.convergence)),
    ):
        if lines:
            yield _Drawing(f"convergence-{name}", draw_series, lines, 1.0, {"colours": colours, "setting": setting})
    for name, along in results.wulff_path.items():
        yield _Drawing(f"wulff-path-{name}", draw_shares, along, 0.9, {"colours": colours})
        for at in along.shapes:
            frame = f"wulff-path-{name}_{at.potential:.3f}"
            yield _Drawing(frame, draw_shape, at.shape, 1.05, {"colours": colours})
    for row in results.diagrams:
        yield _Drawing(f"diagram-{row.material}-{plane_name(row.miller)}", draw_diagram, row, 1.1, {})
    both = [row for row in rows if row.gamma_before is not None and row.gamma is not None]
    if both:
        yield _Drawing("levels", draw_levels, both, 1.0, {"colours": colours})


def _of_materials(results: Results, colours: Colours) -> Iterator[_Drawing]:
    """One for each material, so that letters have room."""
    for draw, name, rows, height in (
        (draw_energies, "surface-energies", [r for r in results.surface_energies if r.gamma is not None], 0.85),
        (draw_coverage, "coverage", results.film_series, 0.8),
        (draw_terminations, "potentials", results.terminations, 1.1),
    ):
        for material in dict.fromkeys(row.material for row in rows):
            own = [row for row in rows if row.material == material]
            yield _Drawing(f"{name}-{material}", draw, own, height, {"colours": colours})


def _saved(drawing: _Drawing, path: Path) -> Path:
    """As wide as a column to the last tenth of a millimetre: nothing is trimmed."""
    with mpl.rc_context(JOURNAL):
        figure = Figure(figsize=(COLUMN, drawing.height * COLUMN), layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.subplots()
        drawing.draw(ax, drawing.of, **drawing.more)
        _legend_below(ax)
        for suffix in SUFFIXES:
            figure.savefig(path.with_name(path.name + suffix), metadata=_undated(suffix))
    return path


def _legend_below(ax: Axes) -> None:
    """Beside the axes a legend would take the width of a column."""
    (handles, labels), beside = ax.get_legend_handles_labels(), ax.get_legend()
    if handles and beside and ax.axison:
        beside.remove()
        ax.figure.legend(handles, labels, loc="outside lower center", ncols=2)


def _undated(suffix: str) -> dict[str, None]:
    """Two runs write the same file."""
    return {} if suffix == ".png" else {"Date": None} if suffix == ".svg" else {"CreationDate": None}
