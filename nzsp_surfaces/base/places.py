"""Where something lies on a machine: known to who works there, and no business of who is handed the results."""

from __future__ import annotations

import os
import re
from pathlib import Path

FOLDERS = re.compile(r"(?<![^\s'\"(=:,])/(?:[^\s/'\":;,()]+/)+(?=[^\s/])")
"""The folders of a whole path, at the beginning of a word; spaces within them are not recognised."""
ARGUMENT = re.compile(r"^(-\w|--[\w-]+=)?/(?:.*/)?(?=[^/])")
"""The folders of a command's argument, or of an option's value, spaces included."""


def without_folders(text: str, results: Path) -> str:
    """A message in which files are named without the folders that lead to them.

    Args:
        results: the directory that the message goes into; it, the home and the present directory are recognised
            whatever is in their names.
    """
    known = {results.absolute(), Path.cwd(), Path(os.environ.get("HOME", "/"))} - {Path("/")}
    for folder in sorted(known, key=lambda path: len(path.parts), reverse=True):
        text = text.replace(f"{folder}/", "")
    return FOLDERS.sub("", text)


def command_without_folders(arguments: list[str]) -> str:
    """The arguments of a command in one line, files by their names alone where whole paths were given."""
    return " ".join(ARGUMENT.sub(r"\1", argument) for argument in arguments)
