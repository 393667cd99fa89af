"""The queue: the job that this process belongs to, how long it may still run and on how many cores; and what waits."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass

from nzsp_surfaces.base.errors import UserError

PROCESSES = ("SLURM_NTASKS", "PBS_NP", "NSLOTS")
"""What Slurm, PBS and SGE call the number of a job's processes."""
LONGEST_RESERVE = 300.0
"""Seconds before its end in which a job begins nothing new, and asks VASP to stop after the step in flight."""


@dataclass(frozen=True, slots=True)
class WallTime:
    """The wall time of a job.

    Attributes:
        left: s until the queue ends it.
        total: s that it was given.
    """

    left: float
    total: float

    @property
    def reserve(self) -> float:
        """s at the end that are kept for stopping: a tenth of the job, at most five minutes."""
        return min(LONGEST_RESERVE, self.total / 10)

    @property
    def over(self) -> bool:
        """Whether so little time is left that nothing new should begin."""
        return self.left < self.reserve


def wall_time(environment: Mapping[str, str] | None = None) -> WallTime | None:
    """The wall time of this job; None where nobody gave one.

    Slurm is asked; PBS says it in PBS_WALLTIME; elsewhere NZSP_WALLTIME may say it, in seconds, counted from
    NZSP_JOB_START, seconds since the epoch, or from the start of this process.

    Raises:
        UserError: NZSP_WALLTIME is no number.
    """
    given = os.environ if environment is None else environment
    for name in ("NZSP_WALLTIME", "PBS_WALLTIME"):
        if name in given:
            total = _number(name, given[name])
            return WallTime(total - _age(given), total)
    return _slurm(given) if "SLURM_JOB_ID" in given else None


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores of a job.

    Attributes:
        total: processes, one on each core.
        node: of them on one node; None where the queue does not say it.
    """

    total: int
    node: int | None = None


def job_cores(environment: Mapping[str, str] | None = None) -> Cores | None:
    """The cores of this job; None outside of a queue."""
    given = os.environ if environment is None else environment
    total = next((int(given[name]) for name in PROCESSES if given.get(name, "").isdigit()), None)
    node = given.get("SLURM_NTASKS_PER_NODE", "")
    return Cores(total, int(node) if node.isdigit() else None) if total else None


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(f"{name}: '{text}' is no number of seconds; correct it in the environment") from None


def _age(given: Mapping[str, str]) -> float:
    """s since NZSP_JOB_START, an epoch, or that this process has run; a job's first process is as old as the job."""
    if "NZSP_JOB_START" in given:
        return time.time() - _number("NZSP_JOB_START", given["NZSP_JOB_START"])
    call = ["ps", "-o", "etimes=", "-p", str(os.getpid())]
    try:
        said = subprocess.run(call, check=False, capture_output=True, text=True).stdout.strip()
    except OSError:
        said = ""
    return float(said) if said.isdigit() else time.process_time()


def _slurm(given: Mapping[str, str]) -> WallTime | None:
    """From the job's environment, where newer versions say it; else squeue is asked."""
    start, end = (given.get(f"SLURM_JOB_{name}_TIME", "") for name in ("START", "END"))
    if start.isdigit() and end.isdigit():
        return WallTime(float(end) - time.time(), float(end) - float(start))
    said = _squeue("--jobs", given["SLURM_JOB_ID"], "--format", "%L %l")
    times = [slurm_seconds(word) for word in (said or ())[:2]]
    return WallTime(times[0], times[1]) if len(times) == 2 and None not in times else None  # type: ignore[arg-type]


def queued() -> frozenset[str] | None:
    """Numbers of the jobs that Slurm holds or runs; None where it cannot be asked."""
    said = _squeue("--format", "%A")
    return None if said is None else frozenset(said)


def _squeue(*asked: str) -> list[str] | None:
    """The words of Slurm's answer; None where there is none."""
    try:
        done = subprocess.run(["squeue", "--noheader", *asked], check=False, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.split() if done.returncode == 0 else None


def slurm_seconds(text: str) -> float | None:
    """s of Slurm's [days-][[hours:]minutes:]seconds; None for UNLIMITED and the like."""
    found = re.fullmatch(r"(?:(\d+)-)?(?:(?:(\d+):)?(\d+):)?(\d+)", text)
    if found is None:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return 86400 * days + 3600 * hours + 60 * minutes + seconds
