"""Effective medium theory, as ASE brings it."""

from __future__ import annotations

from typing import Any

from nzsp_surfaces.engines.ase.potential import PotentialEntry


def emt(_modal: str | None, _device: str) -> Any:
    """ASE's own calculator."""
    from ase.calculators.emt import EMT

    return EMT()


ENTRIES = (
    PotentialEntry(
        name="emt",
        model="EMT",
        about="effective medium theory for Al, Cu, Ag, Au, Ni, Pd, Pt: for tests",
        package="ase",
        needs=("ase",),
        calculator=emt,
        elements=frozenset(("Al", "Cu", "Ag", "Au", "Ni", "Pd", "Pt", "H", "C", "N", "O")),
        references=("jacobsen1996emt", "larsen2017ase"),
    ),
)
