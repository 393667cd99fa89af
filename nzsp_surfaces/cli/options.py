"""Options and arguments that several commands share: each is declared once, with one default and one help text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)
PROFILES = ("quick", "paper")


class Declaration(Protocol):
    """A decorator that gives a command an option."""

    def __call__(self, command: Command, /) -> Command:
        """Return the command with the option."""
        ...


study = click.argument("study", type=PATH)
optional_study = click.argument("study", type=PATH, required=False)

engine = click.option("--engine", help="Engine instead of the study's; see 'nzsp engines'.")
workers = click.option(
    "--workers", type=click.IntRange(1), help="Processes; one for each core where not given, one for VASP."
)
launchpad = click.option(
    "-l",
    "--launchpad",
    type=PATH,
    envvar="NZSP_LAUNCHPAD",
    help="Launchpad file.  [default: NZSP_LAUNCHPAD, else FireWorks' own]",
)
directory = click.option(
    "-d",
    "--directory",
    type=PATH,
    default=Path("nzsp_calculations"),
    show_default=True,
    help="Checkpoints and results; every worker must see it.",
)
setting = click.option(
    "--setting",
    type=click.Choice(["file", "standard"]),
    default="file",
    show_default=True,
    help="Whose axes planes refer to.",
)
symprec = click.option(
    "--symprec", type=click.FloatRange(1e-5, 0.5), help="Å, of symmetry.  [default: found, 0.01 or more]"
)


def indices(text: str) -> tuple[int, ...]:
    """Indices of a plane as typed: "1,0,-1,4" -> (1, 0, -1, 4).

    Raises:
        BadParameter: they are not three or four whole numbers below 100.
    """
    try:
        plane = tuple(int(i) for i in re.split(r"[ ,]+", text.strip("() ")))
    except ValueError as error:
        raise click.BadParameter("write three or four whole numbers, as in 1,0,-1,4") from error
    if len(plane) not in (3, 4) or max(map(abs, plane)) > 99:
        raise click.BadParameter("write three or four whole numbers below 100, as in 1,0,-1,4")
    return plane


def one_plane(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    """Indices of the plane, if one is given."""
    return None if text is None else indices(text)


def planes(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Indices of each plane."""
    return tuple(map(indices, texts))


def output(default: Path | None = None) -> Declaration:
    """Declare the option -o/--output, the directory that a command writes into.

    Args:
        default: where it writes unless told otherwise; without one, the option must be given.
    """
    given: dict[str, Any] = {"required": True} if default is None else {"default": default, "show_default": True}
    return click.option("-o", "--output", metavar="DIR", type=PATH, help="Directory to write into.", **given)


own_output = click.option(
    "-o", "--output", metavar="DIR", type=PATH, help="Directory to write into.  [default: STUDY, where it is one]"
)


def profile(default: str = "quick") -> Declaration:
    """Declare the option --profile, the protocol of a study's calculations.

    Args:
        default: what the command does unless told otherwise: trying out is quick, inputs for DFT follow the paper.
    """
    choice = click.Choice(PROFILES)
    return click.option("--profile", type=choice, default=default, show_default=True, help="Protocol.")
