"""A search judges every arrangement once, keeps the lowest, and its estimate of what it missed is borne out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.runs.local import Watcher, run_plan
from nzsp_surfaces.runs.store import Store
from nzsp_surfaces.slabs.cutting import cut_slabs
from nzsp_surfaces.study.study import Study
from nzsp_surfaces.tasks import bulk
from nzsp_surfaces.tasks.base import Result, Subject
from nzsp_surfaces.tasks.building import Arrangement, slab_building
from nzsp_surfaces.tasks.draft import Draft
from nzsp_surfaces.tasks.halving import Round, missed
from nzsp_surfaces.tasks.plan import Plan
from nzsp_surfaces.tasks.search import BATCH, SEARCH, SearchInputs
from support.alloy import write

SEARCHED = Path(__file__).parents[2] / "inputs" / "search.yaml"
PLANE = (1, 0, 1)


def searched(folder: Path, batches: list[tuple[int, ...]], rounds: tuple[Round, ...]) -> list[Result]:
    """Slabs of the alloy that start from differently shaken atoms, as so many arrangements, judged in batches."""
    study = load_study(write(folder))
    draft, (material,) = Draft(study), study.materials
    bulk.plan(draft)
    found, _ = cut_slabs(material.crystal, PLANE, material.polyanions, material.mobile, study.settings.slabs)
    building, parents = slab_building(draft, material), (draft.bulks[material.name],)
    for number, batch in enumerate(batches, start=1):
        ways = tuple(Arrangement(each, found[0].alone) for each in batch)
        inputs = SearchInputs(building, ways, 0.001, rounds)
        draft.add(SEARCH, Subject(material.name, PLANE), inputs, number=number, parents=parents, atoms=10)
    plan = Plan(tuple(draft.tasks), (), (), bulks=draft.bulks)
    outcome = run_plan(study, plan, Store(folder / "results"), 1, Watcher(*[lambda *_: None] * 4))
    assert not outcome.failures
    return [outcome.results[task.id] for task in plan.tasks if task.kind == "search"]


def profiled(**changes: int) -> Study:
    """The study of Na4Zr2(SiO4)3 (0003), searched more or less thoroughly."""
    study = load_study(SEARCHED)
    return replace(study, profile=replace(study.profile, **changes))  # type: ignore[arg-type]


def test_the_lowest_of_all_that_were_relaxed_alike_is_found(tmp_path: Path) -> None:
    """Judged together, or each alone to the same step: the same one, with the same energy in every digit."""
    numbers, rounds = (1, 2, 3, 4), (Round(1.0, 0), Round(1.0, 1), Round(1.0, 3))
    together, *alone = searched(tmp_path, [numbers, *((each,) for each in numbers)], rounds)
    lowest = min(alone, key=lambda result: result.computed.energy)
    assert together.choices.arrangement == lowest.choices.arrangement
    assert together.computed.energy == lowest.computed.energy
    assert (together.choices.judged, together.choices.missed) == (4, 0.0)


def test_those_left_behind_are_counted_and_no_lower_one_is_certain(tmp_path: Path) -> None:
    """Seven judged, three taken on: what four of them may hide is a number between none and four."""
    (result,) = searched(tmp_path, [tuple(range(1, 8))], (Round(1.0, 0), Round(0.1, 3)))
    assert result.choices.judged == 7
    assert result.choices.missed is not None
    assert 0.0 < result.choices.missed < 4.0


def test_every_arrangement_of_a_plane_is_judged_once() -> None:
    """The first 150 of Na4Zr2(SiO4)3 (0003), in batches that one core judges in minutes."""
    plan = make_plan(profiled(search=150, relaxed=3))
    batches = [task for task in plan.tasks if task.kind == "search"]
    numbers = sorted(each.number for task in batches for each in task.inputs.arrangements)
    assert numbers == list(range(1, 151))
    assert all(len(task.inputs.arrangements) <= BATCH for task in batches)
    bare = [task for task in plan.tasks if task.kind == "bare"]
    assert len(bare) == 3
    assert all({task.id for task in batches} < set(each.parents) for each in bare)


def test_a_search_leaves_as_many_as_are_relaxed_to_the_end() -> None:
    """Each batch leaves one; where all would fit into one batch, there are more of them."""
    assert [task.kind for task in make_plan(profiled(search=30, relaxed=2)).tasks].count("search") == 2


@pytest.mark.parametrize("scatter", [0.3, 1.0, 2.0])
def test_the_expected_number_missed_is_what_is_missed_in_the_mean(scatter: float) -> None:
    """Where gains do not depend on the energy before, over many searches: within what so few survivors can tell."""
    random = np.random.default_rng(3)
    expected: list[float] = []
    actual: list[int] = []
    for _ in range(400):
        before = random.normal(0.0, 1.0, 100)
        after = before - random.normal(5.0, scatter, 100)
        on = before.argsort()[:25]
        last = {int(i): float(after[i]) for i in on}
        expected.append(missed([dict(enumerate(before.tolist())), last]) or 0.0)
        actual.append(sum(after[i] < min(last.values()) for i in set(range(100)) - set(on.tolist())))
    assert np.mean(expected) == pytest.approx(np.mean(actual), rel=0.5, abs=0.02)
