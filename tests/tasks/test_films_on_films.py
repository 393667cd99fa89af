"""A film on a film: laid on the lowest covered slab that is fit, each compound counted at its own crystal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Composition, Lattice, Structure

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.units import joule_per_square_metre
from nzsp_surfaces.energies.surface import per_unit
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.report.files import write_json
from nzsp_surfaces.report.methods.methods import methods
from nzsp_surfaces.report.read import Results, load_results
from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow
from nzsp_surfaces.report.rows.study import study_header
from nzsp_surfaces.report.write import Clock, write_results
from nzsp_surfaces.runs.local import Watcher, run_plan
from nzsp_surfaces.runs.refining import Wish, refined_study
from nzsp_surfaces.runs.store import Store, claimed
from nzsp_surfaces.slabs.going_on import flip_found
from nzsp_surfaces.study.study import Study
from nzsp_surfaces.tasks.base import Bench, Outcome, Result, Task
from nzsp_surfaces.tasks.plan import Plan
from nzsp_surfaces.tasks.table import film_reference, table
from support.alloy import STUDY, carried_out, write
from support.crystals import structure

QUICK = STUDY.replace("slab_force: 0.002}", "slab_force: 0.05, starts: 2, placements: 2, references: 1}")
KEYS = "planes: [[1, 0, 1]], way: matched, strain: 0.15, time: 20, temperature: 200"
COPPER = f"Cu: {{structure: Cu.vasp, {KEYS}}}"
SILVER = f"Ag: {{structure: Ag.vasp, {KEYS}, on: Cu}}"


def study_of(folder: Path, *films: str) -> Path:
    """The alloy's study with films."""
    folder.mkdir(exist_ok=True)
    structure("Cu").to(filename=str(folder / "Cu.vasp"), fmt="poscar")
    silver = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.09), ["Ag"], [[0, 0, 0]])
    silver.to(filename=str(folder / "Ag.vasp"), fmt="poscar")
    return write(folder, f"{QUICK}films: {{{', '.join(films)}}}\n")


@dataclass(frozen=True)
class Stacked:
    """The study of silver on copper on the alloy, carried out and written."""

    study: Study
    plan: Plan
    outcome: Outcome
    results: Results

    def tasks(self, film: str, kind: str) -> list[Task]:
        """Of a film and a kind."""
        return [task for task in self.plan.tasks if (task.subject.film, task.kind) == (film, kind)]

    def found(self, film: str, kind: str) -> list[Result]:
        """Their results."""
        return [self.outcome.results[task.id] for task in self.tasks(film, kind) if task.subject.miller]

    def row(self, film: str | None) -> SurfaceEnergyRow:
        """Of the plane under a film."""
        (row,) = (r for r in self.results.surface_energies if (r.miller, r.film) == ((1, 0, 1), film))
        return row


@pytest.fixture(scope="module")
def stacked(tmp_path_factory: pytest.TempPathFactory) -> Stacked:
    """The upper film stands first in the study: their order there says nothing."""
    file = study_of(tmp_path_factory.mktemp("stacked") / "here", SILVER, COPPER)
    plan, outcome = carried_out(file)
    there = file.parent / "written"
    there.mkdir()
    study = load_study(file)
    write_results(study, plan, outcome, Clock("", "", 1.0), there)
    write_json(there / "study.json", study_header(study))
    return Stacked(study, plan, outcome, load_results(there))


def test_the_upper_film_lies_on_the_lowest_slab_under_the_lower_one(stacked: Stacked) -> None:
    """Of those whose faces were made alike; its atoms come first, where they were; nothing is computed anew."""
    assert stacked.outcome.failures == {}
    (chosen,) = stacked.found("Cu", "beneath")
    alike = [result.computed for result in stacked.found("Cu", "alike")]
    assert chosen.computed.energy == min(each.energy for each in alike if each.converged)
    for placed in stacked.found("Ag", "anneal"):
        assert placed.start is not None
        own = placed.start.cart_coords[: len(chosen.computed.structure)]
        away = own - chosen.computed.structure.cart_coords
        assert np.ptp(away, axis=0) == pytest.approx(np.zeros(3), abs=1e-6)


def test_both_faces_are_alike_in_the_end(stacked: Stacked) -> None:
    """By the same flip; and the film stands on both: silver is the outermost there."""
    for result in stacked.found("Ag", "alike"):
        slab = result.computed.structure
        assert flip_found(slab) is not None
        order = np.argsort(slab.cart_coords[:, 2])
        assert {slab[int(i)].specie.symbol for i in (order[0], order[-1])} == {"Ag"}


def test_each_compound_counts_at_the_energy_of_its_own_crystal(stacked: Stacked) -> None:
    """The row's units make up the slab, and gamma follows from them and the references to the last digit."""
    row = stacked.row("Ag")
    (best,) = (each for each in stacked.results.candidates if each.selected and each.film == "Ag")
    slab = stacked.outcome.results[best.id].computed
    bulk, *films = (
        stacked.outcome.results["CuAu/bulk"].computed,
        film_reference(stacked.plan, "Cu", stacked.outcome.results),
        film_reference(stacked.plan, "Ag", stacked.outcome.results),
    )
    counts = slab.structure.composition
    n, beneath, upper = int(counts["Au"]), row.n_units_beneath, row.n_film_units
    assert counts == Composition({"Cu": n + beneath, "Au": n, "Ag": upper})
    excess = slab.energy - n * per_unit(bulk)
    excess -= sum(m * per_unit(film) for m, film in zip((beneath, upper), films, strict=True) if film)
    assert row.gamma == pytest.approx(joule_per_square_metre(excess / (2 * (row.area or 0.0))), abs=1e-9)
    assert row.formula == "gamma = [E_slab - n E_bulk - sum_i m_i E_i] / (2 A)"


def test_the_row_says_what_lies_on_what(stacked: Stacked) -> None:
    """Both coverages; the slab as planned, too. What lies on the slab itself says nothing."""
    upper, lower = stacked.row("Ag"), stacked.row("Cu")
    assert (upper.on, lower.on, stacked.row(None).on) == ("Cu", None, None)
    assert upper.coverage_beneath == pytest.approx(lower.coverage)
    assert upper.n_units_beneath == lower.n_film_units
    assert (lower.n_units_beneath, lower.coverage_beneath) == (0, None)
    planned = {slab.film: slab for slab in stacked.results.slabs}
    assert (planned["Ag"].on, planned["Ag"].n_units_beneath) == ("Cu", planned["Cu"].n_film_units)
    assert planned["Ag"].n_atoms == planned["Cu"].n_atoms + planned["Ag"].n_film_units
    assert "Ag covers the lowest slab under Cu" in " ".join(methods(stacked.results).paragraphs)


def test_the_series_of_the_upper_film_begins_with_the_covered_face(stacked: Stacked) -> None:
    """So that Dupré's work is that of parting it from the film beneath, not from the crystal."""
    series = {row.compound: row for row in stacked.results.film_series}
    assert (series["Ag"].on, series["Cu"].on) == ("Cu", None)
    assert series["Ag"].gamma_bare == stacked.row("Cu").gamma
    assert series["Cu"].gamma_bare == stacked.row(None).gamma


def beneath(stacked: Stacked, *changed: Result) -> Result:
    """The lower slab that is chosen when some results are others."""
    (task,) = stacked.tasks("Cu", "beneath")
    results = stacked.outcome.results | {result.task: result for result in changed}
    parents: dict[str, tuple[Result, ...]] = {}
    for name in task.parents:
        kind = stacked.plan.by_id[name].kind
        parents[kind] = (*parents.get(kind, ()), results[name])
    bench = Bench(task.id, task.key, task.inputs, parents, lambda _: None, Path(), lambda *_: None)  # type: ignore[arg-type,return-value]
    return task.recipe.carry_out(bench)


def test_a_slab_that_is_not_fit_is_passed_over(stacked: Stacked) -> None:
    """Not converged, with unlike faces, or with a film that was lost in its anneal: then the next one is chosen."""
    lower, higher = sorted(stacked.found("Cu", "alike"), key=lambda each: each.computed.energy)
    assert beneath(stacked).computed.energy == lower.computed.energy
    late = replace(lower, calculation=replace(lower.computed, converged=False))
    moved = lower.computed.structure.copy()
    moved.translate_sites([len(moved) - 1], [0, 0, 0.5], frac_coords=False)
    unlike = replace(lower, calculation=replace(lower.computed, structure=moved))
    number = [task.id for task in stacked.tasks("Cu", "alike")].index(lower.task)
    anneal = stacked.found("Cu", "anneal")[number]
    assert anneal.trajectory is not None
    gone = anneal.trajectory.structure.copy()
    highest = int(gone.cart_coords[:, 2].argmax())
    gone.translate_sites([highest], [0, 0, 6.0], frac_coords=False, to_unit_cell=False)
    lost = replace(anneal, trajectory=replace(anneal.trajectory, structure=gone))
    for worse in (late, unlike, lost):
        assert beneath(stacked, worse).computed.energy == higher.computed.energy
    both = (late, replace(higher, calculation=replace(higher.computed, converged=False)))
    with pytest.raises(UserError, match="no slab under Cu is converged, alike on both faces and still covered"):
        beneath(stacked, *both)


def test_the_same_engine_goes_on_with_a_stack_and_finds_its_energy(stacked: Stacked, tmp_path: Path) -> None:
    """As it stands, on the lattice that it relaxes again; the film beneath comes along with its units."""
    there = stacked.results.directory
    with claimed(there, stacked.study):
        pass
    wish = Wish(EngineKeys("emt"), how="single-point", only=("CuAu_101_Ag",))
    study = refined_study(there, wish, tmp_path / "more")
    assert set(study.settings.films) == {"Ag", "Cu"}
    plan = make_plan(study)
    outcome = run_plan(study, plan, Store(tmp_path / "refined"), 1, Watcher(*[lambda *_: None] * 4))
    (row,) = table(plan, outcome.results, outcome.failures)
    assert row.best is not None
    assert row.best.energy is not None
    before = stacked.row("Ag")
    assert row.best.energy.gamma == pytest.approx(before.gamma, abs=2e-3)
    assert row.best.energy.units_beneath == before.n_units_beneath


def test_a_film_on_a_film_changes_no_other_key(tmp_path: Path) -> None:
    """What a study computes without it, it computes with it; and another film beneath is another film."""
    alone, both = (
        {task.key: task.id for task in make_plan(load_study(study_of(tmp_path / name, *films))).tasks}
        for name, films in (("a", [COPPER]), ("b", [COPPER, SILVER]))
    )
    assert alone.items() <= both.items()
    other = study_of(tmp_path / "c", COPPER.replace("time: 20", "time: 22"), SILVER)
    keys = {
        task.key for task in make_plan(load_study(other)).tasks if task.subject.film == "Ag" and task.subject.miller
    }
    assert keys
    assert not keys & both.keys()


GOLD = f"Au: {{structure: Cu.vasp, {KEYS}, on: Ag}}"


@pytest.mark.parametrize(
    ("films", "message"),
    [
        ([COPPER, SILVER.replace("on: Cu", "on: Cuu")], "films: Ag: on: no film 'Cuu'; did you mean 'Cu'"),
        ([SILVER.replace("on: Cu", "on: Ag")], "'Ag' lies on 'Ag' itself"),
        ([COPPER, SILVER, GOLD], "films: Au: on: 'Ag' lies on 'Cu' itself; name a film that lies on the slab"),
        ([COPPER.replace("time", "on: Ag, time"), SILVER], "lies on 'Cu' itself"),
        ([COPPER.replace("way: matched", "way: all"), SILVER], "'Cu' is laid on in several ways, whose cells may"),
        ([COPPER.replace("[[1, 0, 1]]", "[[1, 1, 0]]"), SILVER], r"'Cu' does not cover plane \[1, 0, 1\]; add it"),
        ([COPPER.replace("way", "layers: [1, 2], way"), SILVER], "no film 'Cu'; .*Cu-1L"),
        ([COPPER, SILVER.replace("way: matched, ", "")], r"'Cu' has; melt or match it"),
    ],
)
def test_a_film_that_cannot_lie_there_is_refused_in_a_line(tmp_path: Path, films: list[str], message: str) -> None:
    """With the file, and what mends it."""
    with pytest.raises(UserError, match=message) as error:
        load_study(study_of(tmp_path, *films))
    assert "study.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_where_the_lower_film_has_no_slab_the_upper_one_says_why(tmp_path: Path) -> None:
    """Its entry has the reason of the other."""
    plan = make_plan(load_study(study_of(tmp_path, COPPER.replace("0.15", "0.001"), SILVER)))
    reasons = {entry.film: entry.reason or "" for entry in plan.entries if entry.film}
    assert reasons["Ag"] == f"film Ag: no Cu to lie on: {reasons['Cu']}"
    assert "strain" in reasons["Cu"]


def test_all_ways_on_a_film_are_those_that_need_no_crystal(tmp_path: Path) -> None:
    """Matched and melted compete; a metal cannot be strewn, which is a rejection and leaves the other."""
    plan = make_plan(load_study(study_of(tmp_path, COPPER, SILVER.replace("matched", "all"))))
    (entry,) = (each for each in plan.entries if each.film == "Ag")
    assert entry.candidates
    assert [r.reason for _, r in plan.rejected if "Ag" in r.reason] == [
        "film Ag: a metal has no anions to grow from or to strew; set 'way: matched'"
    ]
