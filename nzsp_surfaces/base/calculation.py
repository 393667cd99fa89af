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
    )
