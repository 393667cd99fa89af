"""Relaxed slabs, bare and covered, whose faces go on to other valleys: single ions jump, then all there hops."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nzsp_surfaces.engines.base import Ask
from nzsp_surfaces.tasks.base import Bench, Result, Subject, TaskKind, lowest
from nzsp_surfaces.tasks.beneath import covered
from nzsp_surfaces.tasks.building import Arrangement, SlabBuilding
from nzsp_surfaces.tasks.covering import Covering
from nzsp_surfaces.tasks.walk import Chain, walked

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.bonds import Polyanion
    from nzsp_surfaces.tasks.draft import BarePlane, Draft


@dataclass(frozen=True)
class HopsInputs:
    """A bare slab whose faces are to hop.

    Attributes:
        building: of the slab.
        arrangements: of the plane, with that of the slab among them.
        rank: of the slab among those that were relaxed to the end, the lowest energy first, from 1.
        chain: of jumps and hops.
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
        chain: of jumps and hops.
    """

    covering: Covering
    chain: Chain


def _bare(bench: Bench[HopsInputs]) -> Result:
    """Go on from one of the slabs as they were cut and relaxed."""
    inputs, best = bench.inputs, lowest(bench.parents["bare"])[bench.inputs.rank - 1]
    arrangement = next(each for each in inputs.arrangements if each.number == best.choices.arrangement)
    cut = inputs.building.start(arrangement, bench.parent("bulk").computed.structure, 0.0)
    chain = replace(inputs.chain, relax=replace(inputs.chain.relax, held=cut.held))
    return walked(bench, chain, inputs.building.crystal.charges, best, cut.flip, len(cut.structure))


def _film(bench: Bench[FilmHopsInputs]) -> Result:
    """Go on from a covered slab whose faces were made alike."""
    covering, best = bench.inputs.covering, bench.parent("alike")
    arrangement, placement, units = best.choices.arrangement, best.choices.placement, best.choices.film_units
    assert arrangement is not None
    assert placement is not None
    flip = covered(bench, covering, arrangement, placement).flip
    before = len(best.computed.structure) - (units or 0) * covering.compound.atoms
    return walked(bench, bench.inputs.chain, covering.charges, best, flip, before)


def _evaluations(inputs: HopsInputs | FilmHopsInputs) -> float:
    return 45.0 * inputs.chain.jumps + 55.0 * inputs.chain.hops


HOPS = TaskKind("hops", _bare, (Ask.SLAB,), _evaluations)
FILM_HOPS = TaskKind("film-hops", _film, (Ask.SLAB,), _evaluations)


def hops(draft: Draft, plane: BarePlane, building: SlabBuilding, arranged: tuple[Arrangement, ...]) -> tuple[str, ...]:
    """A chain from each slab of a plane that is relaxed to the end; none where the study asks for no walk.

    Args:
        plane: with the tasks that relax its slabs as they are cut.
    """
    material = plane.material
    if not draft.study.profile.walks:
        return ()
    return tuple(
        draft.add(
            HOPS,
            Subject(material.name, plane.miller),
            HopsInputs(building, arranged, rank, _chain(draft, material.polyanions, material.mobile, rank)),
            number=rank,
            parents=(draft.bulks[material.name], *plane.tasks),
            atoms=len(plane.cuts[0].sites),
        )
        for rank in range(1, len(plane.tasks) + 1)
    )


def film_hops(
    draft: Draft, subject: Subject, covering: Covering, number: int, parents: tuple[str, ...], atoms: float
) -> tuple[str, ...]:
    """A chain from a covered slab; none where the study asks for no walk.

    Args:
        number: of the start, and of its moment.
        parents: the tasks that the slab comes from, that which made its faces alike among them, and what it was built
            from.
    """
    if not draft.study.profile.walks:
        return ()
    inputs = FilmHopsInputs(covering, _chain(draft, covering.groups, covering.loose, number))
    return (draft.add(FILM_HOPS, subject, inputs, number=number, parents=parents, atoms=atoms),)


def _chain(draft: Draft, polyanions: tuple[Polyanion, ...], ions: frozenset[str], number: int) -> Chain:
    profile, seeds = draft.study.profile, (draft.study.settings.seed, number)
    return Chain(polyanions, tuple(sorted(ions)), profile.jumps or 0, profile.hops or 0, seeds, draft.slab_relaxation)
