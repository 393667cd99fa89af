"""A run that exists, whoever made it, as far as its files tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nzsp_surfaces.base.calculation import Calculation, calculation_from_json
from nzsp_surfaces.base.content import structure_from_json, structure_to_json

if TYPE_CHECKING:
    from pymatgen.core import Structure


@dataclass(frozen=True)
class FinishedRun:
    """A run's first geometry, and its last with what was computed there.

    Attributes:
        path: folder, or file where that alone holds a run.
        first: geometry that it began with.
        calculation: of the last geometry; without forces, of which the largest is enough.
        reason: why it is no result, in a sentence; None where it is one.
        static: it was not relaxed, or nothing tells that it was: its largest force decides what it is worth.
        judged: its program tells whether it converged; else only the forces do.
        is_dft: computed with density-functional theory.
        mesh: (3,) Å, n / |b| of the k-points along each reciprocal vector; None where there is no mesh.
        held: numbers of the atoms that were not free to move along every direction.
        charge: e, of the cell.
    """

    path: Path
    first: Structure
    calculation: Calculation
    reason: str | None = None
    static: bool = False
    judged: bool = True
    is_dft: bool = True
    mesh: tuple[float, ...] | None = None
    held: tuple[int, ...] = ()
    charge: float = 0.0

    @property
    def last(self) -> Structure:
        """The geometry to which the energy belongs."""
        return self.calculation.structure

    def to_json(self) -> dict[str, Any]:
        """Plain data that `finished_from_json` turns into an equal run."""
        return {
            "path": str(self.path),
            "first": structure_to_json(self.first),
            "calculation": self.calculation.to_json(),
            "reason": self.reason,
            "static": self.static,
            "judged": self.judged,
            "is_dft": self.is_dft,
            "mesh": self.mesh,
            "held": self.held,
            "charge": self.charge,
        }


def finished_from_json(data: dict[str, Any]) -> FinishedRun:
    """The inverse of `FinishedRun.to_json`."""
    return FinishedRun(
        path=Path(data["path"]),
        first=structure_from_json(data["first"]),
        calculation=calculation_from_json(data["calculation"]),
        reason=data["reason"],
        static=data["static"],
        judged=data["judged"],
        is_dft=data["is_dft"],
        mesh=None if data["mesh"] is None else tuple(data["mesh"]),
        held=tuple(data["held"]),
        charge=data["charge"],
    )


def without_forces(calculation: Calculation) -> Calculation:
    """The same, lighter: of the forces only the largest is kept."""
    return replace(calculation, forces=np.empty((0, 3)))
