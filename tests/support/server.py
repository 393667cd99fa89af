"""A server that speaks MongoDB's wire protocol: a named one, a `mongod`, or the one that the script installs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

HERE = Path(__file__).parent
INSTALLED = Path(os.environ.get("NZSP_TEST_SERVER", HERE.parents[1] / ".cache/server"))
URI = os.environ.get("NZSP_TEST_MONGODB_URI")


def why_none() -> str | None:
    """Why no server can be had; None where one can."""
    if URI or shutil.which("mongod") or ((INSTALLED / "INSTALLED").exists() and shutil.which("java")):
        return None
    return "no server: set NZSP_TEST_MONGODB_URI, install mongod, or run tests/support/install_server.sh .cache/server"


@contextmanager
def serving(folder: Path) -> Iterator[dict[str, Any]]:
    """The arguments of a launchpad on a server that runs as long as the block; the name of the database is missing."""
    if URI:
        yield {"host": URI, "uri_mode": True}
        return
    with running(folder) as (_, given):
        yield given


@contextmanager
def running(
    folder: Path, *tls: Path, port: int | None = None, kept: bool = False
) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """A server of one's own and the arguments of a launchpad; it may be killed.

    Args:
        folder: for its files.
        tls: key and certificate in PEM, with which only the installed server can serve.
        port: to serve at; None for a free one.
        kept: its data lie in the folder, where the next one finds them.
    """
    port = port or free_port()
    where = str(folder / "data") if kept else "memory"
    command = [*_installed(port), where, *map(str, tls)] if tls else _command(folder, port, where)
    with (folder / "server.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            _wait_for(port)
            yield server, {"host": "127.0.0.1", "port": port}
        finally:
            server.kill()


def _command(folder: Path, port: int, where: str) -> list[str]:
    mongod = shutil.which("mongod")
    if mongod:
        return [mongod, "--dbpath", str(folder), "--port", str(port), "--bind_ip", "127.0.0.1"]
    return [*_installed(port), where]


def _installed(port: int) -> list[str]:
    return ["bash", str(HERE / "run_server.sh"), str(INSTALLED), str(port)]


def launchpad_file(folder: Path, address: dict[str, Any]) -> Path:
    """`my_launchpad.yaml` of a new database, which only its owner can read."""
    path = folder / "my_launchpad.yaml"
    path.write_text(yaml.safe_dump(address | {"name": f"nzsp_{uuid4().hex[:12]}"}))
    path.chmod(0o600)
    return path


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the server does not answer")
