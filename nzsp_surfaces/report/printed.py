"""The table of surface energies for a paper: LaTeX, and CSV with the parts of each ± in columns of their own."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from nzsp_surfaces.base.labels import formula_mathtext, plane_latex
from nzsp_surfaces.energies.spread import Spread
from nzsp_surfaces.report.markup import margin

if TYPE_CHECKING:
    from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow

PARTS = tuple(field.name for field in fields(Spread))
"""Of a spread, in the order in which they are told."""

SPECIAL = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{character: "\\" + character for character in "&%$#_{}"},
}  # fmt: skip
"""Characters that LaTeX takes for commands, and how it is made to print them."""


TEMPLATE = r"""% \usepackage{{booktabs}} in the preamble
\begin{{table}}
  \centering
  \caption{{{caption}}}
  \label{{tab:surface-energies}}
  \begin{{tabular}}{{{columns}}}
\toprule
{head} \\
\midrule
{body}
\bottomrule
  \end{{tabular}}
\end{{table}}
"""


def table_csv(rows: Sequence[SurfaceEnergyRow]) -> str:
    """A line for each surface, J/m²; what is not known stays empty, which is not zero."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    parts = [f"spread_{part}" for part in PARTS]
    writer.writerow(["material", "miller", "film", "gamma", "spread", *parts, "gamma_published", "engine", "model"])
    for row in rows:
        known = row.spread_parts or {}
        values = [row.gamma, row.spread, *(known.get(part) for part in PARTS), row.gamma_published]
        cells = ["" if value is None else f"{value:.4f}" for value in values]
        writer.writerow([row.material, " ".join(map(str, row.miller)), row.film or "", *cells, row.engine, row.model])
    return text.getvalue()


def table_latex(rows: Sequence[SurfaceEnergyRow]) -> str:
    """The table for LaTeX with the package booktabs and nothing else; J/m²."""
    parts = [part for part in PARTS if any(part in (row.spread_parts or {}) for row in rows)]
    published = any(row.gamma_published is not None for row in rows)
    head = ["material", "plane", "film", r"$\gamma$", *parts, *["published"] * published]
    materials = [list(own) for _, own in itertools.groupby(rows, lambda row: row.material)]
    blocks = ["\n".join(" & ".join(_cells(row, parts)[: len(head)]) + r" \\" for row in own) for own in materials]
    return TEMPLATE.format(
        caption=_caption(rows, parts),
        columns="lll" + "r" * (len(head) - 3),
        head=" & ".join(head),
        body="\n\\addlinespace\n".join(blocks),
    )


def _caption(rows: Sequence[SurfaceEnergyRow], parts: Sequence[str]) -> str:
    engines = ", ".join(dict.fromkeys(escaped(f"{row.engine} {row.model}") for row in rows))
    summed = f" The $\\pm$ is the root of the sum of squares of its parts: {', '.join(parts)}." if parts else ""
    unknown = " Where there is no $\\pm$, nothing tells it." if any(row.spread is None for row in rows) else ""
    late = " $^*$ Forces did not reach their limit." if any(_late(row) for row in rows) else ""
    return f"Surface energies $\\gamma$ in J\\,m$^{{-2}}$ ({engines}).{summed}{unknown}{late}"


def _cells(row: SurfaceEnergyRow, parts: Sequence[str]) -> list[str]:
    """Of a surface; the published value, which may be left out, stands last."""
    known = row.spread_parts or {}
    cells = [_formula(row.material), plane_latex(row.miller), _formula(row.film) if row.film else "--", _value(row)]
    cells += [f"${_margin(known[part])}$" if part in known else "--" for part in parts]
    return [*cells, _number(row.gamma_published)]


def _value(row: SurfaceEnergyRow) -> str:
    mark = "^*" if _late(row) else ""
    if row.gamma is None or row.spread is None:
        return _number(row.gamma, mark)
    return rf"${row.gamma:.2f}{mark} \pm {_margin(row.spread)}$"


def _late(row: SurfaceEnergyRow) -> bool:
    return row.gamma is not None and not row.converged


def _margin(spread: float) -> str:
    """As on the page; a relation between braces stands without room on its sides."""
    return margin(spread).replace("< ", "{<}")


def _number(value: float | None, mark: str = "") -> str:
    return "--" if value is None else f"${value:.2f}{mark}$"


def _formula(text: str) -> str:
    """A name, with lowered digits where it is a formula."""
    return escaped(text) if re.search(r"[^A-Za-z0-9()]", text) else formula_mathtext(text)


def escaped(text: str) -> str:
    r"""Text as LaTeX prints it: 'a_b' -> 'a\_b'."""
    return "".join(SPECIAL.get(character, character) for character in text)
