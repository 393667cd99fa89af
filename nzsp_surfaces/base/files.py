"""Writing files whole or not at all, and setting aside what is damaged."""

from __future__ import annotations

import contextlib
import os
import tempfile
from itertools import count
from pathlib import Path

DAMAGED = ".damaged"
"""What the name of a file that was set aside ends with, or a number after it."""


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader, or a restart after a kill, finds the old content or the new, never a part.

    When it returns, the file and its name are on the disk, so that a power cut takes neither.

    Raises:
        OSError: the disk is full or the folder is not writable; the old file stays.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=temporary_prefix(path.name))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _flush_names(path.parent)


def temporary_prefix(name: str) -> str:
    """What the name of a half-written file begins with; a kill leaves one, and nobody reads it."""
    return f".{name}."


def set_aside(path: Path) -> Path:
    """Rename what is damaged, so that it is in nobody's way and can still be looked at; return where it lies."""
    names = (path.with_name(f"{path.name}{DAMAGED}{'' if n == 1 else f'-{n}'}") for n in count(1))
    free = next(name for name in names if not os.path.lexists(name))
    path.rename(free)
    return free


def _flush_names(folder: Path) -> None:
    """Put a folder's names on the disk; not every file system can, and none is the worse for it."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
