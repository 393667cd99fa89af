"""A block of this process that may write into its temporary folder only, and run no shell."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.link": 2,
    "os.symlink": 2,
    "shutil.move": 2,
}
"""Events that change files, each with how many of its arguments are names of such."""
STARTS = ("os.system", "os.exec", "os.spawn")
"""Ways to start a program that only code from a file would take: ours names programs to `subprocess`."""
HARMLESS = ("/dev/", "__pycache__", ".pyc", ".hypothesis")
"""Parts of names that Python itself and hypothesis write to."""

_homes: list[Path] = []
"""The folder of the block that is under way."""
_offences: list[str] = []


@contextmanager
def confined() -> Iterator[Path]:
    """Watch a block of this process; temporary folders lie within the one that it is given.

    Raises:
        AssertionError: something was to be written elsewhere, or a shell to be run; it was not.
    """
    _watch_from_now_on()
    _offences.clear()
    with tempfile.TemporaryDirectory() as name, patch.object(tempfile, "tempdir", name):
        _homes.append(Path(name).resolve())
        try:
            yield _homes[-1]
        finally:
            _homes.pop()
    assert not _offences, tuple(_offences)


@cache
def _watch_from_now_on() -> None:
    """Once for a process: an audit hook cannot be taken out again."""
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _homes and (event in STARTS or any(_is_elsewhere(name) for name in _changed(event, arguments))):
        _offences.append(f"{event} {arguments!r}")
        raise PermissionError(_offences[-1])


def _changed(event: str, arguments: tuple[Any, ...]) -> list[str]:
    """Files that an event is about to change; descriptors of open files are none."""
    opened = event == "open" and (arguments[2] or 0) & WRITES
    names = arguments[: 1 if opened else CHANGES.get(event, 0)]
    last = arguments[-1] if event in CHANGES else None
    base = Path(f"/proc/self/fd/{last}" if isinstance(last, int) and last >= 0 else "")  # of an open folder
    return [str(base / os.fsdecode(name)) for name in names if isinstance(name, str | bytes | os.PathLike)]


def _is_elsewhere(name: str) -> bool:
    path = os.path.realpath(name)
    return not path.startswith(str(_homes[-1])) and not any(part in path for part in HARMLESS)
