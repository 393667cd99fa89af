"""Anneals of a film: at several temperatures and quenched at several moments, all of them candidates of one entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.dynamics.equilibration import equilibration
from nzsp_surfaces.energies.spread import Spread
from nzsp_surfaces.engines.base import DynamicsSettings, Trajectory
from nzsp_surfaces.report.files import write_json
from nzsp_surfaces.report.methods.methods import methods
from nzsp_surfaces.report.read import Results, load_results
from nzsp_surfaces.report.rows.study import study_header
from nzsp_surfaces.report.sections.motion import SECTION
from nzsp_surfaces.report.write import Clock, write_results
from nzsp_surfaces.tasks.base import Outcome, Task
from nzsp_surfaces.tasks.film import AnnealInputs
from nzsp_surfaces.tasks.plan import Plan
from nzsp_surfaces.tasks.snapshots import Snapshot, moment_of
from nzsp_surfaces.tasks.spread import spreads
from nzsp_surfaces.tasks.table import EvaluatedEntry, table
from support.alloy import STUDY, carried_out, write
from support.crystals import structure

QUICK = STUDY.replace("slab_force: 0.002}", "slab_force: 0.05, starts: 1, placements: 1, references: 1}")
KEYS = "structure: Cu.vasp, planes: [[1, 0, 1]], way: matched, strain: 0.15, time: 40"


def film(folder: Path, more: str) -> Path:
    """A study of copper, matched to one plane of the alloy."""
    folder.mkdir(exist_ok=True)
    structure("Cu").to(filename=str(folder / "Cu.vasp"), fmt="poscar")
    return write(folder, f"{QUICK}films: {{Cu: {{{KEYS}, {more}}}}}\n")


def planned(folder: Path, more: str) -> Plan:
    """Its plan."""
    return make_plan(load_study(film(folder, more)))


@dataclass(frozen=True)
class Annealed:
    """The study, carried out and written."""

    plan: Plan
    outcome: Outcome
    results: Results

    @property
    def row(self) -> EvaluatedEntry:
        """Of the covered plane."""
        return next(row for row in table(self.plan, self.outcome.results, {}) if row.entry.film)

    @property
    def spreads(self) -> dict[str, Spread]:
        """Of all entries."""
        return spreads(self.plan, table(self.plan, self.outcome.results, {}), (), self.outcome.results)

    def tasks(self, kind: str) -> list[Task]:
        """Of a kind, in their order."""
        return [task for task in self.plan.tasks if task.kind == kind]


@pytest.fixture(scope="module")
def annealed(tmp_path_factory: pytest.TempPathFactory) -> Annealed:
    """Copper annealed at 200 and 600 K, two moments of each quenched."""
    file = film(tmp_path_factory.mktemp("film") / "here", "temperature: [200, 600], quenched: 2")
    plan, outcome = carried_out(file)
    there = file.parent / "written"
    there.mkdir()
    write_results(load_study(file), plan, outcome, Clock("", "", 1.0), there)
    write_json(there / "study.json", study_header(load_study(file)))
    return Annealed(plan, outcome, load_results(there))


def test_every_moment_of_every_temperature_competes(annealed: Annealed) -> None:
    """Each with free faces and with both alike; the lowest counts, and notes say what each is."""
    assert annealed.outcome.failures == {}
    row = annealed.row
    assert len(row.candidates) == 8
    assert [each.temperature for each in row.candidates] == [200.0] * 4 + [600.0] * 4
    assert ["fs" in each.note for each in row.candidates] == [False, False, True, True] * 2
    assert all(f"annealed at {each.temperature:g} K" in each.note for each in row.candidates)
    assert row.best is not None
    assert row.best.energy is not None
    assert row.best.energy.gamma == min(each.energy.gamma for each in row.candidates if each.energy)


def test_snapshots_begin_where_the_anneal_was_at_that_moment(annealed: Annealed) -> None:
    """The end is the trajectory's last structure, the other its frame of that time."""
    last, before = (annealed.outcome.results[task.id] for task in annealed.tasks("quench")[:2])
    run = annealed.outcome.results[annealed.tasks("anneal")[0].id].trajectory
    assert run is not None
    assert last.start is not None
    assert before.start is not None
    assert np.allclose(last.start.cart_coords, run.structure.cart_coords)
    frame = int(np.argmin(np.abs(run.times - (before.choices.moment or 0.0))))
    assert equilibration(run.trace[:, 2]).left_out * (len(run.frames) - 1) <= frame < len(run.frames) - 1
    assert np.allclose(before.start.cart_coords, run.frames[frame])


def test_what_snapshots_differ_by_is_a_part_of_the_spread(annealed: Annealed) -> None:
    """The gap of the two lowest moments of the anneal that counts. Another temperature is no other seed."""
    row = annealed.row
    assert row.best is not None
    own = [c.energy.gamma for c in row.candidates if c.energy and c.temperature == row.best.temperature]
    assert annealed.spreads[row.entry.id].parts == {"snapshots": pytest.approx(abs(min(own[:2]) - min(own[2:])))}
    assert all(each.parts == {} for name, each in annealed.spreads.items() if name != row.entry.id)


def test_the_files_say_at_which_temperature_the_value_was_annealed(annealed: Annealed) -> None:
    """The row of the film that of its chosen candidate, a bare row none; the methods tell temperatures and moments."""
    results = annealed.results
    rows = {row.film: row.annealed_at for row in results.surface_energies if row.miller == (1, 0, 1)}
    (chosen,) = (each for each in results.candidates if each.film and each.selected)
    assert rows == {"Cu": chosen.annealed_at, None: None}
    told = " ".join(methods(results).paragraphs)
    assert "one start a plane and temperature was annealed at 200" in told
    assert "The same was done from one earlier moment of each anneal" in told


def test_each_temperature_has_a_row_and_the_section_a_picture_of_all(annealed: Annealed) -> None:
    """The hotter atoms move farther; too short for a coefficient of diffusion, and each region says why."""
    cold, hot = annealed.results.film_motion
    assert [cold.temperature, hot.temperature] == [200.0, 600.0]
    assert hot.in_plane["film"][-1] > cold.in_plane["film"][-1] > 0
    assert cold.diffusion == hot.diffusion == {}
    assert (cold.no_diffusion or {}).keys() == cold.in_plane.keys()
    shown = SECTION.show(annealed.results)
    assert len(getattr(shown, "series", ())) == 1
    assert len(getattr(shown, "scenes", ())) == 2


def test_the_end_has_the_same_key_however_many_are_quenched(tmp_path: Path) -> None:
    """What was computed for one snapshot is not computed again for three."""
    keys = [{task.key for task in planned(tmp_path, f"quenched: {n}").tasks} for n in (1, 3)]
    assert keys[0] < keys[1]
    assert len(keys[1] - keys[0]) == 4


def test_a_temperature_of_a_series_is_computed_as_if_alone(tmp_path: Path) -> None:
    """The same keys, those of the reference included; a list of one is that one."""
    series, *alone = (planned(tmp_path, f"temperature: {t}") for t in ("[300, 500]", "300", "500", "[300]"))
    keys = [{task.key for task in plan.tasks} for plan in alone]
    assert keys[0] | keys[1] == {task.key for task in series.tasks}
    assert keys[0] == keys[2] != keys[1]
    anneals = [task.inputs for task in series.tasks if isinstance(task.inputs, AnnealInputs)]
    assert [each.dynamics.temperature for each in anneals] == [300.0, 500.0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("temperature: 0", "'temperature' must be positive"),
        ("temperature: [300, -1]", "'temperature' must be positive"),
        ("temperature: []", "'temperature' must be positive"),
        ("temperature: [300, 300]", "'temperature' has a number twice"),
        ("quenched: 0", "'quenched' must be positive"),
    ],
)
def test_a_mistake_in_an_anneal_is_told_in_a_line(tmp_path: Path, given: str, message: str) -> None:
    """With the key's name."""
    with pytest.raises(UserError, match=message):
        load_study(film(tmp_path, given))


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
    assert times[-1] > 2.0 * 401 * equilibration(energies).left_out > 0


@pytest.mark.parametrize("frames", [0, 3])
def test_an_anneal_without_enough_frames_is_told(frames: int) -> None:
    """Engines that keep none, and anneals that are too short, with what mends it."""
    with pytest.raises(UserError, match="set 'quenched' of the film lower"):
        moment_of(replace(run(max(frames, 1), np.zeros(5)), frames=np.zeros((frames, 1, 3))), Snapshot(1, 4))
