"""Rows: each defined once, everything else follows."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nzsp_surfaces.report import rows
from nzsp_surfaces.report.describe import DOCUMENTS, LISTS, description
from nzsp_surfaces.report.markup import cells, heads
from nzsp_surfaces.report.rows.columns import Cell, Column, Row, columns, csv_text
from nzsp_surfaces.report.rows.energies import DatabaseEntry, SurfaceEnergyRow
from nzsp_surfaces.report.rows.study import ProfileUsed, Provenance

ROOT = Path(__file__).parents[2]
CONTRACT: dict[str, list[str]] = json.loads((ROOT / "tests/contracts/columns.json").read_text())
KINDS = (*LISTS, *DOCUMENTS)

SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-9, 9),
    float: st.floats(-1e6, 1e6),
    bool: st.booleans(),
    str: st.text(max_size=5),
    Any: st.integers() | st.text(max_size=3),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values that an annotation admits."""
    origin, arguments = get_origin(hint), get_args(hint)
    if type(None) in arguments:
        return st.one_of(*(st.none() if a is type(None) else values(a) for a in arguments))
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{field.name: values(hints[field.name]) for field in fields(hint)})
    if origin is dict:
        return st.dictionaries(st.text(max_size=3), values(arguments[1]), max_size=2)
    if origin in (tuple, list):
        return st.lists(values(arguments[0]), max_size=3).map(origin)
    return st.sampled_from(arguments) if origin is Literal else SCALARS[hint]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_row_survives_json(kind: type[Row[Any]], data: st.DataObject) -> None:
    """A row written as JSON and read again is the same row, with its columns in their order."""
    row = data.draw(values(kind))
    written = json.loads(json.dumps(row.to_json()))
    assert list(written) == [column.name for column in columns(kind)]
    assert kind.from_json(written, "a row") == row


def test_every_kind_of_row_is_described() -> None:
    """A new kind of row is named in `LISTS` or `DOCUMENTS`, from which docs/files.md and these tests follow."""
    modules = [import_module(f"{rows.__name__}.{module.name}") for module in iter_modules(rows.__path__)]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    assert {kind for kind in kinds if issubclass(kind, Row) and hasattr(kind, "FILE")} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_columns_of_today_stay(kind: type[Row[Any]]) -> None:
    """Every column that programs may rely on is still there."""
    assert set(CONTRACT[kind.FILE]) <= {column.name for column in columns(kind)}


def test_parts_of_documents_stay() -> None:
    """So are the keys inside the profile, and the CSV's columns, which keep their places."""
    assert {field.name for field in fields(ProfileUsed)} >= set(CONTRACT[f"{Provenance.FILE} profile"])
    header = csv_text(SurfaceEnergyRow, []).strip().split(",")
    assert header[: len(CONTRACT["surface_energies.csv"])] == CONTRACT["surface_energies.csv"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_says_what_it_means(kind: type[Row[Any]]) -> None:
    """No column is without a meaning, and none is described in two lines."""
    for column in columns(kind):
        assert column.metadata["meaning"]
        assert "\n" not in column.metadata["meaning"]


def test_the_page_of_files_is_what_the_rows_say() -> None:
    """docs/files.md is made from the rows; `python -m nzsp_surfaces.report.describe > docs/files.md` makes it again."""
    assert (ROOT / "docs/files.md").read_text(encoding="utf-8") == description()


number = Column[int]()


@dataclass(frozen=True, kw_only=True)
class Doubled(Row[int]):
    """A row of a test."""

    FILE: ClassVar[str] = "doubled.json"

    twice: int = number("two times", of=lambda n: 2 * n, cell=Cell("2 ×"))
    half: float = number("a half", of=lambda n: n / 2, unit="Å", cell=Cell("half", 1), earlier=0.5)
    parts: tuple[int, ...] = number("both", of=lambda n: (n, -n))


def test_a_field_is_a_column_everywhere() -> None:
    """A field's value, its CSV, its heading with the unit and its cell follow from the field."""
    row = Doubled.made_from(3)
    assert row == Doubled(twice=6, half=1.5, parts=(3, -3))
    assert csv_text(Doubled, [row.to_json()]) == "twice,half,parts\n6,1.5,3 -3\n"
    assert [(part.heading, part.unit, part.look) for part in heads(Doubled)] == [("2 ×", "", "n"), ("half", "Å", "n")]
    assert [part.text for part in cells(row)] == ["6", "1.5"]


def test_a_column_that_came_later_may_be_absent() -> None:
    """A file written before a column was there gives what the column says for that."""
    assert Doubled.from_json({"twice": 2, "parts": [1, -1], "new": None}, "x") == Doubled(twice=2, parts=(1, -1))


def test_csv_of_entries_of_an_older_database_has_gaps() -> None:
    """What the database does not hold is empty, and what is no column is left out."""
    text = csv_text(DatabaseEntry, [{"id": "a", "miller": [1, 0, -1, 4], "gamma": None, "other": 1}])
    (row,) = csv.DictReader(text.splitlines())
    assert (row["id"], row["miller"], row["gamma"], row["study"]) == ("a", "1 0 -1 4", "", "")
    assert "other" not in row
