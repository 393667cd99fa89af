"""Wulff shapes in parallel projection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Polygon

from nzsp_surfaces.base.labels import form_mathtext, plane_colours, plane_mathtext
from nzsp_surfaces.report.draw.faces import coloured_faces
from nzsp_surfaces.report.draw.light import normal_of, shaded
from nzsp_surfaces.report.draw.style import Colours, Vectors

if TYPE_CHECKING:
    from nzsp_surfaces.energies.wulff import Facet, WulffShape


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
    for facet, colour in coloured_faces(shape, colours):
        for corners in (np.array(polygon) @ frame for polygon in facet.polygons):
            if (normal := normal_of(corners))[1] < 0:  # a convex body hides its far faces and nothing else
                shade = shaded(colour, normal)
                ax.add_patch(Polygon(corners[:, [0, 2]], facecolor=shade, edgecolor="white", linewidth=1.0))
    ax.legend(
        handles=_form_handles(shape, colours), loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, handlelength=1
    )
    ax.set_aspect("equal")
    ax.autoscale_view()
    ax.margins(0.02)
    ax.set_axis_off()


def _camera(azimuth: float, height: float) -> Vectors:
    """(3, 3) columns: to the right, away from the eye, up."""
    a, h = np.radians([azimuth, height])
    away = -np.array([np.cos(h) * np.cos(a), np.cos(h) * np.sin(a), np.sin(h)])
    right = np.array([-np.sin(a), np.cos(a), 0.0])
    return np.column_stack([right, away, np.cross(right, away)])


def _form_handles(shape: WulffShape, colours: Colours) -> list[Patch]:
    return [
        Patch(
            facecolor=colour if facet.polygons else "none",
            edgecolor=colour,
            label=f"{_name(facet, shape)}  {100 * facet.area_fraction:.1f} %",
        )
        for facet, colour in coloured_faces(shape, colours)
    ]


def _name(facet: Facet, shape: WulffShape) -> str:
    return (
        f"on the substrate, {plane_mathtext(facet.miller)}" if facet is shape.interface else form_mathtext(facet.miller)
    )
