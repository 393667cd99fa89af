"""What a calculation by GPAW will cost, told before it begins."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.units import Bohr, Hartree

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.gpaw.settings import GpawSettings

ELECTRONS_PER_ATOM = 6.6
"""Valence electrons, as a mean over NaZr2(PO4)3; oxides have about as many."""
COPIES = 8
"""Arrays of the wave functions' size that the solver holds; measured: 0.74 GB for 240 bands of 14,900 plane waves."""
FIXED = 0.25e9
"""Bytes of the program with nothing in it."""
STEP_SECONDS = 1.0e-8
"""Seconds of one core for a step, a plane wave and a pair of bands at gamma; measured with FFTW on cells of
Na4Zr2(SiO4)3 of 84 to 168 atoms, 0.6 to 1.1e-8."""
COMPLEX = 3.0
"""How much dearer a k-point other than gamma is, whose wave functions are complex."""
STEPS = 22
"""Steps to a density, as a rule."""


@dataclass(frozen=True)
class Cost:
    """What a first single point takes, to a factor of two.

    Attributes:
        memory: bytes.
        seconds: of one core.
    """

    memory: float
    seconds: float


def cost(atoms: Atoms, settings: GpawSettings, kpoints: tuple[int, int, int]) -> Cost:
    """What is to be expected of a structure with so many k-points along each vector."""
    mesh = int(np.prod(kpoints))
    points = 1 if mesh == 1 else (mesh + 1) // 2  # k and -k are one
    wave = np.sqrt(2 * settings.cutoff / Hartree)
    waves = atoms.get_volume() / Bohr**3 * wave**3 / (6 * np.pi**2) / (2 if mesh == 1 else 1)
    bands = ELECTRONS_PER_ATOM * len(atoms) / 2
    memory = FIXED + 16 * bands * waves * (COPIES + points - 1)
    dearer = 1 if mesh == 1 else COMPLEX / 2  # they have twice as many plane waves, which is counted already
    return Cost(memory, STEPS * STEP_SECONDS * bands**2 * waves * points * dearer)


def told_cost(atoms: Atoms, settings: GpawSettings, kpoints: tuple[int, int, int]) -> str:
    """The cost in words, for the log."""
    expected = cost(atoms, settings, kpoints)
    mesh = "x".join(map(str, kpoints))
    return (
        f"{atoms.get_chemical_formula()}, {len(atoms)} atoms, {mesh} k-points: about {expected.memory / 1e9:.1f} GB "
        f"and {expected.seconds / 60:.0f} core-minutes for the first point"
    )


def check_memory(atoms: Atoms, settings: GpawSettings, kpoints: tuple[int, int, int]) -> None:
    """Refuse what evidently does not fit this machine.

    Raises:
        UserError: more is needed than there is.
    """
    there, needed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), cost(atoms, settings, kpoints).memory
    if needed > there:
        raise UserError(
            f"engine 'gpaw': {len(atoms)} atoms need about {needed / 1e9:.0f} GB, and this machine has "
            f"{there / 1e9:.0f} GB; lower cutoff or length, or take a larger machine"
        )
