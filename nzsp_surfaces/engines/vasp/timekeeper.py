"""A handler for custodian that asks VASP to stop before the queue ends the job."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from custodian.custodian import ErrorHandler

STEPS = 3
"""Number of ionic steps that should fit into the time that is left, or no further one begins."""
WORDS = ("", "LSTOP = .TRUE.\n", "LABORT = .TRUE.\n", "LABORT = .TRUE.\n")
"""Words of STOPCAR by stage: nothing, end after the ionic step, end after the electronic step; then VASP is ended."""


class Timekeeper(ErrorHandler):
    """Stops VASP while there is time for what follows it: gently, at once, by force.

    Custodian's own handler reads all of OUTCAR at each look and does nothing where it cannot; this one counts the steps
    of OSZICAR.

    Args:
        end: of the job, s since the epoch.
        reserve: s at its end that are kept; VASP may use the first half to end its ionic step, and a fifth is ours.
        began: when VASP was started, s since the epoch.
    """

    is_monitor = True
    is_terminating = False
    raises_runtime_error = False

    def __init__(self, end: float, reserve: float, began: float) -> None:
        self.end, self.reserve, self.began = end, reserve, began
        self._stage = self._steps = 0

    def check(self, directory: str = "./") -> bool:
        """Whether VASP is to be told something new."""
        stage = self.stage(time.time(), _ionic_steps(Path(directory) / "OSZICAR"))
        told, self._stage = self._stage, max(stage, self._stage)
        self.is_terminating = self._stage == len(WORDS) - 1
        return self._stage > told

    def stage(self, now: float, steps: int) -> int:
        """Which of WORDS it is time for, after so many ionic steps."""
        if steps < self._steps:  # VASP was started again with a correction
            self.began = now
        self._steps = steps
        step = (now - self.began) / steps if steps else 0.0
        left = self.end - now
        limits = (max(self.reserve, STEPS * step), self.reserve / 2, self.reserve / 5)
        return sum(left < limit for limit in limits)

    def correct(self, directory: str = "./") -> dict[str, Any]:
        """Tell VASP through STOPCAR; custodian ends it where that did not help."""
        (Path(directory) / "STOPCAR").write_text(WORDS[self._stage])
        return {"errors": ["the wall time is near"], "actions": None}


def _ionic_steps(oszicar: Path) -> int:
    """Lines with the energy of an ionic step."""
    try:
        return oszicar.read_bytes().count(b" F= ")
    except OSError:
        return 0
