"""What a section of the page is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.labels import CAVEAT, plane_colours
from nzsp_surfaces.report.sections import SECTIONS

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the template of a section is given, as `shown`; each section adds its own.

    Attributes:
        scenes: pictures to turn with the mouse, by number, for page.js.
    """

    scenes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page.

    Attributes:
        title: its heading.
        show: what its template is given; None where the results have nothing for it, and then it does not appear.
    """

    title: str
    show: Callable[[Results], Shown | None]


def sections() -> dict[str, Section]:
    """All sections by name, in their order."""
    return {name: import_module(f"nzsp_surfaces.report.sections.{name}").SECTION for name in SECTIONS}


def colours_of(results: Results) -> dict[tuple[int, ...], str]:
    """A colour for each plane, the same all over the page."""
    facets = [facet.miller for shape in results.wulff.values() for facet in shape.facets]
    return plane_colours([*(row.miller for row in results.surface_energies or results.slabs), *facets])


def caveat(results: Results) -> str:
    """What stands beside values of a potential; nothing beside those of density-functional theory."""
    return "" if all(row.is_dft for row in results.surface_energies) else CAVEAT
