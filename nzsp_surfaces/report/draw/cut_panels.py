"""The panels of a cut slab: from the side and from above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.patches import Circle, Polygon
from matplotlib.patheffects import AbstractPathEffect, withStroke

from nzsp_surfaces.base.labels import element_colour
from nzsp_surfaces.report.draw.atoms import Item, add_items, atom_patches, drawn_radius, polyhedron_patches
from nzsp_surfaces.report.draw.cut_scene import FAINT, STRONG, Panel, Scene
from nzsp_surfaces.report.draw.cut_view import CutView, Vectors
from nzsp_surfaces.report.draw.slab_view import Polyhedron
from nzsp_surfaces.report.draw.style import INK

BROKEN = "#C2185B"
"""A colour that no common element has."""
RING = 0.16
"""Å, radius of the ring at the end of a broken bond."""
LABEL = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
"""Keeps atoms from running into a letter."""


def draw_side(ax: Axes, panel: Panel, view: CutView) -> None:
    """A slab from the side: the normal up, the cuts as dashed lines, heights above the lowest atom."""
    add_items(ax, _items(panel.scene))
    _draw_stubs(ax, panel.scene.stubs)
    for level in view.cuts:
        ax.axhline(level, color=INK, linewidth=0.9, linestyle=(0, (5, 3)), zorder=0.5)
    _frame(ax, panel)
    height = view.slab.height
    ax.set_yticks(np.arange(0, height + 0.5, 5))
    ax.spines["left"].set_bounds(0, height)
    ax.set_ylabel("height / Å")


def draw_top(ax: Axes, panel: Panel, view: CutView) -> None:
    """The upper face of a slab from above: what lies deeper fades; the surface cell, and a bar of 5 Å."""
    add_items(ax, [_faded(item, -float(view.slab.positions[:, 2].max())) for item in _items(panel.scene)])
    _draw_stubs(ax, panel.scene.stubs)
    _draw_outline(ax, view.plane[:, :2])
    _frame(ax, panel)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    _draw_bar(ax, panel)


def _frame(ax: Axes, panel: Panel) -> None:
    ax.set_xlim(panel.low[0], panel.high[0])
    ax.set_ylim(panel.low[1], panel.high[1])
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)


def _items(seen: Scene) -> list[Item]:
    items = [item for p in seen.polyhedra for item in polyhedron_patches(_towards_eye(p), np.zeros(3))]
    items += [item for element, position in seen.balls for item in atom_patches(element, position)]
    return items + [item for stick in seen.sticks for item in _stick_patches(*stick)]


def _towards_eye(polyhedron: Polyhedron) -> Polyhedron:
    """A flat group shows the same face on both sides."""
    first, second, third = polyhedron.corners[polyhedron.faces[0]]
    flat = np.linalg.matrix_rank(polyhedron.corners - polyhedron.corners[0], tol=1e-2) < 3
    away = np.cross(second - first, third - first)[1] > 0
    return replace(polyhedron, faces=polyhedron.faces[:, ::-1]) if flat and away else polyhedron


def _stick_patches(element: str, start: Vectors, end: Vectors, other: str) -> list[Item]:
    """Two halves in the colours of their atoms, between the surfaces of the balls."""
    from matplotlib.patches import Polygon

    sense = (end - start) / np.linalg.norm(end - start)
    inner, outer = start + 0.9 * drawn_radius(element) * sense, end - 0.9 * drawn_radius(other) * sense
    halves = ((element, inner, 0.5 * (inner + outer)), (other, 0.5 * (inner + outer), outer))
    along = sense[[0, 2]]
    across = 0.08 * np.array([-along[1], along[0]]) / max(float(np.linalg.norm(along)), 1e-9)
    items: list[Item] = []
    for name, near, far in halves:
        ends = np.array([near[[0, 2]], far[[0, 2]]])
        patch = Polygon(np.array([*(ends + across), *(ends - across)[::-1]]))
        rgb = np.array(to_rgb(element_colour(name)))
        items.append((float(near[1] + far[1]) / 2, patch, (*rgb, 1.0), (*(0.5 * rgb), 1.0), 0.3))
    return items


def _draw_stubs(ax: Axes, stubs: Sequence[tuple[str, Vectors, Vectors, str]]) -> None:
    """Half of each lost bond, from the rim of its atom to a ring in the colour of the lost neighbour."""
    flat = {(e, *np.round([*s[[0, 2]], *t[[0, 2]]], 2), f) for e, s, t, f in stubs}
    lines, rings, colours = [], [], []
    for element, x, z, far_x, far_z, partner in sorted(flat):
        start, ring = np.array([x, z]), 0.5 * np.array([x + far_x, z + far_z])
        length = float(np.linalg.norm(ring - start))
        begin = min(1.0, drawn_radius(element) / max(length, 1e-9))
        lines.append(np.array([start + begin * (ring - start), ring]))
        rings.append(Circle((float(ring[0]), float(ring[1])), RING))
        colours.append(_ring_colour(partner))
    ax.add_collection(LineCollection(lines, colors=BROKEN, linewidths=1.0, zorder=3))
    ax.add_collection(PatchCollection(rings, facecolors="white", edgecolors=colours, linewidths=1.1, zorder=3.1))


def _ring_colour(element: str) -> tuple[float, ...]:
    """That of the element, darker where white paper would swallow it."""
    rgb = np.array(to_rgb(element_colour(element)))
    return tuple((rgb * min(1.0, 0.6 / float(rgb.min()))).tolist()) if rgb.min() > 0 else tuple(rgb.tolist())


def _faded(item: Item, top: float) -> Item:
    """Whiter with depth below the face."""
    depth, patch, face, edge, width = item
    white = 0.8 * float(np.clip((depth - top - STRONG) / (FAINT - STRONG), 0, 1))
    pale = [
        "none" if isinstance(c, str) else (*(white + (1 - white) * np.array(to_rgba(c))[:3]), c[3])
        for c in (face, edge)
    ]
    return depth, patch, pale[0], pale[1], width


def _draw_outline(ax: Axes, plane: Vectors) -> None:
    """The surface cell with its two vectors as arrows."""
    a, b = plane
    halo: list[AbstractPathEffect] = [withStroke(linewidth=2.6, foreground="white")]
    outline = Polygon(np.array([0 * a, a, a + b, b]), closed=True, fill=False, edgecolor=INK, linewidth=1.2, zorder=4)
    outline.set_path_effects(halo)
    ax.add_patch(outline)
    for name, vector, other in (("a", a, b), ("b", b, a)):
        tip = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 11}
        ax.annotate("", tuple(vector), (0, 0), arrowprops=tip, zorder=4.1)
        outwards = vector * (other @ vector) / (vector @ vector) - other
        place = 0.5 * vector + 0.8 * outwards / np.linalg.norm(outwards)
        ax.text(place[0], place[1], f"${name}$", ha="center", va="center", fontsize=11, zorder=5, bbox=LABEL)


def _draw_bar(ax: Axes, panel: Panel) -> None:
    """5 Å, under the right end."""
    right, level = panel.high[0] - 0.5, panel.low[1] - 0.4
    ax.plot([right - 5, right], [level, level], color=INK, linewidth=2.5, solid_capstyle="butt", clip_on=False)
    style: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 8, "annotation_clip": False}
    ax.annotate("5 Å", (right - 2.5, level), (0, -3), textcoords="offset points", **style)
