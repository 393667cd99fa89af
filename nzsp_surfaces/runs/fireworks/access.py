"""Launchpad files: where the database is and what it wants to know, which nobody else is told."""

from __future__ import annotations

import logging
import re
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.runs.fireworks import embedded

log = logging.getLogger(__name__)

DENIED = (13, 18, 8000)
"""Codes of a server for missing rights and a wrong password."""
NO_ADDRESS = "host is no address that can be read; escape special characters in user and password, as %40 for @"
SECRET = re.compile("password|token|authMechanismProperties", re.IGNORECASE)
"""Names of what a launchpad file and PyMongo's options keep to themselves."""
READABLE = stat.S_IRGRP | stat.S_IROTH
LENGTH = 160
"""Characters of another program's message that are told at most."""


@dataclass(frozen=True)
class Access:
    """What a launchpad file says.

    Attributes:
        place: of the file.
        given: the arguments of FireWorks' launchpad; passwords and tokens among them.
    """

    place: Path
    given: Mapping[str, Any]

    def secrets(self) -> set[str]:
        """Every password and token of the file, those within a URI as they stand there and as they are meant."""
        return {text for text in (*_named(self.given), *_in_uri(str(self.given.get("host")))) if text}

    def harmless(self, error: Exception) -> str:
        """The beginning of a message, without anything that looks like user:password@, and without the secrets."""
        text = re.sub(r"//\S*@", "//", str(error).split(", Timeout")[0].partition("\n")[0])
        for secret in sorted(self.secrets(), key=len, reverse=True):
            text = text.replace(secret, "...")
        return text[:LENGTH]

    def refusal(self, error: Exception) -> UserError:
        """What happened to a database, and how to mend it."""
        return UserError(f"{self.place}: {_told(error, self.harmless(error))}")

    def unusable(self, error: Exception) -> UserError:
        """What a launchpad cannot be made of."""
        return UserError(f"{self.place}: cannot be used: {self.harmless(error)}; see workflows/my_launchpad.yaml")


def access(path: Path | None) -> Access:
    """What a launchpad file says, or FireWorks' own default; a secret that others can read is told.

    Args:
        path: of the launchpad file.

    Raises:
        UserError: there is none, it is none, or a password in its URI is not escaped; messages never quote the file.
    """
    place = _place(path)
    found = Access(place, _read(place))
    if _is_unescaped(str(found.given.get("host"))):
        raise UserError(f"{place}: {NO_ADDRESS}")
    if found.secrets() and place.stat().st_mode & READABLE:
        log.warning("%s: holds a password and others can read it; chmod 600 %s", place, shlex.quote(str(place)))
    return found


def _place(path: Path | None) -> Path:
    embedded.store_file()  # importing FireWorks' settings may fail, with a message of ours
    from fireworks.fw_config import LAUNCHPAD_LOC

    place = path or (Path(LAUNCHPAD_LOC) if LAUNCHPAD_LOC else Path("my_launchpad.yaml"))
    if not place.is_file():
        raise UserError(f"{place}: no such launchpad file; write one (workflows/my_launchpad.yaml) or name it with -l")
    return place


def _read(place: Path) -> dict[str, Any]:
    """The arguments of a launchpad as its file gives them."""
    import inspect

    import yaml
    from fireworks import LaunchPad

    try:
        given = yaml.safe_load(place.read_text())
        known = set(inspect.signature(LaunchPad).parameters) - {"strm_lvl"}
        return {name: value for name, value in given.items() if name in known}
    except (yaml.YAMLError, AttributeError, UnicodeDecodeError):
        raise UserError(f"{place}: is no launchpad file in YAML; see workflows/my_launchpad.yaml") from None


def _named(given: Mapping[str, Any], depth: int = 3) -> Iterator[str]:
    """What stands under a name that says so; properties of a mechanism are options of the client: three deep."""
    for name, value in given.items():
        if isinstance(value, Mapping):
            yield from _named(value, depth - 1) if depth > 1 else ()
        elif SECRET.search(str(name)) and value is not None:
            yield str(value)


def _in_uri(host: str) -> Iterator[str]:
    """The password between user: and @, and secrets among the options."""
    user, _, _ = host.partition("://")[2].rpartition("@")
    options = dict(part.partition("=")[::2] for part in host.partition("?")[2].split("&"))
    for text in (user.partition(":")[2], *_named(options)):
        yield from (text, unquote_plus(text))


def _is_unescaped(host: str) -> bool:
    """Whether a password ends a URI's address too early: its beginning would be a port, which messages name."""
    rest, _, options = host.partition("://")[2].partition("?")
    address, _, database = rest.partition("/")
    return "@" in database or ("@" in options and "@" not in address)


def _told(error: Exception, text: str) -> str:
    """What a database's error means."""
    from pymongo import errors

    if isinstance(error, errors.InvalidURI):
        return NO_ADDRESS  # its message may quote a part of a password that was not escaped
    if isinstance(error, errors.ConnectionFailure | errors.ConfigurationError):
        tls = any(word in text.lower() for word in ("ssl", "tls", "certificate"))
        mend = "mend the tls options in mongoclient_kwargs" if tls else "is the server running?"
        return f"no database answers: {text}; {mend}"
    if isinstance(error, errors.DocumentTooLarge):
        return f"the study is larger than a document of the database may be: {text}; divide it"
    writing = isinstance(error, errors.WriteError | errors.BulkWriteError)
    access_refused = isinstance(error, errors.OperationFailure) and (error.code in DENIED or not writing)
    return f"the database refuses: {text}; " + (
        "mend user and password" if access_refused else "is it full, or of another version?"
    )
