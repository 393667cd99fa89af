"""What an entry of the registry says of an engine, and the keys with which a study chooses one."""

from __future__ import annotations

import importlib.util
from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.base import Ask
from nzsp_surfaces.engines.functionals import functional_works

if TYPE_CHECKING:
    from nzsp_surfaces.engines.base import ChosenEngine


@dataclass(frozen=True)
class EngineKeys:
    """What a study may say of an engine instead of its bare name.

    Attributes:
        name: of an engine that `nzsp engines` lists.
        modal: fidelity of a model that has several.
        calculator: class or factory of an ASE calculator, as package.module:Class, instead of a name.
        arguments: of the calculator, by name.
        settings: folder with the engine's settings files.
        surrogate: name of a quick engine that settles the start of each relaxation and lends its Hessian.
        magmom: µB that atoms of an element start with.
        hubbard_u: U - J in eV by element.
    """

    name: str | None = None
    modal: str | None = None
    calculator: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    settings: Path | None = None
    surrogate: str | None = None
    magmom: dict[str, float] = field(default_factory=dict)
    hubbard_u: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.name is None) == (self.calculator is None):
            raise ValueError("give either 'name', as sevennet-0, or 'calculator', as package.module:Class")

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the keys that say something, in their order."""
        return tuple(key.name for key in fields(self) if getattr(self, key.name) not in (None, {}))


@dataclass(frozen=True, kw_only=True)
class EngineEntry:
    """One line of `nzsp engines`: what the engine is, what it needs, and how a study's keys choose it.

    Attributes:
        name: in studies and on the command line.
        model: weights, parameters or functional.
        about: one line for people.
        package: distribution of Python whose version counts; empty for a program that the worker names.
        needs: modules that must be importable.
        extra: of this package that installs them; empty where this package itself brings them.
        is_dft: whether it is density-functional theory.
        abilities: what it can be asked for.
        keys: of `EngineKeys` that it takes besides its name.
        references: keys of base/references.bib, to be cited by whoever uses it.
    """

    name: str
    model: str
    about: str
    package: str = ""
    needs: tuple[str, ...] = ()
    extra: str = ""
    is_dft: bool = False
    abilities: frozenset[Ask] = frozenset(Ask)
    keys: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    @abstractmethod
    def choose(self, keys: EngineKeys, where: str) -> ChosenEngine:
        """The engine as these keys choose it.

        Args:
            where: begins every error.

        Raises:
            UserError: a key is missing, or its value is unknown.
        """

    @abstractmethod
    def device(self) -> str:
        """What the engine computes on here, told without loading it."""

    def cited(self, model: str, content: Mapping[str, Any]) -> tuple[str, ...]:
        """Keys of the works that results of this engine rest on, that of the functional among them.

        Args:
            model: of the results.
            content: of the choice, as `ChosenEngine.content` gives it; nothing where it is not known.
        """
        return (*self.references, *functional_works(model)) if self.is_dft else self.references

    def told(self, content: Mapping[str, Any], elements: Collection[str]) -> tuple[str, ...]:
        """The settings of a choice that count, in words; an engine without any has none.

        Args:
            content: of the choice, as `ChosenEngine.content` gives it.
            elements: that were computed.
        """
        return ()

    def answers(self, keys: EngineKeys) -> bool:
        """Whether these keys choose this entry."""
        return keys.name == self.name

    def check_keys(self, keys: EngineKeys, where: str) -> None:
        """Look whether every key that is given is one that the engine takes.

        Raises:
            UserError: one is not.
        """
        for key in keys.given:
            if key not in ("name", *self.keys):
                taken = f"it takes {', '.join(self.keys)}" if self.keys else "it takes none"
                raise UserError(f"{where}: engine '{self.name}' takes no '{key}' ({taken}); leave it out")

    @property
    def missing(self) -> tuple[str, ...]:
        """Needed modules that are not installed here."""
        return tuple(module for module in self.needs if importlib.util.find_spec(module) is None)

    @property
    def install(self) -> str:
        """The command that installs what the engine needs."""
        return f"pip install 'nzsp-surfaces[{self.extra}]'" if self.extra else "pip install nzsp-surfaces"

    @property
    def version(self) -> str | None:
        """Version of the package; None where it is not installed or the engine is a program."""
        try:
            return version(self.package) if self.package else None
        except PackageNotFoundError:
            return None

    def check_installed(self, where: str) -> None:
        """Look whether everything that the engine needs is installed here.

        Raises:
            UserError: something is missing.
        """
        if self.missing:
            missing = ", ".join(self.missing)
            raise UserError(
                f"{where}: engine '{self.name}' is not installed here, {missing} is missing; run: {self.install}"
            )


class Described:
    """A chosen engine, as far as its entry describes it."""

    entry: EngineEntry

    @property
    def name(self) -> str:
        """The entry's name."""
        return self.entry.name

    @property
    def is_dft(self) -> bool:
        """Whether the entry is density-functional theory."""
        return self.entry.is_dft

    @property
    def abilities(self) -> frozenset[Ask]:
        """The entry's abilities."""
        return self.entry.abilities

    def device(self) -> str:
        """The entry's device."""
        return self.entry.device()


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are given: what is None or empty is at its default and left out."""
    return {name: value for name, value in options.items() if value not in (None, {}, ())}
