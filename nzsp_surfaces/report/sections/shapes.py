"""Wulff shapes to turn, with a still picture and the table of their forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from nzsp_surfaces.base.labels import SUBSTRATE
from nzsp_surfaces.report.markup import drawing
from nzsp_surfaces.report.sections.base import Section, Shown, caveat, colours_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nzsp_surfaces.energies.sampling import SampledForm, SampledShapes
    from nzsp_surfaces.energies.wulff import WulffShape
    from nzsp_surfaces.report.read import Results

Colours = Mapping[tuple[int, ...], str]


@dataclass(frozen=True)
class ShapeCard:
    """A shape as the page shows it.

    Attributes:
        number: of its scene.
        material, film: from its name; no film for the bare crystal.
        shape: itself.
        still: its picture; None where nothing of it can be drawn.
        sampled: many shapes within the spread of its energies; None where that is not known.
    """

    number: str
    material: str
    film: str
    shape: WulffShape
    still: Markup | None
    sampled: SampledShapes | None = None

    def form(self, miller: tuple[int, ...]) -> SampledForm | None:
        """What many shapes say of a form; None where none were sampled."""
        forms = self.sampled.forms if self.sampled else ()
        return next((form for form in forms if form.miller == miller), None)


@dataclass(frozen=True, kw_only=True)
class ShapesShown(Shown):
    """All shapes with the colours of their planes."""

    cards: Sequence[ShapeCard]
    colours: Colours
    caveat: str = ""
    substrate: str = SUBSTRATE


def shapes_shown(shapes: Mapping[str, WulffShape], colours: Colours, caution: str = "") -> ShapesShown:
    """Shapes for a template.

    Args:
        caution: printed below them.
    """
    from nzsp_surfaces.report.draw.scenes import shape_scene

    cards = [_card(str(n), name, shape, colours) for n, (name, shape) in enumerate(shapes.items())]
    scenes = {card.number: shape_scene(card.shape, colours) for card in cards if card.still}
    return ShapesShown(cards=cards, colours=colours, scenes=scenes, caveat=caution)


def still(shape: WulffShape, colours: Colours, prefix: str) -> Markup:
    """A picture of a shape without legend; the names of its parts begin with the prefix."""
    from nzsp_surfaces.report.draw.style import figure_of

    return drawing(figure_of(_draw, shape, size=(3, 3), colours=colours), prefix)


def _card(number: str, name: str, shape: WulffShape, colours: Colours) -> ShapeCard:
    material, _, film = name.partition("+")
    drawn = any(facet.polygons for facet in shape.facets)
    return ShapeCard(number, material, film, shape, still(shape, colours, f"w{number}-") if drawn else None)


def _draw(ax: Axes, shape: WulffShape, colours: Colours) -> None:
    """Without the legend, for the table stands beside it."""
    from nzsp_surfaces.report.draw.shapes import draw_shape
    from nzsp_surfaces.report.draw.style import without_legend

    draw_shape(ax, shape, colours=colours)
    without_legend(ax)


def _show(results: Results) -> ShapesShown | None:
    if not results.wulff:
        return None
    shown = shapes_shown(results.wulff, colours_of(results), caveat(results))
    cards = [
        replace(card, sampled=results.sampled.get(name)) for card, name in zip(shown.cards, results.wulff, strict=True)
    ]
    return replace(shown, cards=cards)


SECTION = Section("Wulff shapes", _show)
