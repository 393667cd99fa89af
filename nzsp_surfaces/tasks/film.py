"""Covered planes: a film is placed on the best slab, annealed, quenched, and made alike on both faces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.base import Ask, DynamicsSettings, RelaxSettings
from nzsp_surfaces.slabs.cut import Rejection
from nzsp_surfaces.tasks.alike import made_alike
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind, best_bare, lowest
from nzsp_surfaces.tasks.beneath import BENEATH, Ground, covered, ground_of
from nzsp_surfaces.tasks.covering import Covering
from nzsp_surfaces.tasks.draft import BarePlane, Entry, PlannedSlab
from nzsp_surfaces.tasks.hops import film_hops
from nzsp_surfaces.tasks.laid import fitting
from nzsp_surfaces.tasks.snapshots import Snapshot, moment_of

if TYPE_CHECKING:
    from nzsp_surfaces.films.laying import Way
    from nzsp_surfaces.study.study import Film
    from nzsp_surfaces.tasks.draft import Draft

PLACEMENT_STEPS = 20
"""Steps of relaxation that rank placements of a film's cations."""
FILM_SHARE = 1.4
"""Atoms of a slab by those that it had without its film, about; for the order of tasks."""


@dataclass(frozen=True)
class PlacementInputs:
    """A placement of a film's cations to relax for a few steps.

    Attributes:
        covering: of the slab.
        placement: number of the placement.
        relax: how far.
    """

    covering: Covering
    placement: int
    relax: RelaxSettings


@dataclass(frozen=True)
class AnnealInputs:
    """A covered slab to anneal.

    Attributes:
        covering: of the slab.
        start: rank among the relaxed placements, the lowest energy first; the placement itself where none was relaxed.
        dynamics: of the anneal; its seed is that of the placement.
    """

    covering: Covering
    start: int
    dynamics: DynamicsSettings


@dataclass(frozen=True)
class QuenchInputs:
    """What the dynamics left, to relax.

    Attributes:
        relax: how far.
        snapshot: of the equilibrated part instead of the end.
    """

    relax: RelaxSettings
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class AlikeInputs:
    """A quenched slab to make alike on both faces and to relax again.

    Attributes:
        covering: of the slab.
        relax: how far.
    """

    covering: Covering
    relax: RelaxSettings


def _place(bench: Bench[PlacementInputs]) -> Result:
    """Cover the best slab and relax a few steps, enough to rank placements of the film's cations."""
    inputs = bench.inputs
    capped = covered(bench, inputs.covering, _best_arrangement(bench, inputs.covering), inputs.placement)
    engine = bench.engine(Ask.SLAB)
    calculation = engine.relax(capped.structure, inputs.relax, bench.folder, bench.forces, capped.flip)
    return bench.result(calculation=calculation, start=capped.structure, choices=Choices(placement=inputs.placement))


def _anneal(bench: Bench[AnnealInputs]) -> Result:
    """Cover the best slab, or take one of the best placements, and run the dynamics."""
    inputs, arrangement = bench.inputs, _best_arrangement(bench, bench.inputs.covering)
    placements = lowest(bench.parents.get("placement", ()))
    best = placements[inputs.start - 1] if placements else None
    placement = best.choices.placement or inputs.start if best else inputs.start
    capped = covered(bench, inputs.covering, arrangement, placement)
    start = best.computed.structure if best else capped.structure
    settings = replace(inputs.dynamics, seed=inputs.covering.seed_of(placement))
    run = bench.engine(Ask.DYNAMICS).dynamics(start, settings, bench.folder, bench.heat)
    way = None if inputs.covering.laying.way == "grown" else inputs.covering.laying.way
    choices = Choices(arrangement=arrangement, placement=placement, film_units=capped.film_units, way=way)
    choices = replace(choices, units_beneath=_units_beneath(bench, inputs.covering))
    return bench.result(start=start, trajectory=run, choices=choices)


def _quench(bench: Bench[QuenchInputs]) -> Result:
    """Relax what the dynamics left at its end or before; each face is free."""
    annealed, snapshot = bench.parent("anneal"), bench.inputs.snapshot
    run = annealed.trajectory
    assert run is not None
    start, moment = (run.structure, None) if snapshot is None else moment_of(run, snapshot)
    calculation = bench.engine(Ask.SLAB).relax(start, bench.inputs.relax, bench.folder, bench.forces)
    return bench.result(calculation=calculation, start=start, choices=replace(annealed.choices, moment=moment))


def _alike(bench: Bench[AlikeInputs]) -> Result:
    """Make both faces like the better one, and relax again."""
    quenched, engine = bench.parent("quench").computed, bench.engine(Ask.SLAB)
    chosen = bench.parent("quench").choices
    assert chosen.arrangement is not None
    assert chosen.placement is not None
    capped = covered(bench, bench.inputs.covering, chosen.arrangement, chosen.placement)
    start, better = made_alike(bench, capped, quenched.structure.cart_coords)
    calculation = engine.relax(start, bench.inputs.relax, bench.folder, bench.forces, capped.flip)
    return bench.result(calculation=calculation, start=start, choices=replace(chosen, better_face=better))


def _best_arrangement(bench: Bench[Any], covering: Covering) -> int:
    """Number of the bare cut with the lowest energy, or of that beneath another film; same atoms, same area."""
    best = best_bare(bench.parents) if covering.under is None else bench.parent(BENEATH.name)
    assert best.choices.arrangement is not None
    return best.choices.arrangement


def _units_beneath(bench: Bench[Any], covering: Covering) -> int | None:
    """Formula units of the film that lies beneath, on the cells that this one needs; None where none does."""
    if covering.under is None:
        return None
    return covering.laying.count * (bench.parent(BENEATH.name).choices.film_units or 0)


def _placement_evaluations(inputs: PlacementInputs) -> float:
    return float(inputs.relax.max_steps)


def _anneal_evaluations(inputs: AnnealInputs) -> float:
    return float(inputs.dynamics.steps)


def _quench_evaluations(_inputs: QuenchInputs) -> float:
    return 100.0


def _alike_evaluations(_inputs: AlikeInputs) -> float:
    return 60.0


PLACEMENT = TaskKind("placement", _place, (Ask.SLAB,), _placement_evaluations)
ANNEAL = TaskKind("anneal", _anneal, (Ask.DYNAMICS,), _anneal_evaluations)
QUENCH = TaskKind("quench", _quench, (Ask.SLAB,), _quench_evaluations)
ALIKE = TaskKind("alike", _alike, (Ask.SLAB, Ask.POINT), _alike_evaluations)


def plan(draft: Draft) -> None:
    """Every film on every plane that has a slab; where it does not fit, a rejection and an entry with the reason."""
    for plane in (each for each in draft.planes if each.cuts):
        films = [film for film in draft.study.films if plane.miller in film.settings.planes]
        for film in sorted(films, key=lambda each: each.on is not None):
            draft.entries.append(_entry(draft, plane, film))


def _entry(draft: Draft, plane: BarePlane, film: Film) -> Entry:
    """All ways of laying a film on a plane compete."""
    material = plane.material.name
    tasks: list[str] = []
    reasons: list[str] = []
    for number, way in enumerate(film.settings.ways):
        try:
            ground, covering = _laid(draft, plane, film, way)
        except UserError as error:
            draft.rejected.append((material, Rejection(plane.miller, plane.cuts[0].position, str(error))))
            reasons.append(str(error))
            continue
        tasks += _planned(draft, ground, film, covering, number)
    references = (name for each in draft.study.films_of(film.name) for name in draft.references[each.name])
    needs = (draft.bulks[material], *references)
    why = None if tasks else "; ".join(reasons)
    return Entry(material, plane.miller, film.name, tuple(tasks), needs, reason=why, on=film.on)


def _laid(draft: Draft, plane: BarePlane, film: Film, way: Way) -> tuple[Ground, Covering]:
    """What a film is laid on and how, in the geometry of the study's files; the slab is noted.

    Raises:
        UserError: that is not possible.
    """
    ground = ground_of(draft, plane, film)
    covering, capped = fitting(draft, ground, film, way)
    slab = PlannedSlab(plane.material, plane.cuts[0], capped.structure, 1, film, capped.film_units, way=way)
    beneath = ground.units(covering.laying.count)
    draft.slabs.append(replace(slab, on=ground.film, units_beneath=beneath))
    return ground, covering


def _planned(draft: Draft, ground: Ground, film: Film, covering: Covering, way: int) -> Iterator[str]:
    """Anneal each start at each temperature; quench its snapshots, each with free faces and with both like the better.

    Args:
        way: its number; starts are numbered on from way to way, and then from temperature to temperature.
    """
    profile, plane, before = draft.study.profile, ground.plane, ground.before
    starts, subject = min(film.settings.starts, profile.starts), Subject(plane.material.name, plane.miller, film.name)
    atoms = FILM_SHARE * ground.atoms
    placed = _placements(draft, subject, covering, before, atoms, way) if profile.placements > starts else ()
    together, hot = starts * len(film.settings.ways), film.settings.temperatures
    for (turn, temperature), start in product(enumerate(hot), range(1, starts + 1)):
        number = turn * together + way * starts + start
        annealing = AnnealInputs(covering, start, draft.anneal(film, temperature))
        anneal = draft.add(ANNEAL, subject, annealing, number=number, parents=(*before, *placed), atoms=atoms)
        numbers = [number + rank * together * len(hot) for rank in range(film.settings.quenched)]
        yield from _quenched(draft, subject, covering, (anneal, before[0]), numbers, atoms)


def _quenched(
    draft: Draft, subject: Subject, covering: Covering, before: tuple[str, str], numbers: Sequence[int], atoms: float
) -> Iterator[str]:
    """Quench snapshots of an anneal, its end first, and each again with both faces like the better one.

    Args:
        before: the anneal, and what the slab was built from.
        numbers: of the tasks of each snapshot.
    """
    relax, (anneal, built_from) = draft.slab_relaxation, before
    for rank, number in enumerate(numbers):
        inputs = QuenchInputs(relax, Snapshot(rank, len(numbers)) if rank else None)
        quench = draft.add(QUENCH, subject, inputs, number=number, parents=(anneal,), atoms=atoms)
        alike = AlikeInputs(covering, relax)
        both = draft.add(ALIKE, subject, alike, number=number, parents=(anneal, quench, built_from), atoms=atoms)
        yield from (quench, both)
        yield from film_hops(draft, subject, covering, number, (anneal, quench, both, built_from), atoms)


def _placements(
    draft: Draft, subject: Subject, covering: Covering, before: tuple[str, ...], atoms: float, way: int
) -> tuple[str, ...]:
    """A few steps of relaxation of every placement of a film."""
    relax, count = RelaxSettings(draft.study.profile.slab_force, PLACEMENT_STEPS), draft.study.profile.placements
    inputs = {number: PlacementInputs(covering, number, relax) for number in range(1, count + 1)}
    return tuple(
        draft.add(PLACEMENT, subject, given, number=way * count + number, parents=before, atoms=atoms)
        for number, given in inputs.items()
    )
