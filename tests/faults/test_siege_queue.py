"""The same in a queue and on a small disk: jobs cancelled, a node drained and lost, a disk that fills."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.cluster import BIN, ONE_THREAD, needs_queue, needs_server, slurm_adapter
from support.damage import fill
from support.siege import NUMBER, Siege, besieged, until, workers
from support.slurm import node_state, slurm

pytestmark = [needs_server, pytest.mark.slow]
Told = Callable[[Siege], None]


@needs_queue
@pytest.mark.parametrize("fault", ["cancelled", "drained", "lost", "out of time"])
def test_a_queue(
    fault: str, expected: dict[str, float], launchpad: Path, tmp_path: Path, chance: random.Random, told: Told
) -> None:
    """A job that is cancelled or out of its wall time, or whose node is drained or goes down while it computes."""
    siege = besieged(tmp_path, launchpad, NUMBER)
    with slurm(tmp_path / "slurm") as environment:
        launch(fault, launchpad, tmp_path, environment | ONE_THREAD)
        until(siege, chance)
        siege.look()
        befall(fault, environment)
        wait_for_the_queue(environment)
        assert fault != "out of time" or "TIMEOUT" in asked(["scontrol", "show", "job"], environment)
    siege.end(expected, tmp_path)
    told(siege)


def launch(fault: str, launchpad: Path, folder: Path, environment: dict[str, str]) -> None:
    """A queue job; the one that is to run out of time would wait for ever for more to do."""
    launches = "infinite" if fault == "out of time" else "0"
    adapter = slurm_adapter(launchpad, folder, f"rapidfire --nlaunches {launches} --sleep 1")
    call = [f"{BIN}/qlaunch", "-s", "-l", str(launchpad), "-q", str(adapter), "singleshot"]
    subprocess.run(call, cwd=folder, env=environment, check=True, timeout=120, capture_output=True)


def asked(call: list[str], environment: dict[str, str]) -> str:
    """What a program of Slurm answers."""
    return subprocess.run(call, env=environment, text=True, capture_output=True, check=True, timeout=60).stdout.strip()


def befall(fault: str, environment: dict[str, str]) -> None:
    """What an administrator, a user or the clock does; a node that was lost comes back by itself."""
    node = ["scontrol", "update", f"NodeName={asked(['sinfo', '-h', '-o', '%n'], environment)}"]
    job = ["scontrol", "update", f"JobId={asked(['squeue', '-h', '-o', '%i'], environment)}"]
    orders = {
        "cancelled": [["scancel", "--state=RUNNING"]],
        "drained": [[*node, "State=DRAIN", "Reason=test"]],
        "lost": [[*node, "State=DOWN", "Reason=test"], ["scancel", "--state=PENDING"]],
        "out of time": [[*job, "EndTime=now+1"]],  # Slurm looks twice a minute
    }[fault]
    for order in orders:
        asked(order, environment)
    if fault == "drained":
        assert node_state(environment).startswith("drain")


def wait_for_the_queue(environment: dict[str, str], seconds: float = 120.0) -> None:
    """Until no job is left."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not asked(["squeue", "-h"], environment):
            return
        time.sleep(0.2)
    raise TimeoutError("jobs are left in the queue")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB at the place of the calculations."""
    folder = tmp_path / "study" / "work"
    folder.mkdir(parents=True)
    call = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(call, capture_output=True).returncode:
        pytest.skip("no right to mount a file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_fills_while_workers_compute(
    expected: dict[str, float],
    launchpad: Path,
    small_disk: Path,
    tmp_path: Path,
    chance: random.Random,
    told: Told,
) -> None:
    """Their jobs fail; with room again, the doctor lets them run, and what was finished before is kept."""
    siege = besieged(tmp_path, launchpad, NUMBER)
    with workers(launchpad, 1) as (process,):
        until(siege, chance)
        fill(small_disk / "filling")
        process.wait(timeout=120)
    siege.look()
    (small_disk / "filling").unlink()
    siege.end(expected, tmp_path)
    told(siege)
