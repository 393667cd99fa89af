"""Settings of GPAW: defaults, their file, and what slab and bulk must agree in. ``inputs/gpaw`` explains the values."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import read

FILE = "gpaw.yaml"
"""Name of the settings file in a settings folder."""

HOW = ("max_scf",)
"""What decides how a density is found, not which."""


@dataclass(frozen=True)
class GpawSettings:
    """How GPAW is to compute: PBE, plane waves, its own PAW potentials, periodic in all directions.

    Attributes:
        cutoff: eV, of the plane waves.
        grid: Å, spacing of the density's grid; with GPAW's own, 0.21 Å at 400 eV, forces do not sum to zero.
        length: Å; along each reciprocal vector b there are ceil(length |b|) k-points, centred on gamma, |b| being the
            inverse distance of lattice planes.
        smearing: eV, width of the occupations; 0 for an insulator, and a metal is then refused.
        spin: whether the spins may differ.
        energy: eV per electron, largest change of the energy over the last three steps.
        density: electrons per electron, largest change of the density.
        eigenstates: eV² per electron, largest residual.
        max_scf: steps after which a remedy is tried.
    """

    cutoff: float = 600.0
    grid: float = 0.15
    length: float = 20.0
    smearing: float = 0.0
    spin: bool = False
    energy: float = 1e-5
    density: float = 1e-4
    eigenstates: float = 1e-7
    max_scf: int = 60

    def __post_init__(self) -> None:
        for name in ("cutoff", "grid", "energy", "density", "eigenstates", "max_scf"):
            if getattr(self, name) <= 0:
                raise ValueError(f"'{name}' must be positive")
        for name in ("length", "smearing"):
            if getattr(self, name) < 0:
                raise ValueError(f"'{name}' must not be negative")

    @property
    def compared(self) -> dict[str, Any]:
        """What slab and bulk must agree in: all that moves the energy, not how it is found."""
        said = {"functional": "PBE", "potentials": "PAW", **asdict(self)}
        return {name: value for name, value in said.items() if name not in HOW}

    @property
    def other_than_default(self) -> dict[str, Any]:
        """What enters keys; what is at its default is left out."""
        default = asdict(GpawSettings())
        return {name: value for name, value in asdict(self).items() if value != default[name]}


def read_settings(folder: Path | None) -> GpawSettings:
    """The settings of a study: from gpaw.yaml in its settings folder where one is named, else the defaults.

    Raises:
        UserError: no such folder or file; file, line and key at fault.
    """
    if folder is None:
        return GpawSettings()
    if not (folder / FILE).is_file():
        raise UserError(f"{folder}: holds no {FILE}; write one, as inputs/gpaw/fine/{FILE}, or leave 'settings' out")
    return read(folder / FILE, GpawSettings)
