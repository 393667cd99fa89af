"""How planes, formulas, elements and materials are written and coloured, the same in every picture and page.

Nothing heavy is imported here.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

CAVEAT = (
    "These values come from an interatomic potential. A potential finds structures, ranks planes and comes close; "
    "density-functional theory gives the number. Nothing is scaled or tuned towards the published values."
)
"""Printed beside every set of values that was not computed with density-functional theory."""

PLANE_PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#7F7F7F")
"""Okabe and Ito's set, which stays apart for colour-blind readers."""

ELEMENT_COLOURS = {
    "H": "#F2F2F2", "Li": "#CC80FF", "B": "#FFB5B5", "C": "#909090", "N": "#3050F8", "O": "#E8291C", "F": "#90E050",
    "Na": "#AB5CF2", "Mg": "#6FCC00", "Al": "#BFA6A6", "Si": "#D9B38C", "P": "#FF8000", "S": "#E6C822",
    "Cl": "#1FD01F", "K": "#8F40D4", "Ca": "#3DCC00", "Sc": "#B8B8B8", "Ti": "#9AA0A6", "V": "#A6A6AB",
    "Fe": "#E06633", "Cu": "#C88033", "Ge": "#668F8F", "Y": "#7FD6D6", "Zr": "#6CC5C5", "Nb": "#73C2C9",
    "Hf": "#4DC2FF", "Au": "#FFD123", "Pt": "#D0D0E0", "Ag": "#C0C0C0",
}  # fmt: skip
"""After Jmol's table, a little darker where white paper would swallow it."""

SUBSTRATE = "#9AA0A6"
"""Colour of the face with which a crystal lies on a substrate."""

OTHER_ELEMENT = "#C06090"


def plane_text(miller: Sequence[int]) -> str:
    """Plain text for messages: (1, -1, 0, 2) -> '(1 -1 0 2)'."""
    return "(" + " ".join(str(index) for index in miller) + ")"


def plane_name(miller: tuple[int, ...]) -> str:
    """A plane in file names and ids: 1-102; with dots where an index has two digits."""
    return ("." if max(map(abs, miller)) > 9 else "").join(str(i) for i in miller)


def plane_mathtext(miller: Sequence[int]) -> str:
    r"""For matplotlib: (1, -1, 0, 2) -> '$(1\bar{1}02)$'."""
    return "$(" + _joined(miller, r"\bar{{{}}}", r"\,") + ")$"


def form_mathtext(miller: Sequence[int]) -> str:
    r"""All planes equivalent to one, for matplotlib: (1, -1, 0, 2) -> '$\{1\bar{1}02\}$'."""
    return r"$\{" + plane_mathtext(miller)[2:-2] + r"\}$"


def plane_latex(miller: Sequence[int]) -> str:
    r"""For LaTeX, with bars as wide as their digits: (1, -1, 0, 2) -> '$(1\overline{1}02)$'."""
    return "$(" + _joined(miller, r"\overline{{{}}}", r"\,") + ")$"


def plane_unicode(miller: Sequence[int]) -> str:
    """With combining overlines, where neither HTML nor mathtext is understood."""
    bars = ["".join(digit + "\u0305" for digit in str(-i)) if i < 0 else str(i) for i in miller]
    return "(" + ("\u2009" if _wide(miller) else "").join(bars) + ")"


def plane_html(miller: Sequence[int]) -> str:
    """A plane for pages; the class ``bar`` draws the overline."""
    return '<span class="hkl">(' + _joined(miller, '<span class="bar">{}</span>', "&thinsp;") + ")</span>"


def formula_mathtext(formula: str) -> str:
    """'Na3PO4' -> 'Na$_3$PO$_4$'."""
    return re.sub(r"(?<=[A-Za-z)])(\d+(?:\.\d+)?)", r"$_{\1}$", formula)


def formula_html(formula: str) -> str:
    """'Na3PO4' -> 'Na<sub>3</sub>PO<sub>4</sub>', escaped."""
    return re.sub(r"(?<=[A-Za-z)])(\d+(?:\.\d+)?)", r"<sub>\1</sub>", html.escape(formula))


def element_colour(symbol: str) -> str:
    """Colour of an element's atoms."""
    return ELEMENT_COLOURS.get(symbol, OTHER_ELEMENT)


def plane_colours(millers: Iterable[Sequence[int]]) -> dict[tuple[int, ...], str]:
    """A colour for each plane, in the order in which the planes first appear."""
    planes = dict.fromkeys(tuple(miller) for miller in millers)
    return {plane: PLANE_PALETTE[n % len(PLANE_PALETTE)] for n, plane in enumerate(planes)}


def _joined(miller: Sequence[int], negative: str, gap: str) -> str:
    return (gap if _wide(miller) else "").join(negative.format(-i) if i < 0 else str(i) for i in miller)


def _wide(miller: Sequence[int]) -> bool:
    return any(abs(index) > 9 for index in miller)
