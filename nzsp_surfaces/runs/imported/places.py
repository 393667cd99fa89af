"""Where runs lie: a walk through trees of folders that writes nothing and enters each folder once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from nzsp_surfaces.base.content import digest

RESULT = "result.json"
"""What `nzsp run` keeps of a task."""
_LEFT_BY_VASP = ("OUTCAR", "OSZICAR", "CONTCAR", "XDATCAR")
_GIVEN_TO_VASP = ("INCAR", "POSCAR")


class Maker(StrEnum):
    """Whose files a place holds."""

    VASP = "VASP"
    OURS = "ours"
    XYZ = "extended XYZ"


@dataclass(frozen=True)
class Place:
    """A folder, or a file that alone holds a run.

    Attributes:
        path: of it.
        maker: whose files lie there; None where there is nothing to read.
        signature: the same as long as its files are the same, by their names, sizes and times.
        reason: why there is nothing to read.
    """

    path: Path
    maker: Maker | None
    signature: str = ""
    reason: str | None = None


def places(roots: Iterable[Path], leave_out: Path) -> Iterator[Place]:
    """All places below some folders, in the order of their names; each folder once, however many links lead to it.

    Args:
        leave_out: a folder that is not entered, where results are written.
    """
    seen, waiting = _inodes(leave_out), sorted(roots, reverse=True)
    while waiting:
        folder = waiting.pop()
        try:
            own = folder.stat()
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            yield Place(folder, None, reason=f"cannot be read ({error.strerror})")
            continue
        if (own.st_dev, own.st_ino) in seen:
            continue
        seen.add((own.st_dev, own.st_ino))
        found = list(_of_folder(folder, [entry for entry in entries if _is(entry.is_file)]))
        yield from found
        # Below a result of ours lie the runs of a program that led to it.
        if Maker.OURS not in {place.maker for place in found}:
            waiting += [Path(entry.path) for entry in reversed(entries) if _is(entry.is_dir)]


def signature(path: Path) -> str:
    """Of a place as it is now; empty where it cannot be read any more."""
    try:
        files = [Path(entry.path) for entry in os.scandir(path) if _is(entry.is_file)] if path.is_dir() else [path]
        return _signed(files)
    except OSError:
        return ""


def _inodes(path: Path) -> set[tuple[int, int]]:
    try:
        return {(path.stat().st_dev, path.stat().st_ino)}
    except OSError:
        return set()


def _is(asked: Callable[[], bool]) -> bool:
    """What an entry of a folder is, where it can be asked: a link may lead nowhere, or in a circle."""
    try:
        return asked()
    except OSError:
        return False


def _of_folder(folder: Path, entries: list[os.DirEntry[str]]) -> Iterator[Place]:
    names, files = {entry.name for entry in entries}, [Path(entry.path) for entry in entries]
    if any(name.startswith(("vasprun.xml", "vaspout.h5")) for name in names):
        yield Place(folder, Maker.VASP, _signed(files))
    elif any(name.startswith(_LEFT_BY_VASP) for name in names):
        yield Place(folder, None, reason="holds files of VASP, but neither vasprun.xml nor vaspout.h5")
    elif names.issuperset(_GIVEN_TO_VASP):
        yield Place(folder, None, reason="holds inputs of VASP that have not been run")
    elif RESULT in names:
        yield Place(folder, Maker.OURS, _signed([folder / RESULT]))
    for path in files:
        if path.suffix in (".xyz", ".extxyz") and _has_cell(path):
            yield Place(path, Maker.XYZ, _signed([path]))


def _signed(files: Iterable[Path]) -> str:
    states = ((path.name, path.stat()) for path in sorted(files) if not path.name.startswith("."))
    return digest([[name, state.st_size, state.st_mtime_ns] for name, state in states])


def _has_cell(path: Path) -> bool:
    """Whether the second line names a lattice, as extended XYZ of a crystal does; a plain one is no calculation's."""
    try:
        with path.open("rb") as file:
            return b"Lattice" in file.read(4096).partition(b"\n")[2]
    except OSError:
        return True
