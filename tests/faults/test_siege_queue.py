"""The same in a queue and on a small disk: jobs cancelled, a node drained and lost, a disk that fills."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cluster import BIN, ONE_THREAD, needs_queue, needs_server, slurm_adapter
from support.damage import fill
from support.faults import SEED, tell
from support.fuzz import TIMES
from support.siege import Siege, besieged, undisturbed, until, workers
from support.slurm import node_state, slurm

NUMBER = TIMES + 1
"""Alloys of each study; three calculations each."""
pytestmark = [needs_server, pytest.mark.slow]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """The energies of a run that nothing disturbed."""
    return undisturbed(tmp_path_factory.mktemp("undisturbed"), NUMBER)


@needs_queue
@pytest.mark.parametrize("fault", ["cancelled", "drained", "lost"])
def test_a_queue(fault: str, expected: dict[str, float], launchpad: Path, tmp_path: Path) -> None:
    """A job that is cancelled, one whose node is drained, and one whose node goes down while it computes."""
    chance = random.Random(f"{fault} {SEED}")
    siege = besieged(tmp_path, launchpad, NUMBER)
    call = [f"{BIN}/qlaunch", "-s", "-l", str(launchpad), "-q", str(slurm_adapter(launchpad, tmp_path)), "singleshot"]
    with slurm(tmp_path / "slurm") as environment:
        given = environment | ONE_THREAD
        subprocess.run(call, cwd=tmp_path, env=given, check=True, timeout=120, capture_output=True)
        until(siege, chance)
        siege.look()
        befall(fault, environment)
        wait_for_the_queue(environment)
    siege.end(expected, tmp_path)
    tell(f"queue, {fault}", Counter(studies=1, calculations=siege.calculations))


def befall(fault: str, environment: dict[str, str]) -> None:
    """What an administrator or a user does; a node that was lost comes back."""
    host = subprocess.run(["sinfo", "-h", "-o", "%n"], env=environment, text=True, capture_output=True, check=True)
    node = ["scontrol", "update", f"NodeName={host.stdout.strip()}"]
    orders = {
        "cancelled": [["scancel", "--state=RUNNING"]],
        "drained": [[*node, "State=DRAIN", "Reason=test"]],
        "lost": [[*node, "State=DOWN", "Reason=test"], ["scancel", "--state=PENDING"], [*node, "State=RESUME"]],
    }[fault]
    for order in orders:
        subprocess.run(order, env=environment, check=True, timeout=60, capture_output=True)
    if fault == "drained":
        assert node_state(environment).startswith("drain")


def wait_for_the_queue(environment: dict[str, str], seconds: float = 120.0) -> None:
    """Until no job is left."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        left = subprocess.run(["squeue", "-h"], env=environment, text=True, capture_output=True, check=True)
        if not left.stdout.strip():
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
    expected: dict[str, float], launchpad: Path, small_disk: Path, tmp_path: Path
) -> None:
    """Their jobs fail; with room again, the doctor lets them run, and what was finished before is kept."""
    siege: Siege = besieged(tmp_path, launchpad, NUMBER)
    with workers(launchpad, 1) as (process,):
        until(siege, random.Random(SEED))
        fill(small_disk / "filling")
        process.wait(timeout=120)
    siege.look()
    (small_disk / "filling").unlink()
    siege.end(expected, tmp_path)
    tell("full disk", Counter(studies=1, calculations=siege.calculations))
