"""Ions of a mixture in slabs of the end that fills all sites, at one depth after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.crystals.crystal import hkl
from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.mixtures.segregation import Exchange, orbits, substituted
from nzsp_surfaces.slabs.build import build, flip_of
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind
from nzsp_surfaces.tasks.building import Arrangement, SlabBuilding, arrangements, slab_building
from nzsp_surfaces.tasks.draft import PlannedSegregation

if TYPE_CHECKING:
    from nzsp_surfaces.study.mixtures import Segregation
    from nzsp_surfaces.tasks.draft import BarePlane, Draft
    from nzsp_surfaces.tasks.plan import Plan


SAME_DEPTH = 0.1
"""Å: pairs whose depths differ by less lie next to the middle alike."""


@dataclass(frozen=True)
class SegregationInputs:
    """A slab in which ions are exchanged at one depth.

    Attributes:
        building: of the slab.
        arrangement: of its mobile ions.
        exchange: of ions.
        orbit: numbers of the atoms that are exchanged, as the cut names them.
        relax: how far.
    """

    building: SlabBuilding
    arrangement: Arrangement
    exchange: Exchange
    orbit: tuple[int, ...]
    relax: RelaxSettings


def _segregation(bench: Bench[SegregationInputs]) -> Result:
    """Exchange ions in the slab as cut from the relaxed bulk, both faces alike, and relax it."""
    inputs = bench.inputs
    start = inputs.building.start(inputs.arrangement, bench.parent("bulk").computed.structure)
    structure, flip = substituted(start.structure, start.flip, inputs.exchange, inputs.orbit)
    calculation = bench.engine(Ask.SLAB).relax(structure, inputs.relax, bench.folder, bench.forces, flip)
    return bench.result(
        calculation=calculation, start=structure, choices=Choices(arrangement=inputs.arrangement.number)
    )


def _evaluations(_inputs: SegregationInputs) -> float:
    return 80.0


SEGREGATION = TaskKind("segregation", _segregation, (Ask.SLAB,), _evaluations)


def plan(draft: Draft) -> None:
    """Each depth of each plane that a mixture names."""
    for wish in draft.study.segregations:
        planes = [plane for plane in draft.planes if plane.material.name == wish.end and plane.cuts]
        wanted = {hkl(miller) for miller in wish.planes}
        draft.segregations += [_planned(draft, wish, plane) for plane in planes if hkl(plane.miller) in wanted]


def _planned(draft: Draft, wish: Segregation, plane: BarePlane) -> PlannedSegregation:
    """The first arrangement of the plane, which electrostatics puts lowest."""
    crystal, first = plane.material.crystal, arrangements(plane.cuts)[0]
    built = build(first.cut, crystal, draft.study.settings.slabs.vacuum)
    found = orbits(built, flip_of(first.cut, crystal, built), wish.exchange.leaves)
    heights = built.cart_coords[:, 2]
    depths = tuple(0.5 * float(np.ptp(heights) - np.ptp(heights[[*pair]])) for pair in found)
    building, subject = slab_building(draft, plane.material), Subject(plane.material.name, plane.miller)
    inputs = [SegregationInputs(building, first, wish.exchange, orbit, draft.slab_relaxation) for orbit in found]
    parents, atoms = (draft.bulks[wish.end],), len(built)
    tasks = tuple(
        draft.add(SEGREGATION, subject, each, number=number, parents=parents, atoms=atoms)
        for number, each in enumerate(inputs, start=1)
    )
    return PlannedSegregation(wish, plane.miller, depths, tasks)


@dataclass(frozen=True)
class Segregated:
    """Energies of ions at several depths.

    Attributes:
        planned: what was computed.
        depths: Å below the outermost atom of the slab as cut, ascending.
        energies: eV per ion, above the lowest of those next to the middle.
        notes: what is missing or not converged.
    """

    planned: PlannedSegregation
    depths: tuple[float, ...]
    energies: tuple[float, ...]
    notes: tuple[str, ...]


def segregated(plan: Plan, results: Mapping[str, Result]) -> Iterator[Segregated]:
    """Every plane of which a slab with ions next to its middle is there."""
    for planned in plan.segregations:
        ids = [plan.by_id[name].id for name in planned.tasks]
        pairs = zip(planned.depths, ids, strict=True)
        known = [(depth, results[name].computed) for depth, name in pairs if name in results]
        notes = [f"{name}: not computed" for name in ids if name not in results]
        notes += [f"{name}: not converged" for name in ids if name in results and not results[name].computed.converged]
        middle = [slab.energy for depth, slab in known if depth > planned.depths[-1] - SAME_DEPTH]
        if middle:
            energies = tuple(0.5 * (slab.energy - min(middle)) for _, slab in known)
            yield Segregated(planned, tuple(depth for depth, _ in known), energies, tuple(notes))
