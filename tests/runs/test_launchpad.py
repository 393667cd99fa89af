"""What a launchpad meets in practice: killed workers, lost servers, changed studies, refusing queues, bad addresses."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.cli.main import main
from nzsp_surfaces.runs.fireworks.database import database
from nzsp_surfaces.runs.fireworks.tasks import workflows
from nzsp_surfaces.study.bundle import pack
from nzsp_surfaces.study.study import load_study
from nzsp_surfaces.tasks.bare import BARE
from nzsp_surfaces.tasks.plan import Plan, make_plan
from support import server
from support.alloy import STUDY, write
from support.cluster import (
    BIN,
    ONE_THREAD,
    WORKFLOWS,
    energies,
    killed_while_relaxing,
    needs_installed,
    needs_queue,
    needs_server,
    nzsp,
    states,
    submit,
    worker,
)
from support.crystals import structure
from support.server import launchpad_file
from support.slurm import slurm


def shown(capsys: pytest.CaptureFixture[str], *call: object) -> str:
    """What a command that ends well prints, in one line."""
    capsys.readouterr()
    assert main([str(part) for part in call]) == 0
    return " ".join(capsys.readouterr().out.split())


def refused(capsys: pytest.CaptureFixture[str], *call: object) -> str:
    """The one line of a command that the user must mend."""
    capsys.readouterr()
    assert main([str(part) for part in call]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def jobs(launchpad: Path) -> dict[str, str]:
    """State of every job by its task, as FireWorks calls it."""
    with database(launchpad, reading=True) as known:
        return {job.task: job.state for job in known.jobs()}


@needs_server
def test_a_killed_worker_is_seen_and_its_study_goes_on_to_the_same_energies(launchpad: Path, tmp_path: Path) -> None:
    """SIGKILL while something relaxes: status says lost and names the command that goes on from the checkpoints."""
    study = write(tmp_path / "study")
    submit(study, launchpad)
    killed_while_relaxing(launchpad, study.parent / "work")
    assert list((study.parent / "work").glob("calculations/*/evaluations.bin"))
    (tmp_path / "FW_config.yaml").write_text("RUN_EXPIRATION_SECS: 0\n")
    impatient = {"FW_CONFIG_FILE": str(tmp_path / "FW_config.yaml")}
    words = nzsp("status", study, "-l", launchpad, **impatient).stdout
    command = f"lpad -l {launchpad} detect_lostruns --rerun"
    assert "1 lost" in words
    assert command in words
    call = [f"{BIN}/lpad", *command.split()[1:]]
    subprocess.run(call, env=os.environ | impatient, check=True, capture_output=True, timeout=60)
    assert worker(launchpad).wait(timeout=120) == 0
    assert set(jobs(launchpad).values()) == {"COMPLETED"}
    assert main(["collect", str(study), "-l", str(launchpad), "-o", str(tmp_path / "collected")]) == 0
    assert main(["run", str(study), "-o", str(tmp_path / "local"), "--workers", "1"]) == 0
    assert dict(energies(tmp_path / "collected")) == pytest.approx(dict(energies(tmp_path / "local")), abs=1e-9)


@needs_server
def test_a_result_on_disk_is_not_computed_again(launchpad: Path, tmp_path: Path) -> None:
    """The server was gone when a calculation ended: its next launch takes what it left in the folder."""
    study = write(tmp_path / "study")
    submit(study, launchpad)
    assert worker(launchpad).wait(timeout=120) == 0
    results = {path: path.stat().st_mtime_ns for path in study.parent.glob("work/calculations/*/result.json")}
    assert len(results) == 3
    with database(launchpad) as known:
        known.launchpad.db["nzsp_results"].delete_many({})
        for number in known.launchpad.get_fw_ids({"spec.nzsp.kind": "bulk"}):
            known.launchpad.rerun_fw(number)
    assert worker(launchpad).wait(timeout=120) == 0
    assert {path: path.stat().st_mtime_ns for path in results} == results
    with database(launchpad) as known:
        assert len(known.results(make_plan(load_study(study, "quick", None)).tasks)) == 3


@needs_server
@pytest.mark.skipif(bool(server.URI), reason="this server must not be killed")
def test_a_server_that_goes_away_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before a command and in the middle of one."""
    study = write(tmp_path / "study")
    with server.running(tmp_path) as (process, given):
        given["mongoclient_kwargs"] = {"serverSelectionTimeoutMS": 300}
        launchpad = launchpad_file(tmp_path, given)
        submit(study, launchpad)
        with pytest.raises(UserError, match="no database answers"):
            lose(process, launchpad)
    for call in (["status"], ["query"], ["collect", study, "-o", tmp_path / "out"], ["submit", study]):
        line = refused(capsys, *call, "-l", launchpad)
        assert "no database answers" in line
        assert str(launchpad) in line
    assert not (tmp_path / "out").exists()


def lose(process: subprocess.Popen[bytes], launchpad: Path) -> None:
    """Ask the database, kill it, ask again."""
    with database(launchpad) as known:
        assert known.counts()
        process.kill()
        process.wait()
        known.counts()


@needs_server
def test_a_changed_study_is_told_from_one_that_never_was_submitted(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status and collect name the jobs of the earlier form, its profile and its engine."""
    study = write(tmp_path / "study")
    assert "nothing is submitted" in shown(capsys, "status", study, "-l", launchpad)
    assert "nothing is submitted" in refused(capsys, "collect", study, "-l", launchpad, "-o", tmp_path / "out")
    submit(study, launchpad)
    write(tmp_path / "study", STUDY.replace("vacuum: 10", "vacuum: 11"))
    for call in (["status", study], ["collect", study, "-o", tmp_path / "out"]):
        line = refused(capsys, *call, "-l", launchpad)
        assert "was changed since it was submitted" in line
        assert "5 jobs of an earlier form named 'alloy'" in line
        assert "profile quick, engine emt" in line
    assert not (tmp_path / "out").exists()


@needs_server
def test_status_shows_studies_then_the_first_jobs_and_says_how_many_more(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a study; twenty of 45 waiting jobs, all of them with --all."""
    small = STUDY.replace("name: alloy", "name: small").replace("vacuum: 10", "vacuum: 11")
    submit(write(tmp_path / "small", small), launchpad)
    study = write(tmp_path / "study")
    loaded = load_study(study, "quick", None)
    bulk, *_ = make_plan(loaded).tasks
    slabs = [replace(bulk, recipe=BARE, number=n, parents=(bulk.id,), key=f"{n}") for n in range(45)]
    with database(launchpad) as known:
        known.keep_study(pack(loaded))
        known.add(workflows(loaded, Plan((bulk, *slabs), (), ()), tmp_path, set()))
    words = shown(capsys, "status", "-l", launchpad)
    assert words.count("quick emt") == 2
    assert "alloy quick emt 45 1" in words
    assert words.endswith("49 waits for others, 2 ready")
    call = ("status", study, "-l", launchpad, "--state", "waiting")
    few, many = shown(capsys, *call), shown(capsys, *call, "--all")
    assert "and 25 more jobs" in few
    assert few.count("CuAu/") == 20
    assert many.count("CuAu/") == 45
    assert "more" not in many


def test_materials_that_share_nothing_are_workflows_of_their_own(tmp_path: Path) -> None:
    """Every job is in exactly one workflow, links stay inside it, and a single material is a single workflow."""
    second = "materials:\n  Cu3Au: {structure: Cu3Au.vasp, charges: {Cu: 1, Au: -3}, mobile: []}"
    study = write(tmp_path, STUDY.replace("materials:", second).replace("[[1, 1, 0], [1, 0, 1]]", "[[1, 1, 0]]"))
    other = structure("CuAu") * (1, 1, 1)
    other.scale_lattice(other.volume * 1.1)
    other.to(filename=str(tmp_path / "Cu3Au.vasp"), fmt="poscar")
    study.write_text(study.read_text().replace("Au: -3", "Au: -1"))
    loaded = load_study(study, "quick", None)
    plan = make_plan(loaded)
    found = workflows(loaded, plan, tmp_path, set())
    names = sorted(sorted(firework.name for firework in part.fws) for part in found)
    every = [x.id for x in plan.tasks] + [x.id for x in plan.entries]
    assert names == sorted(sorted(x for x in every if x.startswith((f"{m}/", f"{m}_"))) for m in ("CuAu", "Cu3Au"))
    for part in found:
        assert set(part.links.nodes) == {firework.fw_id for firework in part.fws}
    assert len(workflows(loaded, plan, tmp_path, {task.key for task in plan.tasks})) == len(plan.entries)


@needs_server
def test_a_wrong_password_is_one_line_without_it(
    address: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a field of the file, in a URI, and where it was not escaped; also with --debug."""
    where = f"{address['host']}:{address['port']}" if "port" in address else "127.0.0.1:9"
    forms = (
        address | {"username": "me", "password": "geheim", "authsource": "admin"},
        {"host": f"mongodb://me:geheim@{where}/?authSource=admin", "uri_mode": True},
        {"host": f"mongodb://me:ge/geheim@{where}/", "uri_mode": True},
        {"host": f"mongodb://me:ge@geheim@{where}/", "uri_mode": True},
        {"host": "mongodb://me:geheim@127.0.0.1:9/?serverSelectionTimeoutMS=300", "uri_mode": True},
    )
    for form in forms:
        launchpad = launchpad_file(tmp_path, form)
        assert str(launchpad) in refused(capsys, "status", "-l", launchpad)
        done = nzsp("status", "-l", launchpad, "--debug")
        assert done.returncode == 2
        assert "geheim" not in done.stdout + done.stderr


@needs_installed
@needs_server
def test_tls_wants_the_right_authority(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the server's certificate everything works; with another, or none, one line names the options."""
    key, good = certificate(tmp_path, "good")
    _, bad = certificate(tmp_path, "bad")
    with server.running(tmp_path, key, good) as (_, given):
        given["mongoclient_kwargs"] = {"serverSelectionTimeoutMS": 2000, "tls": True, "tlsCAFile": str(good)}
        study = write(tmp_path / "study")
        submit(study, launchpad_file(tmp_path, given))
        for other in ({"tlsCAFile": str(bad)}, {"tlsCAFile": None}):
            given["mongoclient_kwargs"] |= other
            assert "tls options" in refused(capsys, "status", "-l", launchpad_file(tmp_path, given))
        given["mongoclient_kwargs"]["tlsCAFile"] = str(tmp_path / "none.pem")
        assert "none.pem" in refused(capsys, "status", "-l", launchpad_file(tmp_path, given))


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A key and a certificate for 127.0.0.1 that it signs itself."""
    key, path = folder / f"{name}.key", folder / f"{name}.pem"
    call = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*call.split(), "-keyout", str(key), "-out", str(path)], check=True, capture_output=True)
    return key, path


@needs_server
@needs_queue
@pytest.mark.parametrize("mode", ["reserving", "filling"])
def test_a_queue_that_refuses_leaves_every_job_ready(
    launchpad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    """A partition that is not there: FireWorks says so and takes its reservation back, and status shows ready."""
    submit(write(tmp_path / "study"), launchpad)
    adapter = yaml.safe_load((WORKFLOWS / "slurm.yaml").read_text())
    adapter |= {"queue": "nowhere", "rocket_launch": f"{BIN}/rlaunch -l {launchpad} singleshot"}
    (tmp_path / "slurm.yaml").write_text(yaml.safe_dump(adapter))
    call = [f"{BIN}/qlaunch", *(["-r"] if mode == "reserving" else []), "-l", str(launchpad)]
    with slurm(tmp_path / "slurm") as environment:
        call += ["-q", f"{tmp_path}/slurm.yaml", "singleshot"]
        done = subprocess.run(
            call, cwd=tmp_path, env=environment | ONE_THREAD, timeout=60, capture_output=True, text=True
        )
    assert "invalid partition" in (done.stdout + done.stderr).lower()
    assert states(launchpad, capsys) == "4 waits for others, 1 ready"
