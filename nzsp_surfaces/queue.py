"""What the queue of this machine knows; the database only knows what was once handed to it."""

from __future__ import annotations

import shutil
import subprocess


def queued() -> frozenset[str] | None:
    """Numbers of the jobs that Slurm holds or runs; None where it cannot be asked."""
    if shutil.which("squeue") is None:
        return None
    call = ["squeue", "--noheader", "--format", "%A"]
    try:
        done = subprocess.run(call, check=False, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return frozenset(done.stdout.split()) if done.returncode == 0 else None
