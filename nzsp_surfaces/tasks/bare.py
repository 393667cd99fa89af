"""Bare planes: the ways of sharing their mobile ions are screened, and the lowest relaxed to the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.crystal import Crystal, relaxed
from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.slabs.alternatives import alternatives, offered
from nzsp_surfaces.slabs.build import build, flip_of
from nzsp_surfaces.slabs.cut import Cut, SlabCut
from nzsp_surfaces.slabs.cutting import cut_slabs, fewest_broken
from nzsp_surfaces.slabs.placing import middle_atoms
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind, lowest
from nzsp_surfaces.tasks.draft import BarePlane, Entry, PlannedSlab

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.slabs.cut import Rejection
    from nzsp_surfaces.tasks.draft import Draft

SHAKE = 0.05
"""Å, standard deviation of the displacements that break a cut's accidental symmetry."""


@dataclass(frozen=True)
class Arrangement:
    """One way of sharing the mobile ions of a plane, and the number that it has among them."""

    number: int
    cut: Cut


@dataclass(frozen=True)
class SlabStart:
    """A slab before its relaxation.

    Attributes:
        structure: shaken a little.
        flip: turns it over.
        held: numbers of the atoms that are not to move.
    """

    structure: Structure
    flip: Flip
    held: tuple[int, ...]


@dataclass(frozen=True)
class SlabBuilding:
    """How the slabs of a material are built from its relaxed bulk.

    Attributes:
        crystal: before the relaxation; its sites name those of the cuts.
        vacuum: Å.
        frozen: Å in the middle that stay as in the bulk.
        seed: of the shaking.
    """

    crystal: Crystal
    vacuum: float
    frozen: float
    seed: int

    def start(self, arrangement: Arrangement, bulk: Structure) -> SlabStart:
        """A slab cut from the relaxed bulk, shaken a little but alike on both faces.

        Without the shaking a face keeps symmetry that its ions would rather break, and stops at a saddle.
        """
        crystal = relaxed(self.crystal, bulk)
        structure = build(arrangement.cut, crystal, self.vacuum)
        flip = flip_of(arrangement.cut, crystal, structure)
        still = middle_atoms(structure, self.frozen)
        for site, shift in zip(structure, self._shifts(arrangement.number, flip, still), strict=True):
            site.coords = site.coords + shift
        return SlabStart(structure, flip, tuple(int(i) for i in np.flatnonzero(still)))

    def _shifts(self, number: int, flip: Flip, still: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        random = np.random.default_rng([self.seed, number]).normal(0.0, SHAKE, (len(still), 3))
        return np.where(still[:, None], 0.0, flip.average(random))


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
    return _relaxed(bench, start, start.structure, inputs.relax, inputs.arrangement.number)


def _bare(bench: Bench[BareInputs]) -> Result:
    """Relax a cut of the relaxed bulk, or go on with one of the lowest that were screened."""
    inputs, bulk = bench.inputs, bench.parent("bulk").computed.structure
    screened = lowest(bench.parents.get("screen", ()))
    number = screened[inputs.rank - 1].choices.arrangement if screened else inputs.arrangements[0].number
    arrangement = next(each for each in inputs.arrangements if each.number == number)
    start = inputs.building.start(arrangement, bulk)
    structure = screened[inputs.rank - 1].computed.structure if screened else start.structure
    return _relaxed(bench, start, structure, inputs.relax, arrangement.number)


def _relaxed(
    bench: Bench[ScreenInputs] | Bench[BareInputs],
    start: SlabStart,
    structure: Structure,
    relax: RelaxSettings,
    number: int,
) -> Result:
    settings = replace(relax, held=start.held)
    calculation = bench.engine(Ask.SLAB).relax(structure, settings, bench.folder, bench.forces, start.flip)
    return bench.result(calculation=calculation, start=structure, choices=Choices(arrangement=number))


def _screen_evaluations(inputs: ScreenInputs) -> float:
    return float(inputs.relax.max_steps)


def _bare_evaluations(_inputs: BareInputs) -> float:
    return 80.0


SCREEN = TaskKind("screen", _screen, (Ask.SLAB,), _screen_evaluations)
BARE = TaskKind("bare", _bare, (Ask.SLAB,), _bare_evaluations)


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
    found, refused = cut_slabs(material.crystal, miller, material.polyanions, material.mobile, options)
    if not found:
        refused = _with_alternatives(draft, material, miller, refused)
    cuts, worse = fewest_broken(found)
    draft.rejected += [(material.name, rejection) for rejection in refused + worse]
    for number, cut in enumerate(cuts, start=1):
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
    screens = _screens(draft, subject, building, arranged) if too_many else ()
    tasks = []
    for each in arranged[: profile.relaxed]:
        chosen, rank = (arranged, each.number) if too_many else ((each,), 1)
        inputs = BareInputs(building, chosen, rank, draft.slab_relaxation)
        parents, atoms = (draft.bulks[material.name], *screens), len(each.cut.sites)
        tasks.append(draft.add(BARE, subject, inputs, number=each.number, parents=parents, atoms=atoms))
    return tuple(tasks)


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


def arrangements(cuts: tuple[SlabCut, ...]) -> tuple[Arrangement, ...]:
    """Cuts of a plane with their numbers, from 1."""
    return tuple(Arrangement(number, cut.alone) for number, cut in enumerate(cuts, start=1))


def slab_building(draft: Draft, material: Material) -> SlabBuilding:
    """How a study builds the slabs of a material."""
    options = draft.study.settings.slabs
    return SlabBuilding(material.crystal, options.vacuum, options.frozen, draft.study.settings.seed)
