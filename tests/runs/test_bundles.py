"""Studies that are carried out where the database cannot be reached, and come back into it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from nzsp_surfaces.cli.main import main
from nzsp_surfaces.runs.fireworks.database import RESULTS, database
from support.alloy import STUDY, document, write
from support.cluster import BIN, ONE_THREAD, needs_queue, needs_server, states, submit, worker
from support.in_process import runs_in_this_process
from support.server import free_port
from support.slurm import slurm


def shown(capsys: pytest.CaptureFixture[str], status: int, *call: object) -> str:
    """What a command says, in one line."""
    capsys.readouterr()
    assert main([str(part) for part in call]) == status
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run that knows no database; the study lies beside them."""
    folder = tmp_path_factory.mktemp("bundles")
    with runs_in_this_process():
        assert main(["run", str(write(folder)), "-o", str(folder / "results")]) == 0
    return folder / "results"


@needs_server
@needs_queue
def test_a_job_without_the_database_ends_as_one_with_it(
    launchpad: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Submitted, bundled, carried out by a Slurm job whose launchpad answers nowhere, collected: all is finished.

    The energies in the database are those of an undisturbed run, no worker has anything left to do.
    """
    study, bundle = write(tmp_path / "study"), tmp_path / "bundle"
    submit(study, launchpad)
    assert "0 of 3 calculations are there" in shown(capsys, 0, "bundle", study, "-l", launchpad, "-o", bundle)
    shutil.rmtree(study.parent)
    in_slurm_without_a_server(bundle, tmp_path)
    assert states(launchpad, capsys) == "4 waits for others, 1 ready"
    assert "3 results are new to the database, 5 jobs" in shown(capsys, 0, "collect", bundle, "-l", launchpad)
    assert states(launchpad, capsys) == "5 finished"
    assert "0 results are new to the database, 0 jobs" in shown(capsys, 0, "collect", bundle, "-l", launchpad)
    with database(launchpad, reading=True) as known:
        gammas = {row["id"]: row["gamma"] for row in known.entries({})}
    expected = {row["id"]: row["gamma"] for row in document(finished, "surface_energies")}
    assert gammas == pytest.approx(expected, abs=1e-9)
    assert shown(capsys, 0, "doctor", "-l", launchpad) == "nothing is amiss"


def in_slurm_without_a_server(bundle: Path, folder: Path) -> None:
    """`nzsp run BUNDLE` as a queue job, to its end; a command that asks the database fails there."""
    (folder / "away.yaml").write_text(f"host: 127.0.0.1\nport: {free_port()}\nname: x\n")
    script = f"#!/bin/sh\n{BIN}/nzsp status && exit 3\n{BIN}/nzsp run {bundle} --workers 1 && touch {folder}/done\n"
    (folder / "job.sh").write_text(script)
    with slurm(folder / "slurm") as environment:
        away = {"NZSP_LAUNCHPAD": str(folder / "away.yaml")}
        given = os.environ | environment | ONE_THREAD | away
        subprocess.run(["sbatch", "job.sh"], cwd=folder, env=given, check=True, timeout=60, capture_output=True)
        for _ in range(120):
            if (folder / "done").exists():
                return
            time.sleep(0.5)
    pytest.fail("".join(path.read_text() for path in folder.glob("slurm-*.out")))


@needs_server
def test_half_a_bundle_counts_and_another_begins_there(
    launchpad: Path, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A job whose time was over: what it has counts, and a second bundle, and a worker, compute only the rest."""
    study, half, second = write(tmp_path / "study"), tmp_path / "half", tmp_path / "second"
    submit(study, launchpad)
    shown(capsys, 0, "bundle", study, "-l", launchpad, "-o", half)
    (bulk, *_) = [path for path in (finished / "calculations").iterdir() if '"CuAu/bulk"' in kept(path)]
    shutil.copytree(bulk, half / "calculations" / bulk.name)
    assert "1 results are new to the database, 1 jobs" in shown(capsys, 0, "collect", half, "-l", launchpad)
    assert states(launchpad, capsys) == "2 waits for others, 2 ready, 1 finished"
    assert "1 of 3 calculations are there" in shown(capsys, 0, "bundle", study, "-l", launchpad, "-o", second)
    with runs_in_this_process():
        assert "2 calculations, 1 from disk" in shown(capsys, 0, "run", second)
    assert worker(launchpad).wait(timeout=120) == 0
    assert "0 results are new to the database, 0 jobs" in shown(capsys, 0, "collect", second, "-l", launchpad)
    with database(launchpad, reading=True) as known:
        assert known.launchpad.db[RESULTS].count_documents({}) == 3
    shown(capsys, 0, "collect", second, "-l", launchpad, "-o", tmp_path / "collected")
    ours, theirs = (document(folder, "surface_energies") for folder in (tmp_path / "collected", finished))
    assert [row["gamma"] for row in ours] == pytest.approx([row["gamma"] for row in theirs], abs=1e-9)


def kept(folder: Path) -> str:
    """The text of a result."""
    return (folder / "result.json").read_text()


@needs_server
def test_a_job_that_failed_is_finished_by_a_result_from_elsewhere(
    launchpad: Path, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Any directory of `nzsp run` will do; damaged results in it do not count."""
    submit(finished.parent / "study.yaml", launchpad)
    with database(launchpad) as known:
        (number,) = known.launchpad.get_fw_ids({"spec.nzsp.kind": "bulk"})
        known.launchpad.mark_fizzled(known.launchpad.reserve_fw(worker_of_none(), "")[1])
        assert known.launchpad.get_fw_by_id(number).state == "FIZZLED"
    copy = Path(shutil.copytree(finished, finished.parent / "copy"))
    damaged = next(path for path in (copy / "calculations").iterdir() if '"CuAu/bulk"' not in kept(path))
    (damaged / "result.json").write_text("torn")
    assert "2 results are new to the database, 3 jobs" in shown(capsys, 0, "collect", copy, "-l", launchpad)
    assert states(launchpad, capsys) == "1 waits for others, 1 ready, 3 finished"


def worker_of_none() -> object:
    """A worker by name."""
    from fireworks import FWorker

    return FWorker("none")


@needs_server
def test_results_of_a_study_that_was_never_submitted_serve_it_once_it_is(
    launchpad: Path, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are taken in, with a word; submitting then leaves nothing to compute."""
    said = shown(capsys, 0, "collect", finished, "-l", launchpad)
    assert "3 results are new" in said
    assert "nothing is submitted" in said
    assert "submitted 0 calculations" in shown(capsys, 0, "submit", finished, "-l", launchpad, "-d", finished.parent)


def test_a_directory_keeps_its_study_profile_and_engine(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Gone on with elsewhere it computes nothing; another profile, an edited study or an empty directory is refused."""
    copy = Path(shutil.copytree(finished, tmp_path / "copy"))
    with runs_in_this_process():
        assert "0 calculations, 3 from disk" in shown(capsys, 0, "run", copy)
    assert "leave --profile and --engine out" in shown(capsys, 2, "run", copy, "--profile", "paper")
    assert "holds no study" in shown(capsys, 2, "run", tmp_path)
    assert "Missing option '-o'" in shown(capsys, 2, "run", finished.parent / "study.yaml")
    text = (copy / "study/study.yaml").read_text()
    (copy / "study/study.yaml").write_text(text.replace("vacuum: 10", "vacuum: 11"))
    assert "another study" in shown(capsys, 2, "run", copy)
    assert "vacuum: 10" in STUDY
