"""The options -v and --log, which every command takes as it takes --debug, and a command carried out under them."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from nzsp_surfaces.base.log import LEVELS, LogSettings, from_environment, logging_to
from nzsp_surfaces.cli import options

_VERBOSITY, _FILE = "nzsp_surfaces.verbosity", "nzsp_surfaces.log"

logger = logging.getLogger(__name__)


def _remember_verbosity(context: click.Context, _option: click.Parameter, times: int) -> None:
    # `meta` is shared by the contexts of the group and of the command, so either place of the option will do.
    context.meta[_VERBOSITY] = context.meta.get(_VERBOSITY, 0) + times


def _remember_file(context: click.Context, _option: click.Parameter, file: Path | None) -> None:
    if file is not None:
        context.meta[_FILE] = file


OPTIONS = (
    click.Option(
        ["-v", "--verbose"],
        count=True,
        expose_value=False,
        callback=_remember_verbosity,
        help="Say on stderr what is done; -vv in every detail.",
    ),
    click.Option(
        ["--log"],
        metavar="FILE",
        type=options.PATH,
        expose_value=False,
        callback=_remember_file,
        help="Append every detail, with times, and what libraries warn of.  [default: NZSP_LOG, else nowhere]",
    ),
)


def settings(context: click.Context) -> LogSettings:
    """What the options ask for; where they say nothing, what the environment does."""
    asked = from_environment()
    times = context.meta.get(_VERBOSITY, 0)
    level = LEVELS[min(times, len(LEVELS) - 1)] if times else asked.level
    return LogSettings(level, context.meta.get(_FILE, asked.file))


def logged(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Do what a command does, under its options -v and --log."""

    @functools.wraps(callback)
    def carried_out(*arguments: Any, **values: Any) -> Any:
        context = click.get_current_context()
        with logging_to(settings(context)):
            given = {name: value for name, value in context.params.items() if value is not None}
            logger.debug("%s %s", context.command_path, " ".join(f"{name}={given[name]}" for name in given))
            try:
                return callback(*arguments, **values)
            except Exception:
                logger.debug("%s ends with an error", context.command_path, exc_info=True)
                raise

    return carried_out
