"""Whether surface energies depend on a setting: the slab that won, thicker, thinner, further apart, solved better."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.crystal import hkl, relaxed
from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.slabs.build import build, flip_of
from nzsp_surfaces.slabs.carried import face_displacements, further_apart, with_displacements
from nzsp_surfaces.slabs.placing import middle_atoms
from nzsp_surfaces.slabs.series import of_repeats, repeats
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind, best_bare
from nzsp_surfaces.tasks.basis import cutoffs, kpoints
from nzsp_surfaces.tasks.building import Arrangement, SlabBuilding, arrangements, slab_building
from nzsp_surfaces.tasks.draft import BarePlane, Entry, Series

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip
    from nzsp_surfaces.study.further import ConvergeKeys
    from nzsp_surfaces.tasks.draft import Draft


@dataclass(frozen=True)
class ThicknessInputs:
    """A slab with the relaxed faces of the best one of its plane, and another thickness.

    Attributes:
        building: of the slabs.
        arrangements: of the plane, at its own thickness.
        others: the same at the other thickness; those that have none are missing.
        relax: how far.
    """

    building: SlabBuilding
    arrangements: tuple[Arrangement, ...]
    others: tuple[Arrangement, ...]
    relax: RelaxSettings


@dataclass(frozen=True)
class VacuumInputs:
    """The best slab of a plane with another vacuum.

    Attributes:
        more: Å beside those that the slab was relaxed with.
    """

    more: float


def _thickness(bench: Bench[ThicknessInputs]) -> Result:
    """Relax a slab that begins with the relaxed faces of another.

    Beginning anew from the crystal, it could end in another minimum, and a series would compare unlike faces.
    """
    inputs, best = bench.inputs, best_bare(bench.parents)
    number = best.choices.arrangement
    own = next(each for each in inputs.arrangements if each.number == number)
    other = next((each for each in inputs.others if each.number == number), None)
    if other is None:
        raise UserError(f"arrangement {number}, which won, has no slab of this thickness with the same faces")
    start, held, flip = _begun(
        inputs.building, own, other, bench.parent("bulk").computed.structure, best.computed.structure
    )
    relax = replace(inputs.relax, held=held)
    calculation = bench.engine(Ask.SLAB).relax(start, relax, bench.folder, bench.forces, flip)
    return bench.result(calculation=calculation, start=start, choices=Choices(arrangement=number))


def _begun(
    building: SlabBuilding, own: Arrangement, other: Arrangement, bulk: Structure, best: Structure
) -> tuple[Structure, tuple[int, ...], Flip]:
    """The slab with relaxed faces, the atoms of its middle that are held, and what turns it over."""
    crystal = relaxed(building.crystal, bulk)
    moved = face_displacements(own.cut, build(own.cut, crystal, building.vacuum), best)
    structure = build(other.cut, crystal, building.vacuum)
    flip = flip_of(other.cut, crystal, structure)
    held = np.flatnonzero(middle_atoms(structure, building.frozen))
    return with_displacements(other.cut, structure, flip, moved), tuple(int(i) for i in held), flip


def _vacuum(bench: Bench[VacuumInputs]) -> Result:
    """A single point of the relaxed slab, its images further away or nearer."""
    best = best_bare(bench.parents)
    slab = further_apart(best.computed.structure, bench.inputs.more)
    calculation = bench.engine(Ask.POINT).single_point(slab, bench.folder)
    return bench.result(calculation=calculation, start=slab, choices=Choices(arrangement=best.choices.arrangement))


def _thickness_evaluations(_inputs: ThicknessInputs) -> float:
    return 25.0


def _vacuum_evaluations(_inputs: VacuumInputs) -> float:
    return 1.0


THICKNESS = TaskKind("thickness", _thickness, (Ask.SLAB,), _thickness_evaluations)
VACUUM = TaskKind("vacuum", _vacuum, (Ask.POINT,), _vacuum_evaluations)


def plan(draft: Draft) -> None:
    """The series of every plane that the study names, and has a slab."""
    keys = draft.study.settings.converge
    if keys is None:
        return
    wanted = None if keys.planes is None else {hkl(plane) for plane in keys.planes}
    for plane in draft.planes:
        if plane.tasks and (wanted is None or hkl(plane.miller) in wanted):
            draft.series.append(_series(draft, plane, keys))


def _series(draft: Draft, plane: BarePlane, keys: ConvergeKeys) -> Series:
    subject = Subject(plane.material.name, plane.miller)
    thicknesses: dict[int, str | None] = {}
    lacking: list[str] = []
    for count in sorted(keys.thickness):
        try:
            thicknesses[count] = _of_thickness(draft, plane, subject, count)
        except UserError as failure:
            lacking.append(f"{count} repeats: {failure}")
    atoms, own = len(plane.cuts[0].sites), draft.study.settings.slabs.vacuum
    vacuums = {
        size: draft.add(VACUUM, subject, VacuumInputs(size - own), number=round(size), parents=plane.tasks, atoms=atoms)
        for size in sorted(keys.vacuum)
    }
    entry = Entry(plane.material.name, plane.miller, None, ())
    bases = cutoffs(draft, plane, keys.cutoff), kpoints(draft, plane, keys.kpoints)
    return Series(entry.id, thicknesses, vacuums, *bases, tuple(lacking))


def _of_thickness(draft: Draft, plane: BarePlane, subject: Subject, count: int) -> str | None:
    """The task of a thickness; None where all slabs of the plane have it.

    Raises:
        UserError: none of them has a slab of this thickness with its faces.
    """
    if all(repeats(cut) == count for cut in plane.cuts):
        return None
    others = _others(plane, count)
    building, bulk = slab_building(draft, plane.material), draft.bulks[plane.material.name]
    inputs = ThicknessInputs(building, arrangements(plane.cuts), others, draft.slab_relaxation)
    atoms = len(others[0].cut.sites)
    return draft.add(THICKNESS, subject, inputs, number=count, parents=(bulk, *plane.tasks), atoms=atoms)


def _others(plane: BarePlane, count: int) -> tuple[Arrangement, ...]:
    """The arrangements of a plane at another thickness, with the numbers that they have at their own."""
    material, found, failure = plane.material, [], UserError("")
    for number, cut in enumerate(plane.cuts, start=1):
        try:
            other = of_repeats(cut, material.crystal, material.polyanions, material.mobile, count)
            found.append(Arrangement(number, other.alone))
        except UserError as error:
            failure = error
    if not found:
        raise failure
    return tuple(found)
