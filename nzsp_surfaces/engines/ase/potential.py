"""Engines made of the calculators that Python packages offer to ASE: their entry, and one as a study chooses it."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ase.data import chemical_symbols

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.content import digest
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.base import Ask, ChosenEngine
from nzsp_surfaces.engines.devices import torch_device
from nzsp_surfaces.engines.entry import Described, EngineEntry, EngineKeys, plain_options

if TYPE_CHECKING:
    from nzsp_surfaces.engines.ase.engine import AseEngine

log = logging.getLogger(__name__)

_LOADED: dict[str, AseEngine] = {}
"""Engines of this process by the content that they were loaded for: weights take seconds to load."""


@dataclass(frozen=True, kw_only=True)
class PotentialEntry(EngineEntry):
    """An entry for a potential whose parameters come with a Python package.

    Attributes:
        calculator: makes the ASE calculator, from the modal, None where there is but one, and the device.
        elements: symbols that the potential knows.
        modals: fidelities among which a study must choose; empty where there is but one.
    """

    calculator: Callable[[str | None, str], Any]
    elements: frozenset[str]
    modals: tuple[str, ...] = ()
    keys: tuple[str, ...] = ("surrogate",)

    def choose(self, keys: EngineKeys, where: str) -> ChosenEngine:
        """The potential, with its modal where it has several.

        Raises:
            UserError: the modal is missing or unknown.
        """
        if self.modals and keys.modal not in self.modals:
            said = "needs a 'modal'" if keys.modal is None else f"has no modal '{keys.modal}'"
            example = f"{{name: {self.name}, modal: {self.modals[0]}}}"
            raise UserError(f"{where}: engine '{self.name}' {said}; choose {' or '.join(self.modals)}, as {example}")
        return Potential(self, keys.modal)

    def device(self) -> str:
        """The device that torch finds; cpu for a potential without torch."""
        return torch_device() if "torch" in self.needs else "cpu"


@dataclass(frozen=True)
class Potential(Described):
    """A potential of a Python package as a study chooses it.

    Attributes:
        entry: of the registry.
        modal: fidelity; None where there is but one.
    """

    entry: PotentialEntry
    modal: str | None = None
    parallel: int | None = None

    @property
    def identity(self) -> EngineIdentity:
        """Name, model with its modal, and version of the package."""
        model = f"{self.entry.model}, {self.modal}" if self.modal else self.entry.model
        return EngineIdentity(self.entry.name, model, self.entry.version or "not installed")

    def content(self, asks: Iterable[Ask] = ()) -> dict[str, Any]:
        """The identity: a potential has no other settings, whatever it is asked for."""
        return {"engine": asdict(self.identity), **plain_options({"modal": self.modal})}

    def check(self, elements: Collection[str], where: str) -> None:
        """Look whether the package is installed and its potential knows the elements.

        Raises:
            UserError: it is not, or does not.
        """
        self.entry.check_installed(where)
        unknown = sorted(set(elements) - self.entry.elements)
        if unknown:
            raise UserError(f"{where}: engine '{self.name}' does not know {', '.join(unknown)}; see 'nzsp engines'")

    def ready(self, worker: Mapping[str, str]) -> None:
        """Nothing more is needed than `check` looks for."""

    def make(self, worker: Mapping[str, str]) -> AseEngine:
        """The engine, loaded once in a process.

        Raises:
            UserError: the package is not installed here.
        """
        self.entry.check_installed("engine")
        settings = {"model": self.entry.model, **plain_options({"modal": self.modal})}
        return loaded(self.content(), self.identity, settings, lambda: self.entry.calculator(self.modal, self.device()))


def loaded(
    content: Mapping[str, Any], identity: EngineIdentity, settings: Mapping[str, Any], calculator: Callable[[], Any]
) -> AseEngine:
    """The engine for a content: loaded at the first call in a process, handed out again at the next.

    Args:
        settings: that its calculations record.
        calculator: makes the ASE calculator; what it prints is dropped.
    """
    from nzsp_surfaces.engines.ase.engine import AseEngine

    key = digest(content)
    if key not in _LOADED:
        with contextlib.redirect_stdout(io.StringIO()):
            made = calculator()
        _LOADED[key] = AseEngine(identity, made, dict(settings))
        log.info("%s is loaded: %s, %s", identity.name, identity.model, identity.version)
        _use_one_thread()
    return _LOADED[key]


def _use_one_thread() -> None:
    """Each worker has one core; torch is asked only where the calculator has loaded it."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


_NOT_THERE = range(84, 89)
"""Polonium to radium."""
MPTRJ_ELEMENTS = frozenset(chemical_symbols[number] for number in range(1, 95) if number not in _NOT_THERE)
"""The 89 elements of the Materials Project's trajectories, on which the universal potentials here were trained."""
