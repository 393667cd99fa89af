"""Relaxation, dynamics and single points with any ASE calculator."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from ase import units
from ase.calculators.calculator import Calculator

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.base.content import content, digest
from nzsp_surfaces.base.errors import Damaged
from nzsp_surfaces.base.files import set_aside, write_atomically
from nzsp_surfaces.base.sealed import read_sealed, sealed
from nzsp_surfaces.crystals.crystal import ase_atoms, pymatgen_structure
from nzsp_surfaces.engines.ase.moving import held_as_asked, largest, plain_bfgs, reporting
from nzsp_surfaces.engines.ase.quasi_newton import LentHessian
from nzsp_surfaces.engines.ase.replay import CELL, PLAIN, Checked, recorded
from nzsp_surfaces.engines.ase.surrogate import Lent, foretold, lend
from nzsp_surfaces.engines.base import ChosenEngine, DynamicsSettings, RelaxSettings, Report, Trajectory

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip

log = logging.getLogger(__name__)
Matrix = npt.NDArray[np.float64]

SEGMENT = "segment.json"
"""The last whole segment of dynamics."""


@dataclass(frozen=True)
class AseEngine:
    """An engine made of an ASE calculator.

    Attributes:
        identity: name, model and version.
        calculator: energy, forces and, for cells, stress.
        settings: that each calculation records; two of them are compared where energies are subtracted.
        surrogate: a quick engine that settles the start of a relaxation and lends its Hessian.
    """

    identity: EngineIdentity
    calculator: Calculator
    settings: dict[str, Any] = field(default_factory=dict)
    surrogate: ChosenEngine | None = None

    def single_point(self, structure: Structure, folder: Path) -> Calculation:
        """Energy and forces as they are; with a surrogate, what relaxing would still gain by its Hessian.

        Args:
            folder: keeps the Hessian.

        Raises:
            UserError: the calculator gives no forces, or something that is not a number.
        """
        atoms = ase_atoms(structure)
        atoms.calc = self._checked()
        forces = np.asarray(atoms.get_forces(), float)
        energy = float(atoms.get_potential_energy())
        left = foretold(self.surrogate, ase_atoms(structure), forces, folder) if self.surrogate else None
        return replace(self._result(structure, energy, forces, converged=True, steps=1), energy_left=left)

    def relax(
        self, structure: Structure, settings: RelaxSettings, folder: Path, report: Report, flip: Flip | None = None
    ) -> Calculation:
        """Relax positions, and the cell where asked, until every force is below the limit.

        With a surrogate a slab may end before, where its Hessian foretells that as little is left as `settings` allow.

        Args:
            flip: keeps both faces of a slab alike, or a crystal its inversion; without it every atom is free.
            folder: holds the record from which a killed run goes on, and what the surrogate lent.
            report: called after every step.

        Raises:
            UserError: the calculator gives no forces, no stress for a cell, or something that is not a number.
        """
        with recorded(self._checked(CELL if settings.cell else PLAIN), folder) as replay:
            atoms = ase_atoms(structure)
            lent = self._lent(atoms, settings, flip, folder, report)
            optimiser = self._optimiser(atoms, settings, flip, replay, lent)
            optimiser.attach(reporting(optimiser, atoms, report))
            converged = bool(optimiser.run(fmax=settings.force, steps=settings.max_steps))
            left = optimiser.energy_left() if lent is not None else None
            forces, energy = np.array(atoms.get_forces()), float(atoms.get_potential_energy())
            end = pymatgen_structure(atoms)
            done = self._result(end, energy, forces, converged=converged, steps=replay.evaluations)
            early = (_ended_early(done, left, settings),) if left is not None and converged else ()
            return replace(done, energy_left=left, notes=tuple(filter(None, early)))

    def dynamics(self, structure: Structure, settings: DynamicsSettings, folder: Path, report: Report) -> Trajectory:
        """Langevin dynamics in segments; a killed run goes on from the last whole one, with the same random numbers.

        Raises:
            UserError: the calculator gives no forces, or something that is not a number.
        """
        start = digest(content([structure, settings]))
        state = _kept_state(folder / SEGMENT, start, len(structure)) or _first_state(structure, settings)
        while len(state.trace) - 1 < settings.steps:
            steps = min(settings.segment, settings.steps - max(0, len(state.trace) - 1))
            state = _segment(structure, self._checked(), state, settings, steps, report)
            _save_state(folder / SEGMENT, start, state)
        end = _moved(structure, state.positions)
        frames, interval = np.array(state.frames), settings.stride * settings.timestep
        return Trajectory(end, np.array(state.trace), self.identity, settings, settings.thermostat, frames, interval)

    def _lent(
        self, atoms: Atoms, settings: RelaxSettings, flip: Flip | None, folder: Path, report: Report
    ) -> Lent | None:
        """What the surrogate lends; the atoms are then at its minimum."""
        lent = self.surrogate and lend(self.surrogate, atoms, settings, flip, folder, report)
        if lent:
            atoms.set_cell(lent.cell)
            atoms.positions = lent.positions
        return lent or None

    def _optimiser(
        self, atoms: Atoms, settings: RelaxSettings, flip: Flip | None, calculator: Calculator, lent: Lent | None
    ) -> Any:
        atoms.calc = calculator
        movable = held_as_asked(atoms, settings, flip)
        return LentHessian(movable, lent.hessian, _enough(atoms, settings)) if lent else plain_bfgs(movable)

    def _checked(self, needed: tuple[str, ...] = PLAIN) -> Checked:
        return Checked(self.calculator, needed, self.identity.name)

    def _result(
        self, structure: Structure, energy: float, forces: Matrix, *, converged: bool, steps: int
    ) -> Calculation:
        left, settings = largest(forces), dict(self.settings)
        return Calculation(structure, energy, forces, converged, left, steps, self.identity, settings)


def _enough(atoms: Atoms, settings: RelaxSettings) -> float | None:
    """eV of the cell that may be left; None for a crystal, which has no face, and where the forces alone decide."""
    if settings.energy_left is None or settings.cell:
        return None
    return settings.energy_left / 1000 * 2 * float(np.linalg.norm(np.cross(*atoms.cell.array[:2])))


def _ended_early(done: Calculation, left: float, settings: RelaxSettings) -> str:
    """What to know of a relaxation that ended on the energy that is left; empty where it ended on its forces."""
    if done.max_force <= settings.force:
        return ""
    return f"ended on the energy that is left, {1000 * left:.1f} meV of the cell, with {done.max_force:.3f} eV/Å"


@dataclass(frozen=True)
class _State:
    """A moment of a trajectory: all that its continuation needs."""

    positions: Matrix
    velocities: Matrix
    trace: tuple[tuple[float, float, float], ...]
    generator: dict[str, Any]
    frames: tuple[Matrix, ...] = ()


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
    frames = list(state.frames) or [_frame(atoms)]
    for _ in range(steps):
        motion.run(1)
        trace.append(_moment(atoms, len(trace) * settings.timestep))
        report(len(trace) - 1, trace[-1][1])
        if (len(trace) - 1) % settings.stride == 0:
            frames.append(_frame(atoms))
    left = dict(generator.bit_generator.state)
    return _State(atoms.positions.copy(), atoms.get_velocities(), tuple(trace), left, tuple(frames))


def _frame(atoms: Atoms) -> Matrix:
    """Positions to 0.0001 Å: they are looked at, and nothing goes on from them."""
    return np.asarray(np.round(atoms.positions, 4), np.float64)


def _moment(atoms: Atoms, time: float) -> tuple[float, float, float]:
    return time, float(atoms.get_temperature()), float(atoms.get_potential_energy())


def _moved(structure: Structure, positions: Matrix) -> Structure:
    atoms = ase_atoms(structure)
    atoms.positions = positions
    return pymatgen_structure(atoms)


def _save_state(path: Path, start: str, state: _State) -> None:
    """Keep a moment.

    Args:
        start: identity of the first structure and of the settings.
    """
    data = {
        "start": start,
        "positions": state.positions.tolist(),
        "velocities": state.velocities.tolist(),
        "trace": state.trace,
        "generator": state.generator,
        "frames": [frame.tolist() for frame in state.frames],
    }
    write_atomically(path, sealed(data))


def _kept_state(path: Path, start: str, atoms: int) -> _State | None:
    """The moment from which dynamics go on; None where there is none, or a damaged one, which is set aside."""

    def state(data: dict[str, Any]) -> _State:
        return _state(data, start, atoms)

    try:
        return read_sealed(path, state)
    except Damaged as error:
        log.warning("%s; it is set aside as %s, and the dynamics begin again", error, set_aside(path).name)
        return None


def _state(data: dict[str, Any], start: str, atoms: int) -> _State:
    if data.get("start", start) != start:
        raise ValueError("it is of other dynamics")
    positions, velocities = (np.array(data[name], float).reshape(atoms, 3) for name in ("positions", "velocities"))
    trace = tuple((float(t), float(k), float(e)) for t, k, e in data["trace"])
    np.random.default_rng().bit_generator.state = data["generator"]  # refuses what is no state
    frames = np.array(data["frames"], float).reshape(-1, atoms, 3)
    return _State(positions, velocities, trace, data["generator"], tuple(frames))
