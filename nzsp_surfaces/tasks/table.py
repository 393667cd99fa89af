"""From results to the table: surface energies of all entries, and why one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nzsp_surfaces.base.calculation import Calculation
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.certificate import turns_over
from nzsp_surfaces.energies.surface import SurfaceEnergy, capped_surface_energy, excess_energy, surface_energy
from nzsp_surfaces.study.study import CappingFilm, Study
from nzsp_surfaces.tasks.plan import Entry, Plan, Subject, Task, bulk_id, reference_ids
from nzsp_surfaces.tasks.recipes import Result

FACE_TOLERANCE = 0.2
"""Å: relaxed faces count as alike within it; a relaxation stops at a residual force, not at the minimum itself."""


@dataclass(frozen=True)
class Candidate:
    """One competitor for an entry.

    Attributes:
        task: its id.
        calculation: of the slab; None where it failed.
        energy: the surface energy; None where refused.
        note: what it is, or why it was refused.
    """

    task: str
    calculation: Calculation | None
    energy: SurfaceEnergy | None
    note: str


@dataclass(frozen=True)
class TableEntry:
    """An entry of the table with all its candidates; `best` is the lowest of those that have an energy."""

    entry: Entry
    candidates: tuple[Candidate, ...]

    @property
    def best(self) -> Candidate | None:
        """The candidate that counts."""
        valued = [c for c in self.candidates if c.energy is not None]
        return min(valued, key=lambda c: c.energy.gamma if c.energy else 0.0, default=None)

    @property
    def reason(self) -> str | None:
        """Why there is no value."""
        if self.best is not None:
            return None
        return self.candidates[0].note if self.candidates else "no admissible slab, see rejected.json"


def table(
    study: Study, plan: Plan, results: Mapping[str, Result], failures: Mapping[str, str]
) -> tuple[TableEntry, ...]:
    """All entries of a study, in the order of the plan."""
    return tuple(evaluate(study, plan, entry, results, failures) for entry in plan.entries)


def evaluate(
    study: Study, plan: Plan, entry: Entry, results: Mapping[str, Result], failures: Mapping[str, str]
) -> TableEntry:
    """The surface energies of an entry's candidates, as far as results are there."""
    tasks = [task for task in entry.candidates if plan.by_id[task].kind != "anneal"]
    return TableEntry(entry, tuple(_candidate(study, plan, entry, plan.by_id[i], results, failures) for i in tasks))


def screened(plan: Plan, row: TableEntry, results: Mapping[str, Result]) -> tuple[Candidate, ...]:
    """The arrangements of a bare plane that only took the first steps; their notes say how high they then were."""
    subject = Subject(row.entry.material, row.entry.miller)
    found = []
    for task in (t for t in plan.tasks if t.kind == "screen" and t.subject == subject):
        slab, bulk = (results[i].calculation if i in results else None for i in (task.id, bulk_id(row.entry.material)))
        if row.entry.film is None and slab is not None and bulk is not None:
            gamma = excess_energy(slab, bulk, _area(slab))
            note = f"arrangement {task.number}, screened: {gamma:.2f} J/m² after {slab.steps} steps"
            found.append(Candidate(task.id, slab, None, note))
    return tuple(found)


def _area(slab: Calculation) -> float:
    """Å² of one face; the third vector is the normal."""
    return float(slab.structure.volume / slab.structure.lattice.c)


def film_reference(study: Study, film: CappingFilm, results: Mapping[str, Result]) -> Calculation | None:
    """The lowest energy per formula unit among a film's annealed and relaxed cells."""
    found = [results[i].calculation for i in reference_ids(study, film) if i in results]
    converged = [c for c in found if c is not None and c.converged]
    return min(converged, key=lambda c: c.energy / len(c.structure), default=None)


def _candidate(
    study: Study, plan: Plan, entry: Entry, task: Task, results: Mapping[str, Result], failures: Mapping[str, str]
) -> Candidate:
    if task.id not in results:
        return Candidate(task.id, None, None, failures.get(task.id, "not computed yet"))
    result = results[task.id]
    assert result.calculation is not None
    try:
        energy = _energy(study, plan, entry, task, results)
    except UserError as refusal:
        return Candidate(task.id, result.calculation, None, str(refusal))
    return Candidate(task.id, result.calculation, energy, _note(task, result))


def _energy(study: Study, plan: Plan, entry: Entry, task: Task, results: Mapping[str, Result]) -> SurfaceEnergy:
    result = results[task.id]
    slab, bulk = result.calculation, results[bulk_id(entry.material)].calculation
    assert slab is not None
    assert bulk is not None
    area = _area(slab)
    if entry.film is None:
        return surface_energy(slab, bulk, area, symmetric=turns_over(slab.structure, FACE_TOLERANCE))
    film = next(f for f in study.films if f.name == entry.film)
    reference = film_reference(study, film, results)
    if reference is None:
        raise UserError(f"{entry.id}: the reference of {film.name} is missing or not converged")
    anneal = next(name for name in task.parents if plan.by_id[name].kind == "anneal")
    units = int((results[anneal].notes or {})["film_units"])
    # After dynamics both faces carry the same film in two states: the value is their mean, and said to be so.
    return capped_surface_energy(slab, bulk, reference, units, area)


def _note(task: Task, result: Result) -> str:
    notes = result.notes or {}
    if task.kind == "bare":
        return f"arrangement {notes.get('arrangement', task.number)}"
    if task.kind == "quench":
        return f"start {task.number}, annealed, relaxed; mean of two unlike faces"
    return f"start {task.number}, annealed, relaxed; both faces like the {notes.get('better_face')} one"
