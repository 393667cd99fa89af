"""CP2K's entry in the registry, and CP2K as a study chooses it."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.engines.base import ChosenEngine
from nzsp_surfaces.engines.cp2k.settings import Cp2kSettings, read_settings
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.program import ChosenProgram, ProgramEntry, found

if TYPE_CHECKING:
    from nzsp_surfaces.engines.cp2k.calculator import Cp2kCalculator


@dataclass(frozen=True, kw_only=True)
class Cp2kEntry(ProgramEntry):
    """The entry for CP2K, a program of Linux distributions."""

    def choose(self, keys: EngineKeys, where: str) -> ChosenEngine:
        """CP2K with the settings of a folder, where one is given, else with the defaults.

        Raises:
            UserError: the settings file is at fault.
        """
        return ChosenCp2k(self, read_settings(keys.settings))

    @property
    def install(self) -> str:
        """The command for Debian and Ubuntu; the library of linear algebra that comes without saying is slow."""
        return "apt-get install cp2k cp2k-data libopenblas0-openmp"

    @property
    def version(self) -> str | None:
        """What the program says of itself; None where it is not installed."""
        return _version(self.command({}))

    def told(self, content: Mapping[str, Any], elements: Collection[str]) -> tuple[str, ...]:
        """See `EngineEntry.told`."""
        return Cp2kSettings(**content.get("settings", {})).words


ENTRY = Cp2kEntry(
    name="cp2k",
    model="PBE, GTH",
    about="density functional theory in Gaussians and plane waves, free; closed shells; NZSP_CP2K_CMD starts it",
    default="cp2k_shell.psmp",
    references=("kuehne2020cp2k", "goedecker1996gth", "vandevondele2007molopt"),
)
ENTRIES = (ENTRY,)


@dataclass(frozen=True)
class ChosenCp2k(ChosenProgram):
    """CP2K as a study chooses it."""

    settings: Cp2kSettings

    def check(self, elements: Collection[str], where: str) -> None:
        """Look whether the program is installed and has basis and potential of all elements.

        Raises:
            UserError: something is missing.
        """
        from nzsp_surfaces.engines.cp2k.data import valences

        self.entry.check_installed(where)
        valences(elements, self.settings, where)

    def calculator(self, command: str) -> Cp2kCalculator:
        """ASE's calculator of CP2K."""
        from nzsp_surfaces.engines.cp2k.calculator import Cp2kCalculator

        return Cp2kCalculator(self.settings, command, Path())


@cache
def _version(command: str) -> str | None:
    """CP2K tells its version in the first line, whatever else the command says."""
    if not found(command):
        return None
    run = subprocess.run([*shlex.split(command), "--version"], capture_output=True, text=True, timeout=60, check=False)
    told = re.search(r"CP2K version (\S+)", run.stdout)
    return told[1] if told else "unknown"
