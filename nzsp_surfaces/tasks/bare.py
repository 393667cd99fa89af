"""Bare planes: the ways of sharing their mobile ions are screened, and the lowest relaxed to the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.slabs.alternatives import alternatives, offered
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import SlabCut
from nzsp_surfaces.slabs.cutting import cut_slabs, fewest_broken
from nzsp_surfaces.tasks.annealed import annealed
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind, lowest
from nzsp_surfaces.tasks.building import Arrangement, SlabBuilding, SlabStart, arrangements, slab_building
from nzsp_surfaces.tasks.draft import BarePlane, Entry, PlannedSlab
from nzsp_surfaces.tasks.hops import hops
from nzsp_surfaces.tasks.search import SEARCH, searches

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.slabs.cut import Rejection
    from nzsp_surfaces.tasks.draft import Draft


@dataclass(frozen=True)
class ScreenInputs:
    """An arrangement to relax for a few steps.

    Attributes:
        building: of the slab.
        arrangement: that is screened.
        relax: how far.
    """

    building: SlabBuilding
    arrangement: Arrangement
    relax: RelaxSettings


@dataclass(frozen=True)
class BareInputs:
    """A slab to relax to the end.

    Attributes:
        building: of the slab.
        arrangements: those that were screened, or the one to relax where none was.
        rank: of the wanted one among those that were screened, the lowest energy first, from 1.
        relax: how far.
    """

    building: SlabBuilding
    arrangements: tuple[Arrangement, ...]
    rank: int
    relax: RelaxSettings


def _screen(bench: Bench[ScreenInputs]) -> Result:
    """Relax a few steps, enough to rank arrangements of the mobile ions."""
    inputs = bench.inputs
    start = inputs.building.start(inputs.arrangement, bench.parent("bulk").computed.structure)
    return _relaxed(bench, start, start.structure, inputs.relax, Choices(arrangement=inputs.arrangement.number))


def _bare(bench: Bench[BareInputs]) -> Result:
    """Relax a cut of the relaxed bulk, or go on with one of the lowest that were screened."""
    inputs, bulk = bench.inputs, bench.parent("bulk").computed.structure
    screened = lowest(tuple(result for kind in JUDGED for result in bench.parents.get(kind, ())))
    choices = replace(screened[inputs.rank - 1].choices, **_searched(screened)) if screened else Choices()
    number = choices.arrangement or inputs.arrangements[0].number
    arrangement = next(each for each in inputs.arrangements if each.number == number)
    start = inputs.building.start(arrangement, bulk)
    structure = screened[inputs.rank - 1].computed.structure if screened else start.structure
    return _relaxed(bench, start, structure, inputs.relax, replace(choices, arrangement=number))


def _searched(batches: list[Result]) -> dict[str, Any]:
    """How many arrangements all batches of a search have judged, and may have missed; nothing where there was none.

    Each batch counts those below its own lowest, so that their sum is what may lie below the lowest of all, or more.
    """
    if any(batch.choices.judged is None for batch in batches):
        return {}
    unsure = [batch.choices.missed for batch in batches]
    judged = sum(batch.choices.judged or 0 for batch in batches)
    return {"judged": judged, "missed": None if None in unsure else sum(filter(None, unsure))}


def _relaxed(
    bench: Bench[ScreenInputs] | Bench[BareInputs],
    start: SlabStart,
    structure: Structure,
    relax: RelaxSettings,
    choices: Choices,
) -> Result:
    settings = replace(relax, held=start.held)
    calculation = bench.engine(Ask.SLAB).relax(structure, settings, bench.folder, bench.forces, start.flip)
    return bench.result(calculation=calculation, start=structure, choices=choices)


def _screen_evaluations(inputs: ScreenInputs) -> float:
    return float(inputs.relax.max_steps)


def _bare_evaluations(_inputs: BareInputs) -> float:
    return 80.0


SCREEN = TaskKind("screen", _screen, (Ask.SLAB,), _screen_evaluations)
BARE = TaskKind("bare", _bare, (Ask.SLAB,), _bare_evaluations)
JUDGED = (SCREEN.name, SEARCH.name)
"""Kinds of tasks that judge arrangements by their first steps."""


def plan(draft: Draft) -> None:
    """Every plane of every material: its slabs, its tasks, its entry of the table."""
    for material in draft.study.materials:
        for miller in draft.study.settings.planes:
            cuts = _best_cuts(draft, material, miller)
            tasks = _planned(draft, material, miller, cuts)
            draft.planes.append(BarePlane(material, miller, cuts, tasks))
            reason = None if cuts else "no admissible slab, see rejected.json"
            bulk = draft.bulks[material.name]
            draft.entries.append(Entry(material.name, miller, None, tasks, needs=(bulk,), reason=reason))


def _best_cuts(draft: Draft, material: Material, miller: tuple[int, ...]) -> tuple[SlabCut, ...]:
    """The cuts of a plane that a study relaxes; every other is rejected with the reason."""
    options = draft.study.settings.slabs
    wanted = replace(options, arrangements=draft.study.profile.search or options.arrangements)
    found, refused = cut_slabs(material.crystal, miller, material.polyanions, material.mobile, wanted)
    if not found:
        refused = _with_alternatives(draft, material, miller, refused)
    cuts, worse = fewest_broken(found)
    draft.rejected += [(material.name, rejection) for rejection in refused + worse]
    for number, cut in enumerate(cuts[: options.arrangements], start=1):
        structure = build(cut, material.crystal, options.vacuum)
        draft.slabs.append(PlannedSlab(material, cut, structure, number, frozen=options.frozen))
    return cuts


def _with_alternatives(
    draft: Draft, material: Material, miller: tuple[int, ...], refused: tuple[Rejection, ...]
) -> tuple[Rejection, ...]:
    """The rejected cuts of a plane without a slab, each with what else the plane offers."""
    options = draft.study.settings.slabs
    others = alternatives(material.crystal, miller, material.polyanions, material.mobile, options)
    if not others:
        return refused
    plane = ",".join(map(str, miller))
    instead = f"`nzsp slabs CRYSTAL --plane {plane}` has {len(others)} others: {offered(others)}"
    return tuple(replace(each, reason=f"{each.reason}; {instead}") for each in refused)


def _planned(draft: Draft, material: Material, miller: tuple[int, ...], cuts: tuple[SlabCut, ...]) -> tuple[str, ...]:
    """Relax the arrangements of a plane; a short relaxation picks them where there are too many."""
    profile, subject = draft.study.profile, Subject(material.name, miller)
    building, arranged = slab_building(draft, material), arrangements(cuts)
    too_many = len(arranged) > profile.relaxed
    judge = _screens if profile.search is None else searches
    screens = judge(draft, subject, building, arranged) if too_many else ()
    tasks = []
    for each in arranged[: profile.relaxed]:
        chosen, rank = (arranged, each.number) if too_many else ((each,), 1)
        inputs = BareInputs(building, chosen, rank, draft.slab_relaxation)
        parents, atoms = (draft.bulks[material.name], *screens), len(each.cut.sites)
        tasks.append(draft.add(BARE, subject, inputs, number=each.number, parents=parents, atoms=atoms))
    as_cut = BarePlane(material, miller, cuts, tuple(tasks))
    hot = annealed(draft, subject, building, arranged, as_cut.tasks)
    return (*as_cut.tasks, *hot, *hops(draft, as_cut, building, arranged))


def _screens(
    draft: Draft, subject: Subject, building: SlabBuilding, arranged: tuple[Arrangement, ...]
) -> tuple[str, ...]:
    profile = draft.study.profile
    relax, parents = RelaxSettings(profile.slab_force, profile.screen_steps), (draft.bulks[subject.material or ""],)
    inputs = {each.number: ScreenInputs(building, each, relax) for each in arranged}
    return tuple(
        draft.add(SCREEN, subject, given, number=number, parents=parents, atoms=len(given.arrangement.cut.sites))
        for number, given in inputs.items()
    )
