"""How values and drawings become parts of a page."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args, get_origin

from markupsafe import Markup

from nzsp_surfaces.base.labels import formula_html, plane_html
from nzsp_surfaces.report.rows.columns import Cell, Row, columns
from nzsp_surfaces.report.rows.typed import hints_of

if TYPE_CHECKING:
    from jinja2 import Environment
    from matplotlib.figure import Figure

    from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow


SMALLEST = 0.01
"""J/m², the last digit of surface energies in tables."""


def environment() -> Environment:
    """The templates, with every string escaped and the functions of this module as filters."""
    from jinja2 import ChainableUndefined, Environment, PackageLoader

    env = Environment(
        loader=PackageLoader("nzsp_surfaces", "report/templates"), autoescape=True, undefined=ChainableUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    filters = {
        "plane": plane,
        "formula": formula,
        "number": number,
        "counts": counts,
        "heads": heads,
        "cells": cells,
        "open": openness,
        "margin": margin,
        "parted": parted,
    }
    env.filters |= filters
    env.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "sort_keys": False}
    return env


def number(value: object, digits: int = 2) -> str:
    """A number with a true minus sign, a dash where there is none.

    >>> number(-1.5), number(-0.001), number(None)
    ('−1.50', '0.00', '–')
    """
    if not isinstance(value, int | float) or not math.isfinite(value):
        return "–"
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else text.removeprefix("-")


def margin(spread: float | None) -> str:
    """A spread as it stands behind a surface energy: never as zero, which nothing ever shows.

    >>> margin(0.034), margin(0.002), margin(None)
    ('0.03', '< 0.01', '?')
    """
    if spread is None:
        return "?"
    return number(spread) if spread >= SMALLEST else f"< {SMALLEST}"


def openness(row: SurfaceEnergyRow) -> str:
    """What leaves a surface energy open, for whoever points at it."""
    return parted(row.spread_parts or {})


def parted(parts: Mapping[str, float]) -> str:
    """The parts of a spread, J/m².

    >>> parted({"thickness": 0.03, "seeds": 0.012})
    'thickness 0.030, seeds 0.012 J/m²'
    """
    if not parts:
        return "nothing tells how far off it may be: no thickness series, nothing else tried"
    return ", ".join(f"{name} {part:.3f}" for name, part in parts.items()) + " J/m²"


def counts(coordination: Sequence[int]) -> str:
    """Coordination numbers, the highest first, with how often each is there.

    >>> counts([6, 5, 6])
    '6 (2×), 5 (1×)'
    """
    tally = sorted(Counter(coordination).items(), reverse=True)
    return ", ".join(f"{value} ({n}×)" for value, n in tally) or "–"


def duration(seconds: float) -> str:
    """Wall time as a reader would say it.

    >>> duration(281.3)
    '4 min 41 s'
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def plane(miller: Sequence[int] | None) -> Markup:
    """A plane with bars over negative indices."""
    return Markup(plane_html(miller) if miller else "–")


def formula(text: str | None) -> Markup:
    """A formula with lowered digits."""
    return Markup(formula_html(text) if text else "–")


@dataclass(frozen=True, slots=True)
class Part:
    """A cell of a table of the page.

    Attributes:
        heading, unit: of its column.
        text: that stands in it.
        look: classes in page.css.
    """

    heading: str
    unit: str
    text: str
    look: str


def heads(kind: type[Row[Any]]) -> list[Part]:
    """The headings of all columns that tables of the page show."""
    shown = [(column, cell) for column in columns(kind) for cell in column.metadata["cells"]]
    return [_part(kind, column, cell, "") for column, cell in shown]


def cells(row: Row[Any]) -> list[Part]:
    """The values of all columns that tables of the page show, as text."""
    parts = []
    for column in (c for c in columns(row) if c.metadata["cells"]):
        own, value = column.metadata["cells"], getattr(row, column.name)
        values = value if len(own) > 1 else [value]
        parts += [_part(type(row), column, cell, _text(column, cell, v)) for cell, v in zip(own, values, strict=False)]
    return parts


def _part(kind: type[Row[Any]], column: Field[Any], cell: Cell, text: str) -> Part:
    unit = column.metadata["unit"] if cell.unit is None else cell.unit
    return Part(cell.heading, unit, text, "n" if _is_number(hints_of(kind)[column.name]) else cell.look)


def _is_number(hint: Any) -> bool:
    kinds = set(get_args(hint) or (hint,)) - {NoneType, Ellipsis}
    return get_origin(hint) is not dict and kinds <= {int, float}


def _text(column: Field[Any], cell: Cell, value: Any) -> str:
    """A value by its type; seconds as people say them."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _said(value, cell.words)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {part}" for key, part in value.items()) or "–"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if column.metadata["unit"] == "s":
        return duration(value)
    return number(value, cell.digits) if isinstance(value, float) else str(value or cell.zero or value)


def _said(value: bool, words: tuple[str, ...]) -> str:  # noqa: FBT001 (it is the value that is said)
    if words:
        return words[not value]
    return "yes" if value else Markup('<strong class="bad">no</strong>')


def drawing(figure: Figure, prefix: str) -> Markup:
    """A drawing to stand in the page: names of its parts made unique, ink and paper taken from the page."""
    from nzsp_surfaces.report.draw.style import svg_image

    svg = svg_image(figure)
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}", svg)
    svg = svg.replace("#222222", "currentColor").replace("#ffffff", "var(--paper)")
    return Markup(re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL))
