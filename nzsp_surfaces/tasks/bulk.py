"""The crystals of a study, relaxed with their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.tasks.base import Bench, Result, Subject, TaskKind

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.tasks.draft import Draft


@dataclass(frozen=True)
class BulkInputs:
    """A crystal to relax.

    Attributes:
        structure: primitive cell.
        relax: how far.
    """

    structure: Structure
    relax: RelaxSettings


def _carry_out(bench: Bench[BulkInputs]) -> Result:
    """Relax the crystal with its cell, no symmetry imposed."""
    start = bench.inputs.structure
    calculation = bench.engine(Ask.CELL).relax(start, bench.inputs.relax, bench.folder, bench.forces)
    return bench.result(calculation=calculation, start=start)


def _evaluations(_inputs: BulkInputs) -> float:
    return 40.0


BULK = TaskKind("bulk", _carry_out, (Ask.CELL,), _evaluations)


def plan(draft: Draft) -> None:
    """One task for each material."""
    for material in draft.study.materials:
        structure = material.crystal.structure
        inputs = BulkInputs(structure, draft.cell_relaxation)
        draft.bulks[material.name] = draft.add(BULK, Subject(material.name), inputs, atoms=len(structure))
