"""From results to what leaves each surface energy of the table open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from nzsp_surfaces.energies.spread import Spread, lower_yet
from nzsp_surfaces.energies.surface import excess_energy
from nzsp_surfaces.tasks.bare import JUDGED
from nzsp_surfaces.tasks.base import Result, Subject

if TYPE_CHECKING:
    from nzsp_surfaces.tasks.converged import Converged
    from nzsp_surfaces.tasks.plan import Plan
    from nzsp_surfaces.tasks.table import Candidate, EvaluatedEntry


def spreads(
    plan: Plan, rows: tuple[EvaluatedEntry, ...], series: tuple[Converged, ...], results: Mapping[str, Result]
) -> dict[str, Spread]:
    """The spread of every entry that has a value, by the entry's id.

    Args:
        rows: the table.
        series: what thickness and vacuum say, as far as the study asks for them.
        results: by the ids of tasks.
    """
    said = {each.entry.id: each for each in series}
    return {
        row.entry.id: Spread(
            thickness=_thickness(row, said.get(row.entry.id)),
            arrangements=_arrangements(plan, row, results),
            seeds=_seeds(plan, row),
            snapshots=_snapshots(plan, row),
        )
        for row in rows
        if row.best is not None and row.best.energy is not None
    }


def _thickness(row: EvaluatedEntry, said: Converged | None) -> float | None:
    """From the slab that counts to thicker ones, at most; None where nothing thicker was computed."""
    if said is None or said.thickness is None or row.best is None or row.best.energy is None:
        return None
    own = row.best.energy
    beyond = [abs(slab.gamma - own.gamma) for slab in said.thicknesses if slab.units > own.formula_units]
    return max(*beyond, said.thickness.oscillation) if beyond else None


def _arrangements(plan: Plan, row: EvaluatedEntry, results: Mapping[str, Result]) -> float | None:
    """Where all ways of sharing were tried to the end, nothing is left out, and there is no such part."""
    if row.entry.film is not None:
        return None
    cuts = [s.cut for s in plan.slabs if s.film is None and _of(row, s.material.name, s.cut.miller)]
    kinds = {cut.termination: cut.n_arrangements for cut in cuts}
    if sum(kinds.values()) <= len(_as_cut(plan, row)):
        return None
    return lower_yet(_tried(plan, row, results))


def _of(row: EvaluatedEntry, material: str, miller: tuple[int, ...]) -> bool:
    return (row.entry.material, row.entry.miller) == (material, miller)


def _tried(plan: Plan, row: EvaluatedEntry, results: Mapping[str, Result]) -> list[float]:
    """J/m² of the arrangements that were screened alike, or relaxed where none was screened."""
    subject, bulk = Subject(row.entry.material, row.entry.miller), results.get(plan.bulks[row.entry.material])
    screens = [t.id for t in plan.tasks if t.kind in JUDGED and t.subject == subject and t.id in results]
    if len(screens) < 2 or bulk is None:
        return [candidate.energy.gamma for candidate in _as_cut(plan, row) if candidate.energy]
    slabs = [results[name].computed for name in screens]
    areas = [slab.face_area for slab in slabs]
    return [excess_energy(slab, bulk.computed, area) for slab, area in zip(slabs, areas, strict=True)]


def _as_cut(plan: Plan, row: EvaluatedEntry) -> list[Candidate]:
    """The candidates of which each is another arrangement; anneals and hops go on from one of them."""
    return [each for each in row.candidates if plan.by_id[each.task].kind not in ("bare-alike", "hops")]


def _seeds(plan: Plan, row: EvaluatedEntry) -> float | None:
    """Between the best of each start of a film at the temperature that counts; None where only one was annealed."""
    if row.entry.film is None or row.best is None:
        return None
    alike = [each for each in row.candidates if each.temperature == row.best.temperature]
    return lower_yet(list(_best_of_each(plan, alike, "anneal").values()))


def _snapshots(plan: Plan, row: EvaluatedEntry) -> float | None:
    """Between the best of each moment that was quenched of the anneal that counts; None where only one was."""
    anneal = row.best and _before(plan, row.best, "anneal")
    own = [each for each in row.candidates if _before(plan, each, "anneal") == anneal]
    return lower_yet(list(_best_of_each(plan, own, "quench").values()))


def _best_of_each(plan: Plan, candidates: Iterable[Candidate], kind: str) -> dict[str, float]:
    """J/m², the lowest of the candidates that go on from each task of a kind."""
    best: dict[str, float] = {}
    for candidate in candidates:
        before = _before(plan, candidate, kind)
        if candidate.energy is not None:
            best[before] = min(candidate.energy.gamma, best.get(before, candidate.energy.gamma))
    return best


def _before(plan: Plan, candidate: Candidate, kind: str) -> str:
    """The task of a kind that a candidate goes on from, or its own."""
    task = plan.by_id[candidate.task]
    tasks = [task, *(plan.by_id[name] for name in task.parents)]
    return next((each.id for each in tasks if each.kind == kind), candidate.task)
