"""Damage below a results directory is an everyday thing: told in a line, set aside, and computed again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import DAMAGED
from nzsp_surfaces.base.sealed import CHECK
from nzsp_surfaces.cli.main import main
from nzsp_surfaces.runs.store import CHECKPOINTS, RESULT, Store, open_store
from nzsp_surfaces.study.study import load_study
from nzsp_surfaces.tasks.base import Task
from nzsp_surfaces.tasks.plan import make_plan
from support.alloy import STUDY, document, recorded, write
from support.damage import damages, fill
from support.in_process import runs_in_this_process


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run that nothing disturbed; the study lies beside them."""
    folder = tmp_path_factory.mktemp("damage")
    with runs_in_this_process():
        assert main(["run", str(write(folder)), "-o", str(folder / "results")]) == 0
    return folder / "results"


@pytest.fixture
def hurt(finished: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy to be damaged; runs stay in this process."""
    shutil.copytree(finished, tmp_path / "hurt")
    with runs_in_this_process():
        yield tmp_path / "hurt"


def tasks(finished: Path) -> tuple[Task, ...]:
    """Of the study."""
    return make_plan(load_study(finished.parent / "study.yaml")).tasks


def test_a_damaged_result_is_told_set_aside_and_counts_as_none(
    finished: Path, hurt: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """However it is damaged; the file is kept under another name, and the others are not touched."""
    task = tasks(finished)[0]
    path = Store(hurt).folder(task) / RESULT
    whole = path.read_bytes()
    ways = [(how, content) for how, content in damages(whole) if how != f"no {CHECK}"]
    for number, (how, content) in enumerate(ways, start=1):
        path.write_bytes(content)
        caplog.clear()
        assert Store(hurt).result(task) is None, how
        assert not path.exists()
        (line,) = caplog.messages
        assert "set aside" in line
        name = f"{RESULT}{DAMAGED}" + (f"-{number}" if number > 1 else "")
        assert path.with_name(name).read_bytes() == content
    path.write_bytes(whole)
    assert Store(hurt).result(task) is not None


def test_the_result_of_another_task_is_not_taken(finished: Path, hurt: Path) -> None:
    """It is whole, and foreign."""
    one, other = (Store(hurt).folder(task) / RESULT for task in tasks(finished)[:2])
    shutil.copy(other, one)
    assert Store(hurt).result(tasks(finished)[0]) is None
    assert one.with_name(f"{RESULT}{DAMAGED}").read_bytes() == other.read_bytes()


def test_a_result_of_before_the_check_is_read(finished: Path, hurt: Path) -> None:
    """Without the key; with a force too few it is not."""
    task = tasks(finished)[0]
    path = Store(hurt).folder(task) / RESULT
    data = json.loads(path.read_text())
    del data["check"]
    path.write_text(json.dumps(data))
    assert Store(hurt).result(task) is not None
    data["calculation"]["forces"].pop()
    path.write_text(json.dumps(data))
    assert Store(hurt).result(task) is None


@pytest.mark.parametrize("content", [b"", b"null", b"\xff\xfe\x00", b'{"task": "CuAu'])
def test_a_run_computes_a_damaged_result_again(
    finished: Path, hurt: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """One calculation, and the energies are those of the undisturbed run, to the last bit."""
    slab = tasks(finished)[-1]
    (Store(hurt).folder(slab) / RESULT).write_bytes(content)
    assert main(["run", str(finished.parent / "study.yaml"), "-o", str(hurt)]) == 0
    captured = capsys.readouterr()
    assert "1 calculations, 2 from disk" in " ".join(captured.out.split())
    assert len(captured.err.strip().splitlines()) == 1
    assert document(hurt, "surface_energies") == document(finished, "surface_energies")


def test_a_file_in_the_place_of_a_folder_is_set_aside(finished: Path, hurt: Path) -> None:
    """As a crash of a file system leaves it."""
    folder = Store(hurt).folder(tasks(finished)[-1])
    shutil.rmtree(folder)
    folder.write_text("no folder")
    assert main(["run", str(finished.parent / "study.yaml"), "-o", str(hurt)]) == 0
    assert folder.with_name(f"{folder.name}{DAMAGED}").read_text() == "no folder"
    assert document(hurt, "surface_energies") == document(finished, "surface_energies")


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_damaged_checkpoints_do_no_harm(finished: Path, hurt: Path, name: str) -> None:
    """A calculation that finds one ends where it would have ended."""
    slab = tasks(finished)[-1]
    folder = Store(hurt).folder(slab)
    (folder / RESULT).unlink()
    (folder / name).write_bytes(os.urandom(3000))
    assert main(["run", str(finished.parent / "study.yaml"), "-o", str(hurt)]) == 0
    assert document(hurt, "surface_energies") == document(finished, "surface_energies")


def test_a_damaged_study_json_is_written_again(finished: Path, hurt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The study is at hand; nothing is computed."""
    study = finished.parent / "study.yaml"
    for content in (b"", b"null", b"[]", b"{}", b"\xff", b'{"layout": 1, "iden'):
        (hurt / "study.json").write_bytes(content)
        capsys.readouterr()
        assert main(["run", str(study), "-o", str(hurt)]) == 0
        captured = capsys.readouterr()
        assert "0 calculations, 3 from disk" in " ".join(captured.out.split())
        assert "study.json" in captured.err
        assert document(hurt, "study") == document(finished, "study")
    (hurt / "study.json").unlink()
    open_store(hurt, load_study(study))
    assert document(hurt, "study") == document(finished, "study")


def test_another_study_does_not_take_a_directory_whose_study_json_is_damaged(hurt: Path, tmp_path: Path) -> None:
    """The provenance still says whose it is."""
    (hurt / "study.json").write_bytes(b"")
    other = load_study(write(tmp_path / "other", STUDY.replace("vacuum: 10", "vacuum: 11")))
    with pytest.raises(UserError, match="another study"):
        open_store(hurt, other)
    assert (hurt / "study.json").read_bytes() == b""


@pytest.mark.parametrize("name", ["surface_energies", "slabs", "study", "provenance", "wulff"])
def test_damaged_documents_are_one_line(
    name: str, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`load_results`, on which report, compare and notebooks stand, names the file; nothing else is raised."""
    from nzsp_surfaces.report.read import load_results

    shutil.copytree(finished, tmp_path / "hurt", ignore=shutil.ignore_patterns("calculations", "*.png", "*.html"))
    path = tmp_path / "hurt" / f"{name}.json"
    refused: list[str] = []
    for _, content in damages(path.read_bytes()):
        path.write_bytes(content)
        try:
            load_results(tmp_path / "hurt")
        except UserError as error:
            refused.append(str(error))
    assert len(refused) > 10
    assert all("\n" not in line.strip() and str(tmp_path / "hurt") in line for line in refused)
    path.write_text("[{}]")
    assert main(["report", str(tmp_path / "hurt")]) == main(["compare", str(tmp_path / "hurt"), str(finished)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 60 MB; a run wants 50 to begin."""
    folder = tmp_path / "disk"
    folder.mkdir()
    call = ["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(call, capture_output=True).returncode:
        pytest.skip("no right to mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_up_while_something_relaxes_is_one_line(finished: Path, small_disk: Path) -> None:
    """Exit status 2; with room again, the run goes on to the same energies."""
    study, results = finished.parent / "study.yaml", small_disk / "results"
    call = [sys.executable, "-m", "nzsp_surfaces", "run", str(study), "-o", str(results), "--workers", "1"]
    with (small_disk.parent / "said").open("w") as said:
        process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=said)
        while process.poll() is None and recorded(results) < 300:
            time.sleep(0.002)
        fill(small_disk / "filling")
        assert process.wait(timeout=120) == 2
    (line,) = (small_disk.parent / "said").read_text().splitlines()
    assert "No space left on device" in line
    (small_disk / "filling").unlink()
    assert subprocess.run(call, capture_output=True).returncode == 0
    ours, theirs = ({row["id"]: row["gamma"] for row in document(f, "surface_energies")} for f in (results, finished))
    assert ours == pytest.approx(theirs, abs=1e-9)
