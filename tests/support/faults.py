"""Faults at random moments, the same ones for the same seed as far as a machine's clock allows."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from nzsp_surfaces.base.errors import Damaged
from nzsp_surfaces.runs.store import RESULT, read_result
from support.alloy import document, recorded
from support.damage import damages

SEED = int(os.environ.get("NZSP_FAULTS_SEED", "1"))
FIGURES = os.environ.get("NZSP_FAULTS_FIGURES")
"""File to which figures are appended, a JSON document a line."""
GROUP, ALONE, POOL = "SIGKILL of all", "SIGKILL of the runner", "SIGKILL of a pool worker"
SIGNALS = (GROUP, ALONE, POOL, "SIGTERM", "SIGINT", "SIGSTOP")
PATIENCE = 180


def command(study: Path, results: Path) -> list[str]:
    """`nzsp run` in a process of its own."""
    return [sys.executable, "-m", "nzsp_surfaces", "run", str(study), "-o", str(results), "--workers", "1"]


def struck(call: list[str], work: Path, how: str, chance: random.Random, cwd: Path | None = None) -> bool:
    """Start something, strike it at a random moment, wait for its end; whether it was still running."""
    process = subprocess.Popen(
        call, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    _wait(process, work, chance)
    running = process.poll() is None
    if running:
        _strike(process, how)
    _end(process)
    return running


def _wait(process: subprocess.Popen[bytes], work: Path, chance: random.Random) -> None:
    """For a moment of its start, or until so many bytes more are on record."""
    until = time.monotonic() + chance.uniform(0.3, 8.0)
    bytes_more = recorded(work) + chance.choice((10**9, 300, 3000, 9000))
    while process.poll() is None and time.monotonic() < until and recorded(work) < bytes_more:
        time.sleep(0.002)


def _strike(process: subprocess.Popen[bytes], how: str) -> None:
    if how == ALONE:
        process.kill()
    elif how == POOL:
        for child in _children(process.pid):
            _send(child, signal.SIGKILL)
    elif how == "SIGSTOP":
        os.killpg(process.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGKILL)
    else:
        os.killpg(process.pid, signal.SIGKILL if how == GROUP else getattr(signal, how))


def _children(number: int) -> list[int]:
    path = Path(f"/proc/{number}/task/{number}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def _send(number: int, what: signal.Signals) -> None:
    try:
        os.kill(number, what)
    except ProcessLookupError:
        return


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait; pool workers that outlive their runner leave by themselves, within a moment."""
    process.wait(timeout=PATIENCE)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise TimeoutError("a worker outlives its runner")


def hurt(results: Path, chance: random.Random) -> str | None:
    """Damage a file below the calculations that has something to lose; what was done, None where there is none."""
    files = sorted(path for path in results.glob("calculations/*/*") if path.stat().st_size > 1)
    if not files:
        return None
    path = chance.choice(files)
    how, content = chance.choice(list(damages(path.read_bytes(), chance.randrange(1000))))
    if how == "no check":  # an intact document of an earlier version
        return None
    path.write_bytes(content)
    return path.name


def whole_results(results: Path) -> dict[Path, int]:
    """Results that lie there undamaged, with the times at which they were written."""
    return {path: path.stat().st_mtime_ns for path in results.glob(f"calculations/*/{RESULT}") if _is_whole(path)}


def _is_whole(path: Path) -> bool:
    try:
        return read_result(path) is not None
    except Damaged:
        return False


def gammas(folder: Path) -> dict[str, float]:
    """Surface energies of a results directory."""
    return {row["id"]: row["gamma"] for row in document(folder, "surface_energies")}


def tell(name: str, figures: Counter[str]) -> None:
    """Append the figures of a test."""
    if FIGURES:
        with Path(FIGURES).open("a") as file:
            file.write(json.dumps({"test": name, **figures}) + "\n")
