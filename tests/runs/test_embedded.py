"""FireWorks' embedded database: one file instead of a server, for one process at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support.alloy import STUDY, recorded, write
from support.cluster import BIN, ONE_THREAD, energies, killed_while_relaxing, nzsp
from support.server import launchpad_file


@pytest.fixture
def embedded(tmp_path: Path) -> dict[str, str]:
    """The environment in which FireWorks has no server but a file."""
    pytest.importorskip("mongomock_persistence")
    return {"MONGOMOCK_SERVERSTORE_FILE": str(tmp_path / "store.json")}


def embedded_worker(launchpad: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`rlaunch rapidfire` on the embedded database, to its end."""
    call = [f"{BIN}/rlaunch", "-s", "-l", str(launchpad), "rapidfire", "--nlaunches", "0", "--sleep", "1"]
    environment = os.environ | ONE_THREAD | environment
    return subprocess.run(call, cwd=launchpad.parent, env=environment, capture_output=True, text=True, timeout=60)


def test_the_embedded_database_carries_a_study_from_end_to_end(embedded: dict[str, str], tmp_path: Path) -> None:
    """Submission, rlaunch, status, collect and query, each in a process of its own, without a server."""
    study, launchpad = write(tmp_path / "study"), launchpad_file(tmp_path, {"host": "localhost"})
    done = nzsp("submit", study, "-l", launchpad, "-d", tmp_path / "work", **embedded)
    assert done.returncode == 0, done.stderr
    assert "3 calculations" in done.stdout
    assert "already" in nzsp("submit", study, "-l", launchpad, "-d", tmp_path / "work", **embedded).stdout
    assert embedded_worker(launchpad, embedded).returncode == 0
    assert nzsp("status", "-l", launchpad, **embedded).stdout.strip().endswith("5 finished")
    done = nzsp("collect", study, "-l", launchpad, "-o", tmp_path / "collected", **embedded)
    assert done.returncode == 0, done.stderr
    rows = json.loads(nzsp("query", "-l", launchpad, "--format", "json", **embedded).stdout)
    assert sorted((row["id"], row["gamma"]) for row in rows) == sorted(energies(tmp_path / "collected"))
    assert all(gamma > 0 for _, gamma in energies(tmp_path / "collected"))
    told = json.loads((tmp_path / "collected" / "surface_energies.json").read_text())
    assert {row["id"]: row["spread_parts"] for row in rows} == {row["id"]: row["spread_parts"] for row in told}


def test_the_embedded_database_serves_one_process(embedded: dict[str, str], tmp_path: Path) -> None:
    """While a worker is busy, another worker and a submission are refused; status still shows what was saved last."""
    study, launchpad = write(tmp_path / "study"), launchpad_file(tmp_path, {"host": "localhost"})
    other = write(tmp_path / "other", STUDY.replace("vacuum: 10", "vacuum: 11"))
    assert nzsp("submit", study, "-l", launchpad, "-d", tmp_path / "work", **embedded).returncode == 0
    call = [f"{BIN}/rlaunch", "-s", "-l", str(launchpad), "rapidfire", "--nlaunches", "0", "--sleep", "1"]
    environment = os.environ | ONE_THREAD | embedded
    busy = subprocess.Popen(call, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        # Two planes are ready when the bulk is finished: one that it works on, one that another worker would take.
        while busy.poll() is None and not (list(tmp_path.rglob("result.json")) and recorded(tmp_path / "work")):
            time.sleep(0.005)
        busy.send_signal(signal.SIGSTOP)
        second = embedded_worker(launchpad, embedded)
        refused_submission = nzsp("submit", other, "-l", launchpad, **embedded)
        seen = nzsp("status", "-l", launchpad, **embedded)
        busy.send_signal(signal.SIGCONT)
        assert busy.wait(timeout=60) == 0
    finally:
        busy.kill()
    for done in (second, refused_submission):
        assert done.returncode == 2
        assert "another process works with this embedded database" in done.stderr.strip().splitlines()[-1]
    assert "1 runs" in seen.stdout
    assert nzsp("status", "-l", launchpad, **embedded).stdout.strip().endswith("5 finished")


def test_an_older_state_written_over_the_embedded_database_is_found_out(
    embedded: dict[str, str], tmp_path: Path
) -> None:
    """As by an lpad that was started before a worker and ended after it."""
    study, launchpad = write(tmp_path / "study"), launchpad_file(tmp_path, {"host": "localhost"})
    assert nzsp("submit", study, "-l", launchpad, "-d", tmp_path / "work", **embedded).returncode == 0
    store = tmp_path / "store.json"
    before = store.read_text()
    assert embedded_worker(launchpad, embedded).returncode == 0
    store.write_text(before)
    done = embedded_worker(launchpad, embedded)
    assert done.returncode == 2
    assert "an older state" in done.stderr
    assert "an older state" in nzsp("submit", study, "-l", launchpad, **embedded).stderr
    store.unlink()
    done = nzsp("submit", study, "-l", launchpad, "-d", tmp_path / "work", **embedded)
    assert done.returncode == 0, done.stderr


def test_a_killed_worker_leaves_an_embedded_database_that_goes_on(embedded: dict[str, str], tmp_path: Path) -> None:
    """What was finished before is in it; the rest goes on from the folder after lpad has put the lost job back."""
    study, launchpad = write(tmp_path / "study"), launchpad_file(tmp_path, {"host": "localhost"})
    assert nzsp("submit", study, "-l", launchpad, "-d", tmp_path / "work", **embedded).returncode == 0
    killed_while_relaxing(launchpad, tmp_path / "work", embedded)
    assert "1 runs" in nzsp("status", "-l", launchpad, **embedded).stdout
    call = [f"{BIN}/lpad", "-l", str(launchpad), "detect_lostruns", "--rerun", "--time", "0"]
    subprocess.run(call, env=os.environ | embedded, check=True, capture_output=True, timeout=60)
    assert embedded_worker(launchpad, embedded).returncode == 0
    assert nzsp("status", "-l", launchpad, **embedded).stdout.strip().endswith("5 finished")


def test_a_damaged_embedded_database_is_one_line(embedded: dict[str, str], tmp_path: Path) -> None:
    """A part of a file, as another program that was killed may leave it."""
    launchpad = launchpad_file(tmp_path, {"host": "localhost"})
    (tmp_path / "store.json").write_text('{"nzsp": {"firew')
    done = nzsp("status", "-l", launchpad, **embedded)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "store.json" in line
