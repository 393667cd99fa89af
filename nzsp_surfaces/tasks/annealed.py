"""A short anneal of the best bare slab of a plane: its faces move apart from each other, and are then made alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nzsp_surfaces.engines.base import Ask, DynamicsSettings, RelaxSettings
from nzsp_surfaces.films.cover import uncovered
from nzsp_surfaces.tasks.alike import made_alike
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind, lowest
from nzsp_surfaces.tasks.building import Arrangement, SlabBuilding

if TYPE_CHECKING:
    from nzsp_surfaces.films.cover import CappedSlab
    from nzsp_surfaces.tasks.draft import Draft


@dataclass(frozen=True)
class BareAnnealInputs:
    """The best slab of a plane to anneal.

    Attributes:
        dynamics: of the anneal.
    """

    dynamics: DynamicsSettings


@dataclass(frozen=True)
class BareAlikeInputs:
    """An annealed slab to relax, to make alike on both faces and to relax again.

    Attributes:
        building: of the slab.
        arrangements: of the plane, with the one that was annealed among them.
        relax: how far.
    """

    building: SlabBuilding
    arrangements: tuple[Arrangement, ...]
    relax: RelaxSettings


def _anneal(bench: Bench[BareAnnealInputs]) -> Result:
    """Dynamics of the lowest slab that was relaxed; nothing keeps its faces alike."""
    best = lowest(bench.parents["bare"])[0]
    start = best.computed.structure
    run = bench.engine(Ask.DYNAMICS).dynamics(start, bench.inputs.dynamics, bench.folder, bench.heat)
    return bench.result(start=start, trajectory=run, choices=Choices(arrangement=best.choices.arrangement))


def _alike(bench: Bench[BareAlikeInputs]) -> Result:
    """Relax what the dynamics left with each face free, then make both like the better one and relax again."""
    inputs, annealed, engine = bench.inputs, bench.parent("bare-anneal"), bench.engine(Ask.SLAB)
    assert annealed.trajectory is not None
    slab = _slab(bench, annealed.choices.arrangement)
    free = bench.folder / "free"
    quenched = engine.relax(annealed.trajectory.structure, inputs.relax, free, bench.forces)
    start, better = made_alike(bench, slab, quenched.structure.cart_coords)
    calculation = engine.relax(start, inputs.relax, bench.folder, bench.forces, slab.flip)
    return bench.result(calculation=calculation, start=start, choices=replace(annealed.choices, better_face=better))


def _slab(bench: Bench[BareAlikeInputs], number: int | None) -> CappedSlab:
    """The arrangement that was annealed as it was cut, which tells the faces and what turns one into the other."""
    arrangement = next(each for each in bench.inputs.arrangements if each.number == number)
    start = bench.inputs.building.start(arrangement, bench.parent("bulk").computed.structure, 0.0)
    return uncovered(start.structure, start.flip)


def _anneal_evaluations(inputs: BareAnnealInputs) -> float:
    return float(inputs.dynamics.steps)


def _alike_evaluations(_inputs: BareAlikeInputs) -> float:
    return 160.0


ANNEAL = TaskKind("bare-anneal", _anneal, (Ask.DYNAMICS,), _anneal_evaluations)
ALIKE = TaskKind("bare-alike", _alike, (Ask.SLAB, Ask.POINT), _alike_evaluations)


def annealed(
    draft: Draft,
    subject: Subject,
    building: SlabBuilding,
    arranged: tuple[Arrangement, ...],
    tasks: tuple[str, ...],
) -> tuple[str, ...]:
    """The task of a plane that competes with those that relax its slabs; none where the study asks for no anneal."""
    keys = draft.study.settings.anneal
    if keys is None or not tasks:
        return ()
    duration = min(keys.time, draft.study.profile.longest_anneal)
    dynamics = DynamicsSettings(keys.temperature, duration, draft.study.settings.timestep, seed=draft.seed(1))
    atoms, bulk = len(arranged[0].cut.sites), draft.bulks[subject.material or ""]
    anneal = draft.add(ANNEAL, subject, BareAnnealInputs(dynamics), number=1, parents=tasks, atoms=atoms)
    alike = BareAlikeInputs(building, arranged, draft.slab_relaxation)
    return (draft.add(ALIKE, subject, alike, number=1, parents=(anneal, bulk), atoms=atoms),)
