"""Fixtures of the tests that need a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import server


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A server for all tests of this process that do not kill it."""
    with server.serving(tmp_path_factory.mktemp("server")) as given:
        yield given


@pytest.fixture
def launchpad(address: dict[str, Any], tmp_path: Path) -> Path:
    """A launchpad file of a database of its own."""
    return server.launchpad_file(tmp_path, address)
