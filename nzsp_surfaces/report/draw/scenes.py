"""Pictures to turn with the mouse: Wulff shapes and slabs as plain plotly figures, and plotly's own script.

Figures are made as dictionaries, which plotly.js takes as they are; plotly's Python classes would only cost time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.labels import element_colour, plane_colours, plane_unicode
from nzsp_surfaces.report.draw.faces import coloured_faces
from nzsp_surfaces.report.draw.slab_view import slab_view

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

    from nzsp_surfaces.energies.wulff import Facet, WulffShape

Vectors = npt.NDArray[np.float64]
Trace = dict[str, Any]

_FACE_LIGHT = {"ambient": 0.55, "diffuse": 0.6, "specular": 0.05, "roughness": 0.9, "fresnel": 0.05}
_LAMP = {"x": -4e4, "y": 9e4, "z": -8e4}
"""From above, left of the reader; plotly's light stands still while the crystal turns, its z points away."""


def plotly_script() -> str:
    """plotly.js as text, from the installed package; it holds no closing script tag."""
    return files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")


def shape_scene(shape: WulffShape, colours: Mapping[tuple[int, ...], str] | None = None) -> dict[str, Any]:
    """A Wulff shape, one mesh for each form that appears and one line for all edges."""
    colours = colours or plane_colours(facet.miller for facet in shape.facets)
    drawn = [(facet, colour) for facet, colour in coloured_faces(shape, colours) if facet.polygons]
    present = [facet for facet, _ in drawn]
    data = [_form_mesh(facet, colour) for facet, colour in drawn] + [_edges(present)]
    reach = max(float(np.linalg.norm(polygon, axis=1).max()) for facet in present for polygon in facet.polygons)
    return {"data": data, "layout": _layout(reach, eye=(1.12, 0.94, 0.53))}


def slab_data(structure: Structure) -> dict[str, Any]:
    """What the page needs to draw a slab: atoms by element, triangles of polyhedra by centre, and the cell; Å."""
    view = slab_view(structure)
    symbols = np.array(view.symbols)
    atoms = [
        {
            "element": e,
            "colour": element_colour(e),
            "radius": ball_radius(e),
            "xyz": _rounded(view.positions[symbols == e]),
        }
        for e in dict.fromkeys(view.symbols)
    ]
    centres = dict.fromkeys(p.centre for p in view.polyhedra)
    polyhedra = [
        {
            "colour": element_colour(centre),
            "triangles": [_rounded(p.corners[face]) for p in view.polyhedra if p.centre == centre for face in p.faces],
        }
        for centre in centres
    ]
    return {"atoms": atoms, "polyhedra": polyhedra, "cell": cell_outline(view.cell, view.height)}


def _form_mesh(facet: Facet, colour: str) -> Trace:
    """The faces of one form; each polygon is a fan of triangles around its first corner."""
    corners: list[tuple[float, float, float]] = []
    triangles: list[tuple[int, int, int]] = []
    for polygon in facet.polygons:
        start = len(corners)
        corners.extend(polygon)
        triangles.extend((start, start + n, start + n + 1) for n in range(1, len(polygon) - 1))
    x, y, z = _columns(np.array(corners))
    i, j, k = (list(column) for column in zip(*triangles, strict=True))
    name = f"{plane_unicode(facet.miller)} {facet.gamma:.2f} J/m²"
    return {
        "type": "mesh3d", "x": x, "y": y, "z": z, "i": i, "j": j, "k": k, "color": colour, "flatshading": True,
        "lighting": _FACE_LIGHT, "lightposition": _LAMP, "name": name, "hoverinfo": "name",
        "hoverlabel": {"namelength": -1},
    }  # fmt: skip


def _edges(facets: Sequence[Facet]) -> Trace:
    """All edges as one line, its pieces parted by gaps; a hair outside the faces, so that these do not break it."""
    x: list[float | None] = []
    y: list[float | None] = []
    z: list[float | None] = []
    for polygon in (polygon for facet in facets for polygon in facet.polygons):
        for axis, values in zip((x, y, z), zip(*polygon, polygon[0], strict=True), strict=True):
            axis.extend((*(round(1.006 * value, 5) for value in values), None))
    line = {"color": "rgba(20,20,20,0.75)", "width": 3}
    return {"type": "scatter3d", "mode": "lines", "x": x, "y": y, "z": z, "line": line, "hoverinfo": "skip"}


def _layout(reach: float, eye: tuple[float, float, float]) -> dict[str, Any]:
    """Parallel projection of everything within `reach` of the origin; there the size follows the aspect ratio."""
    axis = {"visible": False, "showspikes": False, "range": [-1.02 * reach, 1.02 * reach]}
    camera = {"eye": dict(zip("xyz", eye, strict=True)), "projection": {"type": "orthographic"}}
    aspect = {"aspectmode": "manual", "aspectratio": dict.fromkeys("xyz", 1.75)}
    return {
        "scene": {**{f"{x}axis": axis for x in "xyz"}, **aspect, "camera": camera, "dragmode": "orbit"},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "#98a2aa", "activecolor": "#0072b2"},
    }


def cell_outline(cell: Vectors, height: float, margin: float = 1.5) -> list[list[float]]:
    """(16, 3) Å, one line around the cell, shortened to the slab and a little of its vacuum."""
    a, b = cell[0], cell[1]
    base = np.array([0 * a, a, a + b, b, 0 * a])
    low, high = np.array([0, 0, -margin]), np.array([0, 0, height + margin])
    rises = [
        corner + level for corner, turn in zip(base[1:4], (1, -1, 1), strict=True) for level in (high, low)[::turn]
    ]
    return _rounded(np.array([*(base + low), *(base + high), *rises]))


def ball_radius(element: str) -> float:
    """Å of an element's balls in pictures to turn."""
    from ase.data import atomic_numbers, covalent_radii

    return round(float(0.22 + 0.28 * covalent_radii[atomic_numbers[element]]), 3)


def _columns(points: Vectors) -> tuple[list[float], list[float], list[float]]:
    x, y, z = np.round(points.T, 5).tolist()
    return x, y, z


def _rounded(points: Vectors) -> list[list[float]]:
    return [[round(float(value), 3) for value in point] for point in points]
