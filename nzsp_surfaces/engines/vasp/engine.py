"""VASP as an engine: its own optimiser and dynamics, under custodian, in legs that a killed job goes on from."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity, Matrix
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.ase.engine import AseEngine
from nzsp_surfaces.engines.base import Basis, ChosenEngine, DynamicsSettings, RelaxSettings, Report, Trajectory
from nzsp_surfaces.engines.vasp.asked import (
    DYNAMICS,
    EASED,
    EASING,
    AllSettings,
    all_at,
    crystal_inputs,
    dynamics_inputs,
    easing_inputs,
    point_inputs,
    relaxation_inputs,
    standing_inputs,
)
from nzsp_surfaces.engines.vasp.custody import Commands
from nzsp_surfaces.engines.vasp.inputs import VaspInputs, thermostat
from nzsp_surfaces.engines.vasp.legs import (
    Leg,
    LegsSoFar,
    end_orphans,
    legs_so_far,
    next_leg,
    settings_used,
    stop_where_told,
)
from nzsp_surfaces.engines.vasp.points import POINTS, VaspPoints
from nzsp_surfaces.engines.vasp.reading.run import VaspRun, calculation
from nzsp_surfaces.engines.vasp.vacuum import aftermath

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip

log = logging.getLogger(__name__)

SETTLED = 1e-4
"""Energy in eV per atom; a cell that gains less when relaxed again, with the plane waves of its end, is relaxed.

A tenfold of it is up to 8 mJ/m² in a surface energy, since a slab counts the bulk's error for each of its atoms.
"""
HOTTEST = 20.0
"""Multiple of the wanted temperature beyond which dynamics has blown up."""


@dataclass(frozen=True)
class VaspEngine:
    """An engine made of VASP.

    Both faces of a slab relax freely: VASP knows no flip. Whether they stayed alike is asked of what comes out.

    Attributes:
        identity: its version is VASP's once it has run.
        settings: by purpose.
        commands: that start it.
        surrogate: a quick engine that lends its Hessian to relaxations of slabs; VASP then computes single points.
    """

    identity: EngineIdentity
    settings: AllSettings
    commands: Commands
    surrogate: ChosenEngine | None = None

    def single_point(self, structure: Structure, folder: Path) -> Calculation:
        """Energy and forces of a slab with equivalent faces, as it is."""
        return self._point(structure, point_inputs(structure, self.settings), folder)

    def crystal_point(self, crystal: Structure, folder: Path) -> Calculation:
        """Energy and forces of a crystal as it is."""
        return self._point(crystal, crystal_inputs(crystal, self.settings), folder)

    def at(self, basis: Basis) -> VaspEngine:
        """VASP with another cutoff or other k-points, and no surrogate."""
        return replace(self, settings=all_at(self.settings, basis), surrogate=None)

    def _point(self, structure: Structure, inputs: VaspInputs, folder: Path) -> Calculation:
        end_orphans(folder)
        so_far = legs_so_far(structure, folder)
        if so_far.last is None or not so_far.last.finished:
            so_far = next_leg(so_far, inputs, folder, self.commands)
        return self._calculation(so_far, inputs)

    def relax(
        self, structure: Structure, settings: RelaxSettings, folder: Path, report: Report, flip: Flip | None = None
    ) -> Calculation:
        """Relax a slab, or a crystal with its cell, in as many legs as that takes.

        Args:
            flip: tells that the faces are equivalent; a slab without one gets a dipole correction.
            folder: holds the legs.
            report: called after every leg with the steps so far and the largest force.

        Raises:
            OutOfTime: the job ends first.
            UserError: VASP failed, or an electronic loop did not converge.
        """
        if self.surrogate is not None and not settings.cell:
            return self._relaxed_by_points(self.surrogate, structure, settings, folder, report, flip)

        def inputs(so_far: LegsSoFar) -> VaspInputs:
            return relaxation_inputs(so_far.structure, self.settings, settings, flip, so_far.behind)

        end_orphans(folder)
        so_far = legs_so_far(structure, folder)
        while not _is_relaxed(so_far, settings) and not _is_out_of_steps(so_far, settings):
            so_far = next_leg(so_far, inputs(so_far), folder, self.commands)
            report(so_far.steps, so_far.legs[-1].run.max_force if so_far.legs[-1].run else np.inf)
            if not _is_relaxed(so_far, settings):
                stop_where_told(so_far)
        found = self._calculation(so_far, inputs(so_far))
        return replace(found, converged=_is_relaxed(so_far, settings))

    def dynamics(self, structure: Structure, settings: DynamicsSettings, folder: Path, report: Report) -> Trajectory:
        """Dynamics in legs that hand over positions and velocities, after a few steps of relaxation.

        Raises:
            OutOfTime: the job ends first.
            UserError: VASP failed, or the dynamics blew up.
        """
        # A reference is annealed and then relaxed: neither must take the other's legs for its own.
        structure, folder = self._eased(structure, folder / EASED), folder / DYNAMICS
        end_orphans(folder)
        so_far = legs_so_far(structure, folder)
        if so_far.legs:
            check_dynamics(so_far.trace, settings, so_far.legs[-1].folder)
        while so_far.steps < settings.steps:
            legs = len(so_far.legs)
            inputs = dynamics_inputs(so_far.structure, self.settings, settings, so_far.velocities, so_far.behind, legs)
            so_far = next_leg(so_far, inputs, folder, self.commands)
            check_dynamics(so_far.trace, settings, so_far.legs[-1].folder)
            report(so_far.steps, float(so_far.trace[-1, 1]))
            if so_far.steps < settings.steps:
                stop_where_told(so_far)
        held_by = thermostat(self.settings["aimd"].incar)
        return Trajectory(so_far.structure, so_far.trace, self._identity(so_far.last), settings, held_by)

    def _relaxed_by_points(
        self,
        surrogate: ChosenEngine,
        structure: Structure,
        settings: RelaxSettings,
        folder: Path,
        report: Report,
        flip: Flip | None,
    ) -> Calculation:
        """Relax a slab by single points of VASP, from the Hessian of the surrogate; see `AseEngine.relax`."""

        def inputs(here: Structure) -> VaspInputs:
            return standing_inputs(here, self.settings, settings, flip)

        end_orphans(folder / POINTS)
        points = VaspPoints(structure, inputs, folder / POINTS, self.commands)
        done = AseEngine(self.identity, points, {}, surrogate).relax(structure, settings, folder, report, flip)
        last = self._calculation(points.last(), inputs(done.structure))
        made = replace(last, structure=done.structure, forces=done.forces, energy=done.energy, steps=done.steps)
        return replace(
            made,
            converged=done.converged,
            max_force=done.max_force,
            energy_left=done.energy_left,
            notes=(*last.notes, *done.notes),
        )

    def _eased(self, structure: Structure, folder: Path) -> Structure:
        """A few steps towards rest, so that dynamics does not begin with what the placing of a film left in forces.

        Raises:
            OutOfTime: the job ends first.
            UserError: VASP failed.
        """
        end_orphans(folder)
        so_far = legs_so_far(structure, folder)
        while so_far.steps < EASING and (not so_far.legs or _at_rest(so_far.legs[-1]) is None):
            inputs = easing_inputs(so_far.structure, self.settings, so_far.steps)
            so_far = next_leg(so_far, inputs, folder, self.commands)
            if so_far.steps < EASING:
                stop_where_told(so_far)
        return so_far.structure

    def _identity(self, run: VaspRun | None) -> EngineIdentity:
        """What ran; another program that writes VASP's files is no VASP, wherever its numbers go."""
        if run is None:
            return self.identity
        name, version = run.header.program.lower(), run.header.version
        if name == self.identity.name:
            return replace(self.identity, version=version)
        return EngineIdentity(name, "in place of VASP", version)

    def _calculation(self, so_far: LegsSoFar, inputs: VaspInputs) -> Calculation:
        """The last run in our order of atoms."""
        leg: Leg = so_far.legs[-1]
        assert leg.run is not None
        left = aftermath(leg.folder, inputs)
        for note in left.notes:
            log.warning("%s: %s", leg.folder, note)
        return replace(
            calculation(leg.run, self._identity(leg.run)),
            structure=so_far.structure,
            forces=inputs.restored(leg.run.forces),
            steps=so_far.steps,
            settings=settings_used(leg, inputs),
            corrections=so_far.corrections,
            vacuum=left.vacuum,
            moment=left.moment,
            notes=left.notes,
        )


def _is_relaxed(so_far: LegsSoFar, settings: RelaxSettings) -> bool:
    """Whether the last leg came to rest; for a cell, two at one energy: plane waves are those of a leg's start."""
    rested = [run for leg in so_far.legs if (run := _at_rest(leg)) is not None]
    if not rested or rested[-1] is not so_far.last:
        return False
    if not settings.cell:
        return True
    return len(rested) > 1 and abs(rested[-1].energy - rested[-2].energy) < SETTLED * len(so_far.structure)


def _is_out_of_steps(so_far: LegsSoFar, settings: RelaxSettings) -> bool:
    """Whether all steps are used up, by legs of which the last is whole."""
    return so_far.steps >= settings.max_steps and so_far.last is not None and so_far.last.finished


def _at_rest(leg: Leg) -> VaspRun | None:
    """The run of a leg that came to its end by itself, with small forces."""
    run = leg.run
    if run is None or not (run.finished and run.ionic_converged and run.electronic_converged):
        return None
    # VASP itself says whether forces are small; a program in its place only that it took no further step.
    told = run.header.program.lower() == "vasp" or not leg.custody.stopped
    return run if told else None


def check_dynamics(trace: Matrix, settings: DynamicsSettings, folder: Path) -> None:
    """Look at the temperatures so far.

    Args:
        trace: (n, 3) time in fs, temperature in K, potential energy in eV.
        folder: of the last leg.

    Raises:
        UserError: dynamics has blown up.
    """
    hottest = float(trace[:, 1].max())
    if not np.isfinite(trace).all() or hottest > HOTTEST * settings.temperature:
        raise UserError(
            f"{folder}: dynamics blew up, {hottest:.0f} K where {settings.temperature:g} K was wanted; "
            "shorten 'timestep', or relax the start"
        )
