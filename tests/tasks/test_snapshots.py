"""Several moments of a film's anneal are quenched; each competes, and the end of the anneal is one of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.dynamics.equilibration import counting_from
from nzsp_surfaces.engines.base import DynamicsSettings, Trajectory
from nzsp_surfaces.tasks.base import Outcome
from nzsp_surfaces.tasks.plan import Plan
from nzsp_surfaces.tasks.snapshots import Snapshot, moment_of
from nzsp_surfaces.tasks.spread import spreads
from nzsp_surfaces.tasks.table import EvaluatedEntry, table
from support.alloy import STUDY, carried_out, write
from support.crystals import structure

ANNEALED = "{structure: Cu.vasp, planes: [[1, 0, 1]], way: matched, strain: 0.15, temperature: 300, time: 60"
QUICK = STUDY.replace("slab_force: 0.002}", "slab_force: 0.05, starts: 1, placements: 1, references: 1}")


def film(folder: Path, more: str = "") -> Path:
    """A study of copper, matched to one plane of the alloy."""
    folder.mkdir(exist_ok=True)
    structure("Cu").to(filename=str(folder / "Cu.vasp"), fmt="poscar")
    return write(folder, QUICK + f"films: {{Cu: {ANNEALED}{more}}}}}\n")


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Outcome]:
    """Two moments of one anneal, quenched."""
    return carried_out(film(tmp_path_factory.mktemp("film") / "here", ", quenched: 2"))


def covered(computed: tuple[Plan, Outcome]) -> EvaluatedEntry:
    """The row of the covered plane."""
    return next(row for row in table(computed[0], computed[1].results, {}) if row.entry.film)


def test_each_snapshot_is_a_candidate_and_says_its_moment(computed: tuple[Plan, Outcome]) -> None:
    """Both faces free and made alike, of each; the end goes without a time."""
    assert computed[1].failures == {}
    row = covered(computed)
    assert len(row.candidates) == 4
    assert ["for" in each.note for each in row.candidates] == [False, False, True, True]
    assert all("start 1" in each.note for each in row.candidates)
    assert row.best is not None
    assert row.best.energy is not None
    assert row.best.energy.gamma == min(each.energy.gamma for each in row.candidates if each.energy)


def test_snapshots_begin_where_the_anneal_was_at_that_moment(computed: tuple[Plan, Outcome]) -> None:
    """The end is the trajectory's last structure, the other its frame of that time."""
    plan, outcome = computed
    ends = [outcome.results[t.id] for t in plan.tasks if t.kind == "quench"]
    run = next(outcome.results[t.id].trajectory for t in plan.tasks if t.kind == "anneal")
    assert run is not None
    last, before = (each.start for each in ends)
    assert last is not None
    assert before is not None
    assert np.allclose(last.cart_coords, run.structure.cart_coords)
    frame = int(np.argmin(np.abs(run.times - (ends[1].choices.moment or 0.0))))
    assert counting_from(run.trace[:, 2]) * (len(run.frames) - 1) <= frame < len(run.frames) - 1
    assert np.allclose(before.cart_coords, run.frames[frame])


def test_what_snapshots_differ_by_is_a_part_of_the_spread(computed: tuple[Plan, Outcome]) -> None:
    """The gap of the two lowest moments; one start tells nothing of others, and bare planes have none."""
    row, found = covered(computed), spreads(computed[0], table(*_parts(computed)), (), computed[1].results)
    gammas = [each.energy.gamma for each in row.candidates if each.energy]
    gap = abs(min(gammas[:2]) - min(gammas[2:]))
    assert found[row.entry.id].parts == {"snapshots": pytest.approx(gap)}
    assert all("snapshots" not in each.parts for name, each in found.items() if name != row.entry.id)


def _parts(computed: tuple[Plan, Outcome]) -> tuple[Plan, dict, dict]:  # type: ignore[type-arg]
    return computed[0], computed[1].results, {}


def test_the_end_has_the_same_key_however_many_are_quenched(tmp_path: Path) -> None:
    """What was computed for one snapshot is not computed again for three."""
    keys = [{t.key for t in make_plan(load_study(film(tmp_path, more))).tasks} for more in ("", ", quenched: 3")]
    assert keys[0] < keys[1]
    assert len(keys[1] - keys[0]) == 4


def run(frames: int, values: np.ndarray) -> Trajectory:
    """A trajectory whose frames differ."""
    crystal = structure("Cu")
    moved = crystal.cart_coords + np.arange(frames)[:, None, None] * 0.01
    trace = np.column_stack([2.0 * np.arange(len(values)), np.full(len(values), 300.0), values])
    settings = DynamicsSettings(300.0, 2.0 * (len(values) - 1))
    return Trajectory(crystal, trace, EngineIdentity("emt", "", "1"), settings, "", moved, 2.0)


def test_snapshots_lie_evenly_in_the_part_that_counts() -> None:
    """Of a run that is in equilibrium after its decay, none lies before the decay."""
    steps = np.arange(401)
    energies = np.random.default_rng(5).normal(0, 1, 401) + 30 * np.exp(-steps / 15)
    given = run(401, energies)
    times = [moment_of(given, Snapshot(k, 4))[1] for k in range(4)]
    assert times[0] == 800.0
    assert np.ptp(np.diff(times)) <= 2.0
    assert times[-1] > 2.0 * 401 * counting_from(energies) > 0


@pytest.mark.parametrize("frames", [0, 3])
def test_an_anneal_without_enough_frames_is_told(frames: int) -> None:
    """Engines that keep none, and anneals that are too short, with what mends it."""
    with pytest.raises(UserError, match="set 'quenched' of the film lower"):
        moment_of(replace(run(max(frames, 1), np.zeros(5)), frames=np.zeros((frames, 1, 3))), Snapshot(1, 4))


def test_no_snapshot_at_all_is_refused(tmp_path: Path) -> None:
    """In one line."""
    with pytest.raises(UserError, match="'quenched' must be positive"):
        load_study(film(tmp_path, ", quenched: 0"))
