"""VASP on the cluster, with a stand-in for its program: queue, server, worker files, wall time."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from pymatgen.core import SETTINGS

from nzsp_surfaces.cli.main import main
from support.alloy import write
from support.cluster import BIN, ONE_THREAD, WORKFLOWS, energies, needs_queue, needs_server, states, submit
from support.slurm import slurm
from support.vasp import WITH_VASP, needs_stand_in
from support.vasp_commands import command, library

pytestmark = [needs_server, needs_stand_in]

ONE_PLANE = WITH_VASP.replace(", [1, 0, 1]]", "]")


@pytest.fixture(autouse=True)
def potentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Potentials for this process and its children."""
    place = str(library(tmp_path / "potentials"))
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", place)
    monkeypatch.setenv("PMG_VASP_PSP_DIR", place)


def worker_file(folder: Path, vasp_cmd: str) -> Path:
    """As workflows/my_fworker.yaml."""
    path = folder / "my_fworker.yaml"
    path.write_text(yaml.safe_dump({"name": "worker", "category": "", "query": "{}", "env": {"vasp_cmd": vasp_cmd}}))
    return path


def rlaunch(launchpad: Path, vasp_cmd: str, **environment: str) -> int:
    """A worker with a command for VASP, until nothing more is for it."""
    own = worker_file(launchpad.parent, vasp_cmd)
    call = [f"{BIN}/rlaunch", "-s", "-l", str(launchpad), "-w", str(own), "rapidfire", "--nlaunches", "0"]
    given = os.environ | ONE_THREAD | environment
    done = subprocess.run(call, cwd=launchpad.parent, env=given, timeout=200, capture_output=True, check=False)
    return done.returncode


def collected(study: Path, launchpad: Path, output: Path) -> list[tuple[str, float]]:
    assert main(["collect", str(study), "-l", str(launchpad), "-o", str(output)]) == 0
    return energies(output)


@needs_queue
def test_vasp_through_a_queue_gives_the_energies_of_a_local_run(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inputs, custodian, Firetasks, Slurm, database, collection: the same to the last digit."""
    study = write(tmp_path / "study", ONE_PLANE)
    submit(study, launchpad)
    own = worker_file(tmp_path, command())
    adapter = yaml.safe_load((WORKFLOWS / "slurm.yaml").read_text())
    launch = f"{BIN}/rlaunch -l {launchpad} -w {own} rapidfire --nlaunches 0 --sleep 1"
    (tmp_path / "slurm.yaml").write_text(yaml.safe_dump(adapter | {"rocket_launch": launch, "walltime": "00:10:00"}))
    with slurm(tmp_path / "slurm") as environment:
        call = [f"{BIN}/qlaunch", "-s", "-l", str(launchpad), "-q", f"{tmp_path}/slurm.yaml", "singleshot"]
        subprocess.run(call, cwd=tmp_path, env=environment | ONE_THREAD, check=True, timeout=60, capture_output=True)
        for _ in range(180):
            if states(launchpad, capsys) == "3 finished":
                break
            time.sleep(1)
    monkeypatch.setenv("NZSP_VASP_CMD", command())
    assert main(["run", str(study), "-o", str(tmp_path / "local"), "--workers", "1"]) == 0
    assert collected(study, launchpad, tmp_path / "collected") == energies(tmp_path / "local")


def test_a_job_whose_time_is_over_leaves_the_rest_to_the_next(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """VASP is asked to stop, the worker ends by itself, and another one finishes: nothing is lost or run twice."""
    study = write(tmp_path / "study", ONE_PLANE)
    submit(study, launchpad)
    assert rlaunch(launchpad, command("EMT", 2), NZSP_WALLTIME="30") == 0
    line = states(launchpad, capsys)
    assert "ready" in line
    assert "failed" not in line
    assert rlaunch(launchpad, command()) == 0
    line = states(launchpad, capsys)
    assert line.endswith("finished")
    assert int(line.split()[0]) > 3
    (stopped,) = (path.parent for path in (study.parent / "work").glob("calculations/*/leg_*/STOPCAR"))
    assert (stopped.name, len(list(stopped.parent.glob("leg_*")))) == ("leg_01", 3)
    ((_, gamma),) = collected(study, launchpad, tmp_path / "collected")
    assert 0.5 < gamma < 1.0


def test_a_worker_without_vasp_fails_in_a_way_that_status_explains(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is missing and which command goes on; with a right command, that does."""
    study = write(tmp_path / "study", ONE_PLANE)
    submit(study, launchpad)
    assert rlaunch(launchpad, "vasp_that_is_not_here -n 4") == 0
    capsys.readouterr()
    assert main(["status", str(study), "-l", str(launchpad)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "'vasp_that_is_not_here' of 'vasp_that_is_not_here -n 4' is not found" in said
    assert "lpad" in said
    assert "rerun_fws" in said


def test_missing_potentials_are_told_at_submission(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, nothing submitted."""
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(tmp_path))
    study = write(tmp_path / "study", WITH_VASP)
    capsys.readouterr()
    assert main(["submit", str(study), "-l", str(launchpad)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "potentials" in line
    capsys.readouterr()
    assert main(["status", "-l", str(launchpad)]) == 0
    assert "nothing is submitted" in capsys.readouterr().out
