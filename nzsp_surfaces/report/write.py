"""The files of a results directory that people and other programs read."""

from __future__ import annotations

import csv
import io
import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces import __version__
from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.crystals.crystal import symmetry_label
from nzsp_surfaces.crystals.material import Material
from nzsp_surfaces.engines import registry as catalogue
from nzsp_surfaces.engines.base import DynamicsSettings
from nzsp_surfaces.engines.vasp.inputs import thermostat
from nzsp_surfaces.films.cover import describe_faces
from nzsp_surfaces.report.slabs import structure_files, write_json, write_slabs
from nzsp_surfaces.study.study import CappingFilm, Study
from nzsp_surfaces.tasks.plan import Plan, Task, bulk_id
from nzsp_surfaces.tasks.recipes import Outcome, Result, dynamics_settings
from nzsp_surfaces.tasks.table import TableEntry, film_reference, screened, table

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.energies.wulff import WulffShape

PACKAGES = (
    "pymatgen",
    "ase",
    "numpy",
    "scipy",
    "spglib",
    "wulffpack",
    "torch",
    "sevenn",
    "chgnet",
    "custodian",
    "fireworks",
    "numba",
    "matplotlib",
)


@dataclass(frozen=True, slots=True)
class Clock:
    """When a run began and ended (ISO 8601), and how long it took, s."""

    started: str
    finished: str
    seconds: float


def write_results(study: Study, plan: Plan, outcome: Outcome, clock: Clock, path: Path) -> None:
    """Write every document of a study from what has been computed; entries without a value say why."""
    rows = table(study, plan, outcome.results, outcome.failures)
    write_slabs(study, plan, path)
    write_json(path / "bulk.json", _bulk_rows(study, outcome, path))
    energies = [_energy_row(study, row, path) for row in rows]
    write_json(path / "surface_energies.json", energies)
    write_atomically(path / "surface_energies.csv", _csv(energies))
    write_json(path / "candidates.json", [c for row in rows for c in _candidate_rows(plan, row, outcome)])
    covered = [row for row in rows if row.entry.film]
    write_json(path / "films.json", [f for row in covered for f in _film_rows(study, plan, row, outcome)])
    write_json(path / "dynamics.json", _dynamics_rows(study, plan, outcome, path))
    write_json(path / "provenance.json", _provenance(study, plan, outcome, clock))
    shapes = wulff_shapes(study, rows, outcome.results)
    write_json(path / "wulff.json", {name: shape.as_dict() for name, shape in shapes.items()})


def _bulk_rows(study: Study, outcome: Outcome, path: Path) -> list[dict[str, Any]]:
    named = [(m.name, m.crystal, outcome.results.get(bulk_id(m.name))) for m in study.materials]
    rows = [_bulk_row(n, c.space_group, r.calculation, path) for n, c, r in named if r and r.calculation]
    for film in study.films:
        reference = film_reference(study, film, outcome.results)
        if reference is not None:
            rows.append(_bulk_row(film.name, film.reference.space_group, reference, path))
    return rows


def _bulk_row(name: str, space_group: str, calculation: Calculation, path: Path) -> dict[str, Any]:
    composition = calculation.structure.composition
    return {
        "id": name,
        "material": name,
        "formula": composition.reduced_formula,
        "space_group": space_group,
        "space_group_relaxed": symmetry_label(calculation.structure, 0.01),
        "lattice": [round(x, 5) for x in calculation.structure.lattice.parameters],
        "energy_per_formula_unit": calculation.energy / composition.get_reduced_composition_and_factor()[1],
        "max_force": calculation.max_force,
        "converged": calculation.converged,
        "structure": structure_files(calculation.structure, path, f"{name}_bulk"),
    }


def _energy_row(study: Study, row: TableEntry, path: Path) -> dict[str, Any]:
    entry, best = row.entry, row.best
    computed = best.calculation if best else None
    engine = computed.engine if computed else catalogue.identity(study.settings.engine)
    known = {
        "id": entry.id,
        "material": entry.material,
        "miller": list(entry.miller),
        "film": entry.film,
        "n_film_units": best.energy.film_units if best and best.energy else 0,
        "gamma": best.energy.gamma if best and best.energy else None,
        "gamma_published": study.published(entry.material, entry.miller, entry.film),
        "converged": bool(computed and computed.converged),
        "engine": engine.name,
        "model": engine.model,
    }
    if best is None or best.energy is None or best.calculation is None:
        return known | {"formula": None, "area": None, "structure": None, "reason": row.reason}
    structure = structure_files(best.calculation.structure, path, f"{entry.id}_relaxed")
    return known | {"formula": best.energy.formula, "area": best.energy.area, "structure": structure, "reason": None}


def _csv(rows: list[dict[str, Any]]) -> str:
    """The same rows; indices as "1 -1 0 2", so that `nzsp wulff` reads them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(row | {"miller": " ".join(str(i) for i in row["miller"])})
    return text.getvalue()


def _candidate_rows(plan: Plan, row: TableEntry, outcome: Outcome) -> Iterable[dict[str, Any]]:
    for candidate in (*row.candidates, *screened(plan, row, outcome.results)):
        yield {
            "id": candidate.task,
            "material": row.entry.material,
            "miller": list(row.entry.miller),
            "film": row.entry.film,
            "gamma": candidate.energy.gamma if candidate.energy else None,
            "converged": bool(candidate.calculation and candidate.calculation.converged),
            "selected": candidate is row.best,
            "note": candidate.note,
        }


def _film_rows(study: Study, plan: Plan, row: TableEntry, outcome: Outcome) -> Iterable[dict[str, Any]]:
    """Both faces of every start: as built, after the dynamics, quenched, and relaxed with both faces alike."""
    for task in (plan.by_id[name] for name in row.entry.candidates):
        result = outcome.results.get(task.id)
        if result is None:
            continue
        stages = {"start": result.start, "annealed": result.end}
        if result.calculation is not None:
            stages = {"quenched" if task.kind == "quench" else "relaxed": result.calculation.structure}
        name = "/".join((*task.subject.names, str(task.number)))
        for stage, structure in stages.items():
            if structure is not None:
                yield from _face_rows(study, row, name, stage, structure)


def _face_rows(study: Study, row: TableEntry, name: str, stage: str, structure: Structure) -> Iterable[dict[str, Any]]:
    material, film = _parts(study, row)
    polyanions = tuple({*material.polyanions, film.film.polyanion})
    charges = material.crystal.charges | film.film.charges
    for face in describe_faces(structure, charges, material.framework, polyanions):
        yield {
            "id": name,
            "material": row.entry.material,
            "miller": list(row.entry.miller),
            "film": row.entry.film,
            "stage": stage,
            "face": face.face,
            "coordination": face.coordination,
            "tetrahedra_whole": face.tetrahedra_whole,
        }


def _parts(study: Study, row: TableEntry) -> tuple[Material, CappingFilm]:
    material = next(m for m in study.materials if m.name == row.entry.material)
    return material, next(f for f in study.films if f.name == row.entry.film)


def _dynamics_rows(study: Study, plan: Plan, outcome: Outcome, path: Path) -> list[dict[str, Any]]:
    rows = []
    for task in plan.tasks:
        result = outcome.results.get(task.id)
        if result is None or result.trace is None:
            continue
        rows.append(_dynamics_row(study, task, result, path))
    return rows


def _dynamics_row(study: Study, task: Task, result: Result, path: Path) -> dict[str, Any]:
    assert result.trace is not None
    film = next(f for f in study.films if f.name == task.subject.film)
    name = f"traces/{task.id.replace('/', '_')}.csv"
    lines = ["time_fs,temperature_K,potential_energy_eV", *(f"{t:g},{k:.2f},{e:.6f}" for t, k, e in result.trace)]
    (path / "traces").mkdir(exist_ok=True)
    write_atomically(path / name, "\n".join(lines) + "\n")
    later = result.trace[len(result.trace) // 2 :]
    seeded: Any = (result.notes or {}).get("placement", task.number)
    settings = dynamics_settings(study, film, int(seeded))
    return {
        "id": task.id,
        "material": task.subject.material or film.name,
        "miller": list(task.subject.miller) if task.subject.miller else None,
        "film": film.name,
        "seed": settings.seed,
        "temperature": settings.temperature,
        "mean_temperature": float(later[:, 1].mean()),
        "timestep": settings.timestep,
        "duration": settings.duration,
        "thermostat": _thermostat(study, settings),
        "trace": name,
    }


def _thermostat(study: Study, settings: DynamicsSettings) -> str:
    """What held the temperature: VASP's own, or that of the potentials' dynamics."""
    return thermostat(study.vasp["aimd"].incar) if study.anneal_engine == catalogue.VASP else settings.thermostat


def wulff_shapes(study: Study, rows: tuple[TableEntry, ...], results: Mapping[str, Result]) -> dict[str, WulffShape]:
    """The shape of every material from its bare planes, and of every covered one, where planes enclose a volume."""
    from nzsp_surfaces.energies.wulff import capped_energies, wulff_shape

    shapes: dict[str, WulffShape] = {}
    for material in study.materials:
        bulk = results.get(bulk_id(material.name))
        structure = bulk.calculation.structure if bulk and bulk.calculation else material.crystal.structure
        bare = _gammas(rows, material.name, None)
        variants = {material.name: bare}
        for film in study.films:
            covered = _gammas(rows, material.name, film.name)
            if covered:
                variants[f"{material.name}+{film.name}"] = capped_energies(bare, covered)
        for name, energies in variants.items():
            try:
                shapes[name] = wulff_shape(structure, list(energies.items()))
            except UserError:
                continue  # planes that enclose no volume: the table stands without a shape
    return shapes


def _gammas(rows: tuple[TableEntry, ...], material: str, film: str | None) -> dict[tuple[int, ...], float]:
    chosen = [r for r in rows if r.entry.material == material and r.entry.film == film]
    return {r.entry.miller: r.best.energy.gamma for r in chosen if r.best and r.best.energy}


def _engine_used(study: Study, outcome: Outcome) -> EngineIdentity:
    """As the results say it, since VASP's version is known once it has run."""
    named = (r.calculation.engine for r in outcome.results.values() if r.calculation)
    return next(named, catalogue.identity(study.settings.engine))


def _provenance(study: Study, plan: Plan, outcome: Outcome, clock: Clock) -> dict[str, Any]:
    engine = _engine_used(study, outcome)
    return {
        "program": "nzsp_surfaces",
        "version": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": {name: v for name in PACKAGES if (v := _version(name))},
        "engine": engine.name,
        "model": engine.model,
        "engine_version": engine.version,
        "anneal_engine": study.anneal_engine,
        "device": "cpu",
        "profile": {
            "name": study.profile_name,
            "description": study.profile.description,
            "settings": study.resolved["profile"],
        },
        "seeds": [study.settings.seed],
        "study_identity": study.identity,
        "reference": study.settings.reference,
        "command": " ".join(["nzsp", *sys.argv[1:]]),
        "started": clock.started,
        "finished": clock.finished,
        "wall_seconds": round(clock.seconds, 1),
        "calculations": len(plan.tasks),
        "repeated_from_disk": outcome.repeated,
        "core_seconds": _core_seconds(plan, outcome),
        "failures": outcome.failures,
    }


def _core_seconds(plan: Plan, outcome: Outcome) -> dict[str, float]:
    """Where the time went: seconds of one core by kind of task."""
    seconds: dict[str, float] = {}
    for task in plan.tasks:
        if task.id in outcome.results:
            seconds[task.kind] = round(seconds.get(task.kind, 0.0) + outcome.results[task.id].seconds, 1)
    return seconds


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
