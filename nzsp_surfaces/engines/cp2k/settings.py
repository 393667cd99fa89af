"""Settings of CP2K: defaults, their file, and what slab and bulk must agree in. ``inputs/cp2k`` explains the values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import read

FILE = "cp2k.yaml"
"""Name of the settings file in a settings folder."""

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
class Cp2kSettings:
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

    def __post_init__(self) -> None:
        for name in ("cutoff", "rel_cutoff", "eps_default", "eps_scf", "max_scf"):
            if getattr(self, name) <= 0:
                raise ValueError(f"'{name}' must be positive")
        if self.repeat < 0:
            raise ValueError("'repeat' must not be negative")

    @property
    def compared(self) -> dict[str, Any]:
        """What slab and bulk must agree in: all that moves the energy, not how it is found."""
        said = {"functional": "PBE", "potentials": "GTH-PBE", **asdict(self)}
        return {name: value for name, value in said.items() if name not in ("max_scf", "solver")}

    @property
    def other_than_default(self) -> dict[str, Any]:
        """What enters keys; what is at its default is left out."""
        default = asdict(Cp2kSettings())
        return {name: value for name, value in asdict(self).items() if value != default[name]}


def read_settings(folder: Path | None) -> Cp2kSettings:
    """The settings of a study: from cp2k.yaml in its settings folder where one is named, else the defaults.

    Raises:
        UserError: no such folder or file; file, line and key at fault.
    """
    if folder is None:
        return Cp2kSettings()
    if not (folder / FILE).is_file():
        raise UserError(f"{folder}: holds no {FILE}; write one, as inputs/cp2k/fine/{FILE}, or leave 'settings' out")
    return read(folder / FILE, Cp2kSettings)
