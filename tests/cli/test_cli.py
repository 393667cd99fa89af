"""The command line: quick to answer, one line for an error, the table of commands kept."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click
import pytest

from nzsp_surfaces import __version__
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.cli import main as cli
from nzsp_surfaces.cli.main import COMMANDS, LazyGroup, app, main

NAMES = [row.name for row in COMMANDS]
HEAVY = {"ase", "chgnet", "fireworks", "matplotlib", "numpy", "plotly", "pymatgen", "scipy", "sevenn", "torch"}


def failing(error: BaseException) -> Callable[[LazyGroup, click.Context, str], click.Command]:
    """A stand-in for `LazyGroup.get_command`: every command takes --debug and ends with `error`."""

    def run() -> NoReturn:
        raise error

    command = click.Command("run", callback=run, params=[*cli.EVERYWHERE])
    return lambda _group, _ctx, _name: command


@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_the_table_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`nzsp NAME --help` ends well and shows a line that can be typed."""
    assert main([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Example" in text
    assert f"nzsp {name}" in text.partition("Example")[2]


def test_help_lists_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """`nzsp --help` and `nzsp` alone show every command with its line, in order."""
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    width = max(len(row.name) for row in COMMANDS)
    places = [text.index(f"{row.name:{width}}  {row.help}") for row in COMMANDS]
    assert places == sorted(places)
    assert main([]) == 0
    assert capsys.readouterr().out == text


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in NAMES)])
def test_help_is_quick_because_nothing_heavy_is_imported(arguments: list[str]) -> None:
    """Help needs no array, no crystal and no network model."""
    program = f"import sys; from nzsp_surfaces.cli.main import main; main({arguments}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "click" in loaded
    assert not HEAVY & loaded


def test_the_group_imports_no_command_to_show_help() -> None:
    """Only the command that is called is imported."""
    program = "import sys; from nzsp_surfaces.cli.main import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {row.module for row in COMMANDS} & set(done.stdout.split())


def test_the_package_is_the_command() -> None:
    """`python -m nzsp_surfaces` is `nzsp`, exit status included."""
    call = [sys.executable, "-m", "nzsp_surfaces"]
    assert subprocess.run([*call, "--version"], capture_output=True, text=True).stdout == f"nzsp {__version__}\n"
    assert subprocess.run([*call, "rum"], capture_output=True).returncode == 2


@pytest.mark.parametrize(
    "arguments", [["--unknown"], ["rum"], *([name, "--unknown"] for name in NAMES), ["slabs"], ["wulff", "-o"]]
)
def test_a_wrong_call_is_one_line_and_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown option or command, or a missing argument, is told in one line that names the help."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("nzsp: ")
    assert captured.err.count("\n") == 1
    assert "--help" in captured.err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UserError("a.yaml:3: no such\nplane"), "nzsp: a.yaml:3: no such plane\n"),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "a.cif"),
            "nzsp: a.cif: No such file or directory\n",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "runs/a"),
            "nzsp: runs/a: No space left on device; what is finished is kept, make room and start again\n",
        ),
    ],
)
def test_what_the_user_can_mend_is_one_line(
    error: Exception, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2 and one line on stderr; --debug, before or after the command, puts the traceback above it."""
    monkeypatch.setattr(LazyGroup, "get_command", failing(error))
    assert main(["run"]) == 2
    assert capsys.readouterr().err == line
    for arguments in (["--debug", "run"], ["run", "--debug"]):
        assert main(arguments) == 2
        text = capsys.readouterr().err
        assert text.startswith("Traceback")
        assert text.endswith(line)


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError("a library's own"), KeyError("x")])
def test_a_bug_is_not_dressed_up_as_a_mistake_of_the_user(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors of the program keep their traceback."""
    monkeypatch.setattr(LazyGroup, "get_command", failing(error))
    with pytest.raises(type(error)):
        main(["run"])


def test_an_interrupt_is_one_line_and_status_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends with the status that shells give it."""
    monkeypatch.setattr(LazyGroup, "get_command", failing(KeyboardInterrupt()))
    assert main(["run"]) == 130
    assert capsys.readouterr().err == "nzsp: interrupted; what is finished is kept, start again to go on\n"


def test_options_of_every_command_are_there_once() -> None:
    """Looking a command up twice adds them no second time."""
    ctx = click.Context(app)
    for name in NAMES:
        for _ in range(2):
            command = app.get_command(ctx, name)
            assert command is not None
            for wanted in ("debug", "verbose", "log"):
                assert [parameter.name for parameter in command.params].count(wanted) == 1


@pytest.mark.parametrize("arguments", [["-vv", "engines"], ["engines", "-v", "--verbose"], ["-v", "engines", "-v"]])
def test_verbosity_may_stand_before_and_after_the_command(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """In detail it says at least what was asked for."""
    assert main(arguments) == 0
    assert "nzsp: nzsp engines" in capsys.readouterr().err
    assert main(["engines"]) == 0
    assert capsys.readouterr().err == ""


def test_the_log_has_the_call_and_the_traceback_of_its_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the terminal it stays one line; NZSP_LOG does what --log does."""
    file = tmp_path / "nzsp.log"
    assert main(["slabs", str(tmp_path / "none.yaml"), "--log", str(file)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    monkeypatch.setenv("NZSP_LOG", str(file))
    assert main(["slabs", str(tmp_path / "none.yaml")]) == 2
    text = file.read_text()
    assert text.count("nzsp slabs source=") == 2
    assert text.count("UserError: ") == 2


def test_a_log_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is done."""
    assert main(["engines", "--log", str(tmp_path / "none" / "nzsp.log")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert str(tmp_path / "none" / "nzsp.log") in captured.err
