"""Documents of the database that lack a key, or hold nothing or another type: told, put away, computed again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fireworks import FWorker

from nzsp_surfaces.cli.main import main
from nzsp_surfaces.runs.doctor import halted
from nzsp_surfaces.runs.fireworks.database import ENTRIES, PUT_AWAY, RESULTS, STUDIES, Database, database
from nzsp_surfaces.runs.fireworks.documents import DIGEST, PACKED
from support import server
from support.alloy import write
from support.cluster import needs_server
from support.faults import SEED, gammas, tell
from support.fuzz import TIMES
from support.in_process import runs_in_this_process

TRIALS = 10
"""Documents damaged, one after the other."""
PLACES = {
    RESULTS: (PACKED, DIGEST, "kind", "folder", "energy", "_all"),
    ENTRIES: ("material", "miller", "film", "gamma", "spread", "reason", "engine", "profile", "name", "study", "_all"),
    STUDIES: ("files", "name", "profile", "engine", "submitted", "_all"),
    "fireworks": ("spec", "spec.nzsp", *(f"spec.nzsp.{name}" for name in ("study", "task", "kind", "key", "keys"))),
    "workflows": ("metadata", "metadata.nzsp", *(f"metadata.nzsp.{name}" for name in ("folder", "study", "name"))),
    "launches": ("state_history", "action", "launch_dir"),
}  # fmt: skip
"""What may be damaged, by collection; `_all` is every key but the number of the document."""
QUESTIONS = (
    ["status"], ["status", "--all"], ["status", "--state", "finished"], ["query"], ["query", "--format", "json"],
    ["query", "--format", "csv"], ["doctor"],
)  # fmt: skip
VALUES: tuple[Any, ...] = (None, "text", 7, -1.5, True, [], [[]], {}, {"a": None}, b"torn", "../../x")


@dataclass(frozen=True)
class Finished:
    """A study whose jobs are finished.

    Attributes:
        launchpad: of its database.
        study: its file.
        documents: of each collection, as they are.
        gammas: its surface energies, J/m².
    """

    launchpad: Path
    study: Path
    documents: dict[str, list[dict[str, Any]]]
    gammas: dict[str, float]


@pytest.fixture(scope="module")
def finished(address: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Computed here, submitted, and taken in: every job counts as finished."""
    folder = tmp_path_factory.mktemp("documents")
    study, launchpad = write(folder / "study"), server.launchpad_file(folder, address)
    with runs_in_this_process():
        assert main(["run", str(study), "-o", str(folder / "results")]) == 0
    assert main(["submit", str(study), "-l", str(launchpad), "-d", str(folder / "work")]) == 0
    assert main(["collect", str(folder / "results"), "-l", str(launchpad)]) == 0
    with database(launchpad) as known:
        documents = {name: list(known.launchpad.db[name].find({})) for name in PLACES}
    assert all(documents.values())
    return Finished(launchpad, study, documents, gammas(folder / "results"))


@pytest.fixture
def known(finished: Finished) -> Iterator[Database]:
    """The database, as it was once the test has ended."""
    with database(finished.launchpad) as opened:
        yield opened
        restore(opened, finished)


def restore(known: Database, finished: Finished) -> None:
    """Every document as it was."""
    for name, rows in (finished.documents | {PUT_AWAY: []}).items():
        known.launchpad.db[name].delete_many({})
        if rows:
            known.launchpad.db[name].insert_many(rows)


def damage(known: Database, finished: Finished, chance: random.Random) -> tuple[str, str]:
    """Damage a document; the collection, and the key."""
    name = chance.choice(sorted(PLACES))
    row, key = chance.choice(finished.documents[name]), chance.choice(PLACES[name])
    change: dict[str, Any] = {"_id": row["_id"]}
    if key != "_all":
        how = "$unset" if chance.random() < 0.3 else "$set"
        known.launchpad.db[name].update_one(change, {how: {key: chance.choice(VALUES)}})
    else:
        known.launchpad.db[name].replace_one(change, change)
    return name, key


@needs_server
@pytest.mark.parametrize("number", range(TIMES))
def test_no_document_breaks_a_command(
    number: int, finished: Finished, known: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command ends with a line or its answer; what is collected then is as it was, or nothing."""
    chance, figures = random.Random(f"documents {SEED} {number}"), Counter[str]()
    for _ in range(TRIALS):
        restore(known, finished)
        where = damage(known, finished, chance)
        for call in (*chance.sample(QUESTIONS, 2), ["doctor", "--fix"]):
            assert main([*call, "-l", str(finished.launchpad)]) in (0, 1, 2), (where, call)
        figures[where[0]] += 1
    collected = ["collect", str(finished.study), "-l", str(finished.launchpad), "-o", str(tmp_path / "collected")]
    if main(collected) == 0:
        found = {name: gamma for name, gamma in gammas(tmp_path / "collected").items() if gamma is not None}
        assert found.items() <= finished.gammas.items()
    capsys.readouterr()
    tell("documents", figures)


@needs_server
def test_a_damaged_result_is_told_put_away_and_computed_again(
    finished: Finished, known: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever stands for its content: the doctor says so, keeps it elsewhere, and makes the job ready again."""
    number = finished.documents[RESULTS][0]["_id"]
    for value in VALUES:
        known.launchpad.db[RESULTS].update_one({"_id": number}, {"$set": {PACKED: value}})
        main(["doctor", "-l", str(finished.launchpad), "--fix"])
        main(["doctor", "-l", str(finished.launchpad), "--fix"])
        said = capsys.readouterr().out
        assert f"{RESULTS} {number}" in said, value
        assert known.launchpad.db[PUT_AWAY].count_documents({"document._id": number}) == 1
        (job,) = known.launchpad.fireworks.find({"spec.nzsp.key": number}, {"state": 1})
        assert job["state"] == "READY"
        restore(known, finished)


@needs_server
def test_a_damaged_study_is_told_put_away_and_kept_again(
    finished: Finished, known: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """By submitting it once more, which submits no job."""
    (before,) = finished.documents[STUDIES]
    for key, value in (("files", b"torn"), ("files", None), ("name", 7), ("engine", {})):
        known.launchpad.db[STUDIES].update_one({}, {"$set": {key: value}})
        assert main(["doctor", "-l", str(finished.launchpad), "--fix"]) == 0
        assert f"{STUDIES} {before['_id']}" in capsys.readouterr().out
        assert main(["submit", str(finished.study), "-l", str(finished.launchpad), "-d", "unused"]) == 0
        assert "is submitted already" in capsys.readouterr().out
        (after,) = known.launchpad.db[STUDIES].find({})
        assert after | {"submitted": before["submitted"]} == before


@needs_server
@pytest.mark.parametrize("key", ["study", "task", "kind", "keys"])
def test_a_damaged_job_is_told_archived_and_submitted_again(
    key: str, finished: Finished, known: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its results are known, so that nothing is computed again."""
    job = finished.documents["fireworks"][0]["fw_id"]
    known.launchpad.fireworks.update_one({"fw_id": job}, {"$unset": {f"spec.nzsp.{key}": 1}})
    main(["doctor", "-l", str(finished.launchpad), "--fix"])
    assert f"job {job}: its document" in capsys.readouterr().out
    assert main(["doctor", "-l", str(finished.launchpad)]) == 0
    assert main(["submit", str(finished.study), "-l", str(finished.launchpad), "-d", "unused"]) == 0
    assert "submitted 0 calculations" in capsys.readouterr().out


@needs_server
def test_a_job_whose_end_was_half_written_comes_to_its_end(
    finished: Finished, known: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its worker lost the server after it had written the launch: nothing waits for it for ever, or runs again."""
    pad, rows = known.launchpad, finished.documents["fireworks"]
    job = next(row["fw_id"] for row in rows if row["spec"]["nzsp"]["kind"] == "bulk")
    pad.fireworks.update_one({"fw_id": job}, {"$set": {"state": "RUNNING"}})
    pad.workflows.update_one({"nodes": job}, {"$set": {"state": "RUNNING", f"fw_states.{job}": "RUNNING"}})
    assert main(["doctor", "-l", str(finished.launchpad), "--fix"]) == 0
    assert f"job {job}: has ended" in capsys.readouterr().out
    assert {row["fw_id"]: row["state"] for row in pad.fireworks.find({})} == dict.fromkeys(
        (row["fw_id"] for row in rows), "COMPLETED"
    )


@needs_server
def test_jobs_that_wait_for_what_is_finished_go_on(
    finished: Finished, known: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server ended before they were told, and before their workflow knew."""
    pad, rows = known.launchpad, finished.documents["fireworks"]
    last = next(row["fw_id"] for row in rows if row["spec"]["nzsp"]["kind"] == "evaluate")
    (before,) = pad.workflows.find_one({"nodes": last})["parent_links"][str(last)][:1]
    pad.fireworks.update_one({"fw_id": last}, {"$set": {"state": "WAITING", "launches": []}})
    pad.workflows.update_one(
        {"nodes": last}, {"$set": {f"fw_states.{last}": "WAITING", f"fw_states.{before}": "RUNNING"}}
    )
    assert main(["doctor", "-l", str(finished.launchpad), "--fix"]) == 0
    assert f"job {last}: waits" in capsys.readouterr().out
    assert pad.fireworks.find_one({"fw_id": last})["state"] == "READY"


@needs_server
def test_a_job_that_was_taken_and_never_begun_is_ready_again(
    finished: Finished, known: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker lost the server after it had reserved it: no queue has it, and workers would wait for it for ever."""
    monkeypatch.setattr(halted, "PATIENCE", 0.1)
    job = next(row["fw_id"] for row in finished.documents["fireworks"] if row["spec"]["nzsp"]["kind"] == "evaluate")
    known.launchpad.rerun_fw(job)
    known.launchpad._get_a_fw_to_run(fw_id=job)
    assert main(["doctor", "-l", str(finished.launchpad), "--fix"]) == 0
    assert f"job {job}: was taken" in capsys.readouterr().out
    assert known.launchpad.fireworks.find_one({"fw_id": job})["state"] == "READY"


@needs_server
def test_a_job_that_was_reserved_and_never_queued_is_ready_again(
    finished: Finished, known: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """`qlaunch -r` was killed between the two; one that may still be on its way to the queue is left alone."""
    pad = known.launchpad
    job = next(row["fw_id"] for row in finished.documents["fireworks"] if row["spec"]["nzsp"]["kind"] == "evaluate")
    pad.rerun_fw(job)
    _, launch = pad.reserve_fw(FWorker(), "unused", fw_id=job)
    assert main(["doctor", "-l", str(finished.launchpad), "--fix"]) == 0
    assert pad.fireworks.find_one({"fw_id": job})["state"] == "RESERVED"
    then = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    pad.launches.update_one({"launch_id": launch}, {"$set": {"state_history.0.updated_on": then}})
    assert main(["doctor", "-l", str(finished.launchpad), "--fix"]) == 0
    assert f"job {job}: was reserved" in capsys.readouterr().out
    assert pad.fireworks.find_one({"fw_id": job})["state"] == "READY"


@needs_server
@pytest.mark.parametrize("value", VALUES)
def test_a_launch_without_its_history_is_shown(
    value: object, finished: Finished, known: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its job is, and its times are not."""
    known.launchpad.launches.update_many({}, {"$set": {"state_history": value}})
    assert main(["status", "--all", "-l", str(finished.launchpad)]) == 0
    assert f"{len(finished.documents['fireworks'])} finished" in capsys.readouterr().out
