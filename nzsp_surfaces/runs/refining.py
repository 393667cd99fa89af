"""From a finished run to the study that goes on with its best slabs by another engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.crystal import hkl
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.report.read import load_results
from nzsp_surfaces.report.structures import structure_files
from nzsp_surfaces.runs.store import Store, study_file
from nzsp_surfaces.study.schema import GoingOn, PublishedValue, StartKeys, StudyFile
from nzsp_surfaces.study.study import Study, load_study, study_of
from nzsp_surfaces.tasks.plan import make_plan

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results
    from nzsp_surfaces.report.rows.energies import CandidateRow, SurfaceEnergyRow
    from nzsp_surfaces.tasks.plan import Plan

How = Literal["relax", "single-point"]


@dataclass(frozen=True)
class Wish:
    """What `nzsp refine` is asked for.

    Attributes:
        engine: that is to go on.
        best: so many slabs of each entry, the lowest first.
        how: relax them, or take them as they stand.
        only: ids of entries, as NZP_1-102_bare; all where empty.
        vacuum: Å beside each slab; as much as there is where None.
        profile: of forces and steps; that of the run where None.
    """

    engine: EngineKeys
    best: int = 1
    how: How = "relax"
    only: tuple[str, ...] = ()
    vacuum: float | None = None
    profile: str | None = None


def refined_study(run: Path, wish: Wish, folder: Path) -> Study:
    """The study that goes on with a finished run.

    Args:
        run: results directory of `nzsp run` or `nzsp collect`.
        folder: takes the structures of slabs that are not the best of their entry.

    Raises:
        UserError: the run is not finished, has no study beside its results, or no such entry.
    """
    results = load_results(run)
    if results.study is None:
        raise UserError(f"{run}: holds no study's results; give a directory that nzsp run or nzsp collect wrote")
    base = load_study(study_file(run), results.study.profile)
    rows = _chosen(results, wish.only)
    slabs = tuple(slab for row in rows for slab in _slabs(run, base, results, row, wish.best, folder))
    names = {row.material for row in rows} | _films(rows)
    crystals = {row.material: (run / row.structure).absolute() for row in results.bulk if row.material in names}
    going_on = GoingOn(
        bulks={name: path for name, path in crystals.items() if name in base.settings.materials},
        films={name: path for name, path in crystals.items() if name in base.settings.films},
        slabs=slabs,
        how=wish.how,
        vacuum=wish.vacuum,
        engine=", ".join(dict.fromkeys(f"{row.engine} {row.model}" for row in rows)),
    )
    settings = replace(_narrowed(base.settings, rows), engine=wish.engine, anneal_engine=None, going_on=going_on)
    return study_of(settings, study_file(run), wish.profile or results.study.profile)


def _narrowed(settings: StudyFile, rows: list[SurfaceEnergyRow]) -> StudyFile:
    """A study's keys, of the materials, films and planes that some rows are about."""
    materials, films = {row.material for row in rows}, {None, *_films(rows)}
    planes = {hkl(row.miller) for row in rows}
    kept = {name: keys for name, keys in settings.films.items() if name in films}
    return replace(
        settings,
        converge=None,
        potentials=None,
        mixtures={},
        materials={name: keys for name, keys in settings.materials.items() if name in materials},
        planes=tuple(plane for plane in settings.planes if hkl(plane) in planes),
        films={name: replace(keys, planes=_among(keys.planes, planes)) for name, keys in kept.items()},
        published=tuple(p for p in settings.published if p.material in materials and _is_among(p, planes, films)),
    )


def _films(rows: list[SurfaceEnergyRow]) -> set[str]:
    """Names of all films of some rows, those beneath others too."""
    return {name for row in rows for name in (row.on, row.film) if name}


def _among(given: tuple[tuple[int, ...], ...], planes: set[tuple[int, int, int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(plane for plane in given if hkl(plane) in planes)


def _is_among(value: PublishedValue, planes: set[tuple[int, int, int]], films: set[str | None]) -> bool:
    return hkl(value.plane) in planes and (value.film is None or value.film in films)


def _chosen(results: Results, only: tuple[str, ...]) -> list[SurfaceEnergyRow]:
    """The entries that have a value, or those of them that are named."""
    valued = {row.id: row for row in results.surface_energies if row.gamma is not None and row.structure}
    unknown = [name for name in only if name not in valued]
    if unknown:
        known = ", ".join(valued) or "none"
        raise UserError(f"{results.directory}: has no value for {', '.join(unknown)}; entries with one: {known}")
    if not valued:
        raise UserError(f"{results.directory}: has no surface energy yet; let nzsp run finish first")
    return [row for name, row in valued.items() if not only or name in only]


def _slabs(
    run: Path, base: Study, results: Results, row: SurfaceEnergyRow, best: int, folder: Path
) -> Iterator[StartKeys]:
    """The best slab of an entry, and the next ones where more are wanted."""
    yield _keys(row, (run / (row.structure or "")).absolute(), row.gamma)
    if best == 1:
        return
    plan, store = make_plan(base), Store(run)
    for other in _others(results, row)[: best - 1]:
        path = _written(plan, store, other, folder)
        if path is not None:
            yield _keys(row, path, other.gamma)


def _keys(row: SurfaceEnergyRow, structure: Path, gamma: float | None) -> StartKeys:
    return StartKeys(row.material, row.miller, structure, row.film, row.n_film_units, gamma, row.n_units_beneath)


def _others(results: Results, row: SurfaceEnergyRow) -> list[CandidateRow]:
    """What competed with the best of an entry and has a value, the lowest first."""
    own = [
        each
        for each in results.candidates
        if (each.material, each.miller, each.film) == (row.material, row.miller, row.film)
        and each.gamma is not None
        and not each.selected
    ]
    return sorted(own, key=lambda each: each.gamma or 0.0)


def _written(plan: Plan, store: Store, other: CandidateRow, folder: Path) -> Path | None:
    """The structure of a candidate as a file; None where its calculation is not here."""
    result = store.result(plan.by_id[other.id]) if other.id in plan.by_id else None
    if result is None or result.calculation is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    name = structure_files(result.calculation.structure, folder, other.id.replace("/", "_"))
    return (folder / name).absolute()
