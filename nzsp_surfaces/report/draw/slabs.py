"""Slabs from the side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from nzsp_surfaces.report.draw.atoms import add_items, atom_patches, element_handles, polyhedron_patches
from nzsp_surfaces.report.draw.slab_view import slab_view
from nzsp_surfaces.report.draw.style import GREY, Vectors

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure


def draw_slab(ax: Axes, structure: Structure, *, width: float = 15.0, vacuum: float = 3.0) -> None:
    """A slab from the side: the normal up, the eye along a lattice row of the surface.

    Args:
        ax: plain two-dimensional axes.
        structure: the slab; its third lattice vector points out of the plane.
        width: of the picture, Å; the cell is repeated to fill it.
        vacuum: shown above and below, Å; the rest is left out.
    """
    view = slab_view(structure)
    step = view.cell[0]
    repeats = max(1, round(width / abs(step[0])))
    shifts = [n * step for n in range(repeats)]
    items = [item for shift in shifts for p in view.polyhedra for item in polyhedron_patches(p, shift)]
    for shift in shifts:
        for symbol, position in zip(view.symbols, view.positions + shift, strict=True):
            items.extend(atom_patches(symbol, position))
    add_items(ax, items)
    _draw_cell(ax, view.cell)
    ax.set_ylim(-vacuum, view.height + vacuum)
    ax.set_yticks(np.arange(0, view.height + 0.5, 5))
    ax.spines["left"].set_bounds(0, view.height)
    ax.set_xlim(min(view.positions[:, 0]) - 1.2, max(view.positions[:, 0]) + (repeats - 1) * step[0] + 1.2)
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.set_ylabel("height / Å")
    ax.legend(handles=element_handles(view.symbols), loc="center left", bbox_to_anchor=(1.0, 0.5), handletextpad=0.2)


def _draw_cell(ax: Axes, cell: Vectors) -> None:
    """The cell's sides; its top and bottom lie in the vacuum that is left out."""
    for x in (0.0, float(cell[0, 0])):
        ax.axvline(x, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
