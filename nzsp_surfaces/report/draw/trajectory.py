"""A trajectory to play: balls that move, few enough moments of them that a page stays light."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nzsp_surfaces.base.labels import element_colour
from nzsp_surfaces.dynamics.displacement import unwrapped
from nzsp_surfaces.report.draw.scenes import ball_radius, cell_outline
from nzsp_surfaces.report.draw.slab_view import slab_view

if TYPE_CHECKING:
    from nzsp_surfaces.report.traces import Frames

MOMENTS = 100
"""Played at most."""
NUMBERS = 150_000
"""Coordinates of a trajectory at most: each takes up to six characters of the page, together less than 1 MB."""


def trajectory_scene(frames: Frames) -> dict[str, Any]:
    """What the page needs to play a trajectory of a slab.

    Returns:
        Times in ps, the cell in Å, for each element its look and the numbers of its atoms, and for each moment the
        (3 n) coordinates of all atoms in hundredths of Å. Atoms begin inside the cell and go on over its edges.
    """
    structure = frames.structure
    shown = frames.thinned(min(MOMENTS, NUMBERS // (3 * len(structure))))
    view = slab_view(structure)
    paths = unwrapped(shown.positions, structure.lattice.matrix)
    moved = view.positions[: view.n_cell] + (paths - paths[0]) @ view.turn
    symbols = np.array(view.symbols[: view.n_cell])
    looks = [
        {"element": e, "colour": element_colour(e), "radius": ball_radius(e), "atoms": np.flatnonzero(symbols == e)}
        for e in dict.fromkeys(symbols.tolist())
    ]
    return {
        "times": [round(float(time) / 1000, 4) for time in shown.times],
        "cell": cell_outline(view.cell, view.height),
        "elements": [{**look, "atoms": look["atoms"].tolist()} for look in looks],
        "moments": np.rint(100 * moved).astype(int).reshape(len(moved), -1).tolist(),
    }
