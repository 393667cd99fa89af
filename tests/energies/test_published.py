"""What inputs/published.yaml says: of crystals that are there, from sources, in planes that are distinct."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from nzsp_surfaces.energies.construction import smallest_hkl

INPUTS = Path(__file__).parents[2] / "inputs"
CLAIMS: dict[str, list[dict[str, Any]]] = yaml.safe_load((INPUTS / "published.yaml").read_text())["crystals"]
CRYSTALS = yaml.safe_load((INPUTS / "crystals.yaml").read_text())


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_has_a_crystal_and_a_source_and_says_whether_it_was_read(name: str) -> None:
    """And speaks of one thing: a value, an order or a share of a shape."""
    assert name in CRYSTALS
    for claim in CLAIMS[name]:
        assert claim["source"]
        assert isinstance(claim["read"], bool)
        assert len(claim.keys() & {"gamma", "order", "share"}) == 1
        planes = [smallest_hkl(plane) for plane in claim.get("order", [])]
        assert len(set(planes)) == len(planes)
