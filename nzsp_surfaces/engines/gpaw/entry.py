"""GPAW's entry in the registry, and GPAW as a study chooses it."""

from __future__ import annotations

import importlib.util
import shlex
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.engines.base import ChosenEngine
from nzsp_surfaces.engines.entry import EngineEntry, EngineKeys
from nzsp_surfaces.engines.gpaw.settings import GpawSettings, read_settings
from nzsp_surfaces.engines.program import ChosenProgram, ProgramEntry, found

if TYPE_CHECKING:
    from nzsp_surfaces.engines.gpaw.calculator import GpawCalculator

MODULES = ("gpaw", "gpaw_data")


@dataclass(frozen=True, kw_only=True)
class GpawEntry(ProgramEntry):
    """The entry for GPAW, a Python package that is compiled on installing."""

    def choose(self, keys: EngineKeys, where: str) -> ChosenEngine:
        """GPAW with the settings of a folder, where one is given, else with the defaults.

        Raises:
            UserError: the settings file is at fault.
        """
        return ChosenGpaw(self, read_settings(keys.settings))

    @property
    def missing(self) -> tuple[str, ...]:
        """GPAW and its potentials, where this Python does not have them; another's are not looked at."""
        command = self.command({})
        if command != self.default:
            return () if found(command) else (command,)
        return tuple(module for module in MODULES if importlib.util.find_spec(module) is None)

    @property
    def version(self) -> str | None:
        """Of GPAW in this Python, or in the one that a command names; None where it is not installed."""
        command = self.command({})
        return EngineEntry.version.fget(self) if command == self.default else _version(command)  # type: ignore[attr-defined]

    @property
    def install(self) -> str:
        """The commands for Debian and Ubuntu; GPAW is C++ since version 26, and says so to nobody."""
        return "apt-get install libxc-dev libopenblas-dev libopenmpi-dev; CC=g++ pip install gpaw gpaw-data"

    def told(self, content: Mapping[str, Any], elements: Collection[str]) -> tuple[str, ...]:
        """See `EngineEntry.told`."""
        return GpawSettings(**content.get("settings", {})).words


ENTRY = GpawEntry(
    name="gpaw",
    model="PBE, PAW",
    about="density functional theory in plane waves, free, near to VASP; NZSP_GPAW_CMD: mpiexec -n 4 gpaw python",
    package="gpaw",
    extra="gpaw",
    default=shlex.quote(sys.executable),
    references=("mortensen2024gpaw", "bloechl1994paw"),
)
ENTRIES = (ENTRY,)


@dataclass(frozen=True)
class ChosenGpaw(ChosenProgram):
    """GPAW as a study chooses it."""

    settings: GpawSettings

    def check(self, elements: Collection[str], where: str) -> None:
        """Look whether GPAW is installed and has potentials of all elements.

        Raises:
            UserError: something is missing.
        """
        from nzsp_surfaces.engines.gpaw.data import check_elements

        self.entry.check_installed(where)
        check_elements(elements, where)

    def calculator(self, command: str) -> GpawCalculator:
        """ASE's calculator of GPAW."""
        from nzsp_surfaces.engines.gpaw.calculator import GpawCalculator

        return GpawCalculator(self.settings, command, Path())


@cache
def _version(command: str) -> str | None:
    """What another Python says; every process that the command starts says it."""
    if not found(command):
        return None
    asked = [*shlex.split(command), "-c", "import gpaw; print('gpaw', gpaw.__version__)"]
    told = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False).stdout.split()
    return told[told.index("gpaw") + 1] if "gpaw" in told else None
