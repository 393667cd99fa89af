"""Keys of what a study may ask for besides its table: convergence, anneals of bare faces, potentials, reactions."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nzsp_surfaces.base.content import ELSEWHERE


@dataclass(frozen=True)
class ConvergeKeys:
    """Which settings of slabs and engine a study varies, to see whether surface energies still depend on them.

    Attributes:
        thickness: repeats along the normal of slabs with the same faces; a part of one counts as a whole one.
        vacuum: Å.
        planes: whose slabs are varied; all where absent.
        tolerance: J/m² that count as nothing.
        cutoff: eV of plane waves, for CP2K of its finest grid.
        kpoints: Å, times a reciprocal vector the number of k-points along it; for CP2K how far a cell is repeated.
    """

    thickness: tuple[int, ...] = ()
    vacuum: tuple[float, ...] = ()
    planes: tuple[tuple[int, ...], ...] | None = None
    tolerance: float = 0.01
    cutoff: tuple[float, ...] = ()
    kpoints: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for name in ("thickness", "vacuum", "cutoff", "kpoints"):
            values = getattr(self, name)
            if len(values) == 1 or len(set(values)) < len(values):
                raise ValueError(f"'{name}' needs at least two different values; one alone shows nothing")
            if any(not value > 0 for value in values):
                raise ValueError(f"'{name}' must be positive")
        if not (self.thickness or self.vacuum or self.cutoff or self.kpoints):
            raise ValueError("'thickness', 'vacuum', 'cutoff' or 'kpoints' must be given")
        if not self.tolerance > 0:
            raise ValueError("'tolerance' must be positive")


@dataclass(frozen=True)
class AnnealKeys:
    """A short anneal of the best bare slab of each plane, whose faces are made alike afterwards.

    Attributes:
        temperature: K.
        time: fs.
    """

    temperature: float = 500.0
    time: float = 2000.0

    def __post_init__(self) -> None:
        for name in ("temperature", "time"):
            if not getattr(self, name) > 0:
                raise ValueError(f"'{name}' must be positive")


@dataclass(frozen=True)
class PhaseKeys:
    """A phase that competes with the materials of a study: a CIF or POSCAR, relative to the study."""

    structure: Path


@dataclass(frozen=True)
class OxygenKeys:
    """Under which oxygen surfaces are told.

    Attributes:
        energy: eV, half of an O2 molecule at 0 K by the study's engine; nothing else fixes the zero of its potential.
        temperatures: K.
        pressures: bar.
    """

    energy: float
    temperatures: tuple[float, ...] = (300.0, 600.0, 900.0, 1200.0)
    pressures: tuple[float, ...] = (0.2,)


@dataclass(frozen=True)
class PotentialKeys:
    """How surfaces of any composition are told.

    Attributes:
        vary: element whose chemical potential is varied.
        phases: that compete, by name; elements count as phases.
        oxygen: conditions of oxygen gas.
        second: element whose potential is varied as well, for surface phase diagrams in two potentials.
    """

    vary: str
    phases: dict[str, PhaseKeys] = field(metadata=ELSEWHERE)
    oxygen: OxygenKeys | None = None
    second: str | None = None

    def __post_init__(self) -> None:
        if self.second == self.vary:
            raise ValueError("'second' must be another element than 'vary'")


@dataclass(frozen=True)
class ReactionKeys:
    """What may form a film or use it up.

    Attributes:
        equations: names of materials, films and phases, as "NZP + Na2O -> Na3PO4 + ZrO2"; amounts are found. Each
            energy is of one formula unit of the first phase that forms.
        phases: that take part besides materials and films, by name.
    """

    equations: tuple[str, ...]
    phases: dict[str, PhaseKeys] = field(default_factory=dict, metadata=ELSEWHERE)
