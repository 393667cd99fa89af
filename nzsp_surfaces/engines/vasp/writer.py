"""An engine that runs nothing: it notes the inputs with which VASP would begin."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.engines.base import Basis, DynamicsSettings, RelaxSettings, Report, Trajectory
from nzsp_surfaces.engines.vasp.asked import (
    DYNAMICS,
    EASED,
    AllSettings,
    all_at,
    crystal_inputs,
    dynamics_inputs,
    easing_inputs,
    point_inputs,
    relaxation_inputs,
)
from nzsp_surfaces.engines.vasp.inputs import VaspInputs, thermostat

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip

IDENTITY = EngineIdentity("vasp", "inputs only", "not run")


@dataclass(frozen=True)
class Noted:
    """What VASP would have begun with, and the folder that it would have begun in."""

    folder: Path
    inputs: VaspInputs


@dataclass(frozen=True)
class InputsWriter:
    """An engine that answers every question with the structure as it came and notes what VASP would have read.

    The answers have no energy that means anything: they let a plan be carried out to the end for its inputs' sake.

    Attributes:
        settings: of VASP, by purpose.
        asked: the first leg of each question, in the order in which they were asked.
    """

    settings: AllSettings
    asked: list[Noted] = field(default_factory=list)

    def single_point(self, structure: Structure, folder: Path) -> Calculation:
        """Note the inputs of a single point."""
        return self._noted(structure, folder, point_inputs(structure, self.settings))

    def crystal_point(self, crystal: Structure, folder: Path) -> Calculation:
        """Note the inputs of a single point of a crystal."""
        return self._noted(crystal, folder, crystal_inputs(crystal, self.settings))

    def at(self, basis: Basis) -> InputsWriter:
        """One with another cutoff or other k-points, which notes in the same list."""
        return replace(self, settings=all_at(self.settings, basis))

    def relax(
        self, structure: Structure, settings: RelaxSettings, folder: Path, report: Report, flip: Flip | None = None
    ) -> Calculation:
        """Note the inputs of a relaxation; a slab without a flip gets a dipole correction."""
        return self._noted(structure, folder, relaxation_inputs(structure, self.settings, settings, flip))

    def dynamics(self, structure: Structure, settings: DynamicsSettings, folder: Path, report: Report) -> Trajectory:
        """Note the inputs of the relaxation before dynamics and of its first leg; its trace is the moment before it."""
        self.asked.append(Noted(folder / EASED, easing_inputs(structure, self.settings)))
        self.asked.append(Noted(folder / DYNAMICS, dynamics_inputs(structure, self.settings, settings)))
        trace = np.array([[0.0, settings.temperature, 0.0]])
        return Trajectory(structure, trace, IDENTITY, settings, thermostat(self.settings["aimd"].incar))

    def _noted(self, structure: Structure, folder: Path, inputs: VaspInputs) -> Calculation:
        self.asked.append(Noted(folder, inputs))
        still = np.zeros((len(structure), 3))
        return Calculation(
            structure,
            energy=0.0,
            forces=still,
            converged=True,
            max_force=0.0,
            steps=0,
            engine=IDENTITY,
            settings=inputs.comparable,
        )
