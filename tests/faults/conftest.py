"""What the sieges share: the energies that must come out, chance, and the figures of those that were survived."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from support.faults import SEED, tell
from support.siege import NUMBER, Siege, undisturbed

SIEGES = int(os.environ.get("NZSP_SIEGES", "1"))
"""How often each siege is laid, every time with other strokes."""


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """The energies of a run that nothing disturbed."""
    return undisturbed(tmp_path_factory.mktemp("undisturbed"), NUMBER)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """The same for the same seed and siege."""
    return random.Random(f"{request.node.name} {SEED}")


@pytest.fixture(params=range(SIEGES))
def told(request: pytest.FixtureRequest) -> Iterator[Callable[[Siege], None]]:
    """Take a siege that was survived, and append its figures."""
    survived: list[Siege] = []
    yield survived.append
    for siege in survived:
        figures = {"calculations": siege.calculations, "finished repeated": siege.repeated, "studies": 1}
        tell(request.node.name, Counter(figures))
