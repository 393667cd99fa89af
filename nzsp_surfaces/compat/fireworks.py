"""What FireWorks has no public way to: end `rlaunch` from a Firetask, and `lpad refresh`; made for version 2.1."""

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
