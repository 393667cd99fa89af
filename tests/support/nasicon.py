"""The solid solution of NaSICON and its ends, for the tests of mixtures."""

from __future__ import annotations

from functools import cache

from nzsp_surfaces.crystals.crystal import Crystal, crystal
from nzsp_surfaces.mixtures.cells import MixedCell, compact_multiples, mixed_cell
from nzsp_surfaces.mixtures.shared import SharedCrystal, overlay
from support.crystals import structure


@cache
def ends() -> dict[str, Crystal]:
    """The end members of NaSICON."""
    return {name: crystal(structure(name), None, name) for name in ("NZP", "NZS")}


def filled(x: float, cells: int) -> tuple[SharedCrystal, MixedCell]:
    """Na(1+x)Zr2Si(x)P(3-x)O12 in so many primitive cells."""
    shared = overlay(ends()["NZP"], ends()["NZS"], x / 3, "NaSICON")
    return shared, mixed_cell(shared, compact_multiples(shared.lattice, cells))
