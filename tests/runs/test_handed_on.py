"""What a run hands on does not say where, on what host and by whom it was made, and a run reaches nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from nzsp_surfaces.base.places import command_without_folders, without_folders
from nzsp_surfaces.engines.ase.potential import PotentialEntry
from nzsp_surfaces.engines.registry import engines
from support.alloy import STUDY, document, write
from support.cluster import ONE_THREAD, nzsp
from support.watched import WORD, files_with, reached, watched

BROKEN = """
from pathlib import Path
from ase.calculators.emt import EMT

class Broken(EMT):
    def calculate(self, *arguments, **more):
        raise RuntimeError(f"{__file__}: broken, see {Path.cwd()}/output.txt")
"""
LOADING = """
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose
choose(EngineKeys({name!r}, modal={modal!r}), {{}}, "test").make({{}})
"""


@dataclass(frozen=True)
class Ran:
    """A run of which all is known, and where it left its results and the lines of its processes."""

    results: Path
    trail: Path
    status: int


def _ran(home: Path, engine: str) -> Ran:
    """`nzsp run` in a folder, for a user and on a host of conspicuous names."""
    environment, trail = watched(home / "watcher")
    (home / "watcher" / "broken.py").write_text(BROKEN)
    study = write(home / "study", STUDY.replace("engine: emt", f"engine: {engine}"))
    done = nzsp("run", study, "-o", home / "out", "--workers", "1", HOME=str(home), **environment)
    return Ran(home / "out", trail, done.returncode)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run that succeeds."""
    return _ran(tmp_path_factory.mktemp("ran") / f"Jane {WORD}", "emt")


def test_results_do_not_say_where_on_what_host_and_by_whom(ran: Ran) -> None:
    assert ran.status == 0
    assert document(ran.results, "provenance")["command"] == "nzsp run study.yaml -o out --workers 1"
    assert files_with(WORD, ran.results) == []


@pytest.mark.slow
def test_failures_do_not_either(tmp_path: Path) -> None:
    """Of calculations whose messages are full of places."""
    failed = _ran(tmp_path / f"Jane {WORD}", "{calculator: 'broken:Broken'}")
    failures = document(failed.results, "provenance")["failures"]
    assert failed.status == 1
    assert any("broken, see" in why for why in failures.values())
    assert files_with(WORD, failed.results) == []


def test_a_run_reaches_nobody(ran: Ran) -> None:
    """Connections are refused in each of its processes, and none is tried."""
    assert ran.status == 0
    assert "STARTS" in ran.trail.read_text()
    assert reached(ran.trail) == []


@pytest.mark.parametrize("way", ["socket.create_connection(('127.0.0.1', 9))", "socket.getaddrinfo('localhost', 9)"])
def test_who_reaches_somebody_is_refused_and_noted(way: str, tmp_path: Path) -> None:
    """Else the law above would hold for everything."""
    environment, trail = watched(tmp_path / "watcher")
    call = [sys.executable, "-c", f"import socket; {way}"]
    done = subprocess.run(call, env=os.environ | environment, capture_output=True, text=True)
    assert "nobody is to be reached" in done.stderr
    assert len(reached(trail)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("entry", [e for e in engines() if isinstance(e, PotentialEntry)], ids=lambda e: e.name)
def test_no_potential_is_downloaded(entry: PotentialEntry, tmp_path: Path) -> None:
    """Weights come with the packages."""
    if entry.missing:
        pytest.skip("not installed")
    environment, trail = watched(tmp_path / "watcher")
    program = LOADING.format(name=entry.name, modal=next(iter(entry.modals), None))
    subprocess.run([sys.executable, "-c", program], env=os.environ | ONE_THREAD | environment, check=True)
    assert reached(trail) == []


def test_only_the_folders_of_whole_paths_are_left_out() -> None:
    """Units, ratios, relative paths and addresses on the web stay."""
    text = "0.1 eV/Å and 2 J/m² of work/a/b.txt, see /home/jane/x/OUTCAR, '/tmp/y' or (/a/b/c); https://example.org/a/b"
    kept = "0.1 eV/Å and 2 J/m² of work/a/b.txt, see OUTCAR, 'y' or (c); https://example.org/a/b"
    assert without_folders(text, Path("/nowhere")) == kept
    assert without_folders("/my runs/out/calculations/1: failed", Path("/my runs/out")) == "calculations/1: failed"
    call = ["nzsp", "run", "/my runs/a.yaml", "-o/tmp/out", "--log=/tmp/b", "runs/c", "-p", "1,0,4", "/tmp/d/"]
    assert command_without_folders(call) == "nzsp run a.yaml -oout --log=b runs/c -p 1,0,4 d/"
