"""Settings of GPAW: defaults, their file, and what slab and bulk must agree in. ``inputs/gpaw`` explains the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from nzsp_surfaces.engines.program import ProgramSettings, settings_in


@dataclass(frozen=True)
class GpawSettings(ProgramSettings):
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

    FILE: ClassVar[str] = "gpaw.yaml"
    ALWAYS: ClassVar[Mapping[str, str]] = {"functional": "PBE", "potentials": "PAW"}
    HOW: ClassVar[tuple[str, ...]] = ("max_scf",)
    MESH: ClassVar[str] = "length"

    def __post_init__(self) -> None:
        for name in ("cutoff", "grid", "energy", "density", "eigenstates", "max_scf"):
            if getattr(self, name) <= 0:
                raise ValueError(f"'{name}' must be positive")
        for name in ("length", "smearing"):
            if getattr(self, name) < 0:
                raise ValueError(f"'{name}' must not be negative")

    @property
    def words(self) -> tuple[str, ...]:
        """What moves the energy, for people."""
        said = [f"plane waves to {self.cutoff:g} eV", f"a density grid of {self.grid:g} Å", _mesh(self.length)]
        said += [f"occupations smeared by {self.smearing:g} eV"] if self.smearing else []
        return (*said, "spin-polarised" if self.spin else "without spin polarisation")


def _mesh(length: float) -> str:
    return f"⌈{length:g} Å · |b|⌉ k-points along each reciprocal vector b, centred on Γ"


def read_settings(folder: Path | None) -> GpawSettings:
    """The settings of a study; see `settings_in`.

    Raises:
        UserError: no such folder or file; file, line and key at fault.
    """
    return settings_in(folder, GpawSettings, "inputs/gpaw/fine/gpaw.yaml")
