"""What the package says while it works: on the terminal, in a file, and the same from the processes that it starts.

Modules say it with `logging.getLogger(__name__)`. Nothing is set up by importing this: the command line does it for
itself, and what works for it elsewhere (a process of the pool, a Firetask) with `follow_environment`.

Libraries say what they say in the file alone, warnings included; a terminal shows what this package says.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FILE, LEVEL = "NZSP_LOG", "NZSP_LOG_LEVEL"
"""Variables: the file, and the level of what is shown on stderr."""
LEVELS = ("WARNING", "INFO", "DEBUG")
"""Shown on stderr by default, with -v, and with -vv."""
PACKAGE = "nzsp_surfaces"
LINE = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Where it is said.

    Attributes:
        level: of what is shown on stderr, one of LEVELS.
        file: for everything, appended; None for no file.
    """

    level: str = LEVELS[0]
    file: Path | None = None


class _OnTerminal(logging.Handler):
    """Writes on what is stderr at that moment: a progress bar, or a test, may have put itself in front of it."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=sys.stderr, flush=True)
        except Exception:
            self.handleError(record)


@contextmanager
def logging_to(settings: LogSettings) -> Iterator[None]:
    """Say what happens within a block, in this process and, through the environment, in those that it starts.

    Raises:
        OSError: the file cannot be written.
    """
    names = (FILE, LEVEL)
    before = {name: os.environ.get(name) for name in names}
    added = _set_up(settings)
    os.environ[LEVEL] = settings.level
    if settings.file:
        os.environ[FILE] = str(settings.file.absolute())
    try:
        yield
    finally:
        _take_down(added)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def follow_environment(level: str = LEVELS[0]) -> None:
    """Say what happens from now on as NZSP_LOG and NZSP_LOG_LEVEL have it; to be called first in a worker process.

    Nothing more happens where it was called before. A file that cannot be written here, as on another machine, is no
    reason to compute nothing: that is said on stderr.

    Args:
        level: shown on stderr where NZSP_LOG_LEVEL says nothing, one of LEVELS.
    """
    if any(isinstance(handler, _OnTerminal) for handler in logging.getLogger(PACKAGE).handlers):
        return
    wanted = from_environment(level)
    try:
        _set_up(wanted)
    except OSError as error:
        _set_up(LogSettings(wanted.level))
        logging.getLogger(__name__).warning("%s=%s cannot be written: %s", FILE, wanted.file, error.strerror)


def from_environment(level: str = LEVELS[0]) -> LogSettings:
    """What NZSP_LOG and NZSP_LOG_LEVEL ask for; a level that there is not counts as none."""
    given = os.environ.get(LEVEL, "").upper()
    file = os.environ.get(FILE)
    return LogSettings(given if given in LEVELS else level, Path(file) if file else None)


def _set_up(settings: LogSettings) -> list[tuple[logging.Logger, logging.Handler]]:
    own, everyone = logging.getLogger(PACKAGE), logging.getLogger()
    # Without a handler of its own, Python would put a library's warnings on stderr.
    for_all = logging.FileHandler(settings.file, encoding="utf-8") if settings.file else logging.NullHandler()
    for_all.setFormatter(logging.Formatter(LINE))
    terminal = _OnTerminal(settings.level)
    terminal.setFormatter(logging.Formatter("nzsp: %(message)s"))
    added: list[tuple[logging.Logger, logging.Handler]] = [(everyone, for_all), (own, terminal)]
    for logger, handler in added:
        logger.addHandler(handler)
    own.setLevel(logging.DEBUG if settings.file else settings.level)
    # At debug level libraries write thousands of lines an hour: Numba each instruction that it compiles.
    everyone.setLevel(logging.INFO if settings.file else logging.WARNING)
    logging.captureWarnings(capture=True)
    return added


def _take_down(added: list[tuple[logging.Logger, logging.Handler]]) -> None:
    for logger, handler in added:
        logger.removeHandler(handler)
        handler.close()
        logger.setLevel(logging.WARNING if logger.name == "root" else logging.NOTSET)
    logging.captureWarnings(capture=False)
