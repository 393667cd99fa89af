"""Whether surface energies depend on the cutoff and the k-points of a density functional: slab and bulk at others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from nzsp_surfaces.engines.base import Ask, Basis
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind, best_bare
from nzsp_surfaces.tasks.draft import Pair

if TYPE_CHECKING:
    from nzsp_surfaces.engines.base import DensityFunctional
    from nzsp_surfaces.tasks.draft import BarePlane, Draft


@dataclass(frozen=True)
class BasisInputs:
    """A slab or its bulk, as relaxed with the study's settings, at another cutoff or with other k-points."""

    basis: Basis


def _slab(bench: Bench[BasisInputs]) -> Result:
    """A single point of the best slab of a plane."""
    best = best_bare(bench.parents)
    slab = best.computed.structure
    calculation = _engine(bench).single_point(slab, bench.folder)
    return bench.result(calculation=calculation, start=slab, choices=Choices(arrangement=best.choices.arrangement))


def _bulk(bench: Bench[BasisInputs]) -> Result:
    """A single point of the crystal that the slab is compared with."""
    crystal = bench.parent("bulk").computed.structure
    return bench.result(calculation=_engine(bench).crystal_point(crystal, bench.folder), start=crystal)


def _engine(bench: Bench[BasisInputs]) -> DensityFunctional:
    """A study refuses these series for all other engines."""
    return cast("DensityFunctional", bench.engine(Ask.POINT)).at(bench.inputs.basis)


def _evaluations(_inputs: BasisInputs) -> float:
    return 1.0


CUTOFF = TaskKind("cutoff", _slab, (Ask.POINT,), _evaluations)
CUTOFF_BULK = TaskKind("cutoff-bulk", _bulk, (Ask.POINT,), _evaluations)
KPOINTS = TaskKind("kpoints", _slab, (Ask.POINT,), _evaluations)
KPOINTS_BULK = TaskKind("kpoints-bulk", _bulk, (Ask.POINT,), _evaluations)


def cutoffs(draft: Draft, plane: BarePlane, values: tuple[float, ...]) -> dict[float, Pair]:
    """The tasks of a plane at each cutoff, the least first."""
    return {value: _pair(draft, plane, CUTOFF, CUTOFF_BULK, Basis(cutoff=value), value) for value in sorted(values)}


def kpoints(draft: Draft, plane: BarePlane, values: tuple[float, ...]) -> dict[float, Pair]:
    """The tasks of a plane with each length of k-points, the least first."""
    return {value: _pair(draft, plane, KPOINTS, KPOINTS_BULK, Basis(kpoints=value), value) for value in sorted(values)}


def _pair(
    draft: Draft,
    plane: BarePlane,
    slab: TaskKind[BasisInputs],
    bulk: TaskKind[BasisInputs],
    basis: Basis,
    value: float,
) -> Pair:
    inputs, material, number = BasisInputs(basis), plane.material, round(value)
    crystal, parent = Subject(material.name), (draft.bulks[material.name],)
    atoms = len(plane.cuts[0].sites)
    return Pair(
        draft.add(slab, Subject(material.name, plane.miller), inputs, number=number, parents=plane.tasks, atoms=atoms),
        draft.add(bulk, crystal, inputs, number=number, parents=parent, atoms=len(material.crystal.structure)),
    )
