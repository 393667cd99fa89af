"""A password stays in its launchpad file; results do not say where, on what host and by whom they were made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nzsp_surfaces.base.places import command_without_folders, without_folders
from nzsp_surfaces.cli.main import main
from support.alloy import STUDY, write
from support.cluster import BIN, ONE_THREAD, nzsp
from support.server import launchpad_file
from support.watched import WORD, files_with, watched

SECRET = "geheim"
NOBODY = {"mongoclient_kwargs": {"serverSelectionTimeoutMS": 200}}
FORMS: dict[str, dict[str, Any]] = {
    "field": {"host": "127.0.0.1", "port": 9, "username": "me", "password": SECRET, **NOBODY},
    "number of a port": {"host": "127.0.0.1", "port": f"{SECRET}", "username": "me", "password": SECRET},
    "URI": {"host": f"mongodb://me:{SECRET}@127.0.0.1:9/", "uri_mode": True, **NOBODY},
    "URI, escaped": {"host": "mongodb://me:%67eheim@127.0.0.1:9/", "uri_mode": True, **NOBODY},
    "URI, slash": {"host": f"mongodb://me:{SECRET}/x@127.0.0.1:9/", "uri_mode": True},
    "URI, question": {"host": f"mongodb://me:{SECRET}?x@127.0.0.1:9/", "uri_mode": True},
    "key": {
        "host": "localhost",
        "mongoclient_kwargs": {"tlsCertificateKeyFilePassword": SECRET, "serverSelectionTimeoutMS": 200},
    },
    "token": {
        "host": "127.0.0.1",
        "port": 9,
        "mongoclient_kwargs": {
            "authMechanism": "MONGODB-AWS",
            "authMechanismProperties": {"AWS_SESSION_TOKEN": SECRET},
            "serverSelectionTimeoutMS": 200,
        },
    },
    "unknown option": {"host": "localhost", "mongoclient_kwargs": {f"{SECRET}Password": SECRET}},
    "no options": {"host": "localhost", "password": SECRET, "mongoclient_kwargs": "text"},
}
"""Launchpads that cannot be connected to, each in its own way."""
BROKEN = """
from pathlib import Path
from ase.calculators.emt import EMT

class Broken(EMT):
    def calculate(self, *arguments, **more):
        raise RuntimeError(f"{__file__}: broken, see {Path.cwd()}/output.txt")
"""


@pytest.mark.parametrize("form", FORMS)
def test_no_message_traceback_or_log_has_a_secret(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "nzsp.log"
    launchpad = launchpad_file(tmp_path, FORMS[form])
    assert main(["status", "-l", str(launchpad), "--debug", "-vv", "--log", str(log)]) == 2
    told = capsys.readouterr()
    assert str(launchpad) in told.err
    assert "Traceback" in told.err
    assert "ends with an error" in log.read_text()
    assert SECRET not in told.out + told.err + log.read_text()


@pytest.mark.slow
def test_a_password_reaches_neither_files_nor_processes_of_a_study(tmp_path: Path) -> None:
    """From submission to the report, logged in full: no file but the launchpad's has it, no argument either."""
    pytest.importorskip("mongomock_persistence")
    watcher, trail = watched(tmp_path / "watcher")
    environment = watcher | {"MONGOMOCK_SERVERSTORE_FILE": str(tmp_path / "store.json")}
    study = write(tmp_path / "study")
    (tmp_path / "kept").mkdir()
    uri = {"host": f"mongodb://me:{SECRET}@localhost/", "uri_mode": True, "password": SECRET}
    launchpad = launchpad_file(tmp_path / "kept", uri)
    said = [_told("submit", study, "-d", tmp_path / "work", launchpad=launchpad, environment=environment)]
    call = [f"{BIN}/rlaunch", "-l", str(launchpad), "rapidfire", "--nlaunches", "0", "--sleep", "1"]
    done = subprocess.run(
        call, cwd=tmp_path, env=os.environ | ONE_THREAD | environment, capture_output=True, text=True, timeout=120
    )
    said.append(done.stdout + done.stderr)
    for command in (["status"], ["collect", study, "-o", tmp_path / "out"], ["query"], ["doctor"]):
        said.append(_told(*command, launchpad=launchpad, environment=environment))
    launchpad.rename(launchpad.with_name("gone"))
    shutil.rmtree(tmp_path / "kept")
    assert "CuAu" in (tmp_path / "store.json").read_text()
    assert (tmp_path / "out" / "report.html").exists()
    assert "rlaunch" in trail.read_text()
    assert SECRET not in "".join(said)
    assert files_with(SECRET, tmp_path) == []


def _told(*call: object, launchpad: Path, environment: dict[str, str]) -> str:
    """Everything that a command says."""
    log = launchpad.parents[1] / "nzsp.log"
    done = nzsp(*call, "-l", launchpad, "-vv", "--debug", "--log", log, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_password_that_others_can_read_is_told_with_the_command_that_mends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    launchpad = launchpad_file(tmp_path, FORMS["URI"])
    assert len(_lines(launchpad, capsys)) == 1
    launchpad.chmod(0o640)
    warning, _ = _lines(launchpad, capsys)
    assert str(launchpad) in warning
    subprocess.run(warning.rpartition("; ")[2], shell=True, check=True)
    assert len(_lines(launchpad, capsys)) == 1


def test_a_launchpad_without_a_password_may_be_read_by_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    launchpad = launchpad_file(tmp_path, {"host": "127.0.0.1", "port": 9, **NOBODY})
    launchpad.chmod(0o644)
    assert len(_lines(launchpad, capsys)) == 1


def _lines(launchpad: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """On stderr, of a command that reaches no database."""
    assert main(["status", "-l", str(launchpad)]) == 2
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(("engine", "status"), [("emt", 0), ("{calculator: 'broken:Broken'}", 1)])
def test_results_do_not_say_where_on_what_host_and_by_whom(engine: str, status: int, tmp_path: Path) -> None:
    """Of a run that succeeds, and of one whose calculations fail with messages that are full of places."""
    home = tmp_path / f"Jane {WORD}"
    environment, trail = watched(home / "watcher")
    (home / "watcher" / "broken.py").write_text(BROKEN)
    study = write(home / "study", STUDY.replace("engine: emt", f"engine: {engine}"))
    done = nzsp("run", study, "-o", home / "out", "--workers", "1", HOME=str(home), **environment)
    assert done.returncode == status, done.stderr
    known = json.loads((home / "out" / "provenance.json").read_text())
    assert known["command"] == "nzsp run study.yaml -o out --workers 1"
    assert all("broken" in why for why in known["failures"].values() if "needs" not in why)
    assert bool(known["failures"]) == bool(status)
    assert trail.exists()
    assert files_with(WORD, home / "out") == []


def test_only_the_folders_of_whole_paths_are_left_out() -> None:
    """Units, ratios, relative paths and addresses on the web stay."""
    text = "0.1 eV/Å and 2 J/m² of work/a/b.txt, see /home/jane/x/OUTCAR, '/tmp/y' or (/a/b/c); https://example.org/a/b"
    kept = "0.1 eV/Å and 2 J/m² of work/a/b.txt, see OUTCAR, 'y' or (c); https://example.org/a/b"
    assert without_folders(text, Path("/nowhere")) == kept
    assert without_folders("/my runs/out/calculations/1: failed", Path("/my runs/out")) == "calculations/1: failed"
    call = ["nzsp", "run", "/my runs/a.yaml", "-o/tmp/out", "--log=/tmp/b", "runs/c", "-p", "1,0,4", "/tmp/d/"]
    assert command_without_folders(call) == "nzsp run a.yaml -oout --log=b runs/c -p 1,0,4 d/"
