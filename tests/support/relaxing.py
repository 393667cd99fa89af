"""Starts of relaxations, and what listens to them."""

from __future__ import annotations

import numpy as np
from pymatgen.core import Structure

from support.crystals import structure


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def rattled(name: str = "Cu", size: float = 0.1, seed: int = 0) -> Structure:
    """A conventional cell with displaced atoms."""
    start = structure(name)
    shift = np.random.default_rng(seed).normal(scale=size, size=(len(start), 3))
    return Structure(start.lattice, start.species, start.cart_coords + shift, coords_are_cartesian=True)


def silent(_step: int, _value: float) -> None:
    """Reports go nowhere."""
