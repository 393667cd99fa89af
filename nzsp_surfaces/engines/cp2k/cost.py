"""What a calculation by CP2K will cost, told before it begins."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from ase.units import Bohr

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.cp2k.settings import Cp2kSettings

if TYPE_CHECKING:
    from ase import Atoms

FUNCTIONS = {"DZVP": 14, "TZVP": 20}
"""Basis functions of an atom, as a mean over NaZr2(PO4)3."""
GRIDS, MATRICES = 85, 12
"""Arrays of the grid's and of the basis's size that CP2K holds at once; measured: 3.1 GB for NaZr2(PO4)3 (1-102)."""
FIXED = 0.3e9
"""Bytes of the program with nothing in it."""
STEP_SECONDS = 0.28
"""Seconds of one core for a step and an atom, with 14 functions an atom and 400 Ry; measured on NaZr2(PO4)3."""
STEPS = 14
"""Steps to a density, as a rule."""


def bytes_needed(atoms: Atoms, settings: Cp2kSettings) -> float:
    """Memory, roughly: the grid's points times its arrays, the square of the basis times its matrices."""
    spacing = np.pi / np.sqrt(settings.cutoff)  # bohr: a wave of the cutoff's energy has two points
    points = atoms.get_volume() / Bohr**3 / spacing**3
    functions = len(atoms) * FUNCTIONS[settings.basis[:4]]
    return float(FIXED + 8 * (GRIDS * points + MATRICES * functions**2))


def seconds_needed(atoms: Atoms, settings: Cp2kSettings) -> float:
    """Core-seconds of a first single point, to a factor of two."""
    functions = FUNCTIONS[settings.basis[:4]] / FUNCTIONS["DZVP"]
    return float(len(atoms) * STEPS * STEP_SECONDS * functions * (settings.cutoff / 400) ** 1.5)


def told_cost(atoms: Atoms, settings: Cp2kSettings) -> str:
    """Both in words, for the log."""
    memory, minutes = bytes_needed(atoms, settings) / 1e9, seconds_needed(atoms, settings) / 60
    threads = os.environ.get("OMP_NUM_THREADS", "as many as there are cores")
    return (
        f"{atoms.get_chemical_formula()}, {len(atoms)} atoms: about {memory:.1f} GB and {minutes:.1f} core-minutes for "
        f"the first point; threads: {threads}"
    )


def check_memory(atoms: Atoms, settings: Cp2kSettings) -> None:
    """Refuse what evidently does not fit this machine.

    Raises:
        UserError: more is needed than there is.
    """
    there, needed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), bytes_needed(atoms, settings)
    if needed > there:
        raise UserError(
            f"engine 'cp2k': {len(atoms)} atoms need about {needed / 1e9:.0f} GB, and this machine has "
            f"{there / 1e9:.0f} GB; lower cutoff or repeat, take a smaller basis, or a larger machine"
        )
