"""A calculation: what an engine returns and everything else compares, and its trip through JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.content import structure_from_json, structure_to_json

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """Which program and model computed something; energies of different identities are never subtracted.

    Attributes:
        name: as in a study.
        model: weights or parameters.
        version: of the package that evaluates it.
    """

    name: str
    model: str
    version: str


@dataclass(frozen=True, slots=True)
class VacuumLevels:
    """The electrostatic potential of an electron in the vacuum beside a slab, averaged over planes.

    Attributes:
        bottom, top: eV, below and above the slab.
        field: eV/Å that is left in the vacuum, the larger of both sides.
        fermi: eV; None where it is not known. In an insulator it lies anywhere in the gap.
    """

    bottom: float
    top: float
    field: float
    fermi: float | None = None

    @property
    def work_functions(self) -> tuple[float, float] | None:
        """eV from the Fermi level to the vacuum, of the lower and the upper face."""
        return None if self.fermi is None else (self.bottom - self.fermi, self.top - self.fermi)


@dataclass(frozen=True)
class Calculation:
    """Energy and forces of one structure, and how they came about.

    Attributes:
        structure: final geometry.
        energy: eV of the cell.
        forces: (n, 3) eV/Å.
        converged: reached the requested force.
        max_force: eV/Å, the largest left.
        steps: evaluations of energy and forces.
        engine: who computed it.
        settings: what slab and bulk must agree in, as used; tables by element where their elements may differ.
        corrections: what was changed on the way by an error handler; what matters of it shows in the settings.
        energy_left: eV of the cell that relaxing to the end would still gain, where a Hessian foretells it.
        vacuum: levels beside a slab, where the engine tells them.
        moment: µB of the cell, where the engine tells it.
        notes: what a person should look at.
    """

    structure: Structure
    energy: float
    forces: Matrix
    converged: bool
    max_force: float
    steps: int
    engine: EngineIdentity
    settings: dict[str, Any] = field(default_factory=dict)
    corrections: tuple[str, ...] = ()
    energy_left: float | None = None
    vacuum: VacuumLevels | None = None
    moment: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def face_area(self) -> float:
        """Å² of one face of a slab, whose third vector is the normal."""
        return float(self.structure.volume / self.structure.lattice.c)

    def to_json(self) -> dict[str, Any]:
        """Plain data that `calculation_from_json` turns into an equal calculation."""
        return {
            "structure": structure_to_json(self.structure),
            "energy": self.energy,
            "forces": self.forces.tolist(),
            "converged": self.converged,
            "max_force": self.max_force,
            "steps": self.steps,
            "engine": asdict(self.engine),
            "settings": self.settings,
            "corrections": list(self.corrections),
            **({} if self.energy_left is None else {"energy_left": self.energy_left}),
            **({"vacuum": asdict(self.vacuum)} if self.vacuum else {}),
            **({} if self.moment is None else {"moment": self.moment}),
            **({"notes": list(self.notes)} if self.notes else {}),
        }


def calculation_from_json(data: dict[str, Any]) -> Calculation:
    """The inverse of `Calculation.to_json`."""
    return Calculation(
        structure=structure_from_json(data["structure"]),
        energy=float(data["energy"]),
        forces=np.array(data["forces"], float).reshape(-1, 3),
        converged=bool(data["converged"]),
        max_force=float(data["max_force"]),
        steps=int(data["steps"]),
        engine=EngineIdentity(**data["engine"]),
        settings=dict(data["settings"]),
        corrections=tuple(data["corrections"]),
        energy_left=data.get("energy_left"),
        vacuum=VacuumLevels(**data["vacuum"]) if "vacuum" in data else None,
        moment=data.get("moment"),
        notes=tuple(data.get("notes", ())),
    )
