"""Settings of CP2K: defaults, their file, and what slab and bulk must agree in. ``inputs/cp2k`` explains the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from nzsp_surfaces.base.units import EV_PER_RY
from nzsp_surfaces.engines.program import ProgramSettings, settings_in

Basis = Literal["DZVP-MOLOPT-SR-GTH", "DZVP-MOLOPT-PBE-GTH", "TZVP-MOLOPT-PBE-GTH"]
Solver = Literal["diagonalisation", "ot"]
BASIS_FILES = {
    "DZVP-MOLOPT-SR-GTH": "BASIS_MOLOPT",
    "DZVP-MOLOPT-PBE-GTH": "BASIS_MOLOPT_UZH",
    "TZVP-MOLOPT-PBE-GTH": "BASIS_MOLOPT_UZH",
}
"""File of CP2K's data that holds each basis."""
POTENTIAL_FILE = "POTENTIAL_UZH"


@dataclass(frozen=True)
class Cp2kSettings(ProgramSettings):
    """How CP2K is to compute: PBE, closed shells, GTH-PBE potentials, periodic in all directions.

    Attributes:
        basis: family of Gaussian basis sets.
        cutoff: Ry, of the finest grid of the density.
        rel_cutoff: Ry, which decides the grid that a Gaussian is put on.
        eps_default: of all that is neglected in overlaps and densities.
        eps_scf: largest change at which the density counts as self-consistent.
        max_scf: steps after which a remedy is tried.
        solver: how the density is found: the first of the ways, the others being remedies.
        repeat: Å; a cell is repeated until its lattice planes are so far apart, and computed at the gamma point: the
            same as a mesh of k-points centred on gamma.
    """

    basis: Basis = "TZVP-MOLOPT-PBE-GTH"
    cutoff: float = 500.0
    rel_cutoff: float = 60.0
    eps_default: float = 1e-11
    eps_scf: float = 1e-6
    max_scf: int = 40
    solver: Solver = "diagonalisation"
    repeat: float = 8.0

    FILE: ClassVar[str] = "cp2k.yaml"
    ALWAYS: ClassVar[Mapping[str, str]] = {"functional": "PBE", "potentials": "GTH-PBE"}
    HOW: ClassVar[tuple[str, ...]] = ("max_scf", "solver")
    MESH: ClassVar[str] = "repeat"
    CUTOFF_UNIT: ClassVar[float] = EV_PER_RY

    def __post_init__(self) -> None:
        for name in ("cutoff", "rel_cutoff", "eps_default", "eps_scf", "max_scf"):
            if getattr(self, name) <= 0:
                raise ValueError(f"'{name}' must be positive")
        if self.repeat < 0:
            raise ValueError("'repeat' must not be negative")

    @property
    def words(self) -> tuple[str, ...]:
        """What moves the energy, for people."""
        grids = f"grids of {self.cutoff:g} Ry with {self.rel_cutoff:g} Ry for Gaussians"
        repeats = f"cells repeated to {self.repeat:g} Å at the Γ point" if self.repeat else "the Γ point"
        return f"{self.basis} basis sets", grids, repeats, "closed shells"


def read_settings(folder: Path | None) -> Cp2kSettings:
    """The settings of a study; see `settings_in`.

    Raises:
        UserError: no such folder or file; file, line and key at fault.
    """
    return settings_in(folder, Cp2kSettings, "inputs/cp2k/fine/cp2k.yaml")
