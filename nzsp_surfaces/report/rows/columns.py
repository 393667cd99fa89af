"""What a row is made of: a field is a column, with its meaning, its unit and where its value comes from.

JSON, CSV, the database, the tables of the page, docs/files.md and the reading of files all follow from the fields.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

from nzsp_surfaces.report.rows.typed import typed, typed_fields

S = TypeVar("S")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Cell:
    """How the page shows a column.

    Attributes:
        heading: of the column.
        digits: behind the decimal point.
        unit: instead of the column's.
        zero: shown instead of 0; empty for 0 itself.
        words: for true and false; empty for yes and no.
        look: class of its cells in page.css, as wrap or mono.
    """

    heading: str
    digits: int = 2
    unit: str | None = None
    zero: str = ""
    words: tuple[str, ...] = ()
    look: str = ""


class Column(Generic[S]):
    """Makes the columns of rows whose values are taken from sources of one type."""

    def __call__(
        self,
        meaning: str,
        of: Callable[[S], V],
        unit: str = "",
        cell: Cell | tuple[Cell, ...] | None = None,
        earlier: Any = MISSING,
    ) -> V:
        """A column, as the value of a field of a row.

        Args:
            meaning: for docs/files.md.
            of: the value, from the source.
            unit: of the value.
            cell: how the page shows it, one for each part of a value in parts; None where no table of it does.
            earlier: what stands for it where a file was written before the column was there; such files are refused
                where this is not given.
        """
        cells = cell if isinstance(cell, tuple) else () if cell is None else (cell,)
        metadata = {"meaning": meaning, "of": of, "unit": unit, "cells": cells}
        made: Any = field(metadata=metadata, default=earlier)
        return cast("V", made)


@dataclass(frozen=True, kw_only=True)
class Row(Generic[S]):
    """A row of a public file; its subclasses add the columns."""

    FILE: ClassVar[str]
    """Name of the file."""

    @classmethod
    def made_from(cls, source: S) -> Self:
        """The row of a source."""
        return cls(**{column.name: column.metadata["of"](source) for column in columns(cls)})

    @classmethod
    def from_json(cls, data: Any, where: str) -> Self:
        """The inverse of `to_json`; keys that are no columns are ignored.

        Raises:
            UserError: a column is missing or of another type; the message begins with `where`.
        """
        return cast("Self", typed(data, cls, where))

    @classmethod
    def check(cls, data: Any, names: Sequence[str], where: str) -> None:
        """Look whether some columns of plain data are there and of their types, as `from_json` does with all.

        Raises:
            UserError: one is not; the message begins with `where`.
        """
        typed_fields(data, cls, names, where)

    def to_json(self) -> dict[str, Any]:
        """Plain data, in the order of the columns."""
        return asdict(self)


def columns(row: type[Row[Any]] | Row[Any]) -> tuple[Field[Any], ...]:
    """The columns of a kind of row, in their order."""
    return fields(row)


def csv_text(kind: type[Row[Any]], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV with header: indices as `nzsp wulff` reads them, "1 -1 0 2", mappings as "a=1 b=2", None as nothing.

    Args:
        kind: of the rows.
        rows: plain data; a missing column stays empty, and what is no column is left out.
    """
    text = io.StringIO()
    names = [column.name for column in columns(kind)]
    writer = csv.DictWriter(text, names, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _flat(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _flat(value: Any) -> Any:
    if isinstance(value, Mapping):
        return " ".join(f"{name}={part}" for name, part in value.items())
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else value
