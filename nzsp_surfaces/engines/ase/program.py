"""Programs behind ASE calculators: started in each calculation's folder, ended with it, and asked what they mended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase.calculators.calculator import Calculator

from nzsp_surfaces.base.calculation import Calculation
from nzsp_surfaces.engines.ase.engine import AseEngine
from nzsp_surfaces.engines.base import Basis, DynamicsSettings, RelaxSettings, Report, Trajectory

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip


class ProgramCalculator(Calculator, ABC):
    """A calculator whose program works in a folder and goes on from the density that lies there.

    Args:
        folder: of the program's files.
    """

    implemented_properties = ("energy", "forces", "stress")

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder.absolute()
        self.remedies: list[str] = []

    @abstractmethod
    def within(self, folder: Path) -> ProgramCalculator:
        """The same calculator for another folder, its program not yet started."""

    @property
    @abstractmethod
    def compared(self) -> dict[str, Any]:
        """What slab and bulk must agree in."""

    @abstractmethod
    def at(self, basis: Basis) -> ProgramCalculator:
        """The same calculator with another cutoff or other k-points."""

    @abstractmethod
    def close(self) -> None:
        """End the program; the density stays in the folder."""


@dataclass(frozen=True)
class ProgramEngine(AseEngine):
    """An engine made of a program, whose remedies stand in the result."""

    calculator: ProgramCalculator

    def single_point(self, structure: Structure, folder: Path) -> Calculation:
        """Energy and forces as they are; a density that lies in the folder is gone on from.

        Raises:
            UserError: the program stopped, or the density did not converge.
        """
        with self._in(folder) as here:
            return _told(AseEngine.single_point(here, structure, folder), here.calculator)

    def crystal_point(self, crystal: Structure, folder: Path) -> Calculation:
        """As `single_point`: a program takes slabs and crystals alike.

        Raises:
            UserError: the program stopped, or the density did not converge.
        """
        return self.single_point(crystal, folder)

    def at(self, basis: Basis) -> ProgramEngine:
        """The same program with another cutoff or other k-points, and no surrogate."""
        calculator = self.calculator.at(basis)
        return replace(self, calculator=calculator, settings=calculator.compared, surrogate=None)

    def relax(
        self, structure: Structure, settings: RelaxSettings, folder: Path, report: Report, flip: Flip | None = None
    ) -> Calculation:
        """Relax as `AseEngine.relax` does; each step goes on from the density of the last.

        Raises:
            UserError: the program stopped, or the density did not converge.
        """
        with self._in(folder) as here:
            return _told(AseEngine.relax(here, structure, settings, folder, report, flip), here.calculator)

    def dynamics(self, structure: Structure, settings: DynamicsSettings, folder: Path, report: Report) -> Trajectory:
        """Dynamics as `AseEngine.dynamics` does it.

        Raises:
            UserError: the program stopped, or the density did not converge.
        """
        with self._in(folder) as here:
            return AseEngine.dynamics(here, structure, settings, folder, report)

    @contextmanager
    def _in(self, folder: Path) -> Iterator[ProgramEngine]:
        """This engine with its program in a folder."""
        calculator = self.calculator.within(folder)
        try:
            yield replace(self, calculator=calculator)
        finally:
            calculator.close()


def _told(calculation: Calculation, calculator: ProgramCalculator) -> Calculation:
    return replace(calculation, corrections=(*calculation.corrections, *calculator.remedies))
