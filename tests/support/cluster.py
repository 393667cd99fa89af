"""What the tests of the cluster path share: where the programs lie, who is there to be asked, workers, what is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from nzsp_surfaces.cli.main import main
from support import server
from support.alloy import recorded
from support.slurm import missing_programs

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / "workflows"
STRUCTURES = ROOT / "inputs/structures"
needs_server = pytest.mark.skipif(server.why_none() is not None, reason=server.why_none() or "")
needs_queue = pytest.mark.skipif(
    bool(missing_programs()) or os.geteuid() != 0, reason="no queue: apt-get install slurm-wlm munge, as root"
)
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
needs_installed = pytest.mark.skipif(
    not (server.INSTALLED / "INSTALLED").exists(), reason="TLS: run tests/support/install_server.sh .cache/server"
)


def submit(study: Path, launchpad: Path) -> None:
    """`nzsp submit`; checkpoints beside the study."""
    assert main(["submit", str(study), "-l", str(launchpad), "-d", str(study.parent / "work")]) == 0


def worker(launchpad: Path, **environment: str) -> subprocess.Popen[str]:
    """`rlaunch rapidfire` until nothing is ready."""
    call = [f"{BIN}/rlaunch", "-s", "-l", str(launchpad), "rapidfire", "--nlaunches", "0", "--sleep", "1"]
    return subprocess.Popen(
        call,
        cwd=launchpad.parent,
        env=os.environ | ONE_THREAD | environment,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def reserve(launchpad: Path, folder: Path, environment: dict[str, str]) -> None:
    """A job reserved by `qlaunch -r` for a queue job that waits, since its partition is down."""
    adapter = slurm_adapter(launchpad, folder, "singleshot")
    call = [f"{BIN}/qlaunch", "-s", "-r", "-l", str(launchpad), "-q", str(adapter), "singleshot"]
    subprocess.run(["scontrol", "update", "PartitionName=main", "State=DOWN"], check=True)
    subprocess.run(call, cwd=folder, env=environment | ONE_THREAD, check=True, timeout=60, capture_output=True)


def slurm_adapter(launchpad: Path, folder: Path, mode: str = "rapidfire --nlaunches 0 --sleep 1") -> Path:
    """workflows/slurm.yaml with a launchpad of our own."""
    adapter = yaml.safe_load((WORKFLOWS / "slurm.yaml").read_text())
    launch = f"{BIN}/rlaunch -l {launchpad} {mode}"
    (folder / "slurm.yaml").write_text(yaml.safe_dump(adapter | {"rocket_launch": launch, "walltime": "00:05:00"}))
    return folder / "slurm.yaml"


def states(launchpad: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The last line of `nzsp status`."""
    capsys.readouterr()
    assert main(["status", "-l", str(launchpad)]) == 0
    return capsys.readouterr().out.strip().splitlines()[-1]


def energies(folder: Path) -> list[tuple[str, float]]:
    """Surface energies of a results directory."""
    return [(row["id"], row["gamma"]) for row in json.loads((folder / "surface_energies.json").read_text())]


def nzsp(*call: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, which reads FireWorks' settings anew."""
    command = [f"{BIN}/nzsp", *map(str, call)]
    return subprocess.run(
        command, env=os.environ | ONE_THREAD | environment, capture_output=True, text=True, timeout=120
    )


def killed_while_relaxing(launchpad: Path, work: Path, environment: dict[str, str] | None = None) -> None:
    """Start rlaunch and kill it when a task has evaluations on record."""
    call = [f"{BIN}/rlaunch", "-s", "-l", str(launchpad), "rapidfire", "--nlaunches", "0", "--sleep", "1"]
    process = subprocess.Popen(
        call,
        cwd=launchpad.parent,
        env=os.environ | ONE_THREAD | (environment or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end and recorded(work) < 900:
        time.sleep(0.002)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
