"""A results directory, or the calculations of a queue: what crashes, full disks and other programs left there."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from nzsp_surfaces.base.errors import Damaged, UserError
from nzsp_surfaces.base.files import set_aside
from nzsp_surfaces.base.sealed import CHECK, unsealed
from nzsp_surfaces.report.read import load_results
from nzsp_surfaces.runs.doctor.finding import Finding
from nzsp_surfaces.runs.store import CHECKPOINTS, RESULT
from nzsp_surfaces.tasks.base import whole_result

_TEMPORARY = re.compile(r"\.[\w.+-]+\.[a-z0-9_]{8}")
"""Names of half-written files, see `base.files.write_atomically`."""
_AGAIN = "set it aside, and let its calculation be repeated"


def examine(path: Path) -> list[Finding]:
    """What is amiss in a directory.

    Raises:
        UserError: there is no such directory, or it holds no calculations.
    """
    if not (path / "calculations").is_dir():
        raise UserError(f"{path}: holds no calculations of nzsp run; name the directory that it wrote")
    folders = sorted(os.scandir(path / "calculations"), key=lambda entry: entry.name)
    found = [each for entry in folders for each in calculation(Path(entry.path))]
    return [*found, *_half_written(path), *_documents(path)]


@contextmanager
def idle(folder: Path) -> Iterator[bool]:
    """Whether nobody works in a folder; while the block lasts nobody begins to."""
    try:
        lock = (folder / ".lock").open("r+")
    except OSError:
        yield True
        return
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def calculation(folder: Path) -> Iterator[Finding]:
    """What is amiss in the folder of a calculation."""
    if not folder.is_dir():
        if not folder.name.startswith(".") and ".damaged" not in folder.name:
            yield Finding(str(folder), "is a file where a folder belongs", _AGAIN, partial(set_aside, folder))
        return
    yield from _half_written(folder)
    path = folder / RESULT
    reason = _damage(path, folder.name)
    if reason is not None:
        yield Finding(str(path), reason, _AGAIN, partial(set_aside, path))
    elif path.exists():
        for name in (name for name in CHECKPOINTS if (folder / name).is_file()):
            gone = partial((folder / name).unlink, missing_ok=True)
            yield Finding(str(folder / name), "is left of a calculation that is finished", "remove it", gone)


def _damage(path: Path, key: str) -> str | None:
    """Why a result cannot be used; None where it can be, or where there is none.

    A check that holds says that the rest is as it was written, so that structures need not be made of it.
    """
    try:
        text = path.read_bytes()
        data = unsealed(text, dict, "it")
        if f'"{CHECK}":'.encode() not in text:
            unsealed(text, whole_result, "it")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError:
        return "is a folder"
    except Damaged as error:
        return str(error).removeprefix("it: ")
    return None if data.get("key") == key else "holds the result of another task"


def _half_written(folder: Path) -> Iterator[Finding]:
    for entry in os.scandir(folder):
        if _TEMPORARY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
            path = Path(entry.path)
            gone = partial(path.unlink, missing_ok=True)
            yield Finding(str(path), "is half-written, left by a process that was killed", "remove it", gone)


def _documents(path: Path) -> Iterator[Finding]:
    """Damaged files of the directory itself: they are written again from the calculations."""
    mend = f"write it again: nzsp run STUDY -o {path}"
    marker = path / "study.json"
    try:
        json.loads(marker.read_bytes())["identity"]
    except FileNotFoundError:
        return  # calculations of a queue
    except (ValueError, RecursionError, KeyError, TypeError):
        yield Finding(str(marker), "is damaged", mend)
        return
    if not (path / "surface_energies.json").exists():
        return  # a run that has not ended
    try:
        load_results(path)
    except UserError as error:
        yield Finding(str(path), str(error).removeprefix(f"{path}/").partition(";")[0], mend)
