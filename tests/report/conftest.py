"""A results directory to look at, written once, and a copy of its documents for each test to spoil."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.results import write_results


@pytest.fixture(scope="package")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole results directory; left as it is."""
    return write_results(tmp_path_factory.mktemp("results"))


@pytest.fixture
def directory(written: Path, tmp_path: Path) -> Path:
    """Its documents, without structures and traces, since pictures take the time."""
    for path in written.glob("*.json"):
        shutil.copy(path, tmp_path)
    return tmp_path
