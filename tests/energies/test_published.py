"""What inputs/published.yaml says: of crystals that are there, from sources, in planes that are distinct."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.published import published
from benchmarks.validation import DEFAULT, PAGE, compared, engines, kept, page
from nzsp_surfaces.energies.construction import smallest_hkl

INPUTS = Path(__file__).parents[2] / "inputs"
CLAIMS: dict[str, list[dict[str, Any]]] = yaml.safe_load((INPUTS / "published.yaml").read_text())["crystals"]
FILES = ("crystals.yaml", "published-crystals.yaml")
CRYSTALS = {name: cell for file in FILES for name, cell in yaml.safe_load((INPUTS / file).read_text()).items()}


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


def test_the_page_says_what_is_kept() -> None:
    """Of every claim, without computing anything; a crystal whose values are lost would make it say less."""
    claims = published()
    others = {engine: list(compared(claims, kept(engine))) for engine in engines()}
    lines = others.pop(DEFAULT)
    assert PAGE.read_text(encoding="utf-8") == page(lines, others)
    read = {line.crystal: line.kind for line in lines if line.counted}
    assert list(read.values()).count("ionic") >= 12
    assert len({(line.crystal, plane) for line in lines if line.counted for plane in line.claim.planes}) >= 40


def test_what_is_kept_can_be_a_surface_energy() -> None:
    """A cell with its atoms on wrong sites gives slabs below their bulk; shares of a shape are parts of a whole."""
    shares: dict[str, float] = {}
    for row in kept("sevennet-0"):
        assert row.gamma is None or row.gamma > 0
        shares[row.crystal] = shares.get(row.crystal, 0.0) + row.share
    assert all(share <= 1.001 for share in shares.values())
