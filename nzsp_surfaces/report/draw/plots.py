"""Pictures for print: every ``draw_*`` puts one result into matplotlib axes, `save` writes PNG and SVG.

The object-oriented interface with the Agg canvas is used throughout, so nothing depends on a display or on pyplot's
state, and worker processes may draw at the same time.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch, Polygon

from nzsp_surfaces.base.labels import element_colour, form_mathtext, formula_mathtext, plane_colours, plane_mathtext
from nzsp_surfaces.report.draw.slab_view import Polyhedron, slab_view

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType
    from pymatgen.core.structure import Structure

    from nzsp_surfaces.energies.wulff import WulffShape

Vectors = npt.NDArray[np.float64]
Colours = Mapping[tuple[int, ...], str]

INK, GREY = "#222222", "#8A8A8A"
LIGHT = np.array([-0.35, -0.75, 0.56])
"""Direction towards the lamp, in axes with x to the right, y away from the reader and z up."""
STYLE: dict[RcKeyType, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "svg.fonttype": "path",
    "svg.hashsalt": "nzsp_surfaces",
}
"""The salt makes two runs write the same SVG."""


TRIMMED: dict[str, Any] = {"bbox_inches": "tight", "pad_inches": 0.04}


@dataclass(frozen=True, slots=True)
class EnergyBar:
    """A surface energy and its published value, J/m²; None where there is no value."""

    material: str
    miller: tuple[int, ...]
    film: str | None
    gamma: float | None
    gamma_published: float | None = None
    converged: bool = True

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> EnergyBar:
        """From an entry of ``surface_energies.json``."""
        return cls(
            material=str(entry["material"]),
            miller=tuple(entry["miller"]),
            film=entry.get("film"),
            gamma=entry.get("gamma"),
            gamma_published=entry.get("gamma_published"),
            converged=bool(entry.get("converged", True)),
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """A molecular dynamics run against time.

    Attributes:
        time: (n,) fs.
        temperature: (n,) K.
        potential_energy: (n,) eV, of the whole cell.
        target: temperature of the thermostat, K.
    """

    time: Vectors
    temperature: Vectors
    potential_energy: Vectors
    target: float

    @classmethod
    def read(cls, path: Path, target: float) -> Trace:
        """A trace from CSV with the header time_fs,temperature_K,potential_energy_eV."""
        columns = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2, usecols=(0, 1, 2)).T
        return cls(columns[0], columns[1], columns[2], target)

    def thinned(self, points: int) -> Trace:
        """Every n-th entry, so that at most `points` are left."""
        step = -(-len(self.time) // points)
        return Trace(self.time[::step], self.temperature[::step], self.potential_energy[::step], self.target)


def figure_of(
    draw: Callable[..., None], result: Any, *, size: tuple[float, float] = (4.5, 3.4), **options: Any
) -> Figure:
    """A figure (size in inches) with one drawing in the package's style."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots(), result, **options)
    return figure


def save(figure: Figure, path: Path) -> tuple[Path, Path]:
    """Write a figure as PNG and SVG and return both paths; `path` carries no suffix. Missing folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    png, svg = path.with_name(path.name + ".png"), path.with_name(path.name + ".svg")
    png.write_bytes(png_image(figure))
    svg.write_text(svg_image(figure), encoding="utf-8")
    return png, svg


def png_image(figure: Figure, *, dpi: int = 180) -> bytes:
    """A figure as PNG on white."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=dpi, facecolor="white", **TRIMMED)
    return buffer.getvalue()


def svg_image(figure: Figure) -> str:
    """A figure as SVG on no ground; letters are outlines, so that it looks the same without the font."""
    buffer = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", facecolor="none", metadata={"Date": None}, **TRIMMED)
    return buffer.getvalue()


def draw_energies(ax: Axes, entries: Sequence[EnergyBar], *, colours: Colours | None = None) -> None:
    """Surface energies, J/m², as bars grouped by material, each beside its published value where there is one."""
    colours = colours or plane_colours(entry.miller for entry in entries)
    places = _bar_places(entries)
    for x, entry in zip(places, entries, strict=True):
        _draw_pair(ax, x, entry, colours[tuple(entry.miller)])
    ax.set_xticks(places, [_bar_label(entry) for entry in entries], fontsize=8, va="baseline")
    ax.tick_params(axis="x", length=0, pad=24)
    ax.set_ylabel(r"surface energy $\gamma$ / J m$^{-2}$")
    ax.set_ylim(0, 1.18 * max([v for e in entries for v in (e.gamma, e.gamma_published) if v is not None], default=1.0))
    ax.set_xlim(min(places, default=0) - 0.7, max(places, default=0) + 0.7)
    _name_materials(ax, places, [entry.material for entry in entries])
    handles: list[Artist] = [Patch(facecolor=GREY, label="computed")]
    if any(entry.gamma_published is not None for entry in entries):
        handles.append(Patch(facecolor="white", edgecolor=GREY, hatch="/////", label="published"))
    if not all(entry.converged for entry in entries):
        handles.append(Line2D([], [], linestyle="", marker="$*$", color=INK, label="not converged"))
    ax.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, borderaxespad=0.2)


def draw_shape(
    ax: Axes, shape: WulffShape, *, colours: Colours | None = None, view: tuple[float, float] = (40, 20)
) -> None:
    """A Wulff shape in parallel projection, its forms and their share of the surface in the legend.

    Args:
        ax: plain two-dimensional axes.
        shape: as `wulff_shape` returns it.
        colours: of the planes; by default in the order of the facets.
        view: azimuth and height of the eye above the basal plane, degrees.
    """
    colours = colours or plane_colours(facet.miller for facet in shape.facets)
    frame = _camera(*view)
    for facet in shape.facets:
        for corners in (np.array(polygon) @ frame for polygon in facet.polygons):
            if (normal := _normal(corners))[1] < 0:  # a convex body hides its far faces and nothing else
                shade = _shaded(colours[facet.miller], normal)
                ax.add_patch(Polygon(corners[:, [0, 2]], facecolor=shade, edgecolor="white", linewidth=1.0))
    ax.legend(
        handles=_form_handles(shape, colours), loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, handlelength=1
    )
    ax.set_aspect("equal")
    ax.autoscale_view()
    ax.margins(0.02)
    ax.set_axis_off()


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


def add_items(ax: Axes, items: Sequence[Item]) -> None:
    """Put atoms and polyhedra into axes, the farthest first."""
    ordered = sorted(items, key=lambda item: -item[0])
    patches, faces, edges, widths = zip(*(item[1:] for item in ordered), strict=True)
    ax.add_collection(PatchCollection(list(patches), facecolors=faces, edgecolors=edges, linewidths=widths))


def draw_trace(ax: Axes, trace: Trace) -> None:
    """Temperature (left) and potential energy (right) of a dynamics run against time."""
    time = trace.time / 1000.0
    blue, orange = "#0072B2", "#D55E00"
    ax.plot(time, trace.temperature, color=blue, linewidth=0.5, alpha=0.4)
    ax.plot(time, _running_mean(trace.temperature), color=blue, linewidth=1.4)
    ax.axhline(trace.target, color=blue, linewidth=0.8, linestyle=(0, (5, 3)))
    ax.set_xlabel("time / ps")
    ax.set_ylabel("temperature / K", color=blue)
    ax.set_ylim(0, None)
    ax.margins(x=0)
    right = ax.twinx()
    right.spines["right"].set_visible(True)
    right.plot(time, trace.potential_energy, color=orange, linewidth=0.5, alpha=0.4)
    right.plot(time, _running_mean(trace.potential_energy), color=orange, linewidth=1.4)
    right.set_ylabel("potential energy / eV", color=orange)
    right.ticklabel_format(useOffset=False)


def _bar_places(entries: Sequence[EnergyBar]) -> list[float]:
    """One unit a bar pair, and a gap before each new material."""
    changes = np.cumsum([0] + [a.material != b.material for a, b in itertools.pairwise(entries)])
    return [float(n + 0.6 * change) for n, change in enumerate(changes[: len(entries)])]


def _draw_pair(ax: Axes, x: float, entry: EnergyBar, colour: str) -> None:
    published = entry.gamma_published
    shift = 0.0 if published is None else 0.2
    if entry.gamma is None:
        ax.annotate("no value", (x - shift, 0.02), rotation=90, ha="center", va="bottom", color=GREY, fontsize=7)
    else:
        ax.bar(x - shift, entry.gamma, width=0.38, color=colour)
        _number(ax, x - shift, entry.gamma, "" if entry.converged else "*", INK)
    if published is not None:
        ax.bar(x + shift, published, width=0.38, color="white", edgecolor=colour, hatch="/////", linewidth=0.8)
        _number(ax, x + shift, published, "", GREY)


def _number(ax: Axes, x: float, value: float, mark: str, colour: str) -> None:
    ax.annotate(
        f"{value:.2f}{mark}", (x, value), (0, 2), textcoords="offset points", ha="center", fontsize=6.5, color=colour
    )


def _bar_label(entry: EnergyBar) -> str:
    plane = plane_mathtext(entry.miller)
    # Two lines in any case: labels are set on the baseline of the last one.
    return f"{plane}\n+ {formula_mathtext(entry.film)}" if entry.film else f"{plane}\n "


def _name_materials(ax: Axes, places: Sequence[float], materials: Sequence[str]) -> None:
    for material in dict.fromkeys(materials):
        own = [x for x, name in zip(places, materials, strict=True) if name == material]
        middle = (own[0] + own[-1]) / 2
        ax.annotate(
            formula_mathtext(material), (middle, 0), (0, -34), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="center", va="top", fontweight="bold",
        )  # fmt: skip


def _camera(azimuth: float, height: float) -> Vectors:
    """(3, 3) columns: to the right, away from the eye, up."""
    a, h = np.radians([azimuth, height])
    away = -np.array([np.cos(h) * np.cos(a), np.cos(h) * np.sin(a), np.sin(h)])
    right = np.array([-np.sin(a), np.cos(a), 0.0])
    return np.column_stack([right, away, np.cross(right, away)])


def _normal(corners: Vectors) -> Vectors:
    normal = np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
    return np.asarray(normal / np.linalg.norm(normal), dtype=float)


def _shaded(colour: str, normal: Vectors, alpha: float = 1.0) -> tuple[float, float, float, float]:
    """The colour under the lamp: lighter where the face turns to it, darker where it turns away."""
    rgb, light = np.array(to_rgb(colour)), float(normal @ LIGHT)
    mixed = rgb + (1 - rgb) * 0.35 * light if light > 0.35 else rgb * (0.72 + 0.8 * max(light, 0.0))
    red, green, blue = np.clip(mixed, 0, 1)
    return float(red), float(green), float(blue), alpha


def _form_handles(shape: WulffShape, colours: Colours) -> list[Patch]:
    return [
        Patch(
            facecolor=colours[facet.miller] if facet.polygons else "none",
            edgecolor=colours[facet.miller],
            label=f"{form_mathtext(facet.miller)}  {100 * facet.area_fraction:.1f} %",
        )
        for facet in shape.facets
    ]


Item = tuple[float, Patch, Any, Any, float]
"""Depth, patch, face colour, edge colour, line width."""


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
        normal = _normal(corners - corners.mean(axis=0))
        if normal[1] < 0:
            edge = (*(0.6 * np.array(to_rgb(colour))), 0.6)
            items.append((corners[:, 1].mean(), Polygon(corners[:, [0, 2]]), _shaded(colour, normal, 0.5), edge, 0.5))
    return items


def _draw_cell(ax: Axes, cell: Vectors) -> None:
    """The cell's sides; its top and bottom lie in the vacuum that is left out."""
    for x in (0.0, float(cell[0, 0])):
        ax.axvline(x, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)


def element_handles(symbols: Sequence[str]) -> list[Line2D]:
    """For a legend: one ball for each element, in the order in which they first appear."""
    return [_ball(symbol) for symbol in dict.fromkeys(symbols)]


def _ball(symbol: str) -> Line2D:
    colour, size = element_colour(symbol), 5 + 5 * drawn_radius(symbol)
    red, green, blue = to_rgb(colour)
    rim = (0.45 * red, 0.45 * green, 0.45 * blue)
    return Line2D([], [], linestyle="", marker="o", markersize=size, color=colour, markeredgecolor=rim, label=symbol)


def _running_mean(values: Vectors) -> Vectors:
    """Over a tenth of the run; the ends average what there is."""
    window = max(1, len(values) // 10)
    ones = np.ones(window)
    return np.asarray(np.convolve(values, ones, "same") / np.convolve(np.ones_like(values), ones, "same"))
