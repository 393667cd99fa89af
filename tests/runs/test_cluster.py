"""The cluster path with real parts: a server, FireWorks' own launchers, a Slurm queue."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nzsp_surfaces.cli.main import main
from support.alloy import STUDY, write
from support.cluster import (
    BIN,
    ONE_THREAD,
    STRUCTURES,
    WORKFLOWS,
    energies,
    needs_queue,
    needs_server,
    reserve,
    slurm_adapter,
    states,
    submit,
    worker,
)
from support.slurm import slurm


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
    assert "submitted 0 calculations" in capsys.readouterr().out
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
    from nzsp_surfaces.runs.fireworks.database import database

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
def test_two_workers_and_the_queue_at_once_give_the_energies_of_a_local_run(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """qlaunch submits two jobs through sbatch while two workers run here: all is done once, and to the last digit."""
    from nzsp_surfaces.runs.fireworks.database import database

    study = write(tmp_path / "study", STUDY.replace("[1, 0, 1]]", "[1, 0, 1], [1, 0, 0], [1, 1, 1]]"))
    submit(study, launchpad)
    adapter = slurm_adapter(launchpad, tmp_path)
    call = [f"{BIN}/qlaunch", "-s", "-l", str(launchpad), "-q", str(adapter), "singleshot"]
    with slurm(tmp_path / "slurm") as environment:
        for _ in range(2):
            subprocess.run(
                call, cwd=tmp_path, env=environment | ONE_THREAD, check=True, timeout=60, capture_output=True
            )
        workers = [worker(launchpad) for _ in range(2)]
        assert [w.wait(timeout=120) for w in workers] == [0, 0]
        for _ in range(120):
            if states(launchpad, capsys).endswith(" finished") and "," not in states(launchpad, capsys):
                break
            time.sleep(1)
    with database(launchpad) as known:
        launches = [len(row["launches"]) for row in known.launchpad.fireworks.find({}, {"launches": 1})]
    assert launches == [1] * len(launches)
    assert states(launchpad, capsys) == f"{len(launches)} finished"
    assert main(["collect", str(study), "-l", str(launchpad), "-o", str(tmp_path / "collected")]) == 0
    assert main(["run", str(study), "-o", str(tmp_path / "local"), "--workers", "1"]) == 0
    assert energies(tmp_path / "collected") == energies(tmp_path / "local")


@needs_server
@needs_queue
def test_the_adapter_runs_a_study_as_it_is(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Word for word as the README has it: one variable names the launchpad for jobs and commands alike."""
    study = write(tmp_path / "study")
    monkeypatch.setenv("NZSP_LAUNCHPAD", str(launchpad))
    monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")  # as `source .venv/bin/activate` does
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    assert main(["submit", str(study), "-d", str(tmp_path / "work")]) == 0
    call = ["qlaunch", "-s", "-l", launchpad.name, "-q", str(WORKFLOWS / "slurm.yaml"), "rapidfire", "-m", "1"]
    with slurm(tmp_path / "slurm") as environment:
        given = environment | ONE_THREAD
        once = [*call, "--nlaunches", "1"]
        subprocess.run(once, cwd=tmp_path, env=given, check=True, timeout=60, capture_output=True)
        for _ in range(60):
            capsys.readouterr()
            assert main(["status"]) == 0
            if capsys.readouterr().out.strip().endswith("5 finished"):
                break
            time.sleep(1)
        else:
            pytest.fail("the study did not come to its end")


@needs_server
@needs_queue
def test_status_names_the_queue_job_of_a_reservation(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`qlaunch -r` reserves a Firework for a job; its number is Slurm's."""
    submit(write(tmp_path / "study"), launchpad)
    adapter = slurm_adapter(launchpad, tmp_path, "singleshot")
    with slurm(tmp_path / "slurm") as environment:
        call = [f"{BIN}/qlaunch", "-s", "-r", "-l", str(launchpad), "-q", str(adapter), "singleshot"]
        subprocess.run(call, cwd=tmp_path, env=environment | ONE_THREAD, check=True, timeout=60, capture_output=True)
        for _ in range(60):
            if "1 finished" in states(launchpad, capsys):
                break
            time.sleep(1)
    capsys.readouterr()
    assert main(["status", "-l", str(launchpad), "--state", "finished"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "CuAu/bulk" in line)
    assert row.split()[4] == "1"


@needs_server
@needs_queue
def test_a_reservation_whose_queue_job_is_gone_is_told_with_what_frees_it(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled by hand before it began: FireWorks would wait for it for two weeks."""
    submit(write(tmp_path / "study"), launchpad)
    with slurm(tmp_path / "slurm") as environment:
        monkeypatch.setenv("SLURM_CONF", environment["SLURM_CONF"])
        reserve(launchpad, tmp_path, environment)
        assert states(launchpad, capsys).endswith("1 in the queue")
        assert "gone" not in told(launchpad, capsys)
        subprocess.run(["scancel", "1"], check=True)
        time.sleep(1)
        (line,) = (line for line in told(launchpad, capsys).splitlines() if "is gone" in line)
        lpad = line.partition("to free its job: ")[2].split()
        subprocess.run([f"{BIN}/{lpad[0]}", *lpad[1:]], check=True, timeout=60, capture_output=True)
        assert "1 ready" in states(launchpad, capsys)


def told(launchpad: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """All that `nzsp status` says."""
    capsys.readouterr()
    assert main(["status", "-l", str(launchpad)]) == 0
    return capsys.readouterr().out


@needs_queue
def test_a_job_knows_how_long_it_may_run(tmp_path: Path) -> None:
    """Slurm is asked from within the job."""
    code = "from nzsp_surfaces.engines.queues import wall_time; print(wall_time().total, wall_time().left)"
    with slurm(tmp_path / "slurm") as environment:
        call = ["srun", "--time=3", sys.executable, "-c", code]
        done = subprocess.run(
            call, env=environment, cwd=tmp_path, check=True, timeout=60, capture_output=True, text=True
        )
    total, left = map(float, done.stdout.split())
    assert total == 180
    assert 120 < left <= 180


@pytest.mark.parametrize("queue", ["slurm", "pbs", "sge"])
def test_the_adapters_are_what_fireworks_reads(queue: str) -> None:
    """A script for each queue with the wall time and the worker, and without a gap that FireWorks could not fill."""
    from fireworks.user_objects.queue_adapters.common_adapter import CommonAdapter

    text = CommonAdapter.from_file(str(WORKFLOWS / f"{queue}.yaml")).get_script_str("/where/it/runs")
    assert 'rlaunch -l "$NZSP_LAUNCHPAD" rapidfire' in text
    assert "OMP_NUM_THREADS=1" in text
    assert "/where/it/runs" in text
    assert "24:00:00" in text
    assert "$${" not in text


@needs_server
@pytest.mark.parametrize(
    ("script", "given", "calculations"),
    [
        ("table1.py", [], 40),
        ("surface_energy.py", ["Na3PO4.cif", "1,0,0", "1,1,0"], 3),
        ("film_anneal.py", ["NaZr2P3O12.cif", "Na3PO4.cif", "1,-1,0,2"], 10),
    ],
)
def test_workflows_are_scripts(
    script: str, given: list[str], calculations: int, launchpad: Path, tmp_path: Path
) -> None:
    """Each submits what its name says; studies are written beside the crystals."""
    for name in given:
        if name.endswith(".cif"):
            shutil.copy(STRUCTURES / name, tmp_path)
    call = [sys.executable, str(WORKFLOWS / script), *given, "-l", str(launchpad), "-d", str(tmp_path / "work")]
    done = subprocess.run(call, cwd=tmp_path, text=True, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.partition(" calculations and")[0].split()[-1]) >= calculations


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
    monkeypatch.setattr("nzsp_surfaces.runs.fireworks.database.PATIENCE", 300)
    path = tmp_path / "my_launchpad.yaml"
    if text is not None:
        path.write_text(text)
        path.chmod(0o600)  # a password that others can read is another line
    assert main(["submit", str(write(tmp_path / "study")), "-l", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert word in line
    assert str(path) in line
    assert "geheim" not in line
