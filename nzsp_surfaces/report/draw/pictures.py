"""The pictures of a results directory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nzsp_surfaces.energies.wulff import WulffShape
    from nzsp_surfaces.tasks.table import TableEntry


def write_pictures(path: Path, rows: tuple[TableEntry, ...], shapes: Mapping[str, WulffShape]) -> None:
    """PNG and SVG of every relaxed slab, the bars beside the published values, and the Wulff shapes."""
    from nzsp_surfaces.base.labels import plane_colours
    from nzsp_surfaces.report.draw import plots

    energies = json.loads((path / "surface_energies.json").read_text())
    colours = plane_colours([tuple(e["miller"]) for e in energies])
    bars = [plots.EnergyBar.from_entry(e) for e in energies]
    figure = plots.figure_of(plots.draw_energies, bars, size=(7.5, 3.6), colours=colours)
    plots.save(figure, path / "pictures" / "surface-energies")
    for name, shape in shapes.items():
        plots.save(
            plots.figure_of(plots.draw_shape, shape, size=(3.4, 3.6), colours=colours),
            path / "pictures" / f"wulff-{name}",
        )
    for row in rows:
        if row.best is not None and row.best.calculation is not None:
            figure = plots.figure_of(plots.draw_slab, row.best.calculation.structure)
            plots.save(figure, path / "pictures" / row.entry.id)
