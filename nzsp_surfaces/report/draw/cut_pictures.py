"""Slabs as they were cut, for print: from the side and from above, with the cuts and the bonds that they broke."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.labels import element_colour, formula_mathtext, plane_mathtext
from nzsp_surfaces.crystals.bonds import find_bonds, is_neutral
from nzsp_surfaces.crystals.certificate import layer_group
from nzsp_surfaces.crystals.planes import stack
from nzsp_surfaces.report.draw.slab_view import MOBILE, Polyhedron, SlabView, slab_view
from nzsp_surfaces.report.slabs import surface_name
from nzsp_surfaces.slabs.cut import build
from nzsp_surfaces.slabs.faces import dangling, lost_bonds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.crystals.planes import Stack
    from nzsp_surfaces.report.draw.plots import Item
    from nzsp_surfaces.slabs.cut import SlabCut
    from nzsp_surfaces.slabs.survey import PlaneSurvey, Surface

Vectors = npt.NDArray[np.float64]

VACUUM = 10.0
"""Å between the slab and its image, which no bond bridges; the pictures leave it out."""
MARGIN = 2.0
"""Å of vacuum shown beyond the outermost atoms."""
LEAST_WINDOW = 12.0
"""Å: smaller surface cells are shown with their neighbours."""
STRONG, FAINT = 4.0, 6.5
"""Å below the highest atom: in the top view everything fades between these depths, and ends at the second."""
BROKEN = "#C2185B"
"""A colour that no common element has."""
RING = 0.16
"""Å, radius of the ring at the end of a broken bond."""
LABEL = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
"""Keeps atoms from running into a letter."""
GAP = 0.3
"""Inches between the panels."""


@dataclass(frozen=True, slots=True)
class Arms:
    """Bonds, or what is left of them, each as a vector from an atom.

    Attributes:
        atoms: (n,) number of the atom that each begins at.
        starts: (n, 3) its drawn position, Å.
        vectors: (n, 3) to the other end, Å.
        partners: (n,) element of the other end.
    """

    atoms: tuple[int, ...]
    starts: Vectors
    vectors: Vectors
    partners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CutView:
    """A slab upright, with what its cuts left; all in the axes of `slab`.

    Attributes:
        slab: its atoms and polyhedra.
        sticks: bonds of framework cations that are drawn without a polyhedron.
        stubs: the lost bonds, from the atom that kept its end to where the partner was.
        cuts: heights of the two cuts, Å, the lower first.
        plane: (2, 3) a and b of the surface cell, Å.
        group: symbol of the layer group.
    """

    slab: SlabView
    sticks: Arms
    stubs: Arms
    cuts: tuple[float, float]
    plane: Vectors
    group: str


def cut_view(surface: Surface, material: Material) -> CutView:
    """A slab as it was cut, in the axes of its picture."""
    cut, crystal = surface.cut, material.crystal
    structure = build(cut, crystal, VACUUM)
    charges = crystal.charges
    view = slab_view(structure, None if is_neutral(charges) else charges, _loose(material))
    seen = stack(crystal, cut.miller, material.polyanions, material.mobile)
    return CutView(
        slab=view,
        sticks=_sticks(view, structure, material),
        stubs=_stubs(view, cut, seen),
        cuts=_cut_heights(view, cut, seen),
        plane=structure.lattice.matrix[:2] @ view.turn,
        group=layer_group(structure),
    )


def _loose(material: Material) -> frozenset[str]:
    """Cations drawn as balls: large and mobile ones, and only the mobile ones where nothing else is there."""
    cations = {e for e, q in material.crystal.charges.items() if q > 0}
    return MOBILE | material.mobile if cations - MOBILE - material.mobile else material.mobile | {"H"}


def _sticks(view: SlabView, structure: Structure, material: Material) -> Arms:
    """Mobile ions but hydrogen have none, as they do not hold the slab together; close-packed atoms need none."""
    centres, bare = {_place(p.position) for p in view.polyhedra if len(p.corners) > 3}, material.mobile - {"H"}
    free = [
        e not in bare and _place(p) not in centres
        for e, p in zip(view.symbols[: view.n_cell], view.positions[: view.n_cell], strict=True)
    ]
    charges = material.crystal.charges
    bonds = [] if is_neutral(charges) else [b for b in find_bonds(structure, charges) if free[b.cation]]
    points, lattice = structure.cart_coords, structure.lattice.matrix
    vectors = [points[b.anion] + np.array(b.offset) @ lattice - points[b.cation] for b in bonds]
    return _arms(view, [b.cation for b in bonds], vectors, [view.symbols[b.anion] for b in bonds])


def _stubs(view: SlabView, cut: SlabCut, seen: Stack) -> Arms:
    lost = lost_bonds(seen, np.array(cut.in_plane), cut.sites)
    partners = [seen.crystal.symbols[b.bond.anion if b.cation else b.bond.cation] for b in lost]
    return _arms(view, [b.kept for b in lost], dangling(seen.crystal, np.array(cut.in_plane), lost), partners)


def _arms(view: SlabView, atoms: Sequence[int], vectors: Sequence[Vectors] | Vectors, partners: Sequence[str]) -> Arms:
    """From vectors in the structure's axes."""
    turned = np.array(vectors, dtype=float).reshape(-1, 3) @ view.turn
    return Arms(tuple(atoms), view.positions[np.array(atoms, np.int64)], turned, tuple(partners))


def _cut_heights(view: SlabView, cut: SlabCut, seen: Stack) -> tuple[float, float]:
    """Any atom tells where the heights of the crystal lie in the picture, and two tell which way they rise."""
    structure = seen.crystal.structure
    levels = np.array([seen.indices @ (structure.frac_coords[s] + np.array(o)) for s, o in cut.sites])
    heights = view.positions[: view.n_cell, 2]
    sense = np.sign((levels - levels.mean()) @ (heights - heights.mean()))
    low, high = sorted(float(heights[0] + sense * (c - levels[0]) * seen.repeat) for c in (cut.bottom, cut.top))
    return low, high


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
    corners = {_place(corner) for p in polyhedra for corner in p.corners}
    owned = {_place(corner + s) for s in shifts for p in slab.polyhedra for corner in p.corners}
    atoms = list(zip(slab.symbols[: slab.n_cell], slab.positions[: slab.n_cell], strict=True))
    everywhere = {_place(p + s): (e, p + s) for s in shifts for e, p in atoms}
    alone = {key for key, (_, position) in everywhere.items() if key not in owned and _inside(position, low, high)}
    drawn = corners | alone
    balls = {key: ball for key, ball in everywhere.items() if key in drawn}
    return Scene(
        tuple(balls.values()),
        tuple(polyhedra),
        tuple(arm for arm in _repeated(view.sticks, slab, shifts) if {_place(arm[1]), _place(arm[2])} <= balls.keys()),
        tuple(arm for arm in _repeated(view.stubs, slab, shifts) if _place(arm[1]) in balls),
    )


def _shifts(cell: Vectors, low: Vectors, high: Vectors) -> list[Vectors]:
    """Translations that may bring something of the cell, or a neighbour of that, into the box."""
    corners = np.array(list(itertools.product(*zip(low[:2], high[:2], strict=True))))
    counts = corners @ np.linalg.inv(cell[:2, :2])
    first, last = np.floor(counts.min(axis=0)).astype(int) - 2, np.ceil(counts.max(axis=0)).astype(int) + 2
    return [m * cell[0] + n * cell[1] for m in range(first[0], last[0]) for n in range(first[1], last[1])]


def _inside(point: Vectors, low: Vectors, high: Vectors) -> bool:
    return bool(np.all((point > low) & (point < high)))


def _place(point: Vectors) -> tuple[int, ...]:
    """Whole tenths of Å, the same for an atom reached by different translations but for rounding at the borders."""
    return tuple(np.rint(10 * (point + 0.0137)).astype(int).tolist())


def _repeated(arms: Arms, slab: SlabView, shifts: list[Vectors]) -> Iterator[tuple[str, Vectors, Vectors, str]]:
    for shift in shifts:
        for atom, start, vector, partner in zip(arms.atoms, arms.starts, arms.vectors, arms.partners, strict=True):
            yield slab.symbols[atom], start + shift, start + shift + vector, partner


FROM_ABOVE = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Columns: to the right, away from the eye, up."""


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


def cut_figure(surface: Surface, material: Material) -> Figure:
    """Both views of a slab side by side, to one scale."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from nzsp_surfaces.report.draw.plots import STYLE

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


def draw_side(ax: Axes, panel: Panel, view: CutView) -> None:
    """A slab from the side: the normal up, the cuts as dashed lines, heights above the lowest atom."""
    from nzsp_surfaces.report.draw.plots import INK, add_items

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
    from nzsp_surfaces.report.draw.plots import add_items

    add_items(ax, [_faded(item, -float(view.slab.positions[:, 2].max())) for item in _items(panel.scene)])
    _draw_stubs(ax, panel.scene.stubs)
    _draw_outline(ax, view.plane[:, :2])
    _frame(ax, panel)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    _draw_bar(ax, panel)


def _direction(view: CutView) -> str:
    """Which of the surface cell's vectors the eye follows, away from the reader."""
    along = view.plane @ view.slab.cell[1] / np.linalg.norm(view.slab.cell[1]) / np.linalg.norm(view.plane, axis=1)
    n = int(np.abs(along).argmax())
    return ("-" if along[n] < 0 else "") + "ab"[n]


def _frame(ax: Axes, panel: Panel) -> None:
    ax.set_xlim(panel.low[0], panel.high[0])
    ax.set_ylim(panel.low[1], panel.high[1])
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)


def _items(seen: Scene) -> list[Item]:
    from nzsp_surfaces.report.draw.plots import atom_patches, polyhedron_patches

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
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Polygon

    from nzsp_surfaces.report.draw.plots import drawn_radius

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
    from matplotlib.collections import LineCollection, PatchCollection
    from matplotlib.patches import Circle

    from nzsp_surfaces.report.draw.plots import drawn_radius

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
    from matplotlib.colors import to_rgb

    rgb = np.array(to_rgb(element_colour(element)))
    return tuple((rgb * min(1.0, 0.6 / float(rgb.min()))).tolist()) if rgb.min() > 0 else tuple(rgb.tolist())


def _faded(item: Item, top: float) -> Item:
    """Whiter with depth below the face."""
    from matplotlib.colors import to_rgba

    depth, patch, face, edge, width = item
    white = 0.8 * float(np.clip((depth - top - STRONG) / (FAINT - STRONG), 0, 1))
    pale = [
        "none" if isinstance(c, str) else (*(white + (1 - white) * np.array(to_rgba(c))[:3]), c[3])
        for c in (face, edge)
    ]
    return depth, patch, pale[0], pale[1], width


def _draw_outline(ax: Axes, plane: Vectors) -> None:
    """The surface cell with its two vectors as arrows."""
    from matplotlib.patches import Polygon
    from matplotlib.patheffects import AbstractPathEffect, withStroke

    from nzsp_surfaces.report.draw.plots import INK

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
    from nzsp_surfaces.report.draw.plots import INK

    right, level = panel.high[0] - 0.5, panel.low[1] - 0.4
    ax.plot([right - 5, right], [level, level], color=INK, linewidth=2.5, solid_capstyle="butt", clip_on=False)
    style: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 8, "annotation_clip": False}
    ax.annotate("5 Å", (right - 2.5, level), (0, -3), textcoords="offset points", **style)


def _handles(view: CutView) -> list[Line2D]:
    from matplotlib.lines import Line2D

    from nzsp_surfaces.report.draw.plots import INK, element_handles

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
    from nzsp_surfaces.report.draw.plots import save

    for each in (surface for plane in found for surface in plane.surfaces):
        yield save(cut_figure(each, material), path / "pictures" / surface_name(material, each))
