"""What the program says: on the terminal what was asked for, in the file everything, in worker processes the same."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from nzsp_surfaces.base.log import FILE, LEVEL, LogSettings, from_environment, logging_to

OURS, THEIRS = logging.getLogger("nzsp_surfaces.runs.somewhere"), logging.getLogger("somebody.else")
WORKER = """
import logging, warnings
from nzsp_surfaces.base.log import follow_environment
follow_environment("INFO")
follow_environment("INFO")
logging.getLogger("nzsp_surfaces.runs").info("worker at work")
logging.getLogger("nzsp_surfaces.runs").debug("worker in detail")
warnings.warn("worker was warned")
"""


@pytest.fixture(autouse=True)
def without_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests themselves are not logged."""
    for name in (FILE, LEVEL):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def warned() -> Iterator[None]:
    """Warnings as Python shows them outside of pytest."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        yield


def say_all() -> None:
    """Ours and a library's, at each level."""
    OURS.debug("ours in detail")
    OURS.info("ours at work")
    OURS.warning("ours to mind")
    THEIRS.debug("theirs in detail")
    THEIRS.info("theirs at work")
    THEIRS.warning("theirs to mind")
    warnings.warn("theirs of old", DeprecationWarning, stacklevel=1)


@pytest.mark.usefixtures("warned")
@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("WARNING", ["ours to mind"]),
        ("INFO", ["ours at work", "ours to mind"]),
        ("DEBUG", ["ours in detail", "ours at work", "ours to mind"]),
    ],
)
def test_a_terminal_shows_what_was_asked_for_and_nothing_of_libraries(
    level: str, shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with logging_to(LogSettings(level)):
        say_all()
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [f"nzsp: {line}" for line in shown]
    assert captured.out == ""


@pytest.mark.usefixtures("warned")
def test_the_file_has_everything_with_times_and_what_libraries_warn_of(tmp_path: Path) -> None:
    """Appended; of libraries what is no detail."""
    file = tmp_path / "nzsp.log"
    file.write_text("an earlier run\n")
    with logging_to(LogSettings(file=file)):
        say_all()
    first, *lines = file.read_text().splitlines()
    assert first == "an earlier run"
    said = ("ours in detail", "ours at work", "ours to mind", "theirs at work", "theirs to mind", "theirs of old")
    assert all(any(words in line for line in lines) for words in said)
    assert len([line for line in lines if "ours" in line]) == 3
    assert not any("theirs in detail" in line for line in lines)
    assert all(line[:2] == "20" and str(os.getpid()) in line for line in lines if "ours" in line)


def test_everything_is_as_before_after_a_block(tmp_path: Path) -> None:
    """Handlers, variables, and what becomes of warnings."""
    root, own = logging.getLogger(), logging.getLogger("nzsp_surfaces")
    before = [*root.handlers], [*own.handlers], warnings.showwarning, os.environ.get(FILE), os.environ.get(LEVEL)
    with logging_to(LogSettings("INFO", tmp_path / "nzsp.log")):
        assert os.environ[FILE] == str(tmp_path / "nzsp.log")
    assert before == (
        *([*root.handlers], [*own.handlers], warnings.showwarning, os.environ.get(FILE), os.environ.get(LEVEL)),
    )


def test_a_process_that_is_started_says_the_same(tmp_path: Path) -> None:
    """Each line once in the file and, at its level, on stderr."""
    file = tmp_path / "nzsp.log"
    with logging_to(LogSettings("INFO", file)):
        done = subprocess.run([sys.executable, "-c", WORKER], capture_output=True, text=True, check=True)
    assert done.stderr == "nzsp: worker at work\n"
    assert [file.read_text().count(f"worker {words}") for words in ("at work", "in detail")] == [1, 1]
    assert "worker was warned" in file.read_text()


def test_a_worker_without_word_from_anybody_says_what_it_does(tmp_path: Path) -> None:
    """A Firetask's level is its own choice where the environment says nothing; a bad file is told and no end."""
    lost = {FILE: str(tmp_path / "none" / "nzsp.log")}
    done = subprocess.run(
        [sys.executable, "-c", WORKER], capture_output=True, text=True, check=True, env=os.environ | lost
    )
    told, work = done.stderr.splitlines()
    assert str(tmp_path / "none" / "nzsp.log") in told
    assert work == "nzsp: worker at work"


@pytest.mark.parametrize(
    ("given", "level"), [("info", "INFO"), ("DEBUG", "DEBUG"), ("loud", "WARNING"), ("", "WARNING")]
)
def test_a_level_that_there_is_not_counts_as_none(given: str, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LEVEL, given)
    assert from_environment().level == level
