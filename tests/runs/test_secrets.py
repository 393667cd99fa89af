"""A password stays in its launchpad file: nothing that is said, logged, stored, started or written has it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nzsp_surfaces.cli.main import main
from support.alloy import write
from support.cluster import BIN, ONE_THREAD, nzsp
from support.server import launchpad_file
from support.watched import files_with, watched

SECRET, NUMBER = "geheim", "31415"
NOBODY = {"mongoclient_kwargs": {"serverSelectionTimeoutMS": 200}}
FORMS: dict[str, dict[str, Any]] = {
    "field": {"host": "127.0.0.1", "port": 9, "username": "me", "password": SECRET, **NOBODY},
    "number of a port": {"host": "127.0.0.1", "port": f"{SECRET}", "username": "me", "password": SECRET},
    "URI": {"host": f"mongodb://me:{SECRET}@127.0.0.1:9/", "uri_mode": True, **NOBODY},
    "URI, escaped": {"host": "mongodb://me:%67eheim@127.0.0.1:9/", "uri_mode": True, **NOBODY},
    "URI, slash": {"host": f"mongodb://me:{SECRET}/x@127.0.0.1:9/", "uri_mode": True},
    "URI, question": {"host": f"mongodb://me:{SECRET}?x@127.0.0.1:9/", "uri_mode": True},
    "URI, number and slash": {"host": f"mongodb://me:{NUMBER}/x@127.0.0.1:9/", "uri_mode": True, **NOBODY},
    "URI, number and @": {"host": f"mongodb://me:x@{NUMBER}/x@127.0.0.1:9/", "uri_mode": True, **NOBODY},
    "URI, number and question": {"host": f"mongodb://me:{NUMBER}?x=y@127.0.0.1:9/", "uri_mode": True, **NOBODY},
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
    said = told.out + told.err + log.read_text()
    assert not [secret for secret in (SECRET, NUMBER) if secret in said]


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
