"""The pictures of a results directory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nzsp_surfaces.base.labels import plane_colours
from nzsp_surfaces.report.draw.bars import draw_energies
from nzsp_surfaces.report.draw.shapes import draw_shape
from nzsp_surfaces.report.draw.slabs import draw_slab
from nzsp_surfaces.report.draw.style import Colours, figure_of, save
from nzsp_surfaces.report.files import read_rows
from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow

if TYPE_CHECKING:
    from nzsp_surfaces.energies.wulff import WulffShape
    from nzsp_surfaces.tasks.table import EvaluatedEntry


def write_pictures(path: Path, rows: tuple[EvaluatedEntry, ...], shapes: Mapping[str, WulffShape]) -> None:
    """PNG and SVG of every relaxed slab, the bars beside the published values, and the Wulff shapes."""
    colours = save_energies(path)
    for name, shape in shapes.items():
        save_shape(shape, colours, path, name)
    for row in rows:
        if row.best is not None and row.best.calculation is not None:
            save(figure_of(draw_slab, row.best.calculation.structure), path / "pictures" / row.entry.id)


def save_energies(path: Path) -> Colours:
    """PNG and SVG of the bars of surface energies, where there are any; the colours of the planes."""
    energies = read_rows(path, SurfaceEnergyRow)
    colours = plane_colours(row.miller for row in energies)
    if any(row.gamma is not None for row in energies):
        figure = figure_of(draw_energies, energies, size=(7.5, 3.6), colours=colours)
        save(figure, path / "pictures" / "surface-energies")
    return colours


def save_shape(shape: WulffShape, colours: Colours, path: Path, name: str) -> None:
    """PNG and SVG of a Wulff shape under a name."""
    save(figure_of(draw_shape, shape, size=(3.4, 3.6), colours=colours), path / "pictures" / f"wulff-{name}")
