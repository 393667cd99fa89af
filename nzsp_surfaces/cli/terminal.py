"""Tables on the terminal: drawn while they are short, plain columns when they are long."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

LONG = 200
"""Rows; drawing costs some 3 ms a row."""


def show(
    names: Sequence[str], rows: Sequence[tuple[str, ...]], right: Sequence[str] = (), title: str | None = None
) -> None:
    """Print a table.

    Args:
        names: of the columns.
        rows: as many cells each.
        right: names of the columns that are set flush right.
        title: above it.
    """
    if len(rows) > LONG:
        _plainly(names, rows, right, title)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE, padding=(0, 1, 0, 0))
    for name in names:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _plainly(names: Sequence[str], rows: Sequence[tuple[str, ...]], right: Sequence[str], title: str | None) -> None:
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    sides = [str.rjust if name in right else str.ljust for name in names]
    lines = (
        " ".join(side(cell, width) for side, cell, width in zip(sides, row, widths, strict=True)).rstrip()
        for row in chain([names], rows)
    )
    print(*([title] if title else []), *lines, sep="\n")
