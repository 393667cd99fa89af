"""What an engine is asked for."""

from __future__ import annotations

from dataclasses import dataclass


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
