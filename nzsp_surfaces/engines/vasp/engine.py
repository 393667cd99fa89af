"""VASP as an engine: its own optimiser and dynamics, under custodian, in legs that a killed job goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity, Matrix
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.base import DynamicsSettings, RelaxSettings, Report, Trajectory
from nzsp_surfaces.engines.vasp.custody import Commands
from nzsp_surfaces.engines.vasp.inputs import VaspInputs, vasp_inputs
from nzsp_surfaces.engines.vasp.legs import Leg, Way, end_orphans, next_leg, settings_used, stop_where_told, way
from nzsp_surfaces.engines.vasp.reading.run import VaspRun, calculation
from nzsp_surfaces.engines.vasp.settings import Kind, VaspSettings
from nzsp_surfaces.engines.vasp.tags import Value

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip

LEG = 500
"""Steps of dynamics in one leg; each is checked before the next begins."""
SETTLED = 1e-3
"""eV per atom; a cell whose relaxation, begun again with the plane waves of its end, gains less is relaxed."""
LARGEST_SEED = 900_000_000
"""VASP takes first numbers of RANDOM_SEED below it."""
HOTTEST = 20.0
"""Times the wanted temperature; dynamics beyond it has blown up."""


def relaxing(settings: VaspSettings, relax: RelaxSettings, steps: int | None = None) -> VaspSettings:
    """The settings of a relaxation that a study asks for.

    Args:
        steps: that are left; all where not given.
    """
    asked: dict[str, Value] = {"EDIFFG": -relax.force, "NSW": relax.max_steps if steps is None else steps}
    return replace(settings, incar={**settings.incar, **asked})


def moving(settings: VaspSettings, dynamics: DynamicsSettings, steps: int, leg: int) -> VaspSettings:
    """The settings of a leg of the dynamics that a study asks for; each leg has random numbers of its own."""
    asked: dict[str, Value] = {
        "TEBEG": dynamics.temperature,
        "TEEND": dynamics.temperature,
        "POTIM": dynamics.timestep,
        "NSW": steps,
        "RANDOM_SEED": (float(dynamics.seed % LARGEST_SEED), float(leg), 0.0),
    }
    return replace(settings, incar={**settings.incar, **asked})


@dataclass(frozen=True)
class VaspEngine:
    """An engine made of VASP.

    Both faces of a slab relax freely: VASP knows no flip. Whether they stayed alike is asked of what comes out.

    Attributes:
        identity: its version is VASP's once it has run.
        settings: by kind.
        commands: that start it.
    """

    identity: EngineIdentity
    settings: Mapping[Kind, VaspSettings]
    commands: Commands

    def single_point(self, structure: Structure, folder: Path) -> Calculation:
        """Energy and forces of a slab with equivalent faces, as it is."""
        inputs = vasp_inputs(structure, self.settings["static"], slab=True)
        end_orphans(folder)
        here = way(structure, folder)
        if here.last is None or not here.last.finished:
            here = next_leg(here, inputs, folder, self.commands)
        return self._calculation(here, inputs)

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
        kind: Kind = "bulk" if settings.cell else "slab"
        polar = not settings.cell and flip is None

        def inputs(here: Way) -> VaspInputs:
            asked = relaxing(self.settings[kind], settings, max(1, settings.max_steps - here.steps))
            return vasp_inputs(here.structure, asked, slab=not settings.cell, polar=polar, held=settings.held)

        end_orphans(folder)
        here = way(structure, folder)
        while not _is_relaxed(here, settings) and not _is_out_of_steps(here, settings):
            here = next_leg(here, inputs(here), folder, self.commands)
            report(here.steps, here.legs[-1].run.max_force if here.legs[-1].run else np.inf)
            if not _is_relaxed(here, settings):
                stop_where_told(here)
        found = self._calculation(here, inputs(here))
        return replace(found, converged=_is_relaxed(here, settings))

    def dynamics(self, structure: Structure, settings: DynamicsSettings, folder: Path, report: Report) -> Trajectory:
        """Dynamics in legs that hand over positions and velocities.

        Raises:
            OutOfTime: the job ends first.
            UserError: VASP failed, or the dynamics blew up.
        """
        # A reference is annealed and then relaxed: neither must take the other's legs for its own.
        folder = folder / "dynamics"
        end_orphans(folder)
        here = way(structure, folder)
        if here.legs:
            check_dynamics(here.trace, settings, here.legs[-1].folder)
        while here.steps < settings.steps:
            steps = min(LEG, settings.steps - here.steps)
            asked = moving(self.settings["aimd"], settings, steps, len(here.legs))
            inputs = vasp_inputs(here.structure, asked, slab=False, velocities=here.velocities)
            here = next_leg(here, inputs, folder, self.commands)
            check_dynamics(here.trace, settings, here.legs[-1].folder)
            report(here.steps, float(here.trace[-1, 1]))
            if here.steps < settings.steps:
                stop_where_told(here)
        return Trajectory(here.structure, here.trace, self._identity(here.last))

    def _identity(self, run: VaspRun | None) -> EngineIdentity:
        """What ran; another program that writes VASP's files is no VASP, wherever its numbers go."""
        if run is None:
            return self.identity
        name, version = run.header.program.lower(), run.header.version
        if name == self.identity.name:
            return replace(self.identity, version=version)
        return EngineIdentity(name, "in place of VASP", version)

    def _calculation(self, here: Way, inputs: VaspInputs) -> Calculation:
        """The last run in our order of atoms."""
        leg: Leg = here.legs[-1]
        assert leg.run is not None
        return replace(
            calculation(leg.run, self._identity(leg.run)),
            structure=here.structure,
            forces=inputs.restored(leg.run.forces),
            steps=here.steps,
            settings=settings_used(leg, inputs),
            corrections=here.corrections,
        )


def _is_relaxed(here: Way, settings: RelaxSettings) -> bool:
    """Whether the last leg came to rest; for a cell, two at one energy: plane waves are those of a leg's start."""
    rested = [run for leg in here.legs if (run := _at_rest(leg)) is not None]
    if not rested or rested[-1] is not here.last:
        return False
    if not settings.cell:
        return True
    return len(rested) > 1 and abs(rested[-1].energy - rested[-2].energy) < SETTLED * len(here.structure)


def _is_out_of_steps(here: Way, settings: RelaxSettings) -> bool:
    """Whether all steps are used up, by legs of which the last is whole."""
    return here.steps >= settings.max_steps and here.last is not None and here.last.finished


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
