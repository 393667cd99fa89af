"""The jobs of studies: counted by the database, and fetched from it only as far as they are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fireworks import LaunchPad

LOST = "LOST"
"""Our word for a Firework that FireWorks calls RUNNING although its worker has long been silent."""
STATES = ("FIZZLED", LOST, "RUNNING", "RESERVED", "PAUSED", "DEFUSED", "READY", "WAITING", "COMPLETED")
"""What wants attention comes first."""
ANY_STUDY = {"$gt": ""}
"""Unlike $exists, this is answered from an index alone."""
OF_A_STUDY = {"$type": "string"}
"""The same of jobs that are fetched: a server then looks for their state first, which few of them are in."""
AHEAD = timedelta(hours=1)
"""By which a worker's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Job:
    """A Firework of a study, as `nzsp status` shows it.

    Attributes:
        fw_id: its number; the name that FireWorks' own commands want.
        study: identity.
        task: id in the study.
        kind: of the task.
        state: FireWorks' word for it, or LOST.
        seconds: that it has run, or ran; of a lost one, until it was last heard of; None before.
        queue: reservation id of its queue job.
        folder: of its last launch.
        reason: last line of what it failed with.
    """

    fw_id: int
    study: str
    task: str
    kind: str
    state: str
    seconds: float | None
    queue: str | None
    folder: str | None
    reason: str | None


def counts(launchpad: LaunchPad, identity: str | None = None) -> dict[str, Counter[str]]:
    """How many jobs are in each state: of every study, by its identity, or of one."""
    matching = {"$match": {"spec.nzsp.study": identity or ANY_STUDY}}
    # One text a job: grouping by a mapping of two fields takes a server a third longer.
    grouping = {"$group": {"_id": {"$concat": ["$state", " ", "$spec.nzsp.study"]}, "n": {"$sum": 1}}}
    found: dict[str, Counter[str]] = {}
    for row in launchpad.fireworks.aggregate([matching, grouping]):
        state, _, study = row["_id"].partition(" ")
        found.setdefault(study, Counter())[state] = row["n"]
    for job in jobs(launchpad, identity, (LOST,)):
        found[job.study] += Counter({LOST: 1})
        found[job.study] -= Counter({"RUNNING": 1})
    for own in found.values():
        own.pop("ARCHIVED", None)
    return {study: own for study, own in found.items() if own}


def jobs(
    launchpad: LaunchPad, identity: str | None = None, states: Iterable[str] = STATES, limit: int | None = None
) -> list[Job]:
    """Jobs of a study, or of all studies: state by state as these are named, then in the order of their numbers.

    Args:
        states: which, FireWorks' words or LOST.
        limit: how many at most; None for all.
    """
    lost = _lost(launchpad)
    found: list[Job] = []
    for state in (name for name in states if name != LOST or lost):
        room = None if limit is None else limit - len(found)
        if room is None or room > 0:
            query = {"spec.nzsp.study": identity or OF_A_STUDY} | _in_state(state, lost)
            found += [_job(row, launch, state) for row, launch in _with_launches(launchpad, query, room)]
    return found


def _lost(launchpad: LaunchPad) -> list[int]:
    """Numbers of Fireworks whose worker has not pinged for FireWorks' RUN_EXPIRATION_SECS.

    A ping that lies as far ahead tells of a clock that was wrong, and would hide its worker's end for as long.
    """
    from fireworks.fw_config import RUN_EXPIRATION_SECS

    now, patience = datetime.now(UTC), timedelta(seconds=RUN_EXPIRATION_SECS)
    wrong = ({"$lte": (now - patience).isoformat()}, {"$gt": (now + patience + AHEAD).isoformat()})
    silent = [{"state_history": {"$elemMatch": {"state": "RUNNING", "updated_on": moment}}} for moment in wrong]
    found = launchpad.launches.find({"state": "RUNNING", "$or": silent}, {"fw_id": 1})
    return [row["fw_id"] for row in found]


def _in_state(state: str, lost: list[int]) -> dict[str, Any]:
    if state == LOST:
        return {"state": "RUNNING", "fw_id": {"$in": lost}}
    return {"state": state} | ({"fw_id": {"$nin": lost}} if state == "RUNNING" else {})


def _with_launches(
    launchpad: LaunchPad, query: dict[str, Any], limit: int | None
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Fireworks and the last launch of each, {} where it has none."""
    fields = {"fw_id": 1, "spec.nzsp": 1, "launches": 1, "_id": 0}
    rows = list(launchpad.fireworks.find(query, fields).sort("fw_id", 1).limit(limit or 0))
    last = [row["launches"][-1] for row in rows if row.get("launches")]
    wanted = {"launch_id": 1, "launch_dir": 1, "state_history": 1, "action.stored_data._exception": 1, "_id": 0}
    found = launchpad.launches.find({"launch_id": {"$in": last}}, wanted) if last else ()
    launches = {row["launch_id"]: row for row in found}
    return [(row, launches.get(row["launches"][-1], {}) if row.get("launches") else {}) for row in rows]


def _job(row: dict[str, Any], launch: dict[str, Any], state: str) -> Job:
    given = row["spec"]["nzsp"]
    failure = str(_within(launch, "action", "stored_data", "_exception", "_stacktrace") or "")
    return Job(
        fw_id=row["fw_id"],
        study=given["study"],
        task=str(given.get("task")),
        kind=str(given.get("kind")),
        state=state,
        seconds=_seconds(launch, state),
        queue=next((part.get("reservation_id") for part in _history(launch)), None),
        folder=launch.get("launch_dir"),
        reason=failure.strip().splitlines()[-1] if failure and state == "FIZZLED" else None,
    )


def _history(launch: dict[str, Any]) -> list[dict[str, Any]]:
    """The states that a launch went through, each with its times; of a damaged document those that are whole."""
    found = launch.get("state_history")
    parts = [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []
    return [part for part in parts if {"state", "created_on"} <= part.keys()]


def _within(data: Any, *names: str) -> Any:
    """What stands in mappings within mappings; None where something else does."""
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def damaged(launchpad: LaunchPad) -> Iterator[tuple[int, str]]:
    """Jobs of ours whose document does not say whose they are: their number, and what is wrong."""
    wanted = dict.fromkeys(("study", "task", "kind"), "string") | {"keys": "object"}
    lacking = [{f"spec.nzsp.{name}": {"$not": {"$type": kind}}} for name, kind in wanted.items()]
    ours = {"spec._tasks._fw_name": {"$regex": "nzsp_surfaces"}, "state": {"$ne": "ARCHIVED"}}
    for row in launchpad.fireworks.find(ours | {"$or": lacking}, {"fw_id": 1}):
        yield row["fw_id"], "its document does not say which calculation it is"


def _seconds(launch: dict[str, Any], state: str) -> float | None:
    """How long a launch has run; FireWorks writes times in UTC without saying so."""
    stamps = {part["state"]: part for part in _history(launch)}
    if "RUNNING" not in stamps:
        return None
    ends = [stamps[name]["created_on"] for name in ("COMPLETED", "FIZZLED") if name in stamps]
    if state == LOST:
        ends = [stamps["RUNNING"]["updated_on"]]
    begin, end = _time(stamps["RUNNING"]["created_on"]), _time(ends[0]) if ends else datetime.now(UTC)
    return (end - begin).total_seconds()


def _time(stamp: Any) -> datetime:
    moment = stamp if isinstance(stamp, datetime) else datetime.fromisoformat(str(stamp))
    return moment.replace(tzinfo=UTC)
