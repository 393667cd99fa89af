"""What has been read, kept beside the results: an import that is repeated reads only what changed.

Geometries stay on disk until one is asked for, so that memory does not grow with the number of runs.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.finished import FinishedRun, finished_from_json
from nzsp_surfaces.runs.imported.places import Place
from nzsp_surfaces.runs.imported.reading import CHANGED, Read, read_place

FILE = "read.sqlite"
RULES = 1
"""Counts changes of how runs are read; what was read by other rules is read again."""
FEW = 24
"""Places that are read before other processes would have started."""
_TABLE = "CREATE TABLE IF NOT EXISTS places (path TEXT PRIMARY KEY, signature TEXT, summary TEXT, run TEXT)"
Report = Callable[[int, int], None]
"""Told how many places are read, and of how many."""


class Shelf:
    """Runs by the path of their place."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def known(self, place: Place) -> Read | None:
        """What was read of a place, if it has not changed since."""
        row = self._database.execute(
            "SELECT summary FROM places WHERE path = ? AND signature = ?", (str(place.path), _signed(place))
        ).fetchone()
        return Read(**json.loads(row[0])) if row else None

    def keep(self, place: Place, read: Read, run: str | None) -> None:
        """Remember a place.

        Args:
            run: as JSON.
        """
        row = (str(place.path), _signed(place), json.dumps(read.to_json()), run)
        self._database.execute("INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?)", row)
        self._database.commit()

    def run(self, read: Read) -> FinishedRun:
        """The run of a place that holds one, with its geometries."""
        (text,) = self._database.execute("SELECT run FROM places WHERE path = ?", (read.path,)).fetchone()
        return finished_from_json(json.loads(text))


@contextmanager
def open_shelf(folder: Path) -> Iterator[Shelf]:
    """The shelf of a results directory; a damaged one is begun again, for it holds nothing that cannot be read again.

    Raises:
        UserError: it cannot be written.
    """
    path = folder / FILE
    try:
        database = _opened(path)
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)
        try:
            database = _opened(path)
        except sqlite3.Error as error:
            raise UserError(f"{path}: cannot be written ({error}); choose another directory with -o") from error
    try:
        yield Shelf(database)
    finally:
        database.close()


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    database.execute(_TABLE)
    database.execute("SELECT count(*) FROM places").fetchone()
    return database


def read_all(found: Sequence[Place], shelf: Shelf, workers: int, report: Report) -> tuple[list[Read], int]:
    """What came of every place, in their order, and how many were as they had been.

    Args:
        workers: processes that read.
        report: called after each.
    """
    known = {place.path: read for place in found if place.maker and (read := shelf.known(place))}
    fresh = [place for place in found if place.path not in known]
    report(len(found) - len(fresh), len(found))
    for number, (place, read, run) in enumerate(_each(fresh, workers), start=len(found) - len(fresh) + 1):
        known[place.path] = read
        if place.maker and read.reason != CHANGED:
            shelf.keep(place, read, run)
        report(number, len(found))
    return [known[place.path] for place in found], len(found) - len(fresh)


def _each(fresh: list[Place], workers: int) -> Iterator[tuple[Place, Read, str | None]]:
    if workers < 2 or len(fresh) <= FEW:
        yield from map(_read, fresh)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(_read, fresh, chunksize=4)


def _read(place: Place) -> tuple[Place, Read, str | None]:
    read, run = read_place(place)
    return place, read, None if run is None else json.dumps(run.to_json())


def _signed(place: Place) -> str:
    return f"{RULES} {place.signature}"
