"""The files of a results directory that people and other programs read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.base.places import without_folders
from nzsp_surfaces.films.compound import all_charges, kept_by_all
from nzsp_surfaces.films.faces import describe_faces
from nzsp_surfaces.report.files import write_json, write_rows
from nzsp_surfaces.report.rows.calculations import (
    BulkRow,
    BulkSource,
    DynamicsRow,
    DynamicsSource,
    FaceSource,
    FilmFaceRow,
)
from nzsp_surfaces.report.rows.columns import csv_text
from nzsp_surfaces.report.rows.convergence import ConvergenceRow
from nzsp_surfaces.report.rows.energies import (
    CandidateRow,
    CandidateSource,
    DatabaseEntry,
    EnergySource,
    SurfaceEnergyRow,
)
from nzsp_surfaces.report.rows.films import FilmSeriesRow, film_series_rows
from nzsp_surfaces.report.rows.mixtures import MixtureRow, MixtureSource, SegregationRow
from nzsp_surfaces.report.rows.motion import FilmMotionRow, MotionSource
from nzsp_surfaces.report.rows.reactions import ReactionRow
from nzsp_surfaces.report.rows.reservoirs import ConditionRow, DiagramRow, StabilityRow, TerminationRow
from nzsp_surfaces.report.rows.study import Clock, Provenance, RunSource
from nzsp_surfaces.report.shapes import along_potential, constructions, sampled
from nzsp_surfaces.report.slabs import write_slabs
from nzsp_surfaces.report.structures import plane_comment, structure_files
from nzsp_surfaces.report.traces import write_frames, write_trace
from nzsp_surfaces.tasks.base import Subject
from nzsp_surfaces.tasks.converged import Converged, converged
from nzsp_surfaces.tasks.mixed import compositions
from nzsp_surfaces.tasks.motion import film_lost, film_motion
from nzsp_surfaces.tasks.reactions import reactions_found
from nzsp_surfaces.tasks.reservoirs import reservoirs
from nzsp_surfaces.tasks.segregation import segregated
from nzsp_surfaces.tasks.spread import spreads
from nzsp_surfaces.tasks.table import EvaluatedEntry, film_reference, screened, table

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.energies.spread import Spread
    from nzsp_surfaces.study.study import Study
    from nzsp_surfaces.tasks.base import Outcome, Result, Task
    from nzsp_surfaces.tasks.draft import Entry
    from nzsp_surfaces.tasks.plan import Plan

__all__ = ["Clock", "entry_row", "write_results"]


@dataclass(frozen=True)
class _Finished:
    """What is written down.

    Attributes:
        study, plan, outcome: of the run.
        path: of the directory.
    """

    study: Study
    plan: Plan
    outcome: Outcome
    path: Path

    def result(self, task: str) -> Result | None:
        """By the id of the task, whichever task computes its content."""
        return self.outcome.results.get(self.plan.by_id[task].id)


def write_results(study: Study, plan: Plan, outcome: Outcome, clock: Clock, path: Path) -> None:
    """Write every document of a study from what has been computed; entries without a value say why."""
    outcome = replace(outcome, failures={t: without_folders(why, path) for t, why in outcome.failures.items()})
    done, rows = _Finished(study, plan, outcome, path), table(plan, outcome.results, outcome.failures)
    write_slabs(plan, path)
    write_rows(path, BulkRow, list(_bulk_rows(done)))
    series = _converged(done, rows)
    spread = spreads(plan, rows, series, outcome.results)
    energies = [_energy_row(done, row, spread.get(row.entry.id)) for row in rows]
    write_rows(path, SurfaceEnergyRow, energies)
    write_atomically(path / "surface_energies.csv", csv_text(SurfaceEnergyRow, [row.to_json() for row in energies]))
    formulas = {material.name: material.crystal.formula for material in study.materials}
    write_rows(path, FilmSeriesRow, film_series_rows(energies, formulas))
    write_rows(path, CandidateRow, [made for row in rows for made in _candidate_rows(done, row)])
    if plan.series:
        write_rows(path, ConvergenceRow, [ConvergenceRow.made_from(each) for each in series])
    _write_reservoirs(done, rows)
    _write_reactions(done)
    _write_mixtures(done)
    write_rows(path, FilmFaceRow, [made for row in rows for made in _film_rows(done, row.entry)])
    write_rows(path, DynamicsRow, list(_dynamics_rows(done)))
    write_rows(path, FilmMotionRow, list(_motion_rows(done)))
    write_json(path / Provenance.FILE, Provenance.made_from(RunSource(study, plan, outcome, clock)).to_json())
    _write_shapes(done, rows, spread)


def _write_shapes(done: _Finished, rows: tuple[EvaluatedEntry, ...], spread: Mapping[str, Spread]) -> None:
    """Wulff shapes, and many within the spreads of their planes, where any are known."""
    from nzsp_surfaces.energies.wulff import shape_of

    made = constructions(done.study, done.plan, rows, done.outcome.results)
    write_json(done.path / "wulff.json", {name: shape_of(each).as_dict() for name, each in made.items()})
    if any(each.parts for each in spread.values()):
        drawn = sampled(made, rows, {name: each.total for name, each in spread.items()})
        write_json(done.path / "wulff_spread.json", {name: shapes.as_dict() for name, shapes in drawn.items()})


def _write_mixtures(done: _Finished) -> None:
    """Mixed compositions and what gathers at faces, where the study asks for them."""
    if done.plan.mixtures:
        write_rows(done.path, MixtureRow, list(_mixture_rows(done)))
    if done.plan.segregations:
        found = segregated(done.plan, done.outcome.results)
        write_rows(done.path, SegregationRow, [SegregationRow.made_from(each) for each in found])


def _write_reservoirs(done: _Finished, rows: tuple[EvaluatedEntry, ...]) -> None:
    """What chemical potentials decide, where the study asks for it."""
    keys = done.study.settings.potentials
    found = reservoirs(done.plan, rows, done.outcome.results, keys) if keys else ()
    if found:
        write_rows(done.path, StabilityRow, [StabilityRow.made_from(each) for each in found])
        write_rows(done.path, TerminationRow, [TerminationRow.made_from(line) for each in found for line in each.lines])
        write_rows(done.path, ConditionRow, [ConditionRow.made_from(row) for each in found for row in each.conditions])
        write_rows(done.path, DiagramRow, [DiagramRow.made_from(row) for each in found for row in each.diagrams])
        along = along_potential(done.study, done.plan, done.outcome.results, found)
        write_json(done.path / "wulff_path.json", {name: shapes.as_dict() for name, shapes in along.items()})


def _write_reactions(done: _Finished) -> None:
    """What forms a film or uses it up, where the study asks for it."""
    found = reactions_found(done.study, done.plan, done.outcome.results)
    if found:
        write_rows(done.path, ReactionRow, [ReactionRow.made_from(each) for each in found])


def _mixture_rows(done: _Finished) -> Iterator[MixtureRow]:
    for found in compositions(done.plan, done.outcome.results):
        best, name = found.best, f"{found.mixture.label}_bulk"
        file = structure_files(best.computed.structure, done.path, name) if best else None
        yield MixtureRow.made_from(MixtureSource(found, file))


def _converged(done: _Finished, rows: tuple[EvaluatedEntry, ...]) -> tuple[Converged, ...]:
    keys = done.study.settings.converge
    results, failures = done.outcome.results, done.outcome.failures
    return converged(done.plan, rows, results, failures, keys.tolerance) if keys else ()


def entry_row(study: Study, evaluated: EvaluatedEntry, spread: Spread | None = None) -> DatabaseEntry:
    """A surface energy as the database keeps it."""
    return DatabaseEntry.made_from(EnergySource(study, evaluated, spread=spread))


def _bulk_rows(done: _Finished) -> Iterator[BulkRow]:
    for material in done.study.materials:
        result = done.result(done.plan.bulks[material.name])
        if result is not None:
            file = structure_files(result.computed.structure, done.path, f"{material.name}_bulk")
            source = BulkSource(material.name, material.crystal, result.computed, file)
            yield BulkRow.made_from(source)
    for film in done.study.films:
        reference = film_reference(done.plan, film.name, done.outcome.results)
        if reference is not None:
            file = structure_files(reference.structure, done.path, f"{film.name}_bulk")
            yield BulkRow.made_from(BulkSource(film.name, film.reference, reference, file))


def _energy_row(done: _Finished, row: EvaluatedEntry, spread: Spread | None) -> SurfaceEnergyRow:
    file, entry = None, row.entry
    if row.best is not None and row.best.calculation is not None:
        material = next(m for m in done.study.materials if m.name == entry.material)
        comment = plane_comment(material, entry.miller, f"relaxed, with {entry.film}" if entry.film else "relaxed")
        file = structure_files(row.best.calculation.structure, done.path, f"{entry.id}_relaxed", comment=comment)
    return SurfaceEnergyRow.made_from(EnergySource(done.study, row, file, spread))


def _candidate_rows(done: _Finished, row: EvaluatedEntry) -> Iterator[CandidateRow]:
    for candidate in (*row.candidates, *screened(done.plan, row, done.outcome.results)):
        yield CandidateRow.made_from(CandidateSource(row, candidate))


def _film_rows(done: _Finished, entry: Entry) -> Iterator[FilmFaceRow]:
    """Both faces of every start: as built, after the dynamics, quenched, and relaxed with both faces alike."""
    subject = Subject(entry.material, entry.miller, entry.film)
    for task in _film_tasks(done.plan, entry) if entry.film else ():
        result = done.outcome.results.get(task.id)
        name = "/".join((*subject.names, str(task.number)))
        for stage, structure in _stages(task, result):
            yield from _face_rows(done, entry, name, stage, structure)


def _film_tasks(plan: Plan, entry: Entry) -> list[Task]:
    """The candidates of a film, each after the dynamics that it goes on from."""
    candidates = [plan.by_id[name] for name in entry.candidates]
    before = {task.id: [plan.by_id[name] for name in task.parents] for task in candidates}
    tasks = [one for task in candidates for one in (*(p for p in before[task.id] if p.kind == "anneal"), task)]
    return list({task.id: task for task in tasks}.values())


def _stages(task: Task, result: Result | None) -> Iterator[tuple[str, Structure]]:
    if result is not None and result.trajectory is not None and result.start is not None:
        yield "start", result.start
        yield "annealed", result.trajectory.structure
    if result is not None and result.calculation is not None:
        yield "quenched" if task.kind == "quench" else "relaxed", result.calculation.structure


def _face_rows(done: _Finished, entry: Entry, name: str, stage: str, structure: Structure) -> Iterator[FilmFaceRow]:
    material = next(m for m in done.study.materials if m.name == entry.material)
    compounds = [film.compound for film in done.study.films_of(entry.film)]
    polyanions = kept_by_all(compounds, material.crystal, material.polyanions)
    charges = all_charges(compounds, material.crystal)
    for face in describe_faces(structure, charges, material.framework, polyanions):
        yield FilmFaceRow.made_from(FaceSource(name, entry, stage, face))


def _dynamics_rows(done: _Finished) -> Iterator[DynamicsRow]:
    for task in done.plan.tasks:
        result = done.outcome.results.get(task.id)
        if result is not None and result.trajectory is not None:
            run, name = result.trajectory, task.id.replace("/", "_")
            file = write_trace(run.trace, done.path, name)
            frames = write_frames(result.start, run, done.path, name) if result.start else None
            yield DynamicsRow.made_from(DynamicsSource(task, run, file, frames))


def _motion_rows(done: _Finished) -> Iterator[FilmMotionRow]:
    for task in done.plan.tasks:
        result = done.outcome.results.get(task.id)
        found = film_motion(task, result) if result else None
        if result is not None and result.trajectory is not None and found is not None:
            source = MotionSource(task, found, result.trajectory.settings, film_lost(task, result))
            yield FilmMotionRow.made_from(source)
