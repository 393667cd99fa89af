"""A bare slab that is annealed: its faces move apart, are made alike, and compete with the slab as it was cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.certificate import turns_over
from nzsp_surfaces.tasks.base import Outcome, best_bare
from nzsp_surfaces.tasks.plan import Plan
from nzsp_surfaces.tasks.table import FACE_TOLERANCE, table
from support.alloy import STUDY, carried_out, write

ANNEAL = "anneal: {temperature: 400, time: 100}\n"
PLANE = "CuAu/101"


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Outcome]:
    """The alloy, its planes annealed."""
    return carried_out(write(tmp_path_factory.mktemp("annealed"), STUDY + ANNEAL))


def test_faces_move_apart_and_are_made_alike(computed: tuple[Plan, Outcome]) -> None:
    """The dynamics end with unlike faces; what competes has alike ones, and says how it came about."""
    plan, outcome = computed
    assert outcome.failures == {}
    hot, done = outcome.results[f"{PLANE}/bare-anneal/1"].trajectory, outcome.results[f"{PLANE}/bare-alike/1"]
    assert hot is not None
    assert not turns_over(hot.structure)
    assert turns_over(done.computed.structure, FACE_TOLERANCE)
    assert hot.trace[-1, 0] == pytest.approx(100)
    assert done.choices.better_face in ("bottom", "top")
    notes = [c.note for row in table(plan, outcome.results, {}) for c in row.candidates if c.task == done.task]
    assert notes == [f"arrangement 1, annealed, relaxed; both faces like the {done.choices.better_face} one"]


def test_the_lowest_that_is_converged_counts(computed: tuple[Plan, Outcome]) -> None:
    """Whether it was annealed or not, in the table and for what goes on from the plane."""
    plan, outcome = computed
    for row in table(plan, outcome.results, outcome.failures):
        gammas = {c.task: c.energy.gamma for c in row.candidates if c.energy}
        assert set(gammas) == set(row.entry.candidates)
        assert row.best is not None
        assert row.best.task == min(gammas, key=lambda task: gammas[task])
        parents = {plan.by_id[task].kind: (outcome.results[task],) for task in gammas}
        assert best_bare(parents).task == row.best.task


def test_an_alloy_that_is_well_cut_gains_nothing_by_an_anneal(computed: tuple[Plan, Outcome]) -> None:
    """Its faces fall back to where they were: the two candidates have one energy."""
    plan, outcome = computed
    (row,) = (each for each in table(plan, outcome.results, {}) if each.entry.miller == (1, 0, 1))
    cut, hot = (c.energy.gamma for c in row.candidates if c.energy)
    assert hot == pytest.approx(cut, abs=0.005)


def test_an_anneal_is_asked_for(tmp_path: Path) -> None:
    """Without the key nothing is annealed, and the tasks keep their keys with it."""
    without = {task.id: task.key for task in make_plan(load_study(write(tmp_path / "without"))).tasks}
    asked = {task.id: task.key for task in make_plan(load_study(write(tmp_path / "with", STUDY + ANNEAL))).tasks}
    assert asked.items() >= without.items()
    assert {name.split("/")[2] for name in asked.keys() - without.keys()} == {"bare-anneal", "bare-alike"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (STUDY + "anneal: {temperature: -5}\n", "'temperature' must be positive"),
        (STUDY.replace("vacuum: 10", "vacuum: 10, frozen: 3") + ANNEAL, "set 'frozen' of 'slabs' to 0"),
    ],
)
def test_an_anneal_that_cannot_be_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """When the study is read, in one line."""
    with pytest.raises(UserError, match=words):
        load_study(write(tmp_path, text))
