"""The faces of a shape with their colours, the same in pictures and pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nzsp_surfaces.base.labels import SUBSTRATE

if TYPE_CHECKING:
    from nzsp_surfaces.energies.wulff import Facet, WulffShape


def coloured_faces(shape: WulffShape, colours: Mapping[tuple[int, ...], str]) -> list[tuple[Facet, str]]:
    """Every form with its colour; the face on a substrate comes last, in grey."""
    lying = [(shape.interface, SUBSTRATE)] if shape.interface else []
    return [*((facet, colours[facet.miller]) for facet in shape.facets), *lying]
