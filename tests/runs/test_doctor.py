"""`nzsp doctor`: what it finds on disk and in a database, that it mends it, and that it harms nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fireworks import FWorker

from nzsp_surfaces.cli.main import main
from nzsp_surfaces.runs.doctor import halted
from nzsp_surfaces.runs.fireworks.database import ENTRIES, RESULTS, Database, database
from nzsp_surfaces.runs.fireworks.tasks import workflows
from nzsp_surfaces.runs.store import RESULT
from nzsp_surfaces.study.bundle import pack
from nzsp_surfaces.study.study import load_study
from nzsp_surfaces.tasks.plan import make_plan
from support.alloy import STUDY, document, write
from support.cluster import needs_queue, needs_server, reserve, states, submit, worker
from support.in_process import runs_in_this_process
from support.slurm import slurm


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run that nothing disturbed; the study lies beside them."""
    folder = tmp_path_factory.mktemp("doctor")
    with runs_in_this_process():
        assert main(["run", str(write(folder)), "-o", str(folder / "results")]) == 0
    return folder / "results"


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def said(capsys: pytest.CaptureFixture[str], status: int, *call: object) -> list[str]:
    """The lines of `nzsp doctor`."""
    capsys.readouterr()
    assert main(["doctor", *map(str, call)]) == status
    captured = capsys.readouterr()
    return [*captured.out.splitlines(), *captured.err.splitlines()]


def damaged(run: Path) -> Path:
    """A directory with a torn and a foreign result, and what a killed process leaves."""
    first, second, third = sorted((run / "calculations").iterdir())
    shutil.copy(second / RESULT, third / RESULT)
    (first / RESULT).write_bytes((first / RESULT).read_bytes()[:100])
    (second / ".result.json.ab12cd_8").write_text('{"ta')
    (second / "evaluations.bin").write_bytes(b"left")
    (run / ".wulff.json.ab12cd_8").write_text("[")
    return run


def contents(folder: Path) -> dict[str, bytes]:
    """Of every file."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_is_amiss_in_a_run_that_nothing_disturbed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says so, and touches nothing, with --fix too."""
    before = contents(run)
    for call in ((run,), (run, "--fix")):
        assert said(capsys, 0, *call) == ["nothing is amiss"]
    assert contents(run) == before


def test_damage_of_a_run_is_found_and_mended_once(
    run: Path, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Found without a change; mended, nothing is found; the next run computes what was damaged, to equal energies."""
    before = contents(damaged(run))
    lines = said(capsys, 1, run)
    assert len(lines) == 6
    for words in ("no JSON", "another task", "half-written", "left of a calculation", "--fix mends 5"):
        assert any(words in line for line in lines)
    assert contents(run) == before
    assert sum("(done)" in line for line in said(capsys, 0, run, "--fix")) == 5
    assert said(capsys, 0, run, "--fix") == ["nothing is amiss"]
    with runs_in_this_process():
        assert main(["run", str(finished.parent / "study.yaml"), "-o", str(run)]) == 0
    assert "2 calculations, 1 from disk" in " ".join(capsys.readouterr().out.split())
    assert document(run, "surface_energies") == document(finished, "surface_energies")


def test_a_run_that_works_is_left_alone(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is amiss is told, and not touched while the directory is held."""
    before = contents(damaged(run))
    with held(run):
        assert "a run works in this directory" in said(capsys, 1, run, "--fix")[0]
    assert contents(run) == before


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder as a run or a worker does."""
    code = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); print(1, flush=True); input()"
    call = ["python3", "-c", code, str(folder / ".lock")]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield
        holder.kill()


def test_damaged_documents_and_other_folders_are_told(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what writes them again; a folder without calculations is refused."""
    (run / "surface_energies.json").write_text("[{}]")
    (line, *_) = said(capsys, 1, run, "--fix")
    assert "surface_energies.json" in line
    assert "nzsp run STUDY -o" in line
    (run / "study.json").write_text("")
    assert "study.json: is damaged" in said(capsys, 1, run)[0]
    assert "holds no calculations" in said(capsys, 2, run / "structures")[0]


@needs_server
def test_a_database_and_its_folders_are_reconciled(
    launchpad: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results lost, damaged, and on disk alone; a job failed, one lost, one finished without a result; a stale lock.

    Mended, nothing is found; the study then ends with the energies of an undisturbed run, and what was on disk is not
    computed again.
    """
    monkeypatch.setattr(halted, "PATIENCE", 0.1)
    study = write(tmp_path / "study")
    submit(study, launchpad)
    assert worker(launchpad).wait(timeout=120) == 0
    assert said(capsys, 0, "-l", launchpad) == ["nothing is amiss"]
    times = {path: path.stat().st_mtime_ns for path in study.parent.glob(f"work/calculations/*/{RESULT}")}
    with database(launchpad) as known:
        gone = disturb(known, study.parent / "work")
    assert sum("(done)" in line for line in said(capsys, 0, "-l", launchpad, "--fix")) == 6
    again = said(capsys, 0, "-l", launchpad, "--fix")
    assert again == ["nothing is amiss"], again
    assert worker(launchpad).wait(timeout=120) == 0
    assert said(capsys, 0, "-l", launchpad) == ["nothing is amiss"]
    assert all(path.stat().st_mtime_ns == time for path, time in times.items() if path.parent.name != gone)
    assert main(["collect", str(study), "-l", str(launchpad), "-o", str(tmp_path / "collected")]) == 0
    assert "3 of 3 calculations are finished" in capsys.readouterr().out
    ours, theirs = (document(f, "surface_energies") for f in (tmp_path / "collected", finished))
    assert [row["gamma"] for row in ours] == pytest.approx([row["gamma"] for row in theirs], abs=1e-9)


def disturb(known: Database, work: Path) -> str:
    """One result is on disk alone, one damaged in the database, one nowhere; return the key of the last."""
    pad = known.launchpad
    first, second, third = sorted(row["_id"] for row in pad.db[RESULTS].find({}, {"_id": 1}))
    pad.db[RESULTS].delete_one({"_id": first})
    pad.db[RESULTS].update_one({"_id": second}, {"$set": {"result": b"torn"}})
    pad.db[RESULTS].delete_one({"_id": third})
    shutil.rmtree(work / "calculations" / third)
    pad.db[ENTRIES].insert_one({"material": "CuAu", "study": "x", "id": "y"})
    pad.workflows.update_one({}, {"$set": {"locked": True}})
    return str(third)


@needs_server
def test_a_held_folder_is_left_alone(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is only silent, stopped or cut off, still holds its folder: its job is not given to another."""
    monkeypatch.setattr("fireworks.fw_config.RUN_EXPIRATION_SECS", 0)
    study = write(tmp_path / "study")
    submit(study, launchpad)
    with database(launchpad) as known:
        firework, launch = known.launchpad.checkout_fw(FWorker(), str(tmp_path))
        key = firework.spec["nzsp"]["key"]
    folder = study.parent / "work" / "calculations" / key
    folder.mkdir(parents=True)
    with held(folder):
        assert said(capsys, 0, "-l", launchpad, "--fix") == ["nothing is amiss"]
    assert "is lost" in said(capsys, 1, "-l", launchpad)[0]
    assert "(done)" in said(capsys, 0, "-l", launchpad, "--fix")[0]
    assert said(capsys, 0, "-l", launchpad) == ["nothing is amiss"]
    assert launch


@needs_server
def test_a_job_that_its_surroundings_ended_runs_again(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file where the folder of the calculations belongs: once it is gone, the study ends."""
    study = write(tmp_path / "study")
    submit(study, launchpad)
    place = study.parent / "work" / "calculations"
    place.parent.mkdir()
    place.write_text("in the way")
    assert worker(launchpad).wait(timeout=120) == 0
    place.unlink()
    (line, *_) = said(capsys, 1, "-l", launchpad)
    assert "CuAu/bulk was ended (" in line
    assert "run it again" in line
    said(capsys, 0, "-l", launchpad, "--fix")
    assert worker(launchpad).wait(timeout=120) == 0
    assert states(launchpad, capsys) == "5 finished"
    assert said(capsys, 0, "-l", launchpad) == ["nothing is amiss"]


@needs_server
def test_a_job_that_would_fail_again_is_for_a_person(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A calculator that is gone: --fix leaves the job, and says the command for when the cause is mended."""
    (tmp_path / "own_calculator.py").write_text("from ase.calculators.emt import EMT\n")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.syspath_prepend(tmp_path)
    text = STUDY.replace("engine: emt", "engine: {calculator: 'own_calculator:EMT'}")
    submit(write(tmp_path / "study", text), launchpad)
    (tmp_path / "own_calculator.py").unlink()
    assert worker(launchpad).wait(timeout=120) == 0
    for call in (["-l", launchpad], ["-l", launchpad, "--fix"]):
        (line, *_) = said(capsys, 1, *call)
        assert "CuAu/bulk failed (" in line
        assert "lpad rerun_fws -i" in line
        assert "(done)" not in line


@needs_server
@needs_queue
def test_a_reservation_whose_queue_job_is_gone_is_given_back(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the queue job waits nothing is amiss; cancelled, --fix makes the job ready, and a worker ends the study."""
    submit(write(tmp_path / "study"), launchpad)
    with slurm(tmp_path / "slurm") as environment:
        monkeypatch.setenv("SLURM_CONF", environment["SLURM_CONF"])
        reserve(launchpad, tmp_path, environment)
        assert said(capsys, 0, "-l", launchpad, "--fix") == ["nothing is amiss"]
        assert states(launchpad, capsys).endswith("1 in the queue")
        subprocess.run(["scancel", "1"], check=True)
        time.sleep(1)
        (line,) = said(capsys, 0, "-l", launchpad, "--fix")
        assert "queue job 1: is gone before its job began" in line
        assert said(capsys, 0, "-l", launchpad) == ["nothing is amiss"]
    assert states(launchpad, capsys) == "4 waits for others, 1 ready"


def submit_at_the_same_moment(study: Path, launchpad: Path) -> None:
    """Two submissions, of which neither sees the other's jobs."""
    loaded = load_study(study, "quick", None)
    with database(launchpad) as known:
        known.prepare()
        known.keep_study(pack(loaded))
        for _ in range(2):
            known.add(workflows(loaded, make_plan(loaded), study.parent / "work", set()))


@needs_server
def test_jobs_that_are_there_twice_are_left_once(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second is archived; what is left ends the study, every calculation once."""
    study = write(tmp_path / "study")
    submit_at_the_same_moment(study, launchpad)
    assert states(launchpad, capsys) == "8 waits for others, 2 ready"
    (line,) = said(capsys, 0, "-l", launchpad, "--fix")
    assert "is there twice" in line
    assert states(launchpad, capsys) == "4 waits for others, 1 ready"
    assert worker(launchpad).wait(timeout=120) == 0
    assert states(launchpad, capsys) == "5 finished"
    assert said(capsys, 0, "-l", launchpad) == ["nothing is amiss"]


@needs_server
def test_of_jobs_that_are_there_twice_the_one_that_runs_stays(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A worker has begun the second: the first is archived, and the worker goes on."""
    study = write(tmp_path / "study")
    submit_at_the_same_moment(study, launchpad)
    with database(launchpad) as known:
        second = max(known.launchpad.get_fw_ids({"spec.nzsp.kind": "bulk"}))
        firework, _ = known.launchpad.checkout_fw(FWorker(), str(tmp_path), fw_id=second)
    folder = study.parent / "work" / "calculations" / firework.spec["nzsp"]["key"]
    folder.mkdir(parents=True)
    with held(folder):
        (line,) = said(capsys, 0, "-l", launchpad, "--fix")
        assert line.startswith("job 1: CuAu/bulk and what belongs to it is there twice")
    assert states(launchpad, capsys) == "4 waits for others, 1 runs"
