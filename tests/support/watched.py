"""Python processes that are watched from within: what they and their children are called with, whom they reach."""

from __future__ import annotations

import os
from pathlib import Path

WORD = "conspicuous"
"""Part of the names of host, user and folders, so that a search finds them."""
OBSERVER = f"""
import getpass, os, platform, socket, sys

TRAIL = {{trail!r}}
STARTS = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system")
REACHES = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")

def note(event, arguments):
    if event in STARTS:
        leave(f"{{{{event}}}} {{{{arguments!r}}}}")
    if event in REACHES and getattr(arguments[0], "family", None) != socket.AF_UNIX:
        leave(f"REACHES {{{{event}}}} {{{{arguments!r}}}}")
        raise ConnectionRefusedError(111, "nobody is to be reached")

def leave(line):
    with open(TRAIL, "a") as file:
        file.write(line + "\\n")

leave(f"STARTS {{{{sys.orig_argv!r}}}}")
socket.gethostname = platform.node = lambda: "{WORD}-host"
getpass.getuser = lambda: "{WORD}-user"
sys.addaudithook(note)
"""


def watched(folder: Path) -> tuple[dict[str, str], Path]:
    """The environment of watched processes, and the file in which they leave lines.

    Args:
        folder: for the observer and the file.
    """
    folder.mkdir(parents=True)
    trail = folder / "trail"
    (folder / "sitecustomize.py").write_text(OBSERVER.format(trail=str(trail)))
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    names = dict.fromkeys(("USER", "LOGNAME", "HOSTNAME"), f"{WORD}-name")
    return {"PYTHONPATH": path, **names}, trail


def files_with(word: str, folder: Path) -> list[str]:
    """Files below a folder whose names or bytes have a word, in either case."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    names = {path: str(path.relative_to(folder)) for path in files}
    return sorted(n for path, n in names.items() if word in n.lower() or word.encode() in path.read_bytes().lower())


def reached(trail: Path) -> list[str]:
    """Lines about connections that were tried; each was refused."""
    return [line for line in trail.read_text().splitlines() if line.startswith("REACHES")]
