"""From results to the table: surface energies of all entries, and why one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nzsp_surfaces.base.calculation import Calculation
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.certificate import turns_over
from nzsp_surfaces.energies.surface import (
    SurfaceEnergy,
    capped_surface_energy,
    excess_energy,
    stacked_surface_energy,
    surface_energy,
    surface_energy_of_series,
)
from nzsp_surfaces.tasks.bare import JUDGED
from nzsp_surfaces.tasks.base import Choices, Result, Subject, Task
from nzsp_surfaces.tasks.draft import Before, Entry
from nzsp_surfaces.tasks.motion import film_lost
from nzsp_surfaces.tasks.plan import Plan

GONE_ON = {"refined": "relaxed further", "point": "as it stands"}
"""Kinds of tasks that go on with a slab of another engine, and what they do with it."""
FACE_TOLERANCE = 0.2
"""Å: relaxed faces count as alike within it; a relaxation stops at a residual force, not at the minimum itself."""


@dataclass(frozen=True)
class Candidate:
    """One competitor for an entry.

    Attributes:
        task: id of the task that computed it.
        calculation: of the slab; None where it failed.
        energy: the surface energy; None where refused.
        note: what it is, or why it was refused.
        temperature: K of the anneal that it goes on from; None without one.
    """

    task: str
    calculation: Calculation | None
    energy: SurfaceEnergy | None
    note: str
    temperature: float | None = None


@dataclass(frozen=True)
class EvaluatedEntry:
    """An entry of the table with what its tasks have given.

    Attributes:
        entry: of the plan.
        candidates: that compete, or members of a series.
        fit: of a series; it is what counts there.
    """

    entry: Entry
    candidates: tuple[Candidate, ...]
    fit: Candidate | None = None

    @property
    def best(self) -> Candidate | None:
        """What counts: the fit of a series, else the candidate with the lowest surface energy."""
        if self.entry.series:
            return self.fit if self.fit and self.fit.energy else None
        valued = [c for c in self.candidates if c.energy is not None]
        return min(valued, key=lambda c: c.energy.gamma if c.energy else 0.0, default=None)

    @property
    def reason(self) -> str | None:
        """Why there is no value; None where there is one."""
        if self.best is not None:
            return None
        if self.fit is not None:
            return self.fit.note
        return self.candidates[0].note if self.candidates else self.entry.reason


@dataclass(frozen=True)
class _Found:
    """What is known when an entry is evaluated."""

    plan: Plan
    results: Mapping[str, Result]
    failures: Mapping[str, str]

    def calculation(self, task: str) -> Calculation | None:
        return self.results[task].calculation if task in self.results else None

    def parents(self, task: Task) -> list[Task]:
        """The tasks that a candidate goes on from."""
        return [self.plan.by_id[name] for name in task.parents if name in self.plan.by_id]

    def start(self, task: Task) -> int | None:
        """The number of the anneal that a candidate goes on from, of which several moments may be quenched."""
        return next((each.number for each in self.parents(task) if each.kind == "anneal"), task.number)

    def temperature(self, task: Task) -> float | None:
        """K of the anneal that a candidate goes on from; None without one."""
        hot = (each for each in self.parents(task) if each.kind in ("anneal", "bare-anneal"))
        return next((float(each.inputs.dynamics.temperature) for each in hot), None)

    def lost(self, task: Task) -> str | None:
        """Why the film of a candidate is none any more; None where it is, and for bare slabs."""
        before = self.parents(task)
        reasons = (film_lost(each, self.results[each.id]) for each in before if each.id in self.results)
        return next(filter(None, reasons), None)


def table(plan: Plan, results: Mapping[str, Result], failures: Mapping[str, str]) -> tuple[EvaluatedEntry, ...]:
    """All entries of a plan, in its order.

    Args:
        results, failures: by the ids of tasks.
    """
    return tuple(evaluate(plan, entry, results, failures) for entry in plan.entries)


def evaluate(plan: Plan, entry: Entry, results: Mapping[str, Result], failures: Mapping[str, str]) -> EvaluatedEntry:
    """The surface energies of an entry, as far as results are there."""
    found = _Found(plan, results, failures)
    candidates = tuple(_candidate(found, entry, plan.by_id[name]) for name in entry.series or entry.candidates)
    return EvaluatedEntry(entry, candidates, _fitted(found, entry) if entry.series else None)


def screened(plan: Plan, row: EvaluatedEntry, results: Mapping[str, Result]) -> tuple[Candidate, ...]:
    """The arrangements of a bare plane that only took the first steps; their notes say how high they then were."""
    entry = row.entry
    bulk = _Found(plan, results, {}).calculation(plan.bulks[entry.material])
    if entry.film is not None or bulk is None:
        return ()
    subject = Subject(entry.material, entry.miller)
    tasks = [task for task in plan.tasks if task.kind in JUDGED and task.subject == subject and task.id in results]
    return tuple(_screened(task, results[task.id].choices, results[task.id].computed, bulk) for task in tasks)


def _screened(task: Task, chosen: Choices, slab: Calculation, bulk: Calculation) -> Candidate:
    gamma = excess_energy(slab, bulk, slab.face_area)
    number = chosen.arrangement or task.number
    note = f"arrangement {number}{_among(chosen)}, screened: {gamma:.2f} J/m² after {slab.steps} steps"
    return Candidate(task.id, slab, None, note)


def film_reference(plan: Plan, film: str, results: Mapping[str, Result]) -> Calculation | None:
    """The lowest energy per formula unit among a film's annealed and relaxed cells."""
    found = [results[name].calculation for name in plan.references[film] if name in results]
    converged = [c for c in found if c is not None and c.converged]
    return min(converged, key=lambda c: c.energy / len(c.structure), default=None)


def _candidate(found: _Found, entry: Entry, task: Task) -> Candidate:
    if task.id not in found.results:
        return Candidate(task.id, None, None, found.failures.get(task.id, "not computed yet"))
    result = found.results[task.id]
    lost = found.lost(task)
    if lost:
        return Candidate(
            task.id, result.calculation, None, f"start {found.start(task)}: {lost} in the anneal; not counted"
        )
    try:
        energy = _energy(found, entry, result)
    except UserError as refusal:
        return Candidate(task.id, result.calculation, None, str(refusal))
    note = _note(found, task, result, entry.before)
    return Candidate(task.id, result.calculation, energy, note, found.temperature(task))


def _energy(found: _Found, entry: Entry, result: Result) -> SurfaceEnergy:
    slab, bulk = result.computed, found.calculation(entry.bulk or found.plan.bulks[entry.material])
    if bulk is None:
        raise UserError(f"{entry.id}: the bulk of {entry.material} is missing")
    if entry.film is None:
        return surface_energy(slab, bulk, slab.face_area, symmetric=turns_over(slab.structure, FACE_TOLERANCE))
    # After dynamics both faces carry the same film in two states: the value is their mean, and said to be so.
    counted = _reference(found, entry, entry.film), result.choices.film_units or 0
    if entry.on is None:
        return capped_surface_energy(slab, bulk, *counted, slab.face_area)
    beneath = _reference(found, entry, entry.on), result.choices.units_beneath or 0
    return stacked_surface_energy(slab, bulk, [beneath, counted], slab.face_area)


def _reference(found: _Found, entry: Entry, film: str) -> Calculation:
    """The reference of a film.

    Raises:
        UserError: there is none.
    """
    reference = film_reference(found.plan, film, found.results)
    if reference is None:
        raise UserError(f"{entry.id}: the reference of {film} is missing or not converged")
    return reference


def _fitted(found: _Found, entry: Entry) -> Candidate:
    """The surface energy of a thickness series, once all of it is there."""
    slabs = [found.calculation(name) for name in entry.series]
    known = [slab for slab in slabs if slab is not None]
    bulk = found.calculation(found.plan.bulks[entry.material])
    last = entry.series[-1]
    if bulk is None or len(known) < len(slabs):
        return Candidate(last, None, None, f"{len(known)} of {len(slabs)} thicknesses are computed")
    try:
        energy = surface_energy_of_series(known, bulk, known[-1].face_area)
    except UserError as refusal:
        return Candidate(last, known[-1], None, str(refusal))
    return Candidate(last, known[-1], energy, f"fit over {len(known)} thicknesses")


def _note(found: _Found, task: Task, result: Result, before: Before | None) -> str:
    chosen = result.choices
    if task.kind in GONE_ON:
        left = before.engine if before and before.engine else "another engine"
        return f"slab {task.number} of {left}, {GONE_ON[task.kind]}"
    laid = f", {chosen.way} on" if chosen.way else ""
    heat = found.temperature(task)
    hot = "" if heat is None else f" at {heat:g} K"
    hot += "" if chosen.moment is None else f" for {chosen.moment:g} fs"
    if task.kind == "quench":
        return f"start {found.start(task)}{laid}, annealed{hot}, relaxed; mean of two unlike faces"
    if task.kind == "bare-alike":
        return f"arrangement {chosen.arrangement}, annealed, relaxed; both faces like the {chosen.better_face} one"
    if task.kind in ("alike", "film-hops"):
        alike = f"both faces like the {chosen.better_face} one"
        return f"start {found.start(task)}{laid}, annealed{hot}, relaxed; {alike}{_walked(chosen)}"
    return f"arrangement {chosen.arrangement or task.number}{_among(chosen)}{_walked(chosen)}"


def _walked(chosen: Choices) -> str:
    """How many steps from valley to valley led lower; nothing where there was none."""
    made = [f"{count} {what}" for count, what in ((chosen.jumps, "jumps"), (chosen.hops, "hops")) if count]
    return f", {chosen.accepted} of {' and '.join(made)} led lower" if made else ""


def _among(chosen: Choices) -> str:
    """How many a search has judged, and missed."""
    if chosen.judged is None:
        return ""
    sure = "how many are missed is not known" if chosen.missed is None else f"{chosen.missed:.1f} lower ones missed"
    return f", lowest of {chosen.judged} ({sure})"
