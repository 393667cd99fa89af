"""Atoms as balls and polyhedra as glass, seen along y."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch, Polygon

from nzsp_surfaces.base.labels import element_colour
from nzsp_surfaces.report.draw.light import normal_of, shaded
from nzsp_surfaces.report.draw.slab_view import Polyhedron
from nzsp_surfaces.report.draw.style import Vectors

Item = tuple[float, Patch, Any, Any, float]
"""Depth, patch, face colour, edge colour, line width."""


def add_items(ax: Axes, items: Sequence[Item]) -> None:
    """Put atoms and polyhedra into axes, the farthest first."""
    ordered = sorted(items, key=lambda item: -item[0])
    patches, faces, edges, widths = zip(*(item[1:] for item in ordered), strict=True)
    ax.add_collection(PatchCollection(list(patches), facecolors=faces, edgecolors=edges, linewidths=widths))


def atom_patches(symbol: str, position: Vectors) -> list[Item]:
    """A ball: a rimmed disc and highlights that grow smaller and brighter towards the lamp."""
    x, depth, z = position
    radius = drawn_radius(symbol)
    rgb = np.array(to_rgb(element_colour(symbol)))
    items: list[Item] = [(depth, Circle((x, z), radius), (*rgb, 1.0), (*(0.45 * rgb), 1.0), 0.5)]
    for shift, size, white in ((0.12, 0.70, 0.25), (0.22, 0.42, 0.50), (0.29, 0.18, 0.85)):
        disc = Circle((x - shift * radius, z + shift * radius), size * radius)
        items.append((depth - 1e-3 * shift, disc, (*(rgb + (1 - rgb) * white), 1.0), "none", 0.0))
    return items


def drawn_radius(symbol: str) -> float:
    """Of an element's balls, Å; large enough to be seen, small enough to look past."""
    from ase.data import atomic_numbers, covalent_radii

    return float(0.25 + 0.28 * covalent_radii[atomic_numbers[symbol]])


def polyhedron_patches(polyhedron: Polyhedron, shift: Vectors) -> list[Item]:
    """The faces towards the eye, as glass."""
    items: list[Item] = []
    colour = element_colour(polyhedron.centre)
    for corners in polyhedron.corners[polyhedron.faces] + shift:
        normal = normal_of(corners - corners.mean(axis=0))
        if normal[1] < 0:
            edge = (*(0.6 * np.array(to_rgb(colour))), 0.6)
            items.append((corners[:, 1].mean(), Polygon(corners[:, [0, 2]]), shaded(colour, normal, 0.5), edge, 0.5))
    return items


def element_handles(symbols: Sequence[str]) -> list[Line2D]:
    """For a legend: one ball for each element, in the order in which they first appear."""
    return [_ball(symbol) for symbol in dict.fromkeys(symbols)]


def _ball(symbol: str) -> Line2D:
    colour, size = element_colour(symbol), 5 + 5 * drawn_radius(symbol)
    red, green, blue = to_rgb(colour)
    rim = (0.45 * red, 0.45 * green, 0.45 * blue)
    return Line2D([], [], linestyle="", marker="o", markersize=size, color=colour, markeredgecolor=rim, label=symbol)
