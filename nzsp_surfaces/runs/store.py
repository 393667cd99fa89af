"""A results directory: finished tasks by content, checkpoints of the others; one study, one run at a time."""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nzsp_surfaces.base.errors import Damaged, UserError
from nzsp_surfaces.base.files import set_aside, write_atomically
from nzsp_surfaces.base.sealed import read_sealed, sealed
from nzsp_surfaces.report.read import check_layout
from nzsp_surfaces.report.rows.study import Provenance, study_header
from nzsp_surfaces.study.bundle import STUDY_NAME, pack
from nzsp_surfaces.study.study import Study, load_study
from nzsp_surfaces.tasks.base import Result, Task, whole_result

log = logging.getLogger(__name__)

RESULT = "result.json"
"""What is kept of a finished task."""
CHECKPOINTS = ("evaluations.bin", "segment.json")
"""What a task goes on from, and what nobody needs once it is finished."""

STUDY_FOLDER = "study"
"""Within a results directory: the study in one piece, from which it can be gone on with anywhere."""


@dataclass(frozen=True)
class Store:
    """Results of one study on disk.

    Attributes:
        path: the directory.
    """

    path: Path

    def folder(self, task: Task) -> Path:
        """Where a task keeps its checkpoints and its result."""
        return self.path / "calculations" / task.key

    def result(self, task: Task) -> Result | None:
        """The finished result of a task, or None; a damaged one is told, set aside, and counts as none."""
        path = self.folder(task) / RESULT
        try:
            result = read_result(path, task.key)
        except Damaged as error:
            log.warning("%s; it is set aside as %s, and computed again", error, set_aside(path).name)
            return None
        return result and replace(result, task=task.id)

    def save(self, task: Task, result: Result) -> None:
        """Keep a finished result and drop its checkpoints."""
        folder = self.made_folder(task)
        write_atomically(folder / RESULT, sealed(result.to_json()))
        for name in CHECKPOINTS:
            (folder / name).unlink(missing_ok=True)

    def save_all(self, tasks: Iterable[Task], results: Mapping[str, Result]) -> None:
        """Keep those results of tasks, by task id, that came from elsewhere."""
        for task in (task for task in tasks if task.id in results):
            self.save(task, replace(results[task.id], key=task.key))

    def made_folder(self, task: Task) -> Path:
        """The folder of a task, which is there when this returns."""
        return _made(self.folder(task))


def read_result(path: Path, key: str | None = None) -> Result | None:
    """The result that a file holds; None where there is none.

    Args:
        key: that it must have; None for any.

    Raises:
        Damaged: the file is damaged, or holds the result of another task.
    """
    result = read_sealed(path, whole_result)
    if result is not None and key not in (None, result.key):
        raise Damaged(f"{path}: holds the result of another task, {result.task}")
    return result


def _made(folder: Path) -> Path:
    """Make a folder of calculations; a file in its place is set aside."""
    if folder.is_file():
        log.warning("%s: is a file where a folder belongs; it is set aside as %s", folder, set_aside(folder).name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _names(path: Path) -> list[str]:
    """Of what a directory holds; nothing where there is none."""
    return [entry.name for entry in path.iterdir()] if path.is_dir() else []


def check_directory(path: Path, study: Study) -> None:
    """Refuse a directory that is not this study's, before anything is written to it.

    Raises:
        UserError: it holds another study or other files, or is a file.
    """
    marker = path / "study.json"
    if path.exists() and not path.is_dir():
        raise UserError(f"{path}: is a file; choose a directory for the results")
    # Read before study.json is looked for: another run may be beginning, whose lock and calculations are there first.
    others = [name for name in _names(path) if name != "calculations" and not name.startswith(".")]
    if marker.exists() or _told_by_provenance(path) == study.identity:
        _same_study(marker, study)
    elif others:
        raise UserError(f"{path}: is not empty and holds no study; choose a new directory with -o")


def open_store(path: Path, study: Study) -> Store:
    """Claim a directory for a study.

    Raises:
        UserError: it is not this study's, or cannot be written.
    """
    check_directory(path, study)
    try:
        (path / "calculations").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); choose another directory with -o") from error
    _set_aside_unread(path / "study.json")
    write_atomically(path / "study.json", json.dumps(study_header(study), indent=1))
    claim_study(path, study)
    return Store(path)


def claim_study(path: Path, study: Study) -> Path:
    """Write a study and all files that it names into a results directory; return the path of its file."""
    folder = path / STUDY_FOLDER
    for name, text in pack(study).files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / name, text)
    return folder / STUDY_NAME


def study_file(run: Path) -> Path:
    """The study that lies beside a run's results.

    Raises:
        UserError: there is none.
    """
    path = run / STUDY_FOLDER / STUDY_NAME
    if not path.is_file():
        raise UserError(
            f"{run}: holds no {STUDY_FOLDER}/{STUDY_NAME}; an earlier version wrote it: give 'nzsp run STUDY -o {run}' "
            "once more, which computes nothing again"
        )
    return path


def kept_study(path: Path) -> Study:
    """The study of a results directory, read from there with its own profile and engine.

    Raises:
        UserError: the directory holds none, or another version wrote it, which reads it otherwise.
    """
    header = _header(path / "study.json")
    if header is None:
        raise UserError(f"{path}: holds no study; name a study's file, or a directory of nzsp run or nzsp bundle")
    study = load_study(study_file(path), header["profile"])
    _same_study(path / "study.json", study)
    return study


def _set_aside_unread(marker: Path) -> None:
    """Whatever a crash left of study.json is written again from the study at hand."""
    if marker.exists() and _header(marker) is None:
        log.warning("%s: is damaged; it is set aside as %s, and written again", marker, set_aside(marker).name)


def _same_study(marker: Path, study: Study) -> None:
    """Look whether a directory is this study's, by its study.json, or by its provenance where that is damaged."""
    there = _header(marker)
    if there is not None:
        check_layout(marker.parent, there)
    found = there or {"identity": _told_by_provenance(marker.parent) or study.identity}
    if found["identity"] != study.identity:
        other = found.get("profile", study.profile_name) != study.profile_name
        what = f"profile {found.get('profile')}" if other else "other structures or settings"
        raise UserError(
            f"{marker.parent}: holds the results of another study ({found.get('name', 'unnamed')}, {what}); "
            "choose another directory with -o"
        )


def _header(marker: Path) -> dict[str, Any] | None:
    """What study.json says; None where it is not there or damaged."""
    try:
        there = json.loads(marker.read_bytes())
    except (ValueError, RecursionError, FileNotFoundError, IsADirectoryError):
        return None
    return there if isinstance(there, dict) and {"identity", "profile"} <= there.keys() else None


def _told_by_provenance(path: Path) -> str | None:
    """The study to which a directory belonged when its documents were last written."""
    try:
        return str(json.loads((path / Provenance.FILE).read_bytes())["study_identity"])
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None


@contextmanager
def only_run(path: Path) -> Iterator[None]:
    """Hold a directory for this process; a killed one lets go by itself.

    Raises:
        UserError: another run works in it.
    """
    path.mkdir(parents=True, exist_ok=True)
    with (path / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(
                f"{path}: another run works in this directory; wait for it or choose another with -o"
            ) from error
        yield


@contextmanager
def claimed(path: Path, study: Study) -> Iterator[Store]:
    """Hold a directory for a study, and be the only one to write into it.

    Raises:
        UserError: it is not this study's, another run works in it, or it cannot be written.
    """
    check_directory(path, study)
    with only_run(path):
        yield open_store(path, study)


@contextmanager
def alone(folder: Path) -> Iterator[Path]:
    """Hold the folder of a calculation that two studies share; whoever comes second waits for its result."""
    with (_made(folder) / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            raise UserError(f"{folder}: cannot be locked ({error.strerror}); choose another place with -d") from error
        yield folder


def enough_room(path: Path, megabytes: int = 50) -> None:
    """Refuse to start on a full disk.

    Raises:
        UserError: less than `megabytes` are free.
    """
    existing = next(p for p in (path, *path.absolute().parents) if p.exists())
    free = shutil.disk_usage(existing).free // 2**20
    if free < megabytes:
        raise UserError(
            f"{path}: only {free} MB are free on this disk and a study needs {megabytes}; make room or use -o"
        )
