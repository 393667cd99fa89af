"""Engines that are programs of density functional theory with settings of their own: what they have in common."""

from __future__ import annotations

import os
import shlex
import shutil
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import read
from nzsp_surfaces.engines.base import Ask, Basis
from nzsp_surfaces.engines.entry import Described, EngineEntry

if TYPE_CHECKING:
    from nzsp_surfaces.engines.ase.program import ProgramCalculator, ProgramEngine


class ProgramSettings:
    """What a settings file of a program becomes: a frozen dataclass, each field with its default."""

    FILE: ClassVar[str]
    """Name of the file in a settings folder."""
    ALWAYS: ClassVar[Mapping[str, str]]
    """What calculations say besides the fields, since it cannot be chosen."""
    HOW: ClassVar[tuple[str, ...]]
    """Fields that decide how a density is found, not which."""
    MESH: ClassVar[str]
    """The field that decides how many k-points there are, Å."""
    CUTOFF_UNIT: ClassVar[float] = 1.0
    """eV in which the field `cutoff` is given."""

    @property
    def compared(self) -> dict[str, Any]:
        """What slab and bulk must agree in: all that moves the energy, not how it is found."""
        said = {**self.ALWAYS, **_fields(self)}
        return {name: value for name, value in said.items() if name not in self.HOW}

    @property
    def other_than_default(self) -> dict[str, Any]:
        """What enters keys; what is at its default is left out."""
        default = _fields(type(self)())
        return {name: value for name, value in _fields(self).items() if value != default[name]}

    def at(self, basis: Basis) -> Self:
        """The same with another cutoff or other k-points."""
        cutoff = None if basis.cutoff is None else basis.cutoff / self.CUTOFF_UNIT
        wanted = {"cutoff": cutoff, self.MESH: basis.kpoints}
        return cast(
            "Self", replace(cast("Any", self), **{k: value for k, value in wanted.items() if value is not None})
        )


def _fields(settings: Any) -> dict[str, Any]:
    return asdict(settings)


Kind = TypeVar("Kind", bound=ProgramSettings)


def settings_in(folder: Path | None, kind: type[Kind], example: str) -> Kind:
    """The settings of a study: from the file in its settings folder where one is named, else the defaults.

    Args:
        kind: of the program.
        example: path of a file to begin with, for an error.

    Raises:
        UserError: no such folder or file; file, line and key at fault.
    """
    if folder is None:
        return kind()
    if not (folder / kind.FILE).is_file():
        raise UserError(f"{folder}: holds no {kind.FILE}; write one, as {example}, or leave 'settings' out")
    return read(folder / kind.FILE, kind)


@dataclass(frozen=True, kw_only=True)
class ProgramEntry(EngineEntry):
    """The entry of a program that a command starts.

    Attributes:
        default: the command where nobody names one.
        remedy: words that say how else the command may be named.
    """

    default: str
    is_dft: bool = True
    keys: tuple[str, ...] = ("settings", "surrogate")

    def command(self, worker: Mapping[str, str]) -> str:
        """What starts the program: by the worker's NAME_cmd, else by NZSP_NAME_CMD, else as it usually is."""
        return worker.get(f"{self.name}_cmd") or os.environ.get(f"NZSP_{self.name.upper()}_CMD") or self.default

    def device(self) -> str:
        """The processor; builds for graphics processors tell it to nobody."""
        return "cpu"

    @property
    def missing(self) -> tuple[str, ...]:
        """The command, where its program is not found."""
        command = self.command({})
        return () if found(command) else (command,)


def found(command: str) -> bool:
    """Whether the program that a command starts is here."""
    return shutil.which(shlex.split(command)[0]) is not None


@dataclass(frozen=True)
class ChosenProgram(Described):
    """A program as a study chooses it.

    Attributes:
        entry: of the registry.
        settings: of all questions.
        parallel: one for each core.
    """

    entry: ProgramEntry
    settings: ProgramSettings
    parallel: int | None = None

    @property
    def identity(self) -> EngineIdentity:
        """Name, functional with the kind of potentials, and version of the program."""
        return EngineIdentity(self.entry.name, self.entry.model, self.entry.version or "not installed")

    def content(self, asks: Iterable[Ask] = ()) -> dict[str, Any]:
        """The identity, and what the settings say other than the defaults; the same whatever is asked."""
        said = self.settings.other_than_default
        return {"engine": asdict(self.identity), **({"settings": said} if said else {})}

    def ready(self, worker: Mapping[str, str]) -> None:
        """Look for the program of this worker.

        Raises:
            UserError: it is not found.
        """
        name, command = self.entry.name, self.entry.command(worker)
        if not found(command):
            raise UserError(
                f"engine '{name}': '{command}' is not found; run: {self.entry.install}, or let "
                f"NZSP_{name.upper()}_CMD or the worker's {name}_cmd name its command"
            )

    def make(self, worker: Mapping[str, str]) -> ProgramEngine:
        """The program with these settings and a worker's command; it starts with each calculation.

        Raises:
            UserError: the program is not found.
        """
        from nzsp_surfaces.engines.ase.program import ProgramEngine

        self.ready(worker)
        return ProgramEngine(self.identity, self.calculator(self.entry.command(worker)), self.settings.compared)

    @abstractmethod
    def calculator(self, command: str) -> ProgramCalculator:
        """ASE's calculator of the program, which starts nothing yet."""
