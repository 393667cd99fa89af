"""CP2K as an engine: ASE's relaxations and dynamics, with CP2K's files in each calculation's folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nzsp_surfaces.base.calculation import Calculation
from nzsp_surfaces.engines.ase.engine import AseEngine
from nzsp_surfaces.engines.base import DynamicsSettings, RelaxSettings, Report, Trajectory
from nzsp_surfaces.engines.cp2k.calculator import Cp2kCalculator

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip


@dataclass(frozen=True)
class Cp2kEngine(AseEngine):
    """An engine made of CP2K, which is started in each calculation's folder and ended with it."""

    calculator: Cp2kCalculator

    def single_point(self, structure: Structure, folder: Path) -> Calculation:
        """Energy and forces as they are; a density that lies in the folder is gone on from.

        Raises:
            UserError: CP2K stopped, or the density did not converge.
        """
        with self._in(folder) as here:
            return _told(AseEngine.single_point(here, structure, folder), here.calculator)

    def relax(
        self, structure: Structure, settings: RelaxSettings, folder: Path, report: Report, flip: Flip | None = None
    ) -> Calculation:
        """Relax as `AseEngine.relax` does; each step goes on from the density of the last.

        Raises:
            UserError: CP2K stopped, or the density did not converge.
        """
        with self._in(folder) as here:
            return _told(AseEngine.relax(here, structure, settings, folder, report, flip), here.calculator)

    def dynamics(self, structure: Structure, settings: DynamicsSettings, folder: Path, report: Report) -> Trajectory:
        """Dynamics as `AseEngine.dynamics` does it.

        Raises:
            UserError: CP2K stopped, or the density did not converge.
        """
        with self._in(folder) as here:
            return AseEngine.dynamics(here, structure, settings, folder, report)

    @contextmanager
    def _in(self, folder: Path) -> Iterator[Cp2kEngine]:
        """This engine with CP2K in a folder."""
        calculator = Cp2kCalculator(self.calculator.settings, self.calculator.shell, folder)
        try:
            yield replace(self, calculator=calculator)
        finally:
            calculator.close()


def _told(calculation: Calculation, calculator: Cp2kCalculator) -> Calculation:
    return replace(calculation, corrections=(*calculation.corrections, *calculator.remedies))
