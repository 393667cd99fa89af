"""A time of day that jumps while processes run, for them alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_suffix(".c")
needs_compiler = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="no jumping clock: cc on Linux"
)


@dataclass(frozen=True)
class Clock:
    """The time of day of the processes that are given its environment.

    Attributes:
        folder: for its two files.
    """

    folder: Path

    def __post_init__(self) -> None:
        self.jump(0)
        call = ["cc", "-shared", "-fPIC", "-O1", "-o", str(self._library), str(SOURCE), "-ldl"]
        subprocess.run(call, check=True, timeout=60)

    @property
    def _library(self) -> Path:
        return self.folder / "clock.so"

    @property
    def _ahead(self) -> Path:
        return self.folder / "clock.ahead"

    @property
    def environment(self) -> dict[str, str]:
        """Of a process that is to go by this clock."""
        return {"LD_PRELOAD": str(self._library), "NZSP_CLOCK": str(self._ahead)}

    def jump(self, days: int) -> None:
        """From now on it is ahead by so many days, at once."""
        new = self._ahead.with_suffix(".new")
        new.write_text(str(days * 86400))
        new.replace(self._ahead)
