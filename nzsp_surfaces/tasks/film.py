"""Covered planes: a film is placed on the best bare slab, annealed, quenched, and made alike on both faces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.material import Material
from nzsp_surfaces.engines.base import Ask, DynamicsSettings, RelaxSettings
from nzsp_surfaces.films.cations import NoRoom
from nzsp_surfaces.films.cover import CappedSlab
from nzsp_surfaces.films.laying import Laying, Way
from nzsp_surfaces.films.matching import Face, Sheet, best_sheet
from nzsp_surfaces.slabs.cut import Rejection
from nzsp_surfaces.slabs.supercell import widened
from nzsp_surfaces.tasks.alike import made_alike
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind, best_bare, lowest
from nzsp_surfaces.tasks.building import Arrangement, arrangements
from nzsp_surfaces.tasks.covering import Covering
from nzsp_surfaces.tasks.draft import BarePlane, Entry, PlannedSlab
from nzsp_surfaces.tasks.hops import film_hops
from nzsp_surfaces.tasks.snapshots import Snapshot, moment_of

if TYPE_CHECKING:
    from nzsp_surfaces.study.study import Film
    from nzsp_surfaces.tasks.draft import Draft

PLACEMENT_STEPS = 20
"""Steps of relaxation that rank placements of a film's cations."""
FILM_SHARE = 1.4
"""Atoms of a covered slab by those of the bare one, about; for the order of tasks."""


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
    """Cover the best bare slab and relax a few steps, enough to rank placements of the film's cations."""
    inputs = bench.inputs
    capped = _covered(bench, inputs.covering, _best_arrangement(bench), inputs.placement)
    engine = bench.engine(Ask.SLAB)
    calculation = engine.relax(capped.structure, inputs.relax, bench.folder, bench.forces, capped.flip)
    return bench.result(calculation=calculation, start=capped.structure, choices=Choices(placement=inputs.placement))


def _anneal(bench: Bench[AnnealInputs]) -> Result:
    """Cover the best bare slab, or take one of the best placements, and run the dynamics."""
    inputs, arrangement = bench.inputs, _best_arrangement(bench)
    placements = lowest(bench.parents.get("placement", ()))
    best = placements[inputs.start - 1] if placements else None
    placement = best.choices.placement or inputs.start if best else inputs.start
    capped = _covered(bench, inputs.covering, arrangement, placement)
    start = best.computed.structure if best else capped.structure
    settings = replace(inputs.dynamics, seed=inputs.covering.seed_of(placement))
    run = bench.engine(Ask.DYNAMICS).dynamics(start, settings, bench.folder, bench.heat)
    way = None if inputs.covering.laying.way == "grown" else inputs.covering.laying.way
    choices = Choices(arrangement=arrangement, placement=placement, film_units=capped.film_units, way=way)
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
    capped = _covered(bench, bench.inputs.covering, chosen.arrangement, chosen.placement)
    start, better = made_alike(bench, capped, quenched.structure.cart_coords)
    calculation = engine.relax(start, bench.inputs.relax, bench.folder, bench.forces, capped.flip)
    return bench.result(calculation=calculation, start=start, choices=replace(chosen, better_face=better))


def _covered(
    bench: Bench[PlacementInputs] | Bench[AnnealInputs] | Bench[AlikeInputs],
    covering: Covering,
    arrangement: int,
    placement: int,
) -> CappedSlab:
    return covering.start(arrangement, placement, bench.parent("bulk").computed.structure)


def _best_arrangement(bench: Bench[PlacementInputs] | Bench[AnnealInputs]) -> int:
    """Number of the bare cut with the lowest energy; all have the same atoms and area."""
    number = best_bare(bench.parents).choices.arrangement
    assert number is not None
    return number


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
        for film in (f for f in draft.study.films if plane.miller in f.settings.planes):
            tasks: list[str] = []
            reasons = []
            for number, way in enumerate(film.settings.ways):
                covering, reason = _try(draft, plane, film, way)
                tasks += () if covering is None else _planned(draft, plane, film, covering, number)
                reasons += [reason] if reason else []
            needs = (draft.bulks[plane.material.name], *draft.references[film.name])
            why = None if tasks else "; ".join(reasons)
            draft.entries.append(Entry(plane.material.name, plane.miller, film.name, tuple(tasks), needs, reason=why))


def _try(draft: Draft, plane: BarePlane, film: Film, way: Way) -> tuple[Covering | None, str | None]:
    """How a film is laid on the first cut in the geometry of the study's files, or why that is not possible."""
    material, cut = plane.material, plane.cuts[0]
    try:
        covering, capped = _fitting(draft, plane, film, way)
    except UserError as error:
        draft.rejected.append((material.name, Rejection(plane.miller, cut.position, str(error))))
        return None, str(error)
    draft.slabs.append(PlannedSlab(material, cut, capped.structure, 1, film, capped.film_units, way=way))
    return covering, None


def _fitting(draft: Draft, plane: BarePlane, film: Film, way: Way) -> tuple[Covering, CappedSlab]:
    """The first laying for which there is room.

    Raises:
        UserError: there is none.
    """
    start = plane.material.crystal.structure
    for laying in _layings(plane, film, way):
        covering = _covering(draft, plane, film, laying)
        try:
            return covering, covering.start(1, 1, start)
        except NoRoom as error:
            failure = error
    raise failure


def _layings(plane: BarePlane, film: Film, way: Way) -> Iterator[Laying]:
    """Grown in the crystal's places, else spread out to the density of its compound; the other ways are one each."""
    if way == "matched":
        yield Laying(way, film.units, sheet=_sheet(plane, film))
        return
    if way == "grown":
        yield Laying(way, film.units)
    yield Laying(way, film.units, film.volume)


def _sheet(plane: BarePlane, film: Film) -> Sheet:
    """The film's own crystal matched to a plane; a layer is as thick as a formula unit would be as a cube."""
    compound, settings = film.compound, film.settings
    mobile = frozenset(compound.cations if compound.anions else ())
    own = Material(film.name, film.reference, compound.polyanions, mobile)
    face = Face(plane.cuts[0], plane.material.crystal, settings.cells, settings.strain)
    return best_sheet(own, face, film.layers * film.volume ** (1 / 3), film.units)


def _covering(draft: Draft, plane: BarePlane, film: Film, laying: Laying) -> Covering:
    material, settings = plane.material, draft.study.settings
    return Covering(
        material.crystal,
        tuple(Arrangement(each.number, widened(each.cut, laying.cells)) for each in arrangements(plane.cuts)),
        material.polyanions,
        material.mobile,
        film.compound,
        film.layers,
        settings.slabs.vacuum,
        settings.seed,
        laying,
    )


def _planned(draft: Draft, plane: BarePlane, film: Film, covering: Covering, way: int) -> Iterator[str]:
    """Anneal each start at each temperature; quench its snapshots, each with free faces and with both like the better.

    Args:
        way: its number; starts are numbered on from way to way, and then from temperature to temperature.
    """
    profile, bulk = draft.study.profile, draft.bulks[plane.material.name]
    starts, subject = min(film.settings.starts, profile.starts), Subject(plane.material.name, plane.miller, film.name)
    atoms = FILM_SHARE * len(plane.cuts[0].sites)
    before = (bulk, *plane.tasks)
    placed = _placements(draft, subject, covering, before, atoms, way) if profile.placements > starts else ()
    together, hot = starts * len(film.settings.ways), film.settings.temperatures
    for (turn, temperature), start in product(enumerate(hot), range(1, starts + 1)):
        number = turn * together + way * starts + start
        annealing = AnnealInputs(covering, start, draft.anneal(film, temperature))
        anneal = draft.add(ANNEAL, subject, annealing, number=number, parents=(*before, *placed), atoms=atoms)
        numbers = [number + rank * together * len(hot) for rank in range(film.settings.quenched)]
        yield from _quenched(draft, subject, covering, anneal, numbers, atoms)


def _quenched(
    draft: Draft, subject: Subject, covering: Covering, anneal: str, numbers: Sequence[int], atoms: float
) -> Iterator[str]:
    """Quench snapshots of an anneal, its end first, and each again with both faces like the better one.

    Args:
        numbers: of the tasks of each snapshot.
    """
    relax, bulk = draft.slab_relaxation, draft.bulks[subject.material or ""]
    for rank, number in enumerate(numbers):
        inputs = QuenchInputs(relax, Snapshot(rank, len(numbers)) if rank else None)
        quench = draft.add(QUENCH, subject, inputs, number=number, parents=(anneal,), atoms=atoms)
        alike = AlikeInputs(covering, relax)
        both = draft.add(ALIKE, subject, alike, number=number, parents=(anneal, quench, bulk), atoms=atoms)
        yield from (quench, both)
        yield from film_hops(draft, subject, covering, number, (anneal, quench, both, bulk), atoms)


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
