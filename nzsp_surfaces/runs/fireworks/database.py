"""Studies, results and surface energies in the database of FireWorks; every question to it is asked here."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.runs.fireworks import embedded, jobs
from nzsp_surfaces.runs.fireworks.access import Access, access
from nzsp_surfaces.runs.fireworks.documents import (
    ABOUT,
    DIGEST,
    PACKED,
    is_as_written,
    now,
    packed,
    read_result,
    result_document,
    unpacked,
    why_no_result,
    why_no_study,
)

if TYPE_CHECKING:
    from fireworks import LaunchPad, Workflow

    from nzsp_surfaces.report.rows.energies import DatabaseEntry
    from nzsp_surfaces.study.bundle import Bundle
    from nzsp_surfaces.study.study import Study
    from nzsp_surfaces.tasks.base import Result, Task

log = logging.getLogger(__name__)

PATIENCE = 5000
"""ms until a server that does not answer counts as gone."""
STUDIES, RESULTS, ENTRIES = "nzsp_studies", "nzsp_results", "nzsp_entries"
BATCH = 500
"""Results in an answer; not every server divides answers that are too large by itself."""
_ORDER = ("material", "miller", "film", "study")
"""Columns by which surface energies are sorted."""
PUT_AWAY = "nzsp_damaged"
"""Collection of damaged documents."""
INDICES = {
    "fireworks": (("spec.nzsp.study", "state", "fw_id"), ("spec.nzsp.study", "spec.nzsp.task"), ("spec.nzsp.key",)),
    "workflows": (("metadata.nzsp.study",),),
    STUDIES: (("name",),),
    ENTRIES: (("study", "id"), ("material", "miller", "film"), ("miller", "film"), ("film",)),
}


@dataclass(frozen=True)
class Database:
    """The launchpad and our own collections beside it.

    Attributes:
        launchpad: FireWorks' own.
    """

    launchpad: LaunchPad

    def keep_study(self, bundle: Bundle) -> None:
        """Remember a study, once."""
        content = bundle.to_json() | {"files": packed(bundle.files), "submitted": now()}
        self.launchpad.db[STUDIES].update_one({"_id": bundle.identity}, {"$setOnInsert": content}, upsert=True)

    def study(self, identity: str) -> Bundle:
        """A study that was submitted.

        Raises:
            UserError: it never was, or its document is damaged.
        """
        from nzsp_surfaces.study.bundle import Bundle

        found = self.launchpad.db[STUDIES].find_one({"_id": identity})
        if found is None:
            raise UserError(f"study {identity[:10]} is not in this database; submit it first with 'nzsp submit'")
        if why := why_no_study(found):
            raise UserError(
                f"study {identity[:10]}: {why}; 'nzsp doctor --fix' puts it away, 'nzsp submit' keeps it again"
            )
        return Bundle(identity, files=unpacked(found["files"]), **{name: found[name] for name in ABOUT})

    def studies(self) -> dict[str, dict[str, str]]:
        """Name, profile and engine of every study that was submitted, by identity; the latest first."""
        found = self.launchpad.db[STUDIES].find({}, dict.fromkeys(ABOUT, 1)).sort("submitted", -1)
        return {row["_id"]: {name: str(row.get(name, "-")) for name in ABOUT} for row in found}

    def why_none(self, study: Study) -> str | None:
        """Why the database knows no job of a study, not even an archived one; None if it does."""
        if self.launchpad.workflows.find_one({"metadata.nzsp.study": study.identity}, {"_id": 1}):
            return None
        return self.other_forms(study) or "nothing is submitted; 'nzsp submit STUDY' does"

    def other_forms(self, study: Study) -> str | None:
        """What the database has of other studies of the same name, as one that was changed leaves; None if nothing."""
        query = {"name": study.name, "_id": {"$ne": study.identity}}
        others = self.launchpad.db[STUDIES].find(query, {"profile": 1, "engine": 1}).sort("submitted", -1)
        found = [(other, sum(map(Counter.total, self.counts(other["_id"]).values()))) for other in others]
        there = [(other, number) for other, number in found if number]
        if not there:
            return None
        latest, total = there[0][0], sum(number for _, number in there)
        return (
            f"was changed since it was submitted, or had another --profile or --engine: {total} jobs of an earlier "
            f"form named '{study.name}' are in the database (profile {latest['profile']}, "
            f"engine {latest['engine']}); 'nzsp submit' submits this form and takes every result that still holds"
        )

    def is_submitted(self, identity: str) -> bool:
        """Whether a workflow of the study is there and not archived."""
        query = {"metadata.nzsp.study": identity, "state": {"$ne": "ARCHIVED"}}
        return self.launchpad.workflows.find_one(query, {"_id": 1}) is not None

    def add(self, workflows: list[Workflow]) -> None:
        """Submit workflows, all in a few requests."""
        with redirect_stderr(StringIO()):  # FireWorks draws a bar
            self.launchpad.bulk_add_wfs(workflows)

    def keep_result(self, task: Task, result: Result, folder: Path, host: str) -> dict[str, Any]:
        """Store a finished result; return its summary."""
        return self.keep_result_of(task.key, task.kind, result, folder, host)

    def keep_result_of(self, key: str, kind: str, result: Result, folder: Path, host: str) -> dict[str, Any]:
        """The same for a task of which no more than key and kind is known."""
        content = result_document(kind, result, folder, host)
        self.launchpad.db[RESULTS].update_one({"_id": key}, {"$setOnInsert": content}, upsert=True)
        return {name: value for name, value in content.items() if name not in (PACKED, DIGEST)}

    def results(self, tasks: Iterable[Task]) -> dict[str, Result]:
        """The finished results among some tasks, by task id, whatever study computed them; a damaged one is told."""
        names: dict[str, list[str]] = {}
        for task in tasks:
            names.setdefault(task.key, []).append(task.id)
        found = self.launchpad.db[RESULTS].find({"_id": {"$in": list(names)}}, {PACKED: 1}).batch_size(BATCH)
        read = ((row["_id"], read_result(row)) for row in found)
        return {name: replace(result, task=name) for key, result in read if result for name in names[key]}

    def submitted_keys(self, identity: str, jobs: Collection[str] | None = None) -> dict[str, str]:
        """Content identities of a study's tasks as they were submitted: another machine may round otherwise.

        Args:
            jobs: tasks and entries whose jobs are asked for their own and those they wait for; None for every one.
        """
        keys: dict[str, str] = {}
        query = {"spec.nzsp.study": identity} | ({} if jobs is None else {"spec.nzsp.task": {"$in": list(jobs)}})
        for row in self.launchpad.fireworks.find(query, {"spec.nzsp": 1}):
            own = row["spec"]["nzsp"]
            keys |= own["keys"] if isinstance(own.get("keys"), dict) else {}
            keys |= {own["task"]: own["key"]} if isinstance(own.get("task"), str) and own.get("key") else {}
        return {task: key for task, key in keys.items() if isinstance(key, str)}

    def damaged_results(self) -> Iterator[tuple[str, str]]:
        """Results that are not as they were written: their key, and why; no structure is made of them."""
        fields = {PACKED: 1, DIGEST: 1}
        for row in self.launchpad.db[RESULTS].find({}, fields).batch_size(BATCH):
            why = None if is_as_written(row) else why_no_result(row)
            if why:
                yield row["_id"], why

    def damaged_studies(self) -> Iterator[tuple[str, str]]:
        """Studies that cannot be made of their documents: their identity, and why."""
        for row in self.launchpad.db[STUDIES].find({}):
            why = why_no_study(row)
            if why:
                yield row["_id"], why

    def damaged_entries(self) -> Iterator[tuple[Any, str]]:
        """Surface energies that cannot be read: their number, and why."""
        for row in self.launchpad.db[ENTRIES].find({}):
            why = _why_no_entry(row)
            if why:
                yield row["_id"], why

    def put_away(self, collection: str, number: Any) -> None:
        """Move a damaged document to where nobody takes it for a whole one."""
        row = self.launchpad.db[collection].find_one({"_id": number})
        if row is not None:
            kept = {"from": collection, "document": row, "put_away": now()}
            self.launchpad.db[PUT_AWAY].insert_one(kept)
            self.launchpad.db[collection].delete_one({"_id": number})

    def finished(self, keys: list[str]) -> set[str]:
        """Those of some content identities that have a result."""
        return {row["_id"] for row in self.launchpad.db[RESULTS].find({"_id": {"$in": keys}}, {"_id": 1})}

    def counts(self, identity: str | None = None) -> dict[str, Counter[str]]:
        """How many jobs are in each state, of every study by its identity, or of one."""
        return jobs.counts(self.launchpad, identity)

    def jobs(
        self, identity: str | None = None, states: Iterable[str] = jobs.STATES, limit: int | None = None
    ) -> list[jobs.Job]:
        """Jobs of a study, or of all studies: state by state as these are named, then in the order of their numbers."""
        return jobs.jobs(self.launchpad, identity, states, limit)

    def keep_entry(self, entry: DatabaseEntry) -> None:
        """Store a surface energy; the latest of a study counts."""
        where = {"study": entry.study, "id": entry.id}
        self.launchpad.db[ENTRIES].replace_one(where, entry.to_json(), upsert=True)

    def entries(self, wanted: dict[str, Any], names: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Surface energies across studies that have the wanted fields; those that cannot be read are told.

        Args:
            names: of the columns that are asked for, since all of thousands take seconds; none for every one.
        """
        found = []
        fields = dict.fromkeys((*_ORDER, *names), 1) if names else None
        for row in self.launchpad.db[ENTRIES].find(wanted, fields):
            number, why = row.pop("_id"), _why_no_entry(row, tuple(fields or ()))
            if why:
                log.warning("%s %s: %s; it is left out, 'nzsp doctor --fix' puts it away", ENTRIES, number, why)
            else:
                found.append(row)
        return sorted(found, key=lambda e: (e["material"], e["miller"], e["film"] or "", e["study"]))

    def prepare(self) -> None:
        """Set a new database up, and make the indices that these questions need."""
        if self.launchpad.fw_id_assigner.find_one({}) is None:
            # FireWorks calls this a reset; without a password it only touches a database that holds no Firework.
            self.launchpad.reset("", require_password=False, max_reset_wo_password=0)
        for collection, indices in INDICES.items():
            for fields in indices:
                self.launchpad.db[collection].create_index([(name, 1) for name in fields])


@contextmanager
def database(path: Path | None, *, reading: bool = False) -> Iterator[Database]:
    """The database of a launchpad file, or of FireWorks' own default.

    Args:
        path: of the launchpad file.
        reading: nothing will be changed, so another process may work with an embedded database meanwhile.

    Raises:
        UserError: no file, no server, no access, or an embedded database that another process holds; never with the
            password.
    """
    import pymongo.errors

    found = access(path)
    try:
        with _opened(found, reading=reading) as launchpad:
            yield Database(launchpad)
    except (pymongo.errors.PyMongoError, pymongo.errors.DocumentTooLarge) as error:
        raise found.refusal(error) from None


@contextmanager
def _opened(found: Access, *, reading: bool) -> Iterator[LaunchPad]:
    """The launchpad of a server, or of the embedded database: read only, or held and written at the end."""
    path = embedded.store_file()
    if path is None:
        yield _connected(found)
    elif reading and path.exists():
        launchpad = _connected(replace(found, place=path))
        embedded.only_read(launchpad)
        yield launchpad
    else:
        with embedded.locked(path) as lock:
            launchpad = _connected(replace(found, place=path))
            embedded.check(launchpad, path, lock)
            yield launchpad
            embedded.save(launchpad, path, lock)


def _connected(found: Access) -> LaunchPad:
    from fireworks import LaunchPad

    try:
        more = {"serverSelectionTimeoutMS": PATIENCE} | (found.given.get("mongoclient_kwargs") or {})
        launchpad = LaunchPad(**{**found.given, "strm_lvl": "CRITICAL", "mongoclient_kwargs": more})
    except (TypeError, ValueError) as error:
        # Of a port that is no number, an address that is none, or an embedded database that is no JSON.
        raise found.unusable(error) from None
    launchpad.db.command("ping")
    return launchpad


def _why_no_entry(row: dict[str, Any], names: Sequence[str] = ()) -> str | None:
    """Why a document is no surface energy, by some of its columns or by all; None where it is one."""
    from nzsp_surfaces.report.rows.columns import columns
    from nzsp_surfaces.report.rows.energies import DatabaseEntry

    try:
        DatabaseEntry.check(row, names or [column.name for column in columns(DatabaseEntry)], "it")
    except UserError as error:
        return str(error).removeprefix("it").strip(": ").partition(";")[0]
    return None
