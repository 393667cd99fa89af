"""Studies, results and surface energies in the database of FireWorks; every question to it is asked here."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.bundle import Bundle
from nzsp_surfaces.errors import UserError
from nzsp_surfaces.recipes import Result, result_from_json

if TYPE_CHECKING:
    from fireworks import LaunchPad

    from nzsp_surfaces.plan import Task

PATIENCE = 5000
"""ms until a server that does not answer counts as gone."""
STUDIES, RESULTS, ENTRIES = "nzsp_studies", "nzsp_results", "nzsp_entries"
INDICES = {
    "fireworks": ("spec.nzsp.study", "spec.nzsp.key"),
    "workflows": ("metadata.nzsp.study",),
    ENTRIES: ("study", "material", "miller", "film"),
}


@dataclass(frozen=True, slots=True)
class Job:
    """A Firework of a study, as `nzsp status` shows it.

    Attributes:
        fw_id: its number; the name that FireWorks' own commands want.
        task: id in the study.
        kind: of the task.
        state: FireWorks' word for it.
        seconds: that it has run, or ran; None before.
        queue: reservation id of its queue job.
        folder: of its last launch.
        reason: last line of what it failed with.
    """

    fw_id: int
    task: str
    kind: str
    state: str
    seconds: float | None
    queue: str | None
    folder: str | None
    reason: str | None


@dataclass(frozen=True)
class Database:
    """The launchpad and our own collections beside it.

    Attributes:
        launchpad: FireWorks' own.
    """

    launchpad: LaunchPad

    def keep_study(self, bundle: Bundle) -> None:
        """Remember a study, once."""
        content = bundle.to_json() | {"files": _packed(bundle.files), "submitted": _now()}
        self.launchpad.db[STUDIES].update_one({"_id": bundle.identity}, {"$setOnInsert": content}, upsert=True)

    def study(self, identity: str) -> Bundle:
        """A study that was submitted.

        Raises:
            UserError: it never was.
        """
        found = self.launchpad.db[STUDIES].find_one({"_id": identity})
        if found is None:
            raise UserError(f"study {identity[:10]} is not in this database; submit it first with 'nzsp submit'")
        fields = {name: found[name] for name in ("identity", "name", "profile", "engine")}
        return Bundle(files=_unpacked(found["files"]), **fields)

    def is_submitted(self, identity: str) -> bool:
        """Whether a workflow of the study is there and not archived."""
        query = {"metadata.nzsp.study": identity, "state": {"$ne": "ARCHIVED"}}
        return self.launchpad.workflows.find_one(query, {"_id": 1}) is not None

    def keep_result(self, task: Task, result: Result, folder: Path, host: str) -> dict[str, Any]:
        """Store a finished result; return its summary."""
        summary = _summary(result) | {"kind": task.kind, "folder": str(folder), "host": host, "finished": _now()}
        content = summary | {"result": _packed(result.to_json())}
        self.launchpad.db[RESULTS].update_one({"_id": task.key}, {"$setOnInsert": content}, upsert=True)
        return summary

    def results(self, tasks: Iterable[Task]) -> dict[str, Result]:
        """The finished results among some tasks, by task id, whatever study computed them."""
        by_key = {task.key: task for task in tasks}
        found = self.launchpad.db[RESULTS].find({"_id": {"$in": list(by_key)}}, {"result": 1})
        rows = ((by_key[row["_id"]].id, _unpacked(row["result"])) for row in found)
        return {name: result_from_json(data | {"task": name}) for name, data in rows}

    def finished(self, keys: list[str]) -> set[str]:
        """Those of some content identities that have a result."""
        return {row["_id"] for row in self.launchpad.db[RESULTS].find({"_id": {"$in": keys}}, {"_id": 1})}

    def jobs(self, identity: str | None = None) -> list[Job]:
        """All Fireworks of a study, or of all studies, in the order of their numbers."""
        query = {"spec.nzsp.study": identity} if identity else {"spec.nzsp.study": {"$exists": True}}
        fields = {"fw_id": 1, "state": 1, "spec.nzsp": 1, "launches": 1, "_id": 0}
        found = list(self.launchpad.fireworks.find({**query, "state": {"$ne": "ARCHIVED"}}, fields).sort("fw_id", 1))
        last = [row["launches"][-1] for row in found if row.get("launches")]
        launches = {row["launch_id"]: row for row in self.launchpad.launches.find({"launch_id": {"$in": last}})}
        return [_job(row, launches) for row in found]

    def keep_entry(self, entry: dict[str, Any]) -> None:
        """Store a surface energy; the latest of a study counts."""
        where = {name: entry[name] for name in ("study", "id")}
        self.launchpad.db[ENTRIES].replace_one(where, entry | {"updated": _now()}, upsert=True)

    def entries(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        """Surface energies across studies that have the wanted fields."""
        found = self.launchpad.db[ENTRIES].find(wanted, {"_id": 0})
        return sorted(found, key=lambda e: (e["material"], e["miller"], e["film"] or "", e["study"]))

    def prepare(self) -> None:
        """Set a new database up, and make the indices that these questions need."""
        if self.launchpad.fw_id_assigner.find_one({}) is None:
            # FireWorks calls this a reset; without a password it only touches a database that holds no Firework.
            self.launchpad.reset("", require_password=False, max_reset_wo_password=0)
        for collection, fields in INDICES.items():
            for name in fields:
                self.launchpad.db[collection].create_index(name)


@contextmanager
def database(path: Path | None) -> Iterator[Database]:
    """The database of a launchpad file, or of FireWorks' own default.

    Raises:
        UserError: no file, no server, or no access; never with the password.
    """
    import pymongo.errors

    try:
        opened = Database(_launchpad(path))
        opened.launchpad.db.command("ping")
        yield opened
    except pymongo.errors.OperationFailure as error:
        raise UserError(f"{_where(path)}: the database refuses: {_harmless(error)}; mend user and password") from None
    except (pymongo.errors.ConnectionFailure, pymongo.errors.ConfigurationError) as error:
        raise UserError(f"{_where(path)}: no database answers: {_harmless(error)}; is the server running?") from None


def _launchpad(path: Path | None) -> LaunchPad:
    from fireworks import LaunchPad
    from fireworks.fw_config import LAUNCHPAD_LOC

    place = path or (Path(LAUNCHPAD_LOC) if LAUNCHPAD_LOC else Path("my_launchpad.yaml"))
    if not place.is_file():
        raise UserError(f"{place}: no such launchpad file; write one (workflows/my_launchpad.yaml) or name it with -l")
    given = _read_launchpad(place)
    more = {"serverSelectionTimeoutMS": PATIENCE} | (given.pop("mongoclient_kwargs", None) or {})
    return LaunchPad(**given, strm_lvl="CRITICAL", mongoclient_kwargs=more)


def _read_launchpad(place: Path) -> dict[str, Any]:
    """The arguments of a launchpad as its file gives them; messages never quote the file, which may hold a password."""
    import inspect

    import yaml
    from fireworks import LaunchPad

    try:
        given = yaml.safe_load(place.read_text())
        known = set(inspect.signature(LaunchPad).parameters) - {"strm_lvl"}
        return {name: value for name, value in given.items() if name in known}
    except (yaml.YAMLError, AttributeError, UnicodeDecodeError):
        raise UserError(f"{place}: is no launchpad file in YAML; see workflows/my_launchpad.yaml") from None


def _where(path: Path | None) -> str:
    return str(path or "launchpad")


def _harmless(error: Exception) -> str:
    """The beginning of a message, without anything that looks like user:password@."""
    return re.sub(r"//[^@/\s]*@", "//", str(error).split(", Timeout")[0].splitlines()[0])[:160]


def _summary(result: Result) -> dict[str, Any]:
    calculation = result.calculation
    known = {"task": result.task, "seconds": result.seconds, "notes": result.notes or {}}
    if calculation is None:
        return known
    composition = calculation.structure.composition
    return known | {
        "formula": composition.reduced_formula,
        "n_atoms": len(calculation.structure),
        "energy": calculation.energy,
        "max_force": calculation.max_force,
        "converged": calculation.converged,
        "engine": calculation.engine.name,
        "model": calculation.engine.model,
    }


def _job(row: dict[str, Any], launches: dict[int, dict[str, Any]]) -> Job:
    launch = launches.get(row["launches"][-1], {}) if row.get("launches") else {}
    given = row["spec"]["nzsp"]
    action = launch.get("action") or {}
    failure = (action.get("stored_data") or {}).get("_exception", {}).get("_stacktrace", "")
    return Job(
        fw_id=row["fw_id"],
        task=given["task"],
        kind=given["kind"],
        state=row["state"],
        seconds=_seconds(launch),
        queue=(launch.get("state_history") or [{}])[0].get("reservation_id"),
        folder=launch.get("launch_dir"),
        reason=failure.strip().splitlines()[-1] if failure and row["state"] == "FIZZLED" else None,
    )


def _seconds(launch: dict[str, Any]) -> float | None:
    """How long a launch has run; FireWorks writes times in UTC without saying so."""
    stamps = {part["state"]: part for part in launch.get("state_history") or []}
    if "RUNNING" not in stamps:
        return None
    ends = [stamps[state]["created_on"] for state in ("COMPLETED", "FIZZLED") if state in stamps]
    begin, end = _time(stamps["RUNNING"]["created_on"]), _time(ends[0]) if ends else datetime.now(UTC)
    return (end - begin).total_seconds()


def _time(stamp: Any) -> datetime:
    moment = stamp if isinstance(stamp, datetime) else datetime.fromisoformat(str(stamp))
    return moment.replace(tzinfo=UTC)


def _packed(data: Any) -> bytes:
    return zlib.compress(json.dumps(data).encode())


def _unpacked(data: bytes) -> Any:
    return json.loads(zlib.decompress(data))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
