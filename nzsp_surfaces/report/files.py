"""Rows into files and back, and what the files are called."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.report.rows.columns import Row
from nzsp_surfaces.report.rows.typed import AGAIN

R = TypeVar("R", bound=Row[Any])


def write_json(path: Path, data: Any) -> None:
    """Write a document with one value a line, whole or not at all."""
    write_atomically(path, json.dumps(data, indent=1) + "\n")


def write_rows(directory: Path, kind: type[R], rows: Sequence[R]) -> None:
    """Write the file of a kind of row."""
    write_json(directory / kind.FILE, [row.to_json() for row in rows])


def read_rows(directory: Path, kind: type[R]) -> tuple[R, ...]:
    """The rows of a kind; none where the file is missing.

    Raises:
        UserError: the file is damaged; the row is named.
    """
    path = directory / kind.FILE
    data = read_json(path, list)
    return tuple(kind.from_json(row, f"{path}: row {number}") for number, row in enumerate(data or (), start=1))


def read_document(directory: Path, kind: type[R]) -> R | None:
    """The document of a kind, which is a single row; None where the file is missing.

    Raises:
        UserError: the file is damaged.
    """
    data = read_json(directory / kind.FILE, dict)
    return None if data is None else kind.from_json(data, f"{directory / kind.FILE}")


def read_json(path: Path, kind: type) -> Any:
    """A list or a mapping from a file; None where it is missing.

    Raises:
        UserError: the file cannot be read, or holds something else.
    """
    if not path.is_file():
        return None
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: cannot be read ({error}); {AGAIN}") from error
    if not isinstance(value, kind):
        raise UserError(f"{path}: holds no {'list' if kind is list else 'mapping'}; {AGAIN}")
    return value


def file_name(name: str) -> str:
    """A material's or shape's name as a file may bear it."""
    return re.sub(r"[^\w.+-]+", "_", name)
