"""VASP as an engine, with a stand-in for its program: legs, hand-over, wall time, corrections, what is missing."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymatgen.core import SETTINGS, Structure

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import Incomparable, OutOfTime, UserError
from nzsp_surfaces.base.labels import CAVEAT
from nzsp_surfaces.energies.surface import surface_energy
from nzsp_surfaces.engines.base import DynamicsSettings, RelaxSettings, Trajectory
from nzsp_surfaces.engines.queues import Cores, WallTime, job_cores, slurm_seconds, wall_time
from nzsp_surfaces.engines.vasp import asked as asked_of_vasp
from nzsp_surfaces.engines.vasp import engine as vasp
from nzsp_surfaces.engines.vasp.custody import Custody, end_orphan, vasp_commands
from nzsp_surfaces.engines.vasp.engine import VaspEngine
from nzsp_surfaces.engines.vasp.legs import Leg, check_leg, leg_folders
from nzsp_surfaces.engines.vasp.settings import PURPOSES, changed, default_settings
from nzsp_surfaces.engines.vasp.timekeeper import Timekeeper
from support.alloy import STUDY, golden_energies, write
from support.crystals import structure
from support.vasp import WITH_VASP, needs_stand_in
from support.vasp_commands import command, library

pytestmark = needs_stand_in

LOOSE = RelaxSettings(force=0.05, max_steps=100)


def nzsp(study: Path, output: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`nzsp run` with the stand-in, unless the environment says otherwise."""
    given = {"NZSP_VASP_CMD": command(), "PMG_VASP_PSP_DIR": str(study.parent / "potentials"), "OMP_NUM_THREADS": "1"}
    call = [sys.executable, "-m", "nzsp_surfaces", "run", str(study), "-o", str(output), "--workers", "1"]
    return subprocess.run(call, capture_output=True, text=True, timeout=300, env=os.environ | given | environment)


def gammas(output: Path) -> list[float]:
    return [row["gamma"] for row in json.loads((output / "surface_energies.json").read_text())]


def results(output: Path) -> dict[str, Any]:
    """By task."""
    found = (json.loads(path.read_text()) for path in output.glob("calculations/*/result.json"))
    return {result["task"]: result for result in found}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The alloy for VASP, with potentials beside it."""
    folder = tmp_path_factory.mktemp("vasp")
    library(folder / "potentials")
    return write(folder, WITH_VASP)


@pytest.fixture(scope="module")
def finished(study: Path) -> Path:
    """Its results, in one go."""
    done = nzsp(study, study.parent / "results")
    assert done.returncode == 0, done.stderr
    return study.parent / "results"


@pytest.fixture
def at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Potentials for this process."""
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(library(tmp_path / "potentials")))


def engine(*words: object, **tags: Any) -> VaspEngine:
    """The stand-in with other tags in all kinds."""
    settings = {kind: changed(default_settings(kind), tags) for kind in PURPOSES}
    return VaspEngine(EngineIdentity("vasp", "PBE", "as found"), settings, vasp_commands({"vasp_cmd": command(*words)}))


def silent(_step: int, _value: float) -> None:
    """No report."""


def slab() -> Structure:
    """Copper with a free face on either side, one layer moved."""
    cell = structure("Cu").copy()
    cell.make_supercell([1, 1, 2])
    thin = Structure(
        [[3.61, 0, 0], [0, 3.61, 0], [0, 0, 20.0]], cell.species, cell.cart_coords, coords_are_cartesian=True
    )
    thin.translate_sites([0], [0.0, 0.0, 0.005])
    return thin


def test_vasp_s_files_carry_the_energies_of_the_potential_behind_them(study: Path, finished: Path) -> None:
    """The surface energies are those of the same potential without VASP's files between, within the residual force."""
    plain = write(study.parent / "plain", STUDY)
    assert nzsp(plain, study.parent / "plain_results").returncode == 0
    assert gammas(finished) == pytest.approx(gammas(study.parent / "plain_results"), abs=2e-3)


def test_the_energies_are_those_that_have_always_been(finished: Path) -> None:
    """To the digits that all processors share."""
    rows = json.loads((finished / "surface_energies.json").read_text())
    assert {row["id"]: row["gamma"] for row in rows} == pytest.approx(golden_energies("vpmdk"), rel=1e-6)


def test_a_result_says_which_program_and_settings_gave_it(finished: Path) -> None:
    """Not those that were planned: those that were read back."""
    calculation = results(finished)["CuAu/101/bare/1"]["calculation"]
    assert calculation["engine"]["name"] == "vpmdk"
    assert calculation["settings"]["program"] == "VPMDK"
    assert "vpmdk,in place of VASP" in (finished / "surface_energies.csv").read_text()
    assert json.loads((finished / "provenance.json").read_text())["engine"] == "vpmdk"
    assert CAVEAT in (finished / "report.html").read_text()
    assert calculation["settings"]["ENCUT"] == 500
    assert set(calculation["settings"]["potentials"]) == {"Cu", "Au"}
    assert calculation["converged"]
    assert calculation["max_force"] < 0.002


def test_a_cell_is_relaxed_again_with_the_plane_waves_of_its_end(finished: Path) -> None:
    """Two legs at least, the last at the energy of the one before; a slab needs one."""
    legs = {task: len(list(_folder(finished, task).glob("leg_*"))) for task in results(finished)}
    assert legs == {"CuAu/bulk": 2, "CuAu/110/bare/1": 1, "CuAu/101/bare/1": 1}


def test_what_grows_with_the_steps_is_compressed(finished: Path) -> None:
    """Nothing is lost: each file is there once."""
    for leg in finished.glob("calculations/*/leg_*"):
        names = {path.name for path in leg.iterdir()}
        assert {"vasprun.xml.gz", "OUTCAR.gz", "CONTCAR", "INCAR", "custodian.json"} <= names
        assert not names & {"vasprun.xml", "OUTCAR"}


def test_a_leg_that_broke_off_is_gone_on_from(study: Path, finished: Path, tmp_path: Path) -> None:
    """Cut in the middle of a step: the next leg begins at the last whole one and ends at the same energy."""
    copy = tmp_path / "results"
    shutil.copytree(finished, copy)
    folder = _folder(copy, "CuAu/101/bare/1")
    before = json.loads((folder / "result.json").read_text())["calculation"]
    _break_off(folder / "leg_01")
    (folder / "result.json").unlink()
    assert nzsp(study, copy).returncode == 0
    after = json.loads((folder / "result.json").read_text())["calculation"]
    steps = [_steps(leg / "vasprun.xml.gz") for leg in sorted(folder.glob("leg_0[2-9]"))]
    assert 0 < steps[0] < before["steps"]
    assert after["energy"] == pytest.approx(before["energy"], abs=1e-3)
    assert after["converged"]


def _folder(output: Path, task: str) -> Path:
    return next(
        p.parent for p in output.glob("calculations/*/result.json") if json.loads(p.read_text())["task"] == task
    )


def _break_off(leg: Path) -> None:
    """As a killed VASP leaves it."""
    text = gzip.decompress((leg / "vasprun.xml.gz").read_bytes())
    (leg / "vasprun.xml").write_bytes(text[: len(text) // 2])
    for name in ("vasprun.xml.gz", "OUTCAR.gz", "CONTCAR"):
        (leg / name).unlink()


def _steps(vasprun: Path) -> int:
    return gzip.decompress(vasprun.read_bytes()).count(b"<calculation")


@pytest.mark.slow
def test_a_run_stops_before_the_wall_time_and_goes_on(study: Path, finished: Path, tmp_path: Path) -> None:
    """Exit status 1 and a line that says so; the next run ends at the energies of one go."""
    slow = {"NZSP_VASP_CMD": command("EMT", 0.2)}
    first = nzsp(study, tmp_path / "results", NZSP_WALLTIME="16", **slow)
    assert first.returncode == 1, first.stderr
    assert "wall time" in first.stdout + first.stderr
    assert len(results(tmp_path / "results")) < 3
    again = nzsp(study, tmp_path / "results")
    assert again.returncode == 0, again.stderr
    assert gammas(tmp_path / "results") == pytest.approx(gammas(finished), abs=2e-3)


@pytest.mark.usefixtures("at_hand")
def test_forces_that_a_placing_left_are_eased_before_dynamics(tmp_path: Path) -> None:
    """Ten steps of relaxation at most: dynamics begins below the energy of the placing, and what is eased stays so."""
    rough = slab()
    rough.translate_sites([1, 3], [0.02, 0.0, 0.008])
    asked = DynamicsSettings(temperature=50, duration=10, timestep=2, seed=3)
    before = engine().single_point(rough, tmp_path / "point").energy
    run = engine().dynamics(rough, asked, tmp_path / "task", silent)
    assert run.trace[0, 2] < before - 0.01
    legs = leg_folders(tmp_path / "task/eased")
    assert sum(_steps(leg / "vasprun.xml.gz") for leg in legs) <= asked_of_vasp.EASING
    engine().dynamics(rough, asked, tmp_path / "task", silent)
    assert leg_folders(tmp_path / "task/eased") == legs


@pytest.mark.usefixtures("at_hand")
def test_dynamics_in_legs_hands_over_positions_and_velocities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With next to no friction the total energy goes on across legs, while both of its parts move.

    Asked again, nothing is computed and what blew up is refused again; a relaxation in the same folder, as of a film's
    reference, does not take the legs of the dynamics for its own.
    """
    monkeypatch.setattr(asked_of_vasp, "LEG", 10)
    hot = structure("Cu").copy()
    hot.make_supercell([2, 1, 1])
    asked = DynamicsSettings(temperature=600, duration=50, timestep=2, seed=3)
    run = engine(LANGEVIN_GAMMA=[1e-4]).dynamics(hot, asked, tmp_path / "task", silent)
    kinetic = 1.5 * (len(hot) - 1) * 8.617333e-5 * run.trace[:, 1]
    total = kinetic + run.trace[:, 2]
    assert run.trace[:, 0] == pytest.approx(np.arange(25) * 2.0)
    assert len(list((tmp_path / "task/dynamics").glob("leg_*"))) == 3
    assert np.ptp(kinetic) > 0.1
    assert np.ptp(total) < 0.02
    again = engine().dynamics(hot, asked, tmp_path / "task", silent)
    assert np.array_equal(again.trace, run.trace)
    monkeypatch.setattr(vasp, "HOTTEST", 0.1)
    with pytest.raises(UserError, match="blew up"):
        engine().dynamics(hot, asked, tmp_path / "task", silent)
    relaxed = engine().relax(run.structure, LOOSE, tmp_path / "task", silent, None)
    assert relaxed.converged
    assert relaxed.energy < run.trace[-1, 2]


def test_dynamics_that_blows_up_is_told() -> None:
    """Not handed to a quench."""
    asked = DynamicsSettings(temperature=500, duration=10)
    cold = Trajectory(structure("Cu"), np.array([[0.0, 500.0, -1.0]]), EngineIdentity("vasp", "PBE", "1"), asked, "")
    for value in (20_000.0, np.nan):
        trace = np.vstack([cold.trace, [2.0, value, -1.0]])
        with pytest.raises(UserError, match="blew up"):
            vasp.check_dynamics(trace, asked, Path("leg_01"))
    vasp.check_dynamics(cold.trace, asked, Path("leg_01"))


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize(
    ("words", "tags", "refused"),
    [
        ("BRIONS problems: POTIM should be increased", {}, ""),
        ("Tetrahedron method fails", {"ISMEAR": -5}, "ISMEAR"),
    ],
)
def test_corrections_are_on_record_and_refuse_only_what_matters(
    words: str, tags: Mapping[str, int], refused: str, tmp_path: Path
) -> None:
    """Custodian mends the slab's run; a longer step is harmless, another smearing makes energies incomparable."""
    own = engine("EMT", 0, words, **tags)
    bulk = own.relax(structure("Cu"), replace(LOOSE, cell=True), tmp_path / "bulk", silent)
    found = own.relax(slab(), LOOSE, tmp_path / "slab", silent)
    assert bulk.corrections == ()
    assert found.corrections[0].startswith("VaspErrorHandler")
    if not refused:
        assert surface_energy(found, bulk, 3.61**2).gamma > 0
        return
    with pytest.raises(Incomparable, match=rf"{refused}.*changed by VaspErrorHandler"):
        surface_energy(found, bulk, 3.61**2)


@pytest.mark.usefixtures("at_hand")
def test_a_program_that_fails_is_told_with_its_folder(tmp_path: Path) -> None:
    """Its outputs stay for a look."""
    own = replace(engine(), commands=vasp_commands({"vasp_cmd": "false"}))
    with pytest.raises(UserError, match=r"leg_01.*vasp\.out") as error:
        own.relax(slab(), LOOSE, tmp_path / "slab", silent)
    assert "\n" not in str(error.value)
    assert (tmp_path / "slab/leg_01/vasp.out").exists()


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"NZSP_VASP_CMD": ""}, "NZSP_VASP_CMD"),
        ({"NZSP_VASP_CMD": "srun_is_not_here vasp_std"}, "srun_is_not_here"),
        ({"PMG_VASP_PSP_DIR": "/nowhere"}, "no such folder"),
        ({"NZSP_WALLTIME": "soon"}, "NZSP_WALLTIME"),
    ],
)
def test_what_vasp_lacks_is_one_line(study: Path, tmp_path: Path, environment: dict[str, str], word: str) -> None:
    """Exit status two before anything is computed or written."""
    done = nzsp(study, tmp_path / "results", **environment)
    assert done.returncode == 2, done.stdout
    (line,) = done.stderr.strip().splitlines()
    assert word in line
    assert not (tmp_path / "results").exists()


def test_settings_of_a_study_that_could_not_be_compared_are_refused(study: Path, tmp_path: Path) -> None:
    """Before hours are spent: slab and bulk with other cutoffs, or a tag that the study decides itself."""
    own = write(tmp_path, f"{WITH_VASP}vasp: mine\n")
    library(tmp_path / "potentials")
    (tmp_path / "mine").mkdir()
    for text, word in (("{ENCUT: 400}", "ENCUT"), ("{EDIFFG: -0.1}", "slab_force")):
        (tmp_path / "mine/slab.yaml").write_text(f"kind: slab\nincar: {text}\n")
        done = nzsp(own, tmp_path / "results")
        assert done.returncode == 2
        assert word in done.stderr


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("2:05", 125), ("1:00:00", 3600), ("2-03:04:05", 183845), ("UNLIMITED", None), ("", None)],
)
def test_slurm_s_times_are_read(text: str, seconds: float | None) -> None:
    assert slurm_seconds(text) == seconds


def test_a_job_keeps_a_tenth_of_its_time_but_never_more_than_five_minutes() -> None:
    """Short test jobs and day-long ones alike; no queue, no limit."""
    long, short = wall_time({"NZSP_WALLTIME": "86400"}), wall_time({"PBS_WALLTIME": "600"})
    assert long is not None
    assert short is not None
    assert (long.reserve, short.reserve) == (300, 60)
    assert wall_time({}) is None


def test_the_cores_of_a_job_are_those_that_its_queue_names() -> None:
    """Slurm, PBS and SGE; none outside of a queue."""
    slurm = job_cores({"SLURM_NTASKS": "128", "SLURM_NTASKS_PER_NODE": "64"})
    assert (slurm, job_cores({"PBS_NP": "8"}), job_cores({})) == (Cores(128, 64), Cores(8), None)


def test_vasp_is_stopped_gently_then_at_once_then_ended() -> None:
    """By what is left of the job; a correction starts the count of steps anew."""
    keeper = Timekeeper(end=10_000.0, reserve=300.0, began=0.0)
    assert [keeper.stage(10_000.0 - left, 0) for left in (400, 299, 149, 59)] == [0, 1, 2, 3]
    assert keeper.stage(8_000.0, 8) == 1  # a step takes 1000 s, and three are wanted
    assert keeper.stage(8_000.0, 7) == 0  # fewer steps than before: it was started again
    assert keeper.stage(8_100.0, 8) == 0


def test_a_first_step_that_outlasts_the_job_is_told(tmp_path: Path) -> None:
    """Once, instead of a job after a job that begins it again."""
    leg = Leg(tmp_path / "leg_01", None, Custody((), stopped=True))
    with pytest.raises(OutOfTime):
        check_leg(leg, None, WallTime(left=300, total=1000))
    with pytest.raises(UserError, match="no ionic step fits into 1000 s"):
        check_leg(leg, None, WallTime(left=950, total=1000))


def test_legs_keep_their_order_beyond_a_hundred(tmp_path: Path) -> None:
    """And other folders are left alone."""
    for name in ("leg_99", "leg_101", "leg_100", "leg_01_old", "leg_02"):
        (tmp_path / name).mkdir()
    assert [place.name for place in leg_folders(tmp_path)] == ["leg_02", "leg_99", "leg_100", "leg_101"]


@pytest.mark.parametrize("seed", [1, 2024, 12345, 10**9])
def test_seeds_stay_within_what_vasp_reads(seed: int) -> None:
    """And differ from leg to leg."""
    asked = DynamicsSettings(temperature=500, duration=10, seed=1000 * seed + 1)
    first, second = (
        asked_of_vasp.moving(default_settings("aimd"), asked, 5, leg).incar["RANDOM_SEED"] for leg in (0, 1)
    )
    assert first != second
    for numbers in (first, second):
        assert isinstance(numbers, tuple)
        assert 0 <= numbers[0] < 900_000_000


def test_a_vasp_that_outlived_its_worker_is_ended(tmp_path: Path) -> None:
    """By the machine and process that its run left word of, and no other process in that folder."""
    own, other = (tmp_path / name for name in ("leg_01", "leg_02"))
    for folder in (own, other):
        folder.mkdir()
    call = ["sleep", "60"]
    orphan, elsewhere, visitor = (
        subprocess.Popen(call, cwd=folder, start_new_session=True) for folder in (own, other, own)
    )
    try:
        (own / "vasp.pid").write_text(f"{socket.gethostname()} {elsewhere.pid}\n")
        end_orphan(own)
        (own / "vasp.pid").write_text(f"{socket.gethostname()} {orphan.pid}\n")
        end_orphan(own)
        assert orphan.wait(timeout=10) != 0
        assert elsewhere.poll() is None
        assert visitor.poll() is None
    finally:
        for process in (orphan, elsewhere, visitor):
            process.kill()
            process.wait()


def test_an_interrupted_run_takes_vasp_with_it(study: Path, tmp_path: Path) -> None:
    """Nothing computes on for nobody."""
    given = {"NZSP_VASP_CMD": command("EMT", 5), "PMG_VASP_PSP_DIR": str(study.parent / "potentials")}
    call = [sys.executable, "-m", "nzsp_surfaces", "run", str(study), "-o", str(tmp_path / "results")]
    # What a shell starts in the background ignores SIGINT, and so would its children.
    listens = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    run = subprocess.Popen(call, env=os.environ | given, preexec_fn=listens, **quiet)
    try:
        while not (found := list((tmp_path / "results").rglob("vasp.pid"))):
            assert run.poll() is None
            time.sleep(0.1)
        number = int(found[0].read_text().split()[1])
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=30) == 130
    finally:
        run.kill()
    for _ in range(100):
        if not Path(f"/proc/{number}/cwd").exists():
            break
        time.sleep(0.1)
    assert not Path(f"/proc/{number}/cwd").exists()


@pytest.mark.usefixtures("at_hand")
def test_potentials_do_not_stay_with_results(tmp_path: Path) -> None:
    """They are licensed; their names stay."""
    engine().single_point(slab(), tmp_path / "task")
    names = {path.name for path in (tmp_path / "task/leg_01").iterdir()}
    assert "POTCAR.spec" in names
    assert "POTCAR" not in names
