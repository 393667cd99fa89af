"""Bare slabs that hop from valley to valley: a face that no relaxation leaves may have a lower one beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.units import ev_of_faces
from nzsp_surfaces.crystals.bonds import Polyanion
from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.slabs.hopping import Hop, groups, hopped
from nzsp_surfaces.tasks.base import Bench, Result, Subject, TaskKind, lowest
from nzsp_surfaces.tasks.building import Arrangement, SlabBuilding

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.base.calculation import Calculation
    from nzsp_surfaces.crystals.flip import Flip
    from nzsp_surfaces.tasks.draft import BarePlane, Draft

FIRST_STEPS = 40
"""Of each relaxation, after which a face that lies too far above the lowest one is left."""
HOPELESS = 0.05
"""J/m² above the lowest face so far; of hops on Na4Zr2(SiO4)3 (0003) that ended lower none was above it by then."""
LOWER = 1e-4
"""J/m² by which a face must be lower to be gone on with."""


@dataclass(frozen=True)
class HopsInputs:
    """A slab whose faces are to hop.

    Attributes:
        building: of the slab.
        arrangements: of the plane, with that of the slab among them.
        polyanions: of the crystal, which turn as wholes.
        rank: of the slab among those that were relaxed to the end, the lowest energy first, from 1.
        hops: how many.
        seed: of the study.
        relax: how far.
        hop: how far ions are moved.
    """

    building: SlabBuilding
    arrangements: tuple[Arrangement, ...]
    polyanions: tuple[Polyanion, ...]
    rank: int
    hops: int
    seed: int
    relax: RelaxSettings
    hop: Hop = field(default_factory=Hop)


def _hops(bench: Bench[HopsInputs]) -> Result:
    """Go on from the lowest face so far, over and over.

    Basin hopping (D. J. Wales and J. P. K. Doye, J. Phys. Chem. A 101, 5111 (1997)) that only goes down (R. H. Leary,
    J. Glob. Optim. 18, 367 (2000)). Each hop has a folder of its own, so that a killed task goes on within it.
    """
    inputs, best = bench.inputs, lowest(bench.parents["bare"])[bench.inputs.rank - 1]
    arrangement = next(each for each in inputs.arrangements if each.number == best.choices.arrangement)
    cut = inputs.building.start(arrangement, bench.parent("bulk").computed.structure, 0.0)
    relax = replace(inputs.relax, held=cut.held)
    charges, found, kept = inputs.building.crystal.charges, best.computed, 0
    for number in range(1, inputs.hops + 1):
        known, rng = groups(found.structure, charges, inputs.polyanions), np.random.default_rng(_seeds(inputs, number))
        start = hopped(found.structure, cut.flip, known, inputs.hop, rng)
        tried = _relaxed(bench, number, start, cut.flip, relax, found.energy)
        if tried.converged and tried.energy < found.energy - ev_of_faces(LOWER, _area(start)):
            found, kept = tried, kept + 1
    choices = replace(best.choices, hops=inputs.hops, accepted=kept)
    return bench.result(calculation=found, start=best.computed.structure, choices=choices)


def _seeds(inputs: HopsInputs, number: int) -> tuple[int, int, int]:
    return inputs.seed, inputs.rank, number


def _relaxed(
    bench: Bench[HopsInputs], number: int, start: Structure, flip: Flip, relax: RelaxSettings, lowest_yet: float
) -> Calculation:
    """A moved slab, relaxed to the end unless its first steps leave it far above the lowest one."""
    engine, folder = bench.engine(Ask.SLAB), bench.folder / str(number)
    folder.mkdir(parents=True, exist_ok=True)

    def report(step: int, force: float) -> None:
        bench.report(step, f"hop {number} of {bench.inputs.hops}, {force:.3f} eV/Å")

    first = replace(relax, max_steps=min(FIRST_STEPS, relax.max_steps))
    tried = engine.relax(start, first, folder, report, flip)
    if tried.energy - lowest_yet > ev_of_faces(HOPELESS, _area(start)):
        return tried
    return engine.relax(start, relax, folder, report, flip)


def _area(slab: Structure) -> float:
    """Å² of one face."""
    return float(slab.volume / slab.lattice.c)


def _evaluations(inputs: HopsInputs) -> float:
    return 55.0 * inputs.hops


HOPS = TaskKind("hops", _hops, (Ask.SLAB,), _evaluations)


def hops(draft: Draft, plane: BarePlane, building: SlabBuilding, arranged: tuple[Arrangement, ...]) -> tuple[str, ...]:
    """A chain from each slab of a plane that is relaxed to the end; none where the study asks for no hops.

    Args:
        plane: with the tasks that relax its slabs as they are cut.
    """
    wanted, material = draft.study.profile.hops, plane.material
    if wanted is None:
        return ()
    seed, relax = draft.study.settings.seed, draft.slab_relaxation
    return tuple(
        draft.add(
            HOPS,
            Subject(material.name, plane.miller),
            HopsInputs(building, arranged, material.polyanions, rank, wanted, seed, relax),
            number=rank,
            parents=(draft.bulks[material.name], *plane.tasks),
            atoms=len(plane.cuts[0].sites),
        )
        for rank in range(1, len(plane.tasks) + 1)
    )
