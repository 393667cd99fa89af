"""What FireWorks has no public way to: end `rlaunch` from a Firetask, forget launches, `lpad refresh`; for 2.1."""

from __future__ import annotations

from typing import Any


def take_nothing_more(worker: Any) -> None:
    """Let the worker that carries a Firetask out find no further Firework.

    Args:
        worker: FireWorks' FWorker, which rapidfire asks for its query before each launch.
    """
    worker._query = {"fw_id": -1}


def refresh(launchpad: Any, number: int) -> None:
    """Work the state of a Firework, and of those that wait for it, out again from its launches.

    Args:
        launchpad: FireWorks' own.
        number: of the Firework.
    """
    launchpad._refresh_wf(number)


def forget_earlier_launches(launchpad: Any) -> None:
    """Drop what a launchpad keeps of every launch that it began, but of the last: it restores no other.

    1.5 kB each, which grow for as long as a worker lives.

    Args:
        launchpad: FireWorks' own, of the worker that carries a Firetask out.
    """
    kept = launchpad.backup_launch_data
    for number in list(kept)[:-1]:
        del kept[number]
