"""What a study has given, written and read back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.engines.base import DynamicsSettings, Trajectory
from nzsp_surfaces.report.read import Results, load_results
from nzsp_surfaces.report.rows.study import study_header
from nzsp_surfaces.report.shapes import wulff_shapes
from nzsp_surfaces.report.write import Clock, entry_row, write_results
from nzsp_surfaces.study.study import Study, load_study
from nzsp_surfaces.tasks.base import Choices, Outcome, Result, Task
from nzsp_surfaces.tasks.plan import Plan, make_plan
from nzsp_surfaces.tasks.table import table
from support.crystals import noisy

STRUCTURES = Path(__file__).parents[2] / "inputs" / "structures"
STUDY = """\
name: one plane
materials:
  NZP: {{structure: {folder}/NaZr2P3O12.cif, polyanion: PO4}}
planes: [[1, -1, 0, 2]]
films:
  Na3PO4: {{structure: {folder}/Na3PO4.cif, planes: [[1, -1, 0, 2]], starts: 1}}
published:
  - {{material: NZP, plane: [1, -1, 0, 2], gamma: 0.69}}
"""
NOW = Clock("2026-11-25T18:54:57+00:00", "2026-11-25T19:01:45+00:00", 408.44)


@dataclass(frozen=True)
class Case:
    """A study with results that nobody has computed: an energy of -1 eV an atom, and a little more for slabs."""

    study: Study
    plan: Plan
    outcome: Outcome


@cache
def case(folder: Path) -> Case:
    """The study, its file in a folder."""
    (folder / "study.yaml").write_text(STUDY.format(folder=STRUCTURES))
    study = load_study(folder / "study.yaml")
    plan = make_plan(study)
    return Case(study, plan, Outcome({task.id: made_up(study, plan, task) for task in plan.tasks}, repeated=2))


def made_up(study: Study, plan: Plan, task: Task) -> Result:
    """A result that looks like one of its kind; slabs are those of the plan."""
    bare, covered = plan.slabs[0].structure, plan.slabs[-1].structure
    if task.kind == "anneal":
        settings, trace = DynamicsSettings(500.0, 4.0, seed=7), np.array([[0, 400, -8], [2, 480, -9], [4, 520, -9.5]])
        run = Trajectory(covered, trace, study.engines.dynamics.identity, settings, "Langevin")
        return Result(task.id, task.key, start=covered, trajectory=run, seconds=2.0)
    crystals = {"bulk": study.materials[0].crystal.structure, "reference": study.films[0].reference.structure}
    slab = bare if task.kind in ("bare", "screen") else covered
    structure, more = crystals.get(task.kind, slab), 0.0 if task.kind in crystals else 6.0
    found = calculated(structure, study.engines.energies.identity, more + (0.5 if task.kind == "quench" else 0))
    choices = Choices(arrangement=1, film_units=plan.slabs[-1].film_units if task.kind in ("quench", "alike") else None)
    return Result(task.id, task.key, found, start=structure, choices=choices, seconds=1.5)


def calculated(structure: Structure, engine: EngineIdentity, more: float) -> Calculation:
    """A calculation without forces."""
    forces = np.zeros((len(structure), 3))
    return Calculation(structure, more - len(structure), forces, converged=True, max_force=0.0, steps=9, engine=engine)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the study and its results."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def results(directory: Path) -> Results:
    """What was written and read back."""
    made = case(directory)
    write_results(made.study, made.plan, made.outcome, NOW, directory)
    return load_results(directory)


def test_the_lowest_candidate_counts(directory: Path, results: Results) -> None:
    """The table holds each entry's best value, the candidates hold all of them, and one of each entry is selected."""
    made = case(directory)
    best = [row.best for row in table(made.plan, made.outcome.results, {})]
    assert [row.gamma for row in results.surface_energies] == [b.energy.gamma for b in best if b and b.energy]
    assert [row.film for row in results.surface_energies] == [None, "Na3PO4"]
    assert [row.gamma_published for row in results.surface_energies] == [0.69, None]
    chosen = [row for row in results.candidates if row.selected]
    assert [row.gamma for row in chosen] == [row.gamma for row in results.surface_energies]
    assert chosen[1].id.endswith("alike/1")
    assert not any(row.is_dft for row in results.surface_energies)


def test_films_are_followed_through_all_stages(results: Results) -> None:
    """Both faces as built, annealed, quenched and relaxed, in this order."""
    stages = [(row.stage, row.face) for row in results.films]
    assert stages == [(s, f) for s in ("start", "annealed", "quenched", "relaxed") for f in ("bottom", "top")]
    assert {row.id for row in results.films} == {"NZP/1-102/Na3PO4/1"}


def test_dynamics_are_written_with_what_they_ran_with(results: Results) -> None:
    """Seed and temperature are those of the run, the mean is that of the second half, and the trace is there."""
    (run,) = [row for row in results.dynamics if row.material == "NZP"]
    assert (run.seed, run.temperature, run.mean_temperature) == (7, 500.0, 500.0)
    trace = results.trace(run)
    assert trace is not None
    assert trace.potential_energy.tolist() == [-8, -9, -9.5]


def test_structures_are_those_of_the_results(directory: Path, results: Results) -> None:
    """Every row names a POSCAR that holds its atoms."""
    made = case(directory)
    cut, relaxed, bulk = (
        map(results.structure, rows) for rows in (results.slabs, results.surface_energies, results.bulk)
    )
    atoms = [len(structure) for structure in (*cut, *relaxed, *bulk) if structure is not None]
    slabs = [len(slab.structure) for slab in made.plan.slabs]
    assert atoms == [*slabs, slabs[0], slabs[-1], 36, 8]


def test_provenance_says_who_and_when(directory: Path, results: Results) -> None:
    """Engine, device, clock and the time of each kind of task are written down."""
    made, found = case(directory), results.provenance
    assert found is not None
    assert (found.engine, found.device) == (made.study.engines.energies.name, made.study.engines.energies.device())
    assert (found.started, found.wall_seconds, found.repeated_from_disk) == (NOW.started, 408.4, 2)
    assert found.core_seconds["bulk"] == 1.5
    assert found.profile.settings["max_steps"] == made.study.profile.max_steps
    assert set(results.wulff) == {"NZP", "NZP+Na3PO4"}


def test_an_entry_without_results_says_why(directory: Path, tmp_path: Path) -> None:
    """A failure is the reason of its entry, and nothing else is lost."""
    made = case(directory)
    failed = {task.id: "killed" for task in made.plan.tasks if task.kind in ("quench", "alike")}
    left = {name: result for name, result in made.outcome.results.items() if name not in failed}
    write_results(made.study, made.plan, replace(made.outcome, results=left, failures=failed), NOW, tmp_path)
    bare, covered = load_results(tmp_path).surface_energies
    assert bare.gamma is not None
    assert (covered.gamma, covered.reason, covered.structure, covered.engine) == (None, "killed", None, bare.engine)
    assert {row.stage for row in load_results(tmp_path).films} == {"start", "annealed"}


def test_the_database_keeps_the_row_of_the_table(directory: Path, results: Results) -> None:
    """An entry of the database is the row of surface_energies.json, and what tells studies apart.

    The spread is told by `nzsp collect`: it rests on other results than those of the entry.
    """
    made, told = case(directory), {"structure", "spread", "spread_parts"}
    entries = [entry_row(made.study, row) for row in table(made.plan, made.outcome.results, {})]
    for entry, row in zip(entries, results.surface_energies, strict=True):
        same = {name: value for name, value in row.to_json().items() if name not in told}
        assert entry.to_json().items() >= same.items()
        assert (entry.study, entry.name, entry.profile) == (made.study.identity, "one plane", "quick")
        assert entry.candidate is not None


def test_the_header_names_the_study(directory: Path) -> None:
    """study.json tells studies apart and says which layout the files have."""
    header = study_header(case(directory).study)
    assert header["identity"] == case(directory).study.identity
    assert {"layout", "version", "profile", "name", "resolved"} <= header.keys()


def test_a_shape_has_the_symmetry_that_its_slabs_were_cut_by(tmp_path: Path) -> None:
    """A bulk that was relaxed to 0.02 Å has the six faces of {1-102} within the study's tolerance."""
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.format(folder=STRUCTURES).replace("polyanion: PO4}", "polyanion: PO4, symprec: 0.1}"))
    study = load_study(path)
    plan = make_plan(study)
    results = {task.id: made_up(study, plan, task) for task in plan.tasks}
    rows = table(plan, results, {})
    known = results[plan.bulks["NZP"]]
    assert known.calculation is not None
    rough = noisy(known.calculation.structure, 0.02, 1)
    relaxed = replace(known, calculation=replace(known.calculation, structure=rough))
    shape = wulff_shapes(study, plan, rows, {**results, plan.bulks["NZP"]: relaxed})["NZP"]
    assert [facet.n_faces for facet in shape.facets] == [6]
