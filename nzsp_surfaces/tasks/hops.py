"""Relaxed slabs that hop from valley to valley: a face that no relaxation leaves may have a lower one beside it.

Basin hopping (D. J. Wales and J. P. K. Doye, J. Phys. Chem. A 101, 5111 (1997)) that only goes down (R. H. Leary,
J. Glob. Optim. 18, 367 (2000)).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nzsp_surfaces.base.units import ev_of_faces
from nzsp_surfaces.crystals.bonds import Polyanion
from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.slabs.hopping import Hop, Movable, groups, hopped, least_distances, outer_atoms, too_near
from nzsp_surfaces.tasks.base import Bench, Result, Subject, TaskKind, lowest
from nzsp_surfaces.tasks.beneath import covered
from nzsp_surfaces.tasks.building import Arrangement, SlabBuilding
from nzsp_surfaces.tasks.covering import Covering

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.base.calculation import Calculation
    from nzsp_surfaces.crystals.contacts import Charges
    from nzsp_surfaces.crystals.flip import Flip
    from nzsp_surfaces.tasks.draft import BarePlane, Draft

FIRST_STEPS = 40
"""Of each relaxation, after which a face that lies too far above the lowest one is left."""
HOPELESS = 0.05
"""J/m² above the lowest face so far; of hops on Na4Zr2(SiO4)3 (0003) that ended lower none was above it by then."""
LOWER = 1e-4
"""J/m² by which a face must be lower to be gone on with."""


@dataclass(frozen=True)
class Chain:
    """Hops one after the other.

    Attributes:
        polyanions: of the slab, which turn as wholes.
        hops: how many.
        seeds: of everything random.
        relax: how far each is relaxed.
        hop: how far ions are moved.
    """

    polyanions: tuple[Polyanion, ...]
    hops: int
    seeds: tuple[int, ...]
    relax: RelaxSettings
    hop: Hop = field(default_factory=Hop)


@dataclass(frozen=True)
class HopsInputs:
    """A bare slab whose faces are to hop.

    Attributes:
        building: of the slab.
        arrangements: of the plane, with that of the slab among them.
        rank: of the slab among those that were relaxed to the end, the lowest energy first, from 1.
        chain: of hops.
    """

    building: SlabBuilding
    arrangements: tuple[Arrangement, ...]
    rank: int
    chain: Chain


@dataclass(frozen=True)
class FilmHopsInputs:
    """A covered slab whose faces are to hop.

    Attributes:
        covering: of the slab.
        chain: of hops.
    """

    covering: Covering
    chain: Chain


def _bare(bench: Bench[HopsInputs]) -> Result:
    """Go on from one of the slabs as they were cut and relaxed."""
    inputs, best = bench.inputs, lowest(bench.parents["bare"])[bench.inputs.rank - 1]
    arrangement = next(each for each in inputs.arrangements if each.number == best.choices.arrangement)
    cut = inputs.building.start(arrangement, bench.parent("bulk").computed.structure, 0.0)
    chain = replace(inputs.chain, relax=replace(inputs.chain.relax, held=cut.held))
    return _hopped(bench, chain, inputs.building.crystal.charges, best, cut.flip, len(cut.structure))


def _film(bench: Bench[FilmHopsInputs]) -> Result:
    """Go on from a covered slab whose faces were made alike."""
    covering, best = bench.inputs.covering, bench.parent("alike")
    arrangement, placement, units = best.choices.arrangement, best.choices.placement, best.choices.film_units
    assert arrangement is not None
    assert placement is not None
    flip = covered(bench, covering, arrangement, placement).flip
    before = len(best.computed.structure) - (units or 0) * covering.compound.atoms
    return _hopped(bench, bench.inputs.chain, covering.charges, best, flip, before)


def _hopped(bench: Bench[Any], chain: Chain, charges: Charges, best: Result, flip: Flip, before: int) -> Result:
    """Go on from the lowest face so far; each hop has a folder of its own, so that a killed task goes on within it.

    Args:
        before: how many atoms come before those of the film that was laid on last.
    """
    found, kept, usual = best.computed, 0, least_distances(best.computed.structure)
    for number in range(1, chain.hops + 1):
        slab, rng = found.structure, np.random.default_rng([*chain.seeds, number])
        free = outer_atoms(slab, chain.hop.depth) | (np.arange(len(slab)) >= before)
        movable = Movable(flip, groups(slab, charges, chain.polyanions), free, chain.relax.held)
        start = hopped(slab, movable, chain.hop, rng, usual)
        tried = _relaxed(bench, chain, number, start, flip, found.energy + ev_of_faces(HOPELESS, found.face_area))
        lower = tried.energy < found.energy - ev_of_faces(LOWER, found.face_area)
        if lower and tried.converged and not too_near(tried.structure, usual):
            found, kept = tried, kept + 1
    choices = replace(best.choices, hops=chain.hops, accepted=kept)
    return bench.result(calculation=found, start=best.computed.structure, choices=choices)


def _relaxed(
    bench: Bench[Any], chain: Chain, number: int, start: Structure, flip: Flip, hopeless: float
) -> Calculation:
    """A moved slab, relaxed to the end unless its first steps leave it above an energy, eV."""
    engine, folder, relax = bench.engine(Ask.SLAB), bench.folder / str(number), chain.relax

    def report(step: int, force: float) -> None:
        bench.report(step, f"hop {number} of {chain.hops}, {force:.3f} eV/Å")

    first = replace(relax, max_steps=min(FIRST_STEPS, relax.max_steps))
    tried = engine.relax(start, first, folder, report, flip)
    return tried if tried.energy > hopeless else engine.relax(start, relax, folder, report, flip)


def _evaluations(inputs: HopsInputs | FilmHopsInputs) -> float:
    return 55.0 * inputs.chain.hops


HOPS = TaskKind("hops", _bare, (Ask.SLAB,), _evaluations)
FILM_HOPS = TaskKind("film-hops", _film, (Ask.SLAB,), _evaluations)


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
            HopsInputs(building, arranged, rank, Chain(material.polyanions, wanted, (seed, rank), relax)),
            number=rank,
            parents=(draft.bulks[material.name], *plane.tasks),
            atoms=len(plane.cuts[0].sites),
        )
        for rank in range(1, len(plane.tasks) + 1)
    )


def film_hops(
    draft: Draft, subject: Subject, covering: Covering, number: int, parents: tuple[str, ...], atoms: float
) -> tuple[str, ...]:
    """A chain from a covered slab; none where the study asks for no hops.

    Args:
        number: of the start, and of its moment.
        parents: the tasks that the slab comes from, that which made its faces alike among them, and what it was built
            from.
    """
    wanted = draft.study.profile.hops
    if wanted is None:
        return ()
    chain = Chain(covering.groups, wanted, (draft.study.settings.seed, number), draft.slab_relaxation)
    inputs = FilmHopsInputs(covering, chain)
    return (draft.add(FILM_HOPS, subject, inputs, number=number, parents=parents, atoms=atoms),)
