"""Relaxation, dynamics and single points with any ASE calculator."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from ase import units
from ase.calculators.calculator import Calculator

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.crystals.crystal import ase_atoms, pymatgen_structure
from nzsp_surfaces.engines.ase.replay import CELL, PLAIN, Checked, recorded
from nzsp_surfaces.engines.base import DynamicsSettings, RelaxSettings, Report, Trajectory

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip

Matrix = npt.NDArray[np.float64]


class FacesAlike:
    """ASE constraint that keeps both faces of a slab images of each other under a flip.

    Positions and forces are averaged over the flip and its powers, so that rounding cannot break the symmetry that
    makes one energy serve both faces; all else is free to relax.

    Args:
        flip: of the structure as it is when the relaxation starts.
        positions: (n, 3) Å, then.
    """

    def __init__(self, flip: Flip, positions: Matrix) -> None:
        self.origin = positions.copy()
        self.flip = flip

    def get_removed_dof(self, atoms: Atoms) -> int:
        """Number of degrees of freedom that follow from others."""
        return int(3 * len(atoms) * (1 - 1 / self.flip.order))

    def adjust_positions(self, _atoms: Atoms, positions: Matrix) -> None:
        """Average the displacements from the start."""
        positions[:] = self.origin + self.flip.average(positions - self.origin)

    def adjust_forces(self, _atoms: Atoms, forces: Matrix) -> None:
        """Average the forces."""
        forces[:] = self.flip.average(forces)


@dataclass(frozen=True)
class AseEngine:
    """An engine made of an ASE calculator.

    Attributes:
        identity: name, model and version.
        calculator: energy, forces and, for cells, stress.
        settings: that each calculation records; two of them are compared where energies are subtracted.
    """

    identity: EngineIdentity
    calculator: Calculator
    settings: dict[str, Any] = field(default_factory=dict)

    def single_point(self, structure: Structure, folder: Path) -> Calculation:
        """Energy and forces as they are; quick enough to need no checkpoint.

        Raises:
            UserError: the calculator gives no forces, or something that is not a number.
        """
        atoms = ase_atoms(structure)
        atoms.calc = self._checked()
        forces = np.asarray(atoms.get_forces(), float)
        energy = float(atoms.get_potential_energy())
        return self._result(structure, energy, forces, converged=True, steps=1)

    def relax(
        self, structure: Structure, settings: RelaxSettings, folder: Path, report: Report, flip: Flip | None = None
    ) -> Calculation:
        """Relax positions, and the cell where asked, until every force is below the limit.

        Args:
            flip: keeps both faces of a slab alike; without it every atom is free.
            folder: holds the record from which a killed run goes on.
            report: called after every step.

        Raises:
            UserError: the calculator gives no forces, no stress for a cell, or something that is not a number.
        """
        from ase.filters import FrechetCellFilter

        with recorded(self._checked(CELL if settings.cell else PLAIN), folder) as replay:
            atoms = ase_atoms(structure)
            atoms.calc = replay
            atoms.set_constraint(_constraints(settings, flip, atoms.positions))
            optimiser = _optimiser(FrechetCellFilter(atoms) if settings.cell else atoms)
            optimiser.attach(lambda: report(optimiser.nsteps, _largest(atoms.get_forces())))
            converged = bool(optimiser.run(fmax=settings.force, steps=settings.max_steps))
            forces, energy = np.array(atoms.get_forces()), float(atoms.get_potential_energy())
            return self._result(
                pymatgen_structure(atoms), energy, forces, converged=converged, steps=replay.evaluations
            )

    def dynamics(self, structure: Structure, settings: DynamicsSettings, folder: Path, report: Report) -> Trajectory:
        """Langevin dynamics in segments; a killed run goes on from the last whole one, with the same random numbers.

        Raises:
            UserError: the calculator gives no forces, or something that is not a number.
        """
        state = _load_state(folder) or _first_state(structure, settings)
        while len(state.trace) - 1 < settings.steps:
            steps = min(settings.segment, settings.steps - max(0, len(state.trace) - 1))
            state = _segment(structure, self._checked(), state, settings, steps, report)
            _save_state(folder, state)
        end = _moved(structure, state.positions)
        return Trajectory(end, np.array(state.trace), self.identity, settings, settings.thermostat)

    def _checked(self, needed: tuple[str, ...] = PLAIN) -> Checked:
        return Checked(self.calculator, needed, self.identity.name)

    def _result(
        self, structure: Structure, energy: float, forces: Matrix, *, converged: bool, steps: int
    ) -> Calculation:
        largest, settings = _largest(forces), dict(self.settings)
        return Calculation(structure, energy, forces, converged, largest, steps, self.identity, settings)


def _constraints(settings: RelaxSettings, flip: Flip | None, positions: Matrix) -> list[Any]:
    from ase.constraints import FixAtoms

    held = [FixAtoms(indices=list(settings.held))] if settings.held else []
    return [*held, *([FacesAlike(flip, positions)] if flip is not None else [])]


def _largest(forces: Matrix) -> float:
    return float(np.linalg.norm(forces, axis=1).max())


def _optimiser(atoms: Any) -> Any:
    from ase.optimize import BFGS

    # 30 eV/Å² fits ionic crystals: measured 30 % fewer steps than ASE's 70 on five slabs.
    return BFGS(atoms, logfile=None, alpha=30.0)


@dataclass(frozen=True)
class _State:
    """A moment of a trajectory: all that its continuation needs."""

    positions: Matrix
    velocities: Matrix
    trace: tuple[tuple[float, float, float], ...]
    generator: dict[str, Any]


def _first_state(structure: Structure, settings: DynamicsSettings) -> _State:
    """Velocities of the target temperature, without drift."""
    from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary

    generator = np.random.default_rng(settings.seed)
    atoms = ase_atoms(structure)
    MaxwellBoltzmannDistribution(atoms, temperature_K=settings.temperature, rng=generator)
    Stationary(atoms)
    return _State(atoms.positions, atoms.get_velocities(), (), dict(generator.bit_generator.state))


def _segment(
    structure: Structure,
    calculator: Calculator,
    state: _State,
    settings: DynamicsSettings,
    steps: int,
    report: Report,
) -> _State:
    from ase.md.langevin import Langevin

    generator = np.random.default_rng()
    generator.bit_generator.state = state.generator
    atoms = ase_atoms(structure)
    atoms.positions = state.positions
    atoms.set_velocities(state.velocities)
    atoms.calc = calculator
    motion = Langevin(
        atoms,
        settings.timestep * units.fs,
        temperature_K=settings.temperature,
        friction=settings.friction / units.fs,
        rng=generator,
        fixcm=True,
    )
    trace = list(state.trace) or [_moment(atoms, 0.0)]
    for _ in range(steps):
        motion.run(1)
        trace.append(_moment(atoms, len(trace) * settings.timestep))
        report(len(trace) - 1, trace[-1][1])
    return _State(atoms.positions.copy(), atoms.get_velocities(), tuple(trace), dict(generator.bit_generator.state))


def _moment(atoms: Atoms, time: float) -> tuple[float, float, float]:
    return time, float(atoms.get_temperature()), float(atoms.get_potential_energy())


def _moved(structure: Structure, positions: Matrix) -> Structure:
    atoms = ase_atoms(structure)
    atoms.positions = positions
    return pymatgen_structure(atoms)


def _save_state(folder: Path, state: _State) -> None:
    data = {
        "positions": state.positions.tolist(),
        "velocities": state.velocities.tolist(),
        "trace": state.trace,
        "generator": state.generator,
    }
    write_atomically(folder / "segment.json", json.dumps(data))


def _load_state(folder: Path) -> _State | None:
    path = folder / "segment.json"
    if not path.exists():
        return None
    data = json.loads(path.read_text())
    trace = tuple((t, k, e) for t, k, e in data["trace"])
    return _State(np.array(data["positions"]), np.array(data["velocities"]), trace, data["generator"])
