"""What the panels of a cut slab show, repeated through their windows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from nzsp_surfaces.report.draw.cut_view import Arms, CutView, Vectors, place
from nzsp_surfaces.report.draw.slab_view import Polyhedron, SlabView

MARGIN = 2.0
"""Å of vacuum shown beyond the outermost atoms."""
LEAST_WINDOW = 12.0
"""Å: smaller surface cells are shown with their neighbours."""
STRONG, FAINT = 4.0, 6.5
"""Å below the highest atom: in the top view everything fades between these depths, and ends at the second."""
FROM_ABOVE = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Columns: to the right, away from the eye, up."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What one panel shows, repeated through its window, x to the right, y away from the eye and z up.

    Attributes:
        balls: element and (3,) position, Å.
        polyhedra: complete.
        sticks, stubs: element at the start, (3,) start and end, Å, element at the end.
    """

    balls: tuple[tuple[str, Vectors], ...]
    polyhedra: tuple[Polyhedron, ...]
    sticks: tuple[tuple[str, Vectors, Vectors, str], ...]
    stubs: tuple[tuple[str, Vectors, Vectors, str], ...]

    def seen_from(self, frame: Vectors) -> Scene:
        """In the axes given by the columns of `frame` (3, 3): to the right, away from the eye, up."""
        return Scene(
            tuple((e, p @ frame) for e, p in self.balls),
            tuple(replace(p, position=p.position @ frame, corners=p.corners @ frame) for p in self.polyhedra),
            tuple((e, s @ frame, t @ frame, f) for e, s, t, f in self.sticks),
            tuple((e, s @ frame, t @ frame, f) for e, s, t, f in self.stubs),
        )


def scene(view: CutView, low: Vectors, high: Vectors) -> Scene:
    """What lies between two corners (3,) Å of a box.

    Polyhedra whose centre is inside keep all their corners, and those whose centre is outside lose them.
    """
    slab = view.slab
    shifts = _shifts(slab.cell, low, high)
    polyhedra = [
        replace(p, position=p.position + s, corners=p.corners + s)
        for s in shifts
        for p in slab.polyhedra
        if _inside(p.position + s, low, high)
    ]
    corners = {place(corner) for p in polyhedra for corner in p.corners}
    owned = {place(corner + s) for s in shifts for p in slab.polyhedra for corner in p.corners}
    atoms = list(zip(slab.symbols[: slab.n_cell], slab.positions[: slab.n_cell], strict=True))
    everywhere = {place(p + s): (e, p + s) for s in shifts for e, p in atoms}
    alone = {key for key, (_, position) in everywhere.items() if key not in owned and _inside(position, low, high)}
    drawn = corners | alone
    balls = {key: ball for key, ball in everywhere.items() if key in drawn}
    return Scene(
        tuple(balls.values()),
        tuple(polyhedra),
        tuple(arm for arm in _repeated(view.sticks, slab, shifts) if {place(arm[1]), place(arm[2])} <= balls.keys()),
        tuple(arm for arm in _repeated(view.stubs, slab, shifts) if place(arm[1]) in balls),
    )


def _shifts(cell: Vectors, low: Vectors, high: Vectors) -> list[Vectors]:
    """Translations that may bring something of the cell, or a neighbour of that, into the box."""
    corners = np.array(list(itertools.product(*zip(low[:2], high[:2], strict=True))))
    counts = corners @ np.linalg.inv(cell[:2, :2])
    first, last = np.floor(counts.min(axis=0)).astype(int) - 2, np.ceil(counts.max(axis=0)).astype(int) + 2
    return [m * cell[0] + n * cell[1] for m in range(first[0], last[0]) for n in range(first[1], last[1])]


def _inside(point: Vectors, low: Vectors, high: Vectors) -> bool:
    return bool(np.all((point > low) & (point < high)))


def _repeated(arms: Arms, slab: SlabView, shifts: list[Vectors]) -> Iterator[tuple[str, Vectors, Vectors, str]]:
    for shift in shifts:
        for atom, start, vector, partner in zip(arms.atoms, arms.starts, arms.vectors, arms.partners, strict=True):
            yield slab.symbols[atom], start + shift, start + shift + vector, partner


@dataclass(frozen=True, slots=True)
class Panel:
    """A scene and the part of its plane that is shown: (2,) lower left and (2,) upper right, Å."""

    scene: Scene
    low: Vectors
    high: Vectors

    @property
    def size(self) -> Vectors:
        """(2,) width and height, Å."""
        return self.high - self.low


def panels(view: CutView) -> tuple[Panel, Panel]:
    """The view from the side and that of the upper face, through a window of the same width."""
    outline = np.array([0 * view.plane[0], *view.plane, view.plane.sum(axis=0)])[:, :2]
    middle, spans = 0.5 * (outline.max(axis=0) + outline.min(axis=0)), np.ptp(outline, axis=0)
    half = 0.5 * np.maximum(spans + 2.0, LEAST_WINDOW)
    low, high = middle - half, middle + half
    top, depth = float(view.slab.positions[:, 2].max()), float(view.slab.cell[1, 1])
    # One row of cells in depth is enough: what lies behind is covered.
    row = scene(view, np.array([low[0], -1e-3, -np.inf]), np.array([high[0], depth - 1e-3, np.inf]))
    face = scene(view, np.array([*low, top - FAINT]), np.array([*high, np.inf]))
    upper = tuple(stub for stub in face.stubs if stub[1][2] > 0.5 * sum(view.cuts))
    return _framed(row, view.cuts), _framed(replace(face, stubs=upper).seen_from(FROM_ABOVE), ())


def _framed(seen: Scene, levels: tuple[float, ...]) -> Panel:
    """Everything drawn, vacuum above and below where the cuts are shown, and these."""
    balls = np.array([p[[0, 2]] for _, p in seen.balls])
    edge = np.array([0.9, MARGIN if levels else 0.9])
    lines = np.array([[balls[0, 0], level + side] for level in levels for side in (-0.6, 0.6)]).reshape(-1, 2)
    rings = np.array([0.5 * (s + t)[[0, 2]] + side for _, s, t, _ in seen.stubs for side in (-0.3, 0.3)]).reshape(-1, 2)
    points = np.vstack([balls - edge, balls + edge, lines, rings])
    return Panel(seen, points.min(axis=0), points.max(axis=0))
