"""Bare slabs that hop: only downhill, resumable, and in no other task's way."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.certificate import turns_over
from nzsp_surfaces.tasks.base import Outcome, best_bare
from nzsp_surfaces.tasks.plan import Plan
from nzsp_surfaces.tasks.table import FACE_TOLERANCE, table
from support.alloy import STUDY, carried_out, write
from support.crystals import structure

HOPS = STUDY.replace("slab_force: 0.002", "slab_force: 0.002, hops: 3")
JUMPS = STUDY.replace("mobile: []", "mobile: [Cu]").replace("slab_force: 0.002", "slab_force: 0.002, jumps: 4, hops: 1")
PLANE = "CuAu/101"
QUICK = STUDY.replace("slab_force: 0.002}", "slab_force: 0.05, starts: 1, placements: 1, references: 1, hops: 2}")
FILM = "films: {Cu: {structure: Cu.vasp, planes: [[1, 0, 1]], way: matched, strain: 0.15, time: 40}}\n"


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Outcome]:
    """The alloy, each plane with three hops."""
    return carried_out(write(tmp_path_factory.mktemp("hops"), HOPS))


def test_hops_never_end_above_where_they_began(computed: tuple[Plan, Outcome]) -> None:
    """Both faces alike, as far relaxed as any other slab; the note says how many hops led lower."""
    plan, outcome = computed
    assert outcome.failures == {}
    began, ended = outcome.results[f"{PLANE}/bare/1"], outcome.results[f"{PLANE}/hops/1"]
    assert ended.computed.energy <= began.computed.energy
    assert ended.computed.converged
    assert turns_over(ended.computed.structure, FACE_TOLERANCE)
    assert (ended.choices.hops, ended.choices.arrangement) == (3, began.choices.arrangement)
    notes = [c.note for row in table(plan, outcome.results, {}) for c in row.candidates if c.task == ended.task]
    assert notes == [f"arrangement 1, {ended.choices.accepted} of 3 hops led lower"]


def test_an_alloy_that_is_well_cut_hops_nowhere(computed: tuple[Plan, Outcome]) -> None:
    """What is shaken falls back: the energy is that of the slab as cut."""
    plan, outcome = computed
    (row,) = (each for each in table(plan, outcome.results, {}) if each.entry.miller == (1, 0, 1))
    cut, after = (c.energy.gamma for c in row.candidates if c.energy)
    assert after == pytest.approx(cut, abs=1e-3)


def test_the_lowest_counts_for_what_goes_on_from_the_plane(computed: tuple[Plan, Outcome]) -> None:
    """Hops are candidates like any other."""
    plan, outcome = computed
    for row in table(plan, outcome.results, outcome.failures):
        gammas = {c.task: c.energy.gamma for c in row.candidates if c.energy}
        assert set(gammas) == set(row.entry.candidates)
        parents = {plan.by_id[task].kind: (outcome.results[task],) for task in gammas}
        assert best_bare(parents).computed.energy == min(outcome.results[task].computed.energy for task in gammas)


def test_a_chain_that_was_cut_off_ends_where_it_would_have(tmp_path: Path, computed: tuple[Plan, Outcome]) -> None:
    """Its result is gone and the records of two hops are left; the third is made, and the energy is the same."""
    plan, outcome = carried_out(write(tmp_path / "first", HOPS))
    task = f"{PLANE}/hops/1"
    folder = tmp_path / "first" / "results" / "calculations" / plan.by_id[task].key
    (folder / "result.json").unlink()
    shutil.rmtree(folder / "3", ignore_errors=True)
    _, again = carried_out(tmp_path / "first" / "study.yaml")
    assert again.results[task].computed.energy == pytest.approx(computed[1].results[task].computed.energy, abs=1e-9)
    assert outcome.results[task].choices == again.results[task].choices


def test_ions_jump_before_all_that_lies_there_hops(tmp_path: Path) -> None:
    """Never upwards, both told; a chain that was cut off within its jumps ends where it would have."""
    plan, first = carried_out(write(tmp_path / "whole", JUMPS))
    began, ended = first.results[f"{PLANE}/bare/1"], first.results[task := f"{PLANE}/hops/1"]
    assert ended.computed.energy <= began.computed.energy
    assert turns_over(ended.computed.structure, FACE_TOLERANCE)
    notes = [c.note for row in table(plan, first.results, {}) for c in row.candidates if c.task == task]
    assert notes == [f"arrangement 1, {ended.choices.accepted} of 4 jumps and 1 hops led lower"]
    folder = tmp_path / "whole" / "results" / "calculations" / plan.by_id[task].key
    assert {"jump-3", "jump-4"} <= {path.name for path in folder.iterdir()}
    (folder / "result.json").unlink()
    for gone in ("1", "jump-4"):
        shutil.rmtree(folder / gone)
    _, again = carried_out(tmp_path / "whole" / "study.yaml")
    assert again.results[task].computed.energy == pytest.approx(ended.computed.energy, abs=1e-9)
    assert again.results[task].choices == ended.choices


def test_a_covered_slab_hops_on_with_its_film(tmp_path: Path) -> None:
    """What was made alike goes on, is never left for something higher, keeps its film, and competes."""
    tmp_path.mkdir(exist_ok=True)
    structure("Cu").to(filename=str(tmp_path / "Cu.vasp"), fmt="poscar")
    plan, outcome = carried_out(write(tmp_path, QUICK + FILM))
    assert outcome.failures == {}
    (row,) = (each for each in table(plan, outcome.results, {}) if each.entry.film)
    began, ended = (outcome.results[f"{PLANE}/Cu/{kind}/1"] for kind in ("alike", "film-hops"))
    assert {plan.by_id[task].kind for task in row.entry.candidates} == {"quench", "alike", "film-hops"}
    assert ended.computed.energy <= began.computed.energy
    assert turns_over(ended.computed.structure, FACE_TOLERANCE)
    assert ended.choices.film_units == began.choices.film_units
    (note,) = (c.note for c in row.candidates if c.task == ended.task)
    assert note.endswith(f"{ended.choices.accepted} of 2 hops led lower")


def test_hops_are_asked_for(tmp_path: Path) -> None:
    """Without the key there are none, and all other tasks keep their keys with it."""
    without = {task.id: task.key for task in make_plan(load_study(write(tmp_path / "without"))).tasks}
    asked = {task.id: task.key for task in make_plan(load_study(write(tmp_path / "with", HOPS))).tasks}
    assert asked.items() >= without.items()
    assert {name.split("/")[2] for name in asked.keys() - without.keys()} == {"hops"}


def test_walks_that_cannot_be_are_refused(tmp_path: Path) -> None:
    """When the study is read, in one line."""
    with pytest.raises(UserError, match="CuAu has no mobile ions"):
        load_study(write(tmp_path, JUMPS.replace("mobile: [Cu]", "mobile: []")))
    with pytest.raises(UserError, match="'hops' must be positive"):
        load_study(write(tmp_path, HOPS.replace("hops: 3", "hops: 0")))
