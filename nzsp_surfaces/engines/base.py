"""What an engine is asked for, what it answers, and an engine as a study chooses it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity, Matrix
from nzsp_surfaces.base.content import structure_from_json, structure_to_json

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip

Report = Callable[[int, float], None]
"""Called after a step with the step's number and the largest force (eV/Å) or the temperature (K)."""
FRAMES = 200
"""At most about so many moments of dynamics are kept to be looked at."""


class Ask(StrEnum):
    """What a task may ask an engine for; also what an engine is able to do."""

    CELL = "cell"
    """Relax a crystal with its cell, which takes stress."""
    SLAB = "slab"
    """Relax the atoms of a slab."""
    POINT = "point"
    """Energy and forces of a slab as it is."""
    DYNAMICS = "dynamics"
    """Dynamics at constant volume and temperature."""


@dataclass(frozen=True, slots=True)
class RelaxSettings:
    """A relaxation.

    Attributes:
        force: eV/Å, largest residual force.
        max_steps: after which it counts as not converged.
        cell: relax the cell too.
        held: numbers of the atoms that stay where they are.
        energy_left: meV/Å² of face that a slab may have left by what a lent Hessian foretells; where that is so, it is
            relaxed whatever the forces are. Leave a margin: on one slab as little as a third of what was truly left was
            foretold. Without a lent Hessian nothing foretells it, and the forces alone count.
    """

    force: float
    max_steps: int
    cell: bool = False
    held: tuple[int, ...] = ()
    energy_left: float | None = None


@dataclass(frozen=True, slots=True)
class DynamicsSettings:
    """Langevin dynamics at constant volume.

    Attributes:
        temperature: K.
        duration, timestep: fs.
        friction: 1/fs of the thermostat.
        segment: steps between two checkpoints.
        seed: of velocities and thermostat.
    """

    temperature: float
    duration: float
    timestep: float = 2.0
    friction: float = 0.02
    segment: int = 25
    seed: int = 0

    @property
    def steps(self) -> int:
        """Number of time steps."""
        return round(self.duration / self.timestep)

    @property
    def stride(self) -> int:
        """Steps between two frames that are kept."""
        return max(1, -(-self.steps // FRAMES))

    @property
    def thermostat(self) -> str:
        """The thermostat in words, for results."""
        return f"Langevin, friction {self.friction:g} /fs"


@dataclass(frozen=True, slots=True)
class Basis:
    """What energies of a density functional converge with, where it is to differ from the engine's settings.

    Attributes:
        cutoff: eV of the plane waves, for CP2K of its finest grid; None as it is set.
        kpoints: Å, times a reciprocal vector (1/Å, without 2 pi) the number of k-points along it; None as it is set.
    """

    cutoff: float | None = None
    kpoints: float | None = None


@dataclass(frozen=True)
class Trajectory:
    """What dynamics leaves.

    Attributes:
        structure: the last one, atoms not wrapped.
        trace: (n, 3) time in fs, temperature in K, potential energy in eV.
        engine: who computed it.
        settings: that were asked for.
        thermostat: what held the temperature, in words.
        frames: (k, n, 3) Å, positions at even intervals from the start, not wrapped; none where the engine keeps none.
        interval: fs between two frames.
    """

    structure: Structure
    trace: Matrix
    engine: EngineIdentity
    settings: DynamicsSettings
    thermostat: str
    frames: Matrix = field(default_factory=lambda: np.zeros((0, 0, 3)))
    interval: float = 0.0

    @property
    def times(self) -> Matrix:
        """(k,) fs, of the frames."""
        return np.asarray(np.arange(len(self.frames)) * self.interval, np.float64)

    def to_json(self) -> dict[str, Any]:
        """Plain data that `trajectory_from_json` turns into an equal trajectory."""
        return {
            "structure": structure_to_json(self.structure),
            "trace": self.trace.tolist(),
            "engine": asdict(self.engine),
            "settings": asdict(self.settings),
            "thermostat": self.thermostat,
            **({"frames": self.frames.tolist(), "interval": self.interval} if len(self.frames) else {}),
        }


def trajectory_from_json(data: Mapping[str, Any]) -> Trajectory:
    """The inverse of `Trajectory.to_json`."""
    structure = structure_from_json(data["structure"])
    return Trajectory(
        structure=structure,
        trace=np.array(data["trace"], float).reshape(-1, 3),
        engine=EngineIdentity(**data["engine"]),
        settings=DynamicsSettings(**data["settings"]),
        thermostat=data["thermostat"],
        frames=np.array(data.get("frames", ()), float).reshape(-1, len(structure), 3),
        interval=float(data.get("interval", 0.0)),
    )


class Engine(Protocol):
    """Computes energies, relaxations and dynamics; what is killed in between goes on from its folder."""

    def single_point(self, structure: Structure, folder: Path) -> Calculation:
        """Energy and forces of a slab as it is."""

    def relax(
        self, structure: Structure, settings: RelaxSettings, folder: Path, report: Report, flip: Flip | None = None
    ) -> Calculation:
        """Relax a slab, or a crystal with its cell; a flip turns a slab over, or is the inversion of a crystal."""

    def dynamics(self, structure: Structure, settings: DynamicsSettings, folder: Path, report: Report) -> Trajectory:
        """Dynamics at constant volume and temperature."""


class DensityFunctional(Engine, Protocol):
    """An engine of density-functional theory, whose energies depend on a cutoff and on k-points."""

    def at(self, basis: Basis) -> DensityFunctional:
        """The same with another cutoff or other k-points, and nothing that lends it a Hessian."""

    def crystal_point(self, crystal: Structure, folder: Path) -> Calculation:
        """Energy and forces of a crystal as it is."""


class ChosenEngine(Protocol):
    """An engine as a study chooses it: described without being loaded, and made where it is to compute."""

    @property
    def name(self) -> str:
        """The name in studies, tables and files."""

    @property
    def identity(self) -> EngineIdentity:
        """Name, model and version."""

    @property
    def is_dft(self) -> bool:
        """Whether its values are those of density-functional theory."""

    @property
    def abilities(self) -> frozenset[Ask]:
        """What it can be asked for."""

    @property
    def parallel(self) -> int | None:
        """How many tasks this machine takes at once where nobody says; None for one a core."""

    def content(self, asks: Iterable[Ask]) -> dict[str, Any]:
        """All settings on which the answers depend, as plain data; what is at its default is left out."""

    def check(self, elements: Collection[str], where: str) -> None:
        """Refuse what could not be computed here.

        Raises:
            UserError: it is not installed, does not know an element, or lacks what it needs for one.
        """

    def ready(self, worker: Mapping[str, str]) -> None:
        """Refuse to begin where a run could not: a program that is missing, a wall time that cannot be read.

        Raises:
            UserError: what is missing.
        """

    def make(self, worker: Mapping[str, str]) -> Engine:
        """The engine, ready to compute with one thread; loaded once in a process.

        Args:
            worker: its environment, which may name programs.

        Raises:
            UserError: the engine, or its program, is not here.
        """

    def device(self) -> str:
        """What it computes on here: "cpu" or "cuda"."""


@dataclass(frozen=True)
class Engines:
    """The engines of a study: one computes energies and relaxations, one the dynamics; they may be the same."""

    energies: ChosenEngine
    dynamics: ChosenEngine

    @property
    def each(self) -> tuple[ChosenEngine, ...]:
        """Both, or the one that does both."""
        return (self.energies,) if self.energies == self.dynamics else (self.energies, self.dynamics)

    def of(self, ask: Ask) -> ChosenEngine:
        """The engine that answers."""
        return self.dynamics if ask is Ask.DYNAMICS else self.energies

    def content(self, asks: tuple[Ask, ...]) -> list[Any]:
        """All settings of engines on which the answers depend."""
        return [self.of(ask).content([ask]) for ask in asks]

    @property
    def parallel(self) -> int | None:
        """How many tasks this machine takes at once where nobody says; None for one a core."""
        limits = [engine.parallel for engine in self.each if engine.parallel]
        return min(limits, default=None)
