"""The private parts of libraries that compat/ touches are there, and do what they are touched for.

One fails when a library's new version has changed them: adapt its file in compat/, and the version that it names.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from custodian.custodian import Custodian, ErrorHandler
from custodian.vasp.jobs import VaspJob
from fireworks import FWorker

from nzsp_surfaces.compat import custodian, fireworks, mongomock
from nzsp_surfaces.runs.fireworks.database import database
from nzsp_surfaces.runs.fireworks.tasks import workflows
from nzsp_surfaces.study.study import load_study
from nzsp_surfaces.tasks.plan import make_plan
from support.alloy import write
from support.cluster import needs_server


def test_pymongo_is_asked_to_let_the_process_end() -> None:
    """Its function is the one that it has registered: unregistered once, no second one is left to run."""
    code = """
import atexit
ran = []
register = atexit.register
atexit.register = lambda function, *rest, **named: ran.append(function) or register(function, *rest, **named)
import pymongo
from nzsp_surfaces.compat.pymongo import end_at_once
import pymongo.synchronous.monitor as watch
assert watch._shutdown_resources in ran
kept = []
atexit.unregister = kept.append
end_at_once()
assert kept == [watch._shutdown_resources]
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nothing_happens_without_pymongo() -> None:
    """Most commands ask no database, and do not import it for this."""
    code = "from nzsp_surfaces.compat.pymongo import end_at_once; end_at_once(); import sys; assert 'pymongo' not in "
    subprocess.run([sys.executable, "-c", f"{code} sys.modules"], check=True)


@pytest.mark.parametrize("left", [True, False])
def test_mongomock_writes_its_file_at_exit_unless_told_otherwise(left: bool, tmp_path: Path) -> None:
    """What it would have written is what `content` gives."""
    pytest.importorskip("mongomock_persistence")
    from mongomock import MongoClient
    from mongomock.store import ServerStore

    file = tmp_path / "store.json"
    file.write_text("{}")
    store: Any = ServerStore
    client: Any = MongoClient(_store=store(filename=str(file)))
    client["one"]["rows"].insert_one({"_id": 1, "energy": -5.0})
    assert mongomock.content(client)["one"]["rows"]["documents"]
    if left:
        mongomock.leave_the_file_alone(client)
    client._store._finalizer()
    assert (file.read_text() == "{}") is left


def test_a_worker_of_fireworks_takes_nothing_more() -> None:
    """Its query, which is what a launch goes by, asks for a Firework that there is not."""
    worker = FWorker(query={"spec.nzsp.kind": "bare"})
    fireworks.take_nothing_more(worker)
    assert worker.query["fw_id"] == -1


@needs_server
def test_a_launchpad_keeps_nothing_of_earlier_launches(launchpad: Path, tmp_path: Path) -> None:
    """Of two that it handed out, what the last one is restored from stays."""
    study = load_study(write(tmp_path / "study"))
    plan = make_plan(study)
    with database(launchpad) as known:
        known.prepare()
        known.add(workflows(study, plan, tmp_path, {plan.tasks[0].key}))
        pad = known.launchpad
        _, (_, launch) = (pad.checkout_fw(FWorker(), str(tmp_path)) for _ in range(2))
        assert len(pad.backup_launch_data) == 2
        fireworks.forget_earlier_launches(pad)
        assert list(pad.backup_launch_data) == [launch]


class Handler(ErrorHandler):
    """Counts how often it is asked."""

    is_monitor = True
    asked = 0

    def check(self, directory: str = "./") -> bool:
        """Find nothing, ever."""
        self.asked += 1
        return False

    def correct(self, directory: str = "./") -> dict[str, Any]:
        """Nothing is ever found."""
        raise AssertionError(directory)


class Job(VaspJob):
    """A program that takes a moment, with no files of VASP's."""

    def setup(self, directory: str = "./") -> None:
        """No inputs."""

    def postprocess(self, directory: str = "./") -> None:
        """No outputs."""


def test_custodian_asks_a_watcher_only_while_the_program_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler is asked once more at the end; and a job knows its program from its start on."""
    monkeypatch.chdir(tmp_path)
    job, usual, watcher = Job(["sleep", "0.5"]), Handler(), Handler()
    run = Custodian([usual], [job], polling_time_step=0.1, monitor_freq=1, directory=str(tmp_path))
    custodian.watch_only_while_it_runs(run, [watcher])
    assert not custodian.has_started(job)
    run.run()  # type: ignore[no-untyped-call]
    assert custodian.has_started(job)
    assert 0 < watcher.asked == usual.asked - 1
