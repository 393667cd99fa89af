"""SevenNet's universal potentials, whose weights come with the package sevenn."""

from __future__ import annotations

from functools import partial
from typing import Any

from nzsp_surfaces.engines.ase.potential import MPTRJ_ELEMENTS, PotentialEntry


def sevennet(model: str, modal: str | None, device: str) -> Any:
    """SevenNet's calculator; on a processor the faster one that gives the same numbers.

    Args:
        model: name of a checkpoint of the package.
        modal: fidelity of a checkpoint that has several.
        device: cpu or cuda.
    """
    if device == "cuda":
        from sevenn.calculator import SevenNetCalculator

        return SevenNetCalculator(model, device=device, modal=modal)
    from nzsp_surfaces.engines.ase.sevennet_cpu import fast_sevennet_calculator

    return fast_sevennet_calculator(model, modal)


_entry = partial(
    PotentialEntry,
    package="sevenn",
    needs=("torch", "sevenn", "numba"),
    extra="sevennet",
    elements=MPTRJ_ELEMENTS,
    references=("park2024sevennet",),
)

ENTRIES = (
    _entry(
        name="sevennet-0",
        model="7net-0",
        about="universal potential, 3 to 9 % below the published surface energies; the default",
        calculator=partial(sevennet, "7net-0"),
    ),
    _entry(
        name="sevennet-l3i5",
        model="7net-l3i5",
        about="universal potential, larger sibling of the default",
        calculator=partial(sevennet, "7net-l3i5"),
    ),
    _entry(
        name="sevennet-mf0",
        model="7net-mf-0",
        about="universal potential of two fidelities: choose 'modal: PBE' or 'modal: R2SCAN'",
        calculator=partial(sevennet, "7net-mf-0"),
        modals=("PBE", "R2SCAN"),
        keys=("modal", "surrogate"),
        references=("park2024sevennet", "kim2025sevennetmf"),
    ),
)
