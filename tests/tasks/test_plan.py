"""The plan of a study: what is computed, and from what."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from nzsp_surfaces.study.study import Study, load_study
from nzsp_surfaces.tasks.plan import Plan, make_plan

TABLE_1 = Path(__file__).parents[2] / "inputs" / "table1.yaml"


@cache
def planned(profile: str) -> tuple[Study, Plan]:
    """Table 1 under a profile."""
    study = load_study(TABLE_1, profile)
    return study, make_plan(study)


@pytest.mark.parametrize("profile", ["quick", "paper"])
def test_parents_come_before_their_children(profile: str) -> None:
    """The tasks stand in an order in which each finds its parents' results."""
    seen: set[str] = set()
    for task in planned(profile)[1].tasks:
        assert set(task.parents) <= seen
        seen.add(task.id)


@pytest.mark.parametrize("profile", ["quick", "paper"])
def test_every_entry_of_the_table_is_computed(profile: str) -> None:
    """Eight bare planes and two covered ones, each with candidates that the plan holds."""
    _, plan = planned(profile)
    assert len(plan.entries) == 10
    assert all(entry.candidates and set(entry.candidates) <= set(plan.by_id) for entry in plan.entries)


def test_a_short_anneal_starts_from_the_best_of_many_placements() -> None:
    """Where there are more placements than starts, every anneal waits for all of them; otherwise there are none."""
    study, plan = planned("quick")
    places = {t.id for t in plan.tasks if t.kind == "placement" and t.id.startswith("NZS/")}
    anneals = [t for t in plan.tasks if t.kind == "anneal" and t.id.startswith("NZS/")]
    assert len(places) == study.profile.placements
    assert anneals
    assert all(places <= set(t.parents) for t in anneals)
    assert not [t for t in planned("paper")[1].tasks if t.kind == "placement"]


def test_equal_content_has_equal_keys() -> None:
    """A task's key depends on what it computes, not on the profile that asks for it."""
    quick, paper = (planned(profile)[1].by_id for profile in ("quick", "paper"))
    assert quick["NZP/bulk"].key == paper["NZP/bulk"].key
    assert quick["NZP/10-14/bare/1"].key != paper["NZP/10-14/bare/1"].key
    assert len({task.key for task in quick.values()}) == len(quick)


def test_keys_do_not_hang_on_the_number_of_threads() -> None:
    """Sums over threads are rounded otherwise; a result computed here must be found from there."""
    code = (
        "from pathlib import Path; from nzsp_surfaces.tasks.plan import make_plan; "
        "from nzsp_surfaces.study.study import load_study; "
        f"print([t.key for t in make_plan(load_study(Path({str(TABLE_1)!r}), 'quick')).tasks])"
    )
    call, threads = [sys.executable, "-c", code], ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    own = {name: value for name, value in os.environ.items() if name not in threads}
    one, two = (own | dict.fromkeys(threads, number) for number in ("1", "2"))
    keys = [subprocess.run(call, env=env, capture_output=True, text=True, check=True).stdout for env in (one, two)]
    assert keys[0] == keys[1]
    assert len(keys[0]) > 1000


def test_the_heaviest_chain_goes_first() -> None:
    """A task is at least as urgent as everything that waits for it, by its own weight more."""
    _, plan = planned("quick")
    for task in plan.tasks:
        assert all(plan.urgency[p] >= plan.by_id[p].weight + plan.urgency[task.id] for p in task.parents)
