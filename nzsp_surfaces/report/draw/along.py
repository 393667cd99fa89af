"""The Wulff shape along a chemical potential: the share of each form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from nzsp_surfaces.base.labels import form_mathtext
from nzsp_surfaces.report.draw.style import Colours

if TYPE_CHECKING:
    from nzsp_surfaces.energies.along import ShapesAlong


def draw_shares(ax: Axes, along: ShapesAlong, *, colours: Colours) -> None:
    """Shares of the surface, %, one upon the other, against the potential, eV; forms that never appear are left out."""
    values = [at.potential for at in along.shapes]
    planes = [facet.miller for facet in along.shapes[0].shape.facets]
    shares = {
        plane: [100 * at.shape.facets[number].area_fraction for at in along.shapes]
        for number, plane in enumerate(planes)
    }
    there = {plane: own for plane, own in shares.items() if max(own) > 0}
    shades = [colours[plane] for plane in there]
    ax.stackplot(values, list(there.values()), colors=shades, labels=[form_mathtext(plane) for plane in there])
    ax.set(xlim=(values[0], values[-1]), ylim=(0, 100))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.set_xlabel(f"chemical potential of {along.element} / eV")
    ax.set_ylabel("share of the surface / %")
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
