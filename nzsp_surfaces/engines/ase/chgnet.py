"""CHGNet's universal potentials, whose weights come with the package chgnet."""

from __future__ import annotations

from functools import partial
from typing import Any

from nzsp_surfaces.engines.ase.potential import MPTRJ_ELEMENTS, PotentialEntry


def chgnet(weights: str, _modal: str | None, device: str) -> Any:
    """CHGNet's calculator.

    Args:
        weights: name of those that the package brings.
        device: cpu or cuda.
    """
    from chgnet.model import CHGNet
    from chgnet.model.dynamics import CHGNetCalculator

    model = CHGNet.load(model_name=weights, use_device=device, verbose=False)
    return CHGNetCalculator(model, use_device=device)


_entry = partial(
    PotentialEntry,
    package="chgnet",
    needs=("torch", "chgnet"),
    extra="chgnet",
    elements=MPTRJ_ELEMENTS,
    references=("deng2023chgnet",),
)

ENTRIES = (
    _entry(
        name="chgnet",
        model="CHGNet 0.3.0",
        about="universal potential, about 18 % below the published surface energies",
        calculator=partial(chgnet, "0.3.0"),
    ),
    _entry(
        name="chgnet-r2scan",
        model="CHGNet r2SCAN",
        about="the weights of chgnet, trained further on r2SCAN energies",
        calculator=partial(chgnet, "r2scan"),
        references=("deng2023chgnet", "huang2025transfer"),
    ),
)
