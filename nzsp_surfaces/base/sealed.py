"""Documents that carry a check, so that what is torn, garbled or edited is found out before it is used."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from nzsp_surfaces.base.content import digest
from nzsp_surfaces.base.errors import Damaged

T = TypeVar("T")

CHECK = "check"
"""Key of the check: the digest of all others."""


def sealed(data: Mapping[str, Any]) -> str:
    """The text of a document with its check."""
    plain = json.loads(json.dumps(data))  # as it will be read: tuples become lists, every key becomes text
    return json.dumps(plain | {CHECK: digest(plain)})


def unsealed(text: str | bytes, make: Callable[[dict[str, Any]], T], where: str) -> T:
    """What a document holds; one without a check, as earlier versions wrote it, is taken as far as it can be read.

    Args:
        make: of the plain data; whatever it raises means that the document is no such thing.
        where: begins every error.

    Raises:
        Damaged: it is empty, no JSON, of another form, or not as it was written.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{where}: is {'no JSON' if text.strip() else 'empty'}") from error
    if not isinstance(data, dict):
        raise Damaged(f"{where}: holds no mapping")
    has_check, check = CHECK in data, data.pop(CHECK, None)
    if has_check and check != digest(data):
        raise Damaged(f"{where}: was changed since it was written")
    try:
        return make(data)
    except Damaged:
        raise
    except Exception as error:  # of whatever the data lack, or have of another type
        raise Damaged(f"{where}: lacks what it should hold, or is of another version ({_said(error)})") from error


def read_sealed(path: Path, make: Callable[[dict[str, Any]], T]) -> T | None:
    """What a file holds, see `unsealed`; None where there is none.

    Raises:
        Damaged: it is damaged.
        OSError: the disk does not give it.
    """
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError as error:
        raise Damaged(f"{path}: is a folder") from error
    return unsealed(text, make, str(path))


def _said(error: Exception) -> str:
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:80]}"
