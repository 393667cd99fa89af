"""A database and the folders of its jobs: what they say differently, and what stands still.

A worker holds the folder of its calculation as long as it lives, so a job whose folder is held is never touched.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from nzsp_surfaces.base.errors import Damaged
from nzsp_surfaces.engines.queues import queued
from nzsp_surfaces.runs.doctor import disk, halted
from nzsp_surfaces.runs.doctor.finding import Finding
from nzsp_surfaces.runs.fireworks.database import ENTRIES, RESULTS, STUDIES, Database
from nzsp_surfaces.runs.fireworks.jobs import LOST, Job, damaged
from nzsp_surfaces.runs.store import RESULT, read_result

_OURS = ("UserError", "Unfinished", "Incomparable", "OffStoichiometry", "Asymmetric", "Damaged")
"""Errors that a calculation ends with wherever it runs; all others are of its surroundings."""


def examine(known: Database) -> list[Finding]:
    """What is amiss in a database and in the folders of its jobs."""
    place = _Place(known)
    asked: tuple[Callable[[_Place], Iterator[Finding]], ...] = (
        _locked, _damaged_studies, _damaged_jobs, _halted, _damaged_results,
        _on_disk_only, _damaged_on_disk, _nowhere, _stopped, _reserved, _twice, _entries,
    )  # fmt: skip
    return [each for question in asked for each in question(place)]


@dataclass(frozen=True)
class _Work:
    """A calculation's Firework."""

    fw_id: int
    state: str
    study: str
    task: str
    kind: str
    key: str

    def folder(self, root: Path) -> Path:
        return root / "calculations" / self.key


@dataclass(frozen=True)
class _Place:
    """What is asked of the database once."""

    known: Database

    @cached_property
    def works(self) -> list[_Work]:
        fields = {"fw_id": 1, "state": 1, "spec.nzsp": 1, "_id": 0}
        query = {"spec.nzsp.key": {"$gt": ""}, "state": {"$ne": "ARCHIVED"}}
        rows = self.known.launchpad.fireworks.find(query, fields).sort("fw_id", 1)
        whole = (row for row in rows if row["fw_id"] not in self.damaged_jobs)
        names = ("study", "task", "kind", "key")
        return [_Work(row["fw_id"], row["state"], *(row["spec"]["nzsp"][name] for name in names)) for row in whole]

    @cached_property
    def damaged_jobs(self) -> dict[int, str]:
        """Why jobs cannot be told by their documents, by their numbers."""
        return dict(damaged(self.known.launchpad))

    @cached_property
    def damaged(self) -> dict[str, str]:
        """Why results in the database cannot be used, by key."""
        return dict(self.known.damaged_results())

    @cached_property
    def results(self) -> set[str]:
        return {row["_id"] for row in self.known.launchpad.db[RESULTS].find({}, {"_id": 1})} - self.damaged.keys()

    @cached_property
    def roots(self) -> dict[str, Path]:
        """Where the calculations of a study lie."""
        found = self.known.launchpad.workflows.find({"metadata.nzsp.study": {"$gt": ""}}, {"metadata.nzsp": 1})
        given = [row["metadata"]["nzsp"] for row in found]
        return {own["study"]: Path(own["folder"]) for own in given if isinstance(own.get("folder"), str)}

    @cached_property
    def on_disk(self) -> dict[str, Path]:
        """Folders of calculations by key, as far as this machine sees them."""
        found: dict[str, Path] = {}
        for root in dict.fromkeys(self.roots.values()):
            if (root / "calculations").is_dir():
                found |= {entry.name: Path(entry.path) for entry in os.scandir(root / "calculations")}
        return found

    @cached_property
    def workflow(self) -> dict[int, Any]:
        """What the workflow of each job is known by."""
        rows = self.known.launchpad.workflows.find({}, {"nodes": 1})
        return {number: row["_id"] for row in rows for number in row["nodes"]}

    @cached_property
    def under_way(self) -> set[Any]:
        """Workflows of which a job runs or waits in a queue."""
        return {self.workflow[work.fw_id] for work in self.works if work.state in ("RUNNING", "RESERVED")}

    @cached_property
    def stopped(self) -> list[Job]:
        return self.known.jobs(None, ("FIZZLED", LOST))

    def rerun(self, number: int) -> None:
        self.known.launchpad.rerun_fw(number)


def _damaged_studies(place: _Place) -> Iterator[Finding]:
    """Studies in the database that no worker can read; their jobs and results stay."""
    for identity, why in place.known.damaged_studies():
        act = partial(place.known.put_away, STUDIES, identity)
        mend = "put it away, in nzsp_damaged; 'nzsp submit STUDY' then keeps it again"
        yield Finding(f"{STUDIES} {identity}", why, mend, act)


def _damaged_jobs(place: _Place) -> Iterator[Finding]:
    """Jobs that cannot be carried out; submitting again takes every result that is there."""
    for number, why in place.damaged_jobs.items():
        act = partial(place.known.launchpad.archive_wf, number)
        mend = "archive what belongs to it; 'nzsp submit STUDY' then submits what is missing"
        yield Finding(f"job {number}", why, mend, act if place.workflow.get(number) not in place.under_way else None)


def _halted(place: _Place) -> Iterator[Finding]:
    """Jobs that stand still since a worker lost the server between two of its writes."""
    yield from halted.examine(place.known.launchpad)


def _damaged_results(place: _Place) -> Iterator[Finding]:
    """Results in the database that cannot be used; what follows from their loss is found after them."""
    for key, why in place.damaged.items():
        act = partial(place.known.put_away, RESULTS, key)
        yield Finding(f"{RESULTS} {key}", why, "put it away, in nzsp_damaged", act)


def _on_disk_only(place: _Place) -> Iterator[Finding]:
    """Results that a worker could not bring into the database, because that was away."""
    for work in {work.key: work for work in place.works if work.key not in place.results}.values():
        path = place.on_disk.get(work.key, Path(os.devnull)) / RESULT
        if path.is_file():
            act = partial(_take_in, place, work, path)
            what = f"{work.task} is finished on disk, and the database does not have its result"
            yield Finding(f"job {work.fw_id}", what, "take it in", act)


def _take_in(place: _Place, work: _Work, path: Path) -> None:
    try:
        result = read_result(path, work.key)
    except Damaged:
        return  # it is found as damaged
    if result is not None:
        kept = replace(result, task=work.task)
        place.known.keep_result_of(work.key, work.kind, kept, path.parent, socket.gethostname())


def _damaged_on_disk(place: _Place) -> Iterator[Finding]:
    """Folders of calculations that the database has no result of: those of the others nobody reads again."""
    for key in {work.key for work in place.works} - place.results:
        folder = place.on_disk.get(key)
        if folder is None:
            continue
        with disk.idle(folder) as free:
            yield from disk.calculation(folder) if free else ()


def _nowhere(place: _Place) -> Iterator[Finding]:
    """Jobs that are finished and have left no result anywhere."""
    paused = {row["fw_id"] for row in place.known.launchpad.launches.find(_PAUSED, {"fw_id": 1})}
    for work in place.works:
        gone = work.state == "COMPLETED" and work.key not in place.results and work.fw_id not in paused
        if gone and not (place.on_disk.get(work.key, Path(os.devnull)) / RESULT).is_file():
            what = f"{work.task} counts as finished, and its result is neither in the database nor on disk"
            yield Finding(f"job {work.fw_id}", what, "run it again", partial(place.rerun, work.fw_id))


_PAUSED = {"action.stored_data.paused": {"$gt": ""}}
"""Launches that ended with their wall time: what follows goes on."""


def _stopped(place: _Place) -> Iterator[Finding]:
    """Jobs that failed or whose worker is silent; those that would fail again are for a person."""
    keys = {work.fw_id: work.key for work in place.works}
    for job in place.stopped:
        again = partial(place.rerun, job.fw_id)
        folder = place.on_disk.get(keys.get(job.fw_id, ""))
        if job.state == LOST:
            with disk.idle(folder or Path(os.devnull)) as free:
                if free:
                    what = f"{job.task} is lost, its worker has long been silent"
                    yield Finding(f"job {job.fw_id}", what, "go on from its checkpoints", again)
        elif _would_fail_again(job) and keys.get(job.fw_id) not in place.results:
            what, mend = f"{job.task} failed ({job.reason})", f"mend the cause, then: lpad rerun_fws -i {job.fw_id}"
            yield Finding(f"job {job.fw_id}", what, mend)
        else:
            yield Finding(f"job {job.fw_id}", f"{job.task} was ended ({job.reason})", "run it again", again)


def _would_fail_again(job: Job) -> bool:
    """Whether it ended with an error of the calculation, not of a disk, a network or a kill."""
    name = (job.reason or "").partition(":")[0].rpartition(".")[2]
    return name in _OURS


def _reserved(place: _Place) -> Iterator[Finding]:
    """Jobs that wait for a queue job which is gone."""
    there = queued()
    if there is None:
        return
    waiting = place.known.jobs(None, ("RESERVED",))
    for number in dict.fromkeys(job.queue for job in waiting if job.queue and job.queue not in there):
        free = partial(place.known.launchpad.cancel_reservation_by_reservation_id, number)
        yield Finding(f"queue job {number}", "is gone before its job began", "let the job be ready again", free)


def _locked(place: _Place) -> Iterator[Finding]:
    """Workflows whose lock nobody gives back, because its holder was killed."""
    first = _locks(place)
    if not first:
        return
    time.sleep(halted.PATIENCE)
    for row in (row for row in _locks(place) if row in first):
        query = {"nodes": row["nodes"], "updated_on": row["updated_on"], "locked": True}
        act = partial(place.known.launchpad.workflows.update_one, query, {"$unset": {"locked": 1}})
        yield Finding(f"workflow of job {row['nodes'][0]}", "is locked, and nobody works on it", "unlock it", act)


def _locks(place: _Place) -> list[dict[str, Any]]:
    fields = {"nodes": 1, "updated_on": 1, "_id": 0}
    return list(place.known.launchpad.workflows.find({"locked": True}, fields))


def _twice(place: _Place) -> Iterator[Finding]:
    """Jobs of a study that was submitted twice at the same moment; one that goes on after a pause is no second."""
    first: dict[tuple[str, str], _Work] = {}
    archived: set[Any] = set()
    for work in (work for work in place.works if work.state != "COMPLETED"):
        before = first.setdefault((work.study, work.task), work)
        if before is work or place.workflow[before.fw_id] == place.workflow[work.fw_id]:
            continue
        two = {place.workflow[each.fw_id]: each for each in (work, before)}
        free = [number for number in two if number not in place.under_way]
        if free and not archived & two.keys():
            archived.add(free[0])
            spare = two.pop(free[0])
            (kept,) = two.values()
            what = f"{spare.task} and what belongs to it is there twice, as job {kept.fw_id} too"
            act = partial(place.known.launchpad.archive_wf, spare.fw_id)
            yield Finding(f"job {spare.fw_id}", what, "archive this one", act)


def _entries(place: _Place) -> Iterator[Finding]:
    """Surface energies in the database that cannot be read."""
    for number, why in place.known.damaged_entries():
        act = partial(place.known.put_away, ENTRIES, number)
        yield Finding(f"{ENTRIES} {number}", why, "put it away, in nzsp_damaged", act)
