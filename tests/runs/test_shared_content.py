"""Studies that share some of their calculations, and one whose materials do: each gets its own values, all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nzsp_surfaces.cli.main import main
from nzsp_surfaces.runs.fireworks.database import database
from nzsp_surfaces.runs.fireworks.tasks import jobs_about, workflows
from nzsp_surfaces.study.study import load_study
from nzsp_surfaces.tasks.plan import make_plan
from support.alloy import STUDY, document, write
from support.cluster import needs_server, submit, worker
from support.in_process import runs_in_this_process

TWIN = "  Twin: {structure: CuAu.vasp, charges: {Cu: 1, Au: -1}, mobile: []}\nplanes:"
TWINS = STUDY.replace("planes:", TWIN).replace(", [1, 0, 1]]", "]")


def test_seeds_share_what_no_seed_decides_and_nothing_else(tmp_path: Path) -> None:
    """The bulk has one key under three seeds; each slab, which is shaken, has another under each."""
    texts = [STUDY + f"seed: {seed}\n" for seed in (1, 2, 3)]
    plans = [make_plan(load_study(write(tmp_path / str(n), text))) for n, text in enumerate(texts)]
    keys = {task.id: {plan.by_id[task.id].key for plan in plans} for task in plans[0].tasks}
    assert {name: len(found) for name, found in keys.items()} == {
        name: 1 if name.endswith("bulk") else 3 for name in keys
    }


@needs_server
def test_three_seeds_in_one_database_have_the_energies_of_their_own_runs(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To the last digit, with twins among the materials, and `collect` counts every calculation."""
    studies = [write(tmp_path / str(seed), TWINS + f"seed: {seed}\n") for seed in (1, 2, 3)]
    for study in studies:
        main(["submit", str(study), "-l", str(launchpad), "-d", str(tmp_path / "work")])
    assert worker(launchpad).wait(timeout=300) == 0
    found = []
    for study in studies:
        capsys.readouterr()
        assert main(["collect", str(study), "-l", str(launchpad), "-o", str(study.parent / "collected")]) == 0
        assert "2 of 2 calculations are finished" in capsys.readouterr().out
        with runs_in_this_process():
            assert main(["run", str(study), "-o", str(study.parent / "local")]) == 0
        ours, theirs = (document(study.parent / name, "surface_energies") for name in ("collected", "local"))
        assert [row["gamma"] for row in ours] == pytest.approx([row["gamma"] for row in theirs], abs=1e-9)
        found.append(tuple(row["gamma"] for row in ours))
    assert len(set(found)) == 3


@needs_server
def test_results_are_found_under_the_keys_with_which_they_were_submitted(launchpad: Path, tmp_path: Path) -> None:
    """Another machine, whose last digits differ, plans other keys for the same study."""
    study = write(tmp_path / "study")
    submit(study, launchpad)
    loaded = load_study(study)
    with database(launchpad) as known:
        assert known.submitted_keys(loaded.identity) == {task.id: task.key for task in make_plan(loaded).tasks}


@needs_server
def test_the_jobs_about_a_plane_say_the_keys_that_all_jobs_say(launchpad: Path, tmp_path: Path) -> None:
    """Also that of the bulk, which was computed before and has no job: those that wait for it name it."""
    study = load_study(write(tmp_path / "study"))
    plan = make_plan(study)
    (bulk,) = plan.bulks.values()
    with database(launchpad) as known:
        known.prepare()
        known.add(workflows(study, plan, tmp_path, {plan.by_id[bulk].key}))
        every = known.submitted_keys(study.identity)
        for entry in plan.entries:
            own = {task.id for task in plan.tasks if task.subject.miller == entry.miller}
            found = known.submitted_keys(study.identity, {bulk} | jobs_about(plan, own))
            assert found == {name: every[name] for name in (bulk, *own)}
            assert len(found) < len(every)
