"""What chemical potentials decide: the phases that compete with the materials, and terminations off stoichiometry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.crystals.crystal import Crystal, relaxed
from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.slabs.alternatives import Alternative, alternatives
from nzsp_surfaces.slabs.placing import placed
from nzsp_surfaces.tasks.base import Bench, Result, Subject, TaskKind
from nzsp_surfaces.tasks.bulk import BULK, BulkInputs
from nzsp_surfaces.tasks.draft import BarePlane, PlannedTermination

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.planes import Site
    from nzsp_surfaces.tasks.draft import Draft


@dataclass(frozen=True)
class TerminationInputs:
    """A slab of any composition to relax.

    Attributes:
        crystal: before the relaxation of the bulk; its sites name those of the slab.
        in_plane: (2, 3) surface cell vectors in multiples of the primitive ones.
        sites: (site, lattice translation) of every atom.
        vacuum: Å.
        relax: how far.
    """

    crystal: Crystal
    in_plane: tuple[tuple[int, ...], ...]
    sites: tuple[Site, ...]
    vacuum: float
    relax: RelaxSettings


def _termination(bench: Bench[TerminationInputs]) -> Result:
    """Relax the slab as cut from the relaxed bulk; nothing shakes it, so that its faces stay alike."""
    inputs = bench.inputs
    crystal = relaxed(inputs.crystal, bench.parent("bulk").computed.structure)
    start = placed(crystal, np.array(inputs.in_plane), inputs.sites, inputs.vacuum)
    calculation = bench.engine(Ask.SLAB).relax(start, inputs.relax, bench.folder, bench.forces)
    return bench.result(calculation=calculation, start=start)


def _evaluations(_inputs: TerminationInputs) -> float:
    return 60.0


TERMINATION = TaskKind("termination", _termination, (Ask.SLAB,), _evaluations)


def plan(draft: Draft) -> None:
    """The phases that compete or react, and both symmetric terminations of every plane that are off stoichiometry."""
    for name, structure in draft.study.phases.items():
        inputs = BulkInputs(structure, draft.cell_relaxation)
        draft.phases[name] = draft.add(BULK, Subject(name), inputs, atoms=len(structure))
    if draft.study.settings.potentials is None:
        return
    for plane in draft.planes:
        draft.terminations += _planned(draft, plane)


def _planned(draft: Draft, plane: BarePlane) -> list[PlannedTermination]:
    material, options = plane.material, draft.study.settings.slabs
    found = alternatives(material.crystal, plane.miller, material.polyanions, material.mobile, options)
    symmetric = [each for each in found if each.kind == "symmetric" and each.excess]
    return [_added(draft, plane, each, number) for number, each in enumerate(symmetric, start=1)]


def _added(draft: Draft, plane: BarePlane, cut: Alternative, number: int) -> PlannedTermination:
    name, vacuum = plane.material.name, draft.study.settings.slabs.vacuum
    inputs = TerminationInputs(plane.material.crystal, cut.in_plane, cut.sites, vacuum, draft.slab_relaxation)
    parents, atoms = (draft.bulks[name],), len(cut.sites)
    task = draft.add(TERMINATION, Subject(name, plane.miller), inputs, number=number, parents=parents, atoms=atoms)
    return PlannedTermination(name, plane.miller, cut.over, task)
