"""How the memory of a worker of FireWorks grows over its calculations, and how many some workers do in an hour."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.launchpad import tests_server
from benchmarks.load import computed

if TYPE_CHECKING:
    import subprocess

ALLOYS = int(os.environ.get("NZSP_LOAD_ALLOYS", "100"))
"""Three calculations of EMT each, which take moments."""
FEWER = int(os.environ.get("NZSP_LOAD_FEWER", "20"))
"""Alloys for each number of workers."""
WORKERS = (1, 2, 4)
EVERY = 30
"""Calculations between two lines."""


def main() -> None:
    """The two tables."""
    server = tests_server("1g")
    if server is None:
        return
    with tempfile.TemporaryDirectory() as name, server.running(Path(name)) as (process, address):
        _memory(_besieged(server, Path(name) / "memory", address, ALLOYS), process.pid)
        print("workers | calculations | s | an hour | s of a core a calculation, workers | server", flush=True)
        for number in WORKERS:
            _throughput(_besieged(server, Path(name) / str(number), address, FEWER), process.pid, number)


def _besieged(server: Any, folder: Path, address: dict[str, Any], alloys: int) -> Any:
    """A study that is submitted to a database of its own."""
    from support.siege import besieged

    folder.mkdir()
    return besieged(folder, server.launchpad_file(folder, address), alloys)


def _memory(siege: Any, server: int) -> None:
    """Print, as one worker goes through a study: results, s, s of a core of worker and server, MB of the worker."""
    from support.siege import workers

    print("calculations | s | s of a core, worker | server | MB of the worker", flush=True)
    with workers(siege.launchpad, 1) as (running,):
        began, before = time.monotonic(), computed(server)
        for wanted in range(EVERY, siege.calculations + 1, EVERY):
            if not _wait_for(wanted, siege.work, running):
                break
            cores = f"{computed(running.pid):.1f} | {computed(server) - before:.1f}"
            print(f"{wanted} | {time.monotonic() - began:.0f} | {cores} | {_resident(running.pid):.0f}", flush=True)


def _throughput(siege: Any, server: int, number: int) -> None:
    """Print what so many workers need for a study; the start of each, which loads the libraries, is a part of it."""
    from support.siege import workers

    began, before, children = time.monotonic(), computed(server), _of_children()
    with workers(siege.launchpad, number) as running:
        for process in running:
            process.wait()
    seconds, done = time.monotonic() - began, siege.results()
    each = f"{(_of_children() - children) / done:.2f} | {(computed(server) - before) / done:.2f}"
    print(f"{number} | {done} | {seconds:.0f} | {3600 * done / seconds:.0f} | {each}", flush=True)


def _of_children() -> float:
    """Seconds of a core of the processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
