"""How many calculations a worker of FireWorks does in an hour, and how its memory grows over them."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.launchpad import tests_server
from benchmarks.load import computed

if TYPE_CHECKING:
    import subprocess

ALLOYS = int(os.environ.get("NZSP_LOAD_ALLOYS", "100"))
"""Three calculations of EMT each, which take moments."""
EVERY = 30
"""Calculations between two lines."""


def main() -> None:
    """Print, as one worker goes through a study: results, s, s of a core of worker and server, MB of the worker."""
    server = tests_server("1g")
    if server is None:
        return
    from support.cluster import worker
    from support.siege import besieged

    with tempfile.TemporaryDirectory() as name, server.running(Path(name)) as (process, address):
        launchpad = server.launchpad_file(Path(name), address)
        siege = besieged(Path(name), launchpad, ALLOYS)
        began, running = time.monotonic(), worker(launchpad)
        print("calculations | s | s of a core, worker | server | MB of the worker", flush=True)
        for wanted in range(EVERY, siege.calculations + 1, EVERY):
            if not _wait_for(wanted, siege.work, running):
                break
            cores = f"{computed(running.pid):.1f} | {computed(process.pid):.1f}"
            print(f"{wanted} | {time.monotonic() - began:.0f} | {cores} | {_resident(running.pid):.0f}", flush=True)
        running.terminate()
        running.wait()


def _wait_for(number: int, work: Path, running: subprocess.Popen[str]) -> bool:
    """Until so many results lie there; False where the worker ends before."""
    while len(list(work.glob("calculations/*/result.json"))) < number:
        if running.poll() is not None:
            return False
        time.sleep(0.1)
    return running.poll() is None


def _resident(process: int) -> float:
    """MB of memory that a process holds."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    main()
