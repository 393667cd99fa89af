"""FireWorks has no public way to end `rlaunch rapidfire` from within a Firetask; made for version 2.1."""

from __future__ import annotations

from typing import Any


def take_nothing_more(worker: Any) -> None:
    """Let the worker that carries a Firetask out find no further Firework.

    Args:
        worker: FireWorks' FWorker, which rapidfire asks for its query before each launch.
    """
    worker._query = {"fw_id": -1}
