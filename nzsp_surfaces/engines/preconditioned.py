"""An engine to which a quicker one lends its Hessian, as a study chooses both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.engines.base import Ask, ChosenEngine

if TYPE_CHECKING:
    from nzsp_surfaces.engines.ase.engine import AseEngine

CONCERNED = frozenset({Ask.CELL, Ask.SLAB, Ask.POINT})
"""What a surrogate has a part in: where a relaxation begins, and what it foretells of a point."""


@dataclass(frozen=True)
class Preconditioned:
    """An engine with its surrogate; energies and forces are the engine's alone.

    Attributes:
        engine: computes.
        surrogate: settles the start of each relaxation and lends its Hessian.
    """

    engine: ChosenEngine
    surrogate: ChosenEngine

    @property
    def name(self) -> str:
        """The engine's name."""
        return self.engine.name

    @property
    def identity(self) -> EngineIdentity:
        """The engine's identity: its energies are comparable with those found without a surrogate."""
        return self.engine.identity

    @property
    def is_dft(self) -> bool:
        """Whether the engine is."""
        return self.engine.is_dft

    @property
    def abilities(self) -> frozenset[Ask]:
        """The engine's abilities."""
        return self.engine.abilities

    @property
    def parallel(self) -> int | None:
        """The engine's number."""
        return self.engine.parallel

    def content(self, asks: Iterable[Ask]) -> dict[str, Any]:
        """The engine's settings and, but for dynamics, the surrogate's: it decides where a relaxation begins."""
        asked = tuple(asks)
        content = self.engine.content(asked)
        return {**content, "surrogate": self.surrogate.content(asked)} if CONCERNED & set(asked) else content

    def check(self, elements: Collection[str], where: str) -> None:
        """Look whether the engine could compute here; a surrogate that could not is left out and said.

        Raises:
            UserError: the engine could not.
        """
        self.engine.check(elements, where)

    def ready(self, worker: Mapping[str, str]) -> None:
        """Refuse to begin where the engine could not.

        Raises:
            UserError: what is missing.
        """
        self.engine.ready(worker)

    def make(self, worker: Mapping[str, str]) -> AseEngine:
        """The engine with its surrogate, which is loaded when a relaxation begins.

        Raises:
            UserError: the engine, or its program, is not here.
        """
        return replace(cast("AseEngine", self.engine.make(worker)), surrogate=self.surrogate)

    def device(self) -> str:
        """The engine's device."""
        return self.engine.device()
