"""What an engine is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity, Matrix

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip

Report = Callable[[int, float], None]
"""Called after a step with the step's number and the largest force (eV/Å) or the temperature (K)."""


@dataclass(frozen=True, slots=True)
class RelaxSettings:
    """A relaxation.

    Attributes:
        force: eV/Å, largest residual force.
        max_steps: after which it counts as not converged.
        cell: relax the cell too.
        held: numbers of the atoms that stay where they are.
    """

    force: float
    max_steps: int
    cell: bool = False
    held: tuple[int, ...] = ()


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
    def thermostat(self) -> str:
        """Named in the results."""
        return f"Langevin, friction {self.friction:g} /fs"


@dataclass(frozen=True)
class Trajectory:
    """What dynamics leaves.

    Attributes:
        structure: the last one, atoms not wrapped.
        trace: (n, 3) time in fs, temperature in K, potential energy in eV.
        engine: who computed it.
    """

    structure: Structure
    trace: Matrix
    engine: EngineIdentity


class Engine(Protocol):
    """Computes energies, relaxations and dynamics; what is killed in between goes on from its folder."""

    def single_point(self, structure: Structure, folder: Path) -> Calculation:
        """Energy and forces of a slab as it is."""

    def relax(
        self, structure: Structure, settings: RelaxSettings, folder: Path, report: Report, flip: Flip | None = None
    ) -> Calculation:
        """Relax a slab, or a crystal with its cell; a slab with a flip has equivalent faces."""

    def dynamics(self, structure: Structure, settings: DynamicsSettings, folder: Path, report: Report) -> Trajectory:
        """Dynamics at constant volume and temperature."""
