"""Runs and workers struck at random moments: the study ends, with the same energies, and repeats nothing finished."""

from __future__ import annotations

import os
import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from nzsp_surfaces.cli.main import main
from support.alloy import write
from support.cluster import BIN, ONE_THREAD, needs_server, nzsp, submit, worker
from support.faults import GROUP, SEED, SIGNALS, command, gammas, hurt, struck, tell, whole_results
from support.fuzz import TIMES
from support.in_process import runs_in_this_process

DAMAGE = 0.4
"""How often a file is damaged after a stroke."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """The energies of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with runs_in_this_process():
        assert main(["run", str(write(folder)), "-o", str(folder / "results")]) == 0
    return gammas(folder / "results")


@pytest.mark.parametrize("number", range(TIMES))
def test_a_run_struck_again_and_again(number: int, undisturbed: dict[str, float], tmp_path: Path) -> None:
    """Signals at random moments, damage between them; then it ends as if nothing had been."""
    chance, figures = random.Random(f"{SEED} {number}"), Counter({"series": 1})
    study, results = write(tmp_path / "study"), tmp_path / "results"
    kept: dict[Path, int] = {}
    for how in chance.sample(SIGNALS, 3):
        figures[how] += struck(command(study, results), results, how, chance)
        figures["finished repeated"] += changed(kept)
        kept = whole_results(results)
        damaged = hurt(results, chance) if chance.random() < DAMAGE else None
        figures["files damaged"] += damaged is not None
        if damaged == "result.json":
            kept = {}
    done = subprocess.run(command(study, results), capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    figures["finished repeated"] += changed(kept)
    assert figures["finished repeated"] == 0
    assert gammas(results) == pytest.approx(undisturbed, abs=1e-9)
    tell("run", figures)


def changed(kept: dict[Path, int]) -> int:
    """How many results were written again."""
    return sum(not path.exists() or path.stat().st_mtime_ns != time for path, time in kept.items())


@needs_server
@pytest.mark.parametrize("number", range(max(1, TIMES // 4)))
def test_workers_struck_again_and_again(
    number: int, undisturbed: dict[str, float], launchpad: Path, tmp_path: Path
) -> None:
    """`nzsp doctor --fix` after each stroke, twice at once; then a worker and `collect` give the same energies."""
    chance, figures = random.Random(f"workers {SEED} {number}"), Counter({"series": 1})
    study, work = write(tmp_path / "study"), tmp_path / "study" / "work"
    submit(study, launchpad)
    impatient = tmp_path / "FW_config.yaml"
    impatient.write_text("RUN_EXPIRATION_SECS: 0\n")
    call = [f"{BIN}/rlaunch", "-s", "-l", str(launchpad), "rapidfire", "--nlaunches", "0", "--sleep", "1"]
    kept: dict[Path, int] = {}
    for how in chance.choices((GROUP, "SIGTERM", "SIGSTOP"), k=2):
        figures[how] += struck(call, work, how, chance, tmp_path)
        figures["finished repeated"] += changed(kept)
        kept = whole_results(work)
        doctors = [doctor(launchpad, impatient) for _ in range(2)]
        assert [each.wait(timeout=120) for each in doctors] == [0, 0]
        figures["doctors"] += 2
    assert worker(launchpad).wait(timeout=180) == 0
    figures["finished repeated"] += changed(kept)
    assert figures["finished repeated"] == 0
    done = nzsp("collect", study, "-l", launchpad, "-o", tmp_path / "collected")
    assert "3 of 3 calculations are finished" in done.stdout, done.stderr
    assert gammas(tmp_path / "collected") == pytest.approx(undisturbed, abs=1e-9)
    tell("workers", figures)


def doctor(launchpad: Path, config: Path) -> subprocess.Popen[bytes]:
    """`nzsp doctor --fix`, for which a worker is lost as soon as it is silent."""
    environment = os.environ | ONE_THREAD | {"FW_CONFIG_FILE": str(config)}
    return subprocess.Popen([f"{BIN}/nzsp", "doctor", "-l", str(launchpad), "--fix"], env=environment)


def test_two_runs_into_one_folder(undisturbed: dict[str, float], tmp_path: Path) -> None:
    """One works, the other is refused in a line, and a doctor beside them touches nothing."""
    study, results = write(tmp_path / "study"), tmp_path / "results"
    both = [
        subprocess.Popen(command(study, results), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=180)[1] for process in both]
    assert sorted(process.returncode for process in both) in ([0, 2], [0, 0])  # the first may end before the other
    assert all(not text or "another run works" in text for text in said), said
    assert gammas(results) == pytest.approx(undisturbed, abs=1e-9)
    assert main(["doctor", str(results)]) == 0
