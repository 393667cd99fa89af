"""VASP behind ASE's calculator: single points of one slab, each from the wave functions of the last, under custodian.

So an optimiser outside VASP can relax a slab, such as the one to which a quick potential lends its Hessian.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.calculators.calculator import Calculator, all_changes

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.vasp.custody import Commands
from nzsp_surfaces.engines.vasp.legs import Leg, LegsSoFar, leg_folders, next_leg, read_leg

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core import Structure

    from nzsp_surfaces.engines.vasp.inputs import VaspInputs

log = logging.getLogger(__name__)

POINTS = "points"
"""Folder of the single points within a task's."""
WAVES = "WAVECAR"


class VaspPoints(Calculator):
    """Energy and forces of a slab by VASP, one leg a geometry.

    Args:
        structure: of the slab; its atoms keep their order, and their moments where it has any.
        inputs: for a geometry of it.
        folder: of the legs.
        commands: that start VASP.
    """

    implemented_properties = ("energy", "forces")

    def __init__(
        self, structure: Structure, inputs: Callable[[Structure], VaspInputs], folder: Path, commands: Commands
    ) -> None:
        super().__init__()
        self.structure, self.inputs, self.folder, self.commands = structure, inputs, folder, commands

    def calculate(self, atoms: Atoms | None = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """Energy and forces of `atoms`.

        Raises:
            OutOfTime: the job ends first.
            UserError: VASP failed, or the electronic loop did not converge.
        """
        super().calculate(atoms, properties, system_changes)
        assert atoms is not None
        here = self._moved(atoms)
        inputs = self.inputs(here)
        waves = self._waves()
        so_far = next_leg(LegsSoFar(here, None, (), np.empty((0, 3))), inputs, self.folder, self.commands, waves)
        leg = so_far.legs[-1]
        run = leg.run
        assert run is not None
        if not run.electronic_converged:
            raise UserError(f"{leg.folder}: the electronic loop did not converge; see OUTCAR there, or raise NELM")
        if waves is not None:
            waves.unlink(missing_ok=True)
        self.results = {"energy": run.energy, "forces": inputs.restored(run.forces)}

    def last(self) -> LegsSoFar:
        """The last point that is whole, as a leg that stands alone."""
        for folder in reversed(leg_folders(self.folder)):
            leg: Leg = read_leg(folder)
            if leg.run is not None:
                return LegsSoFar(self.structure, None, (leg,), np.empty((0, 3)), computed=True)
        raise UserError(f"{self.folder}: holds no whole point; start again")

    def _moved(self, atoms: Atoms) -> Structure:
        moved = self.structure.copy()
        for site, position in zip(moved, atoms.positions, strict=True):
            site.coords = position
        return moved

    def _waves(self) -> Path | None:
        """The wave functions that the last point left, where VASP wrote any."""
        found = [folder / WAVES for folder in leg_folders(self.folder) if (folder / WAVES).is_file()]
        whole = [path for path in found if path.stat().st_size]
        return whole[-1] if whole else None
