"""CP2K's entry in the registry, and CP2K as a study chooses it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.base import Ask, ChosenEngine
from nzsp_surfaces.engines.cp2k.settings import Cp2kSettings, read_settings
from nzsp_surfaces.engines.entry import EngineEntry, EngineKeys

if TYPE_CHECKING:
    from nzsp_surfaces.engines.cp2k.engine import Cp2kEngine

PROGRAM = "cp2k_shell.psmp"
"""What is started where neither the worker's cp2k_cmd nor NZSP_CP2K_CMD names a command."""


@dataclass(frozen=True, kw_only=True)
class Cp2kEntry(EngineEntry):
    """The entry for CP2K, a program of Linux distributions."""

    def choose(self, keys: EngineKeys, where: str) -> ChosenEngine:
        """CP2K with the settings of a folder, where one is given, else with the defaults.

        Raises:
            UserError: the settings file is at fault.
        """
        return ChosenCp2k(self, read_settings(keys.settings))

    def device(self) -> str:
        """The processor; builds for graphics processors tell it to nobody."""
        return "cpu"

    @property
    def missing(self) -> tuple[str, ...]:
        """The program, where it is not installed."""
        return () if _found(_command({})) else (_command({}),)

    @property
    def install(self) -> str:
        """The command for Debian and Ubuntu; the library of linear algebra that comes without saying is slow."""
        return "apt-get install cp2k cp2k-data libopenblas0-openmp"

    @property
    def version(self) -> str | None:
        """What the program says of itself; None where it is not installed."""
        return _version(_command({}))


ENTRY = Cp2kEntry(
    name="cp2k",
    model="PBE, GTH",
    about="density functional theory in Gaussians and plane waves, free; closed shells; NZSP_CP2K_CMD starts it",
    is_dft=True,
    keys=("settings", "surrogate"),
)
ENTRIES = (ENTRY,)


@dataclass(frozen=True)
class ChosenCp2k:
    """CP2K as a study chooses it.

    Attributes:
        entry: of the registry.
        settings: of all questions.
        parallel: one for each core.
    """

    entry: Cp2kEntry
    settings: Cp2kSettings
    parallel: int | None = None

    @property
    def name(self) -> str:
        """The entry's name."""
        return self.entry.name

    @property
    def identity(self) -> EngineIdentity:
        """Name, functional with the kind of potentials, and version of the program."""
        return EngineIdentity(self.entry.name, self.entry.model, self.entry.version or "not installed")

    @property
    def is_dft(self) -> bool:
        """CP2K solves the equations of density functional theory."""
        return self.entry.is_dft

    @property
    def abilities(self) -> frozenset[Ask]:
        """The entry's abilities."""
        return self.entry.abilities

    def content(self, asks: Iterable[Ask] = ()) -> dict[str, Any]:
        """The identity, and what the settings say other than the defaults; the same whatever is asked."""
        said = self.settings.other_than_default
        return {"engine": asdict(self.identity), **({"settings": said} if said else {})}

    def check(self, elements: Collection[str], where: str) -> None:
        """Look whether the program is installed and has basis and potential of all elements.

        Raises:
            UserError: something is missing.
        """
        from nzsp_surfaces.engines.cp2k.data import valences

        self.entry.check_installed(where)
        valences(elements, self.settings, where)

    def ready(self, worker: Mapping[str, str]) -> None:
        """Look for the program of this worker.

        Raises:
            UserError: it is not found.
        """
        command = _command(worker)
        if not _found(command):
            raise UserError(
                f"engine 'cp2k': '{command}' is not found; run: {self.entry.install}, or let NZSP_CP2K_CMD or the "
                "worker's cp2k_cmd name CP2K's shell"
            )

    def make(self, worker: Mapping[str, str]) -> Cp2kEngine:
        """CP2K with these settings and a worker's command; the program starts with each calculation.

        Raises:
            UserError: the program is not found.
        """
        from nzsp_surfaces.engines.cp2k.calculator import Cp2kCalculator
        from nzsp_surfaces.engines.cp2k.engine import Cp2kEngine

        self.ready(worker)
        calculator = Cp2kCalculator(self.settings, _command(worker), Path())
        return Cp2kEngine(self.identity, calculator, self.settings.compared)

    def device(self) -> str:
        """The entry's device."""
        return self.entry.device()


def _command(worker: Mapping[str, str]) -> str:
    return worker.get("cp2k_cmd") or os.environ.get("NZSP_CP2K_CMD") or PROGRAM


def _found(command: str) -> bool:
    return shutil.which(shlex.split(command)[0]) is not None


@cache
def _version(command: str) -> str | None:
    """CP2K tells its version in the first line, whatever else the command says."""
    if not _found(command):
        return None
    run = subprocess.run([*shlex.split(command), "--version"], capture_output=True, text=True, timeout=60, check=False)
    told = re.search(r"CP2K version (\S+)", run.stdout)
    return told[1] if told else "unknown"
