"""FireWorks' embedded database: one file, read whole when a process starts and written whole when it ends.

Two processes at once would each write their own state over the other's. So a process holds a lock beside the file while
it works with it, and every state that it writes has a higher number than the one before: a state that some other
program wrote back from an old reading is found out.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.compat import mongomock

if TYPE_CHECKING:
    from fireworks import LaunchPad

_held: dict[Path, IO[str]] = {}
"""Locks that this process, a worker, holds as long as it lives."""


def store_file() -> Path | None:
    """The file of the embedded database; None where FireWorks has a server.

    Raises:
        UserError: it is wanted and not installed.
    """
    try:
        from fireworks.fw_config import MONGOMOCK_SERVERSTORE_FILE
    except RuntimeError as error:
        if "mongomock" not in str(error):
            raise
        raise UserError(
            "MONGOMOCK_SERVERSTORE_FILE: the embedded database is not installed; pip install 'nzsp_surfaces[embedded]'"
        ) from None
    return Path(MONGOMOCK_SERVERSTORE_FILE).absolute() if MONGOMOCK_SERVERSTORE_FILE else None


@contextmanager
def locked(path: Path) -> Iterator[IO[str]]:
    """Hold the file for a block; a new one is made where none is.

    Raises:
        UserError: another process holds it.
    """
    with _lock(path) as lock:
        if not path.exists():
            lock.truncate(0)
            write_atomically(path, "{}")
        yield lock


def save(launchpad: LaunchPad, path: Path, lock: IO[str]) -> None:
    """Write the state of this process as the next one."""
    from bson import json_util

    serial = _serial(launchpad) + 1
    _place(launchpad).replace_one({"_id": 0}, {"_id": 0, "serial": serial}, upsert=True)
    write_atomically(path, json_util.dumps(mongomock.content(launchpad.connection)))
    lock.seek(0)
    lock.truncate()
    lock.write(str(serial))
    lock.flush()


def only_read(launchpad: LaunchPad) -> None:
    """Keep the library from writing: it would when the process ends, without a lock, and a kill would leave a part."""
    mongomock.leave_the_file_alone(launchpad.connection)


def check(launchpad: LaunchPad, path: Path, lock: IO[str]) -> None:
    """Take over the writing of the file, if what was read from it is its latest state.

    Raises:
        UserError: it is not.
    """
    only_read(launchpad)
    lock.seek(0)
    latest = int(lock.read() or 0)
    if _serial(launchpad) < latest:
        raise UserError(
            f"{path}: an older state was read than was written last, by a process that had read it before or holds "
            f"no lock (lpad, an idle rlaunch); if starting again does not help, remove {path} and submit again: "
            "finished results are kept in the folder of the calculations"
        )


def hold_for_life(launchpad: LaunchPad) -> None:
    """Hold the file as long as this worker lives, and write the state so far; nothing where FireWorks has a server.

    A worker that cannot have it ends at once: what FireWorks would write for it would undo another's work.
    """
    path = store_file()
    if path is None:
        return
    if path not in _held:
        try:
            _held[path] = _lock(path)
            check(launchpad, path, _held[path])
        except UserError as error:
            print(f"nzsp: {error}", file=sys.stderr, flush=True)
            os._exit(2)
        atexit.register(save, launchpad, path, _held[path])
    save(launchpad, path, _held[path])


def _lock(path: Path) -> IO[str]:
    file = path.with_name(f"{path.name}.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise UserError(
            f"{path}: another process works with this embedded database, which serves one at a time; wait for it, or "
            "set a server up (docs/databases.md)"
        ) from None
    return file


def _serial(launchpad: LaunchPad) -> int:
    found = _place(launchpad).find_one({"_id": 0})
    return int(found["serial"]) if found else 0


def _place(launchpad: LaunchPad) -> Any:
    """One number for the file, whatever databases are in it."""
    return launchpad.connection["nzsp_embedded"]["serial"]
