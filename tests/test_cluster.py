"""The cluster path with real parts: a server, FireWorks' own launchers, a Slurm queue."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from cluster import server
from cluster.slurm import missing_programs, slurm
from test_runner import STUDY, write

from nzsp_surfaces.cli.main import main

BIN = Path(sys.executable).parent
needs_server = pytest.mark.skipif(server.why_none() is not None, reason=server.why_none() or "")
needs_queue = pytest.mark.skipif(
    bool(missing_programs()) or os.geteuid() != 0, reason="no queue: apt-get install slurm-wlm munge, as root"
)
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A server for all tests of this file."""
    with server.serving(tmp_path_factory.mktemp("server")) as given:
        yield given


@pytest.fixture
def launchpad(address: dict[str, Any], tmp_path: Path) -> Path:
    """A launchpad file of a database of its own."""
    path = tmp_path / "my_launchpad.yaml"
    path.write_text(yaml.safe_dump(address | {"name": f"nzsp_{uuid4().hex[:12]}"}))
    return path


def submit(study: Path, launchpad: Path) -> None:
    """`nzsp submit`; checkpoints beside the study."""
    assert main(["submit", str(study), "-l", str(launchpad), "-d", str(study.parent / "work")]) == 0


def worker(launchpad: Path) -> subprocess.Popen[str]:
    """`rlaunch rapidfire` until nothing is ready."""
    call = [f"{BIN}/rlaunch", "-s", "-l", str(launchpad), "rapidfire", "--nlaunches", "0", "--sleep", "1"]
    return subprocess.Popen(
        call,
        cwd=launchpad.parent,
        env=os.environ | ONE_THREAD,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def states(launchpad: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The last line of `nzsp status`."""
    capsys.readouterr()
    assert main(["status", "-l", str(launchpad)]) == 0
    return capsys.readouterr().out.strip().splitlines()[-1]


def energies(folder: Path) -> list[tuple[str, float]]:
    """Surface energies of a results directory."""
    return [(row["id"], row["gamma"]) for row in json.loads((folder / "surface_energies.json").read_text())]


@needs_server
def test_a_study_through_fireworks_gives_the_energies_of_a_local_run(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Submitted, carried out by rlaunch and collected: the same documents, the same energies to the last digit."""
    study = write(tmp_path / "study")
    submit(study, launchpad)
    assert worker(launchpad).wait(timeout=120) == 0
    assert states(launchpad, capsys) == "5 finished"
    assert main(["collect", str(study), "-l", str(launchpad), "-o", str(tmp_path / "collected")]) == 0
    assert main(["run", str(study), "-o", str(tmp_path / "local"), "--workers", "1"]) == 0
    assert energies(tmp_path / "collected") == energies(tmp_path / "local")
    assert all(gamma > 0 for _, gamma in energies(tmp_path / "local"))
    names = [{path.name for path in (tmp_path / which).iterdir()} for which in ("collected", "local")]
    assert names[0] == names[1]


@needs_server
def test_submitting_twice_is_submitting_once(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second time adds nothing and says so."""
    study = write(tmp_path / "study")
    for _ in range(2):
        submit(study, launchpad)
    assert "already" in capsys.readouterr().out
    assert states(launchpad, capsys) == "4 waits for others, 1 ready"


@needs_server
def test_what_one_study_has_computed_serves_another(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A study with one plane less needs no new calculation, and its energies can be asked for across studies."""
    submit(write(tmp_path / "study"), launchpad)
    assert worker(launchpad).wait(timeout=120) == 0
    other = write(tmp_path / "other", STUDY.replace(", [1, 0, 1]]", "]").replace("name: alloy", "name: one plane"))
    submit(other, launchpad)
    assert "0 calculations" in capsys.readouterr().out
    assert worker(launchpad).wait(timeout=120) == 0
    capsys.readouterr()
    assert main(["query", "-l", str(launchpad), "--miller", "1,1,0", "--film", "none", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert sorted(row["name"] for row in rows) == ["alloy", "one plane"]
    assert rows[0]["gamma"] == rows[1]["gamma"] > 0


@needs_server
def test_two_workers_at_once_run_every_firework_once(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No Firework has two launches, none is lost."""
    from nzsp_surfaces.launchpad import database

    submit(write(tmp_path / "study"), launchpad)
    workers = [worker(launchpad) for _ in range(2)]
    assert [w.wait(timeout=120) for w in workers] == [0, 0]
    if states(launchpad, capsys) != "5 finished":  # one of them may leave while the other's Firework still runs
        assert worker(launchpad).wait(timeout=120) == 0
    with database(launchpad) as known:
        launches = [len(row["launches"]) for row in known.launchpad.fireworks.find({}, {"launches": 1})]
    assert launches == [1] * 5


@needs_server
@needs_queue
def test_a_study_runs_through_slurm(launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """qlaunch submits through sbatch, the jobs carry the study out, and status names their reservations."""
    submit(write(tmp_path / "study"), launchpad)
    adapter = yaml.safe_load((Path(__file__).parents[1] / "workflows/slurm.yaml").read_text())
    adapter |= {
        "rocket_launch": f"{BIN}/rlaunch -l {launchpad} rapidfire --nlaunches 0 --sleep 1",
        "walltime": "00:05:00",
    }
    (tmp_path / "slurm.yaml").write_text(yaml.safe_dump(adapter))
    with slurm(tmp_path / "slurm") as environment:
        call = [f"{BIN}/qlaunch", "-s", "-l", str(launchpad), "-q", f"{tmp_path}/slurm.yaml", "singleshot"]
        subprocess.run(call, cwd=tmp_path, env=environment | ONE_THREAD, check=True, timeout=60, capture_output=True)
        for _ in range(120):
            if states(launchpad, capsys) == "5 finished":
                break
            time.sleep(1)
    assert states(launchpad, capsys) == "5 finished"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (None, "no such launchpad"),
        ("[1, 2", "no launchpad"),
        ("just words", "no launchpad"),
        ("host: 127.0.0.1\nport: 9\nname: x\nusername: me\npassword: geheim\n", "no database answers"),
    ],
)
def test_a_database_that_cannot_be_reached_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str | None, word: str
) -> None:
    """Exit status two, what and where, and no password."""
    monkeypatch.setattr("nzsp_surfaces.launchpad.PATIENCE", 300)
    path = tmp_path / "my_launchpad.yaml"
    if text is not None:
        path.write_text(text)
    assert main(["submit", str(write(tmp_path / "study")), "-l", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert word in line
    assert str(path) in line
    assert "geheim" not in line
