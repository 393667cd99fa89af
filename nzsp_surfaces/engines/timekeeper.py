"""A handler for custodian that asks VASP to stop before the queue ends the job."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from custodian.custodian import ErrorHandler

STEPS = 3
"""So many ionic steps should fit into the time that is left, or no further one begins."""


class Timekeeper(ErrorHandler):
    """Writes STOPCAR while there is time for the ionic step in flight and for what follows VASP.

    Custodian's own handler reads all of OUTCAR at each look and does nothing where it cannot; this one counts the steps
    of OSZICAR.

    Args:
        end: of the job, s since the epoch.
        reserve: s at its end that are kept.
        began: when VASP was started, s since the epoch.
    """

    is_monitor = True
    is_terminating = False
    raises_runtime_error = False

    def __init__(self, end: float, reserve: float, began: float) -> None:
        self.end, self.reserve, self.began = end, reserve, began
        self._asked = False

    def check(self, directory: str = "./") -> bool:
        """Whether VASP is to stop now; once is enough."""
        now, steps = time.time(), _ionic_steps(Path(directory) / "OSZICAR")
        step = (now - self.began) / steps if steps else 0.0
        return not self._asked and self.end - now < max(self.reserve, STEPS * step)

    def correct(self, directory: str = "./") -> dict[str, Any]:
        """Ask for an end after the ionic step in flight."""
        self._asked = True
        (Path(directory) / "STOPCAR").write_text("LSTOP = .TRUE.\n")
        return {"errors": ["the wall time is near"], "actions": None}


def _ionic_steps(oszicar: Path) -> int:
    """Lines with the energy of an ionic step."""
    try:
        return oszicar.read_bytes().count(b" F= ")
    except OSError:
        return 0
