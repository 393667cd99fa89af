"""Slabs: a gallery from which one is turned, and the table of those that were cut."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.report.rows.slabs import SlabRow
from nzsp_surfaces.report.sections.base import Section, Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pymatgen.core.structure import Structure

    from nzsp_surfaces.report.read import Results
    from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow


@dataclass(frozen=True)
class _Picture:
    """A slab of the gallery: the address of its side view."""

    row: SlabRow | SurfaceEnergyRow
    address: str


@dataclass(frozen=True, kw_only=True)
class _Slabs(Shown):
    gallery: Sequence[_Picture]
    relaxed: bool
    rows: Sequence[SlabRow]
    kind: type[SlabRow] = SlabRow


def _show(results: Results) -> _Slabs | None:
    from nzsp_surfaces.report.draw.scenes import slab_data

    pictured = _pictured(results)
    if not (results.slabs or pictured):
        return None
    return _Slabs(
        gallery=[_Picture(row, _address(structure)) for row, structure in pictured],
        relaxed=bool(results.surface_energies),
        rows=results.slabs,
        scenes={str(n): slab_data(structure) for n, (_, structure) in enumerate(pictured)},
    )


def _pictured(results: Results) -> list[tuple[SlabRow | SurfaceEnergyRow, Structure]]:
    """Slabs with a structure: the relaxed ones where there are energies, else those that were cut."""
    rows = [row for row in results.surface_energies if row.structure] or results.slabs
    found = [(row, results.structure(row)) for row in rows]
    return [(row, structure) for row, structure in found if structure is not None]


def _address(structure: Structure) -> str:
    """A side view as the address of an image."""
    from nzsp_surfaces.report.draw.style import figure_of, png_image

    image = png_image(figure_of(_draw, structure, size=(2.2, 2.8)), dpi=140)
    return "data:image/png;base64," + base64.b64encode(image).decode("ascii")


def _draw(ax: Axes, structure: Structure) -> None:
    """Small: no axis and no legend, for the viewer has them."""
    from nzsp_surfaces.report.draw.slabs import draw_slab
    from nzsp_surfaces.report.draw.style import without_legend

    draw_slab(ax, structure, width=12.0, vacuum=1.5)
    without_legend(ax)
    ax.set_axis_off()


SECTION = Section("Slabs", _show)
