"""What every program of DFT is tried with: a crystal that takes seconds, and laws that hold for all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.base.calculation import Calculation
from nzsp_surfaces.engines.ase.program import ProgramEngine
from nzsp_surfaces.engines.base import RelaxSettings
from support.relaxing import silent

DIRECTION = np.array([0.6, 0.0, 0.8])
RELAX = RelaxSettings(0.05, 30)


def hydrogen() -> Structure:
    """A molecule in each cell, stretched by 0.05 Å."""
    middle, half = np.full(3, 2.0), 0.4 * DIRECTION
    return Structure(Lattice.cubic(4.5), ["H", "H"], [middle - half, middle + half], coords_are_cartesian=True)


def moved(start: Structure, step: float) -> Structure:
    """The first atom moved on, in Å."""
    return start.copy().translate_sites([0], step * DIRECTION, frac_coords=False)


def check_mechanics(own: ProgramEngine, folder: Path, tolerance: float) -> Calculation:
    """Forces sum to zero and are the negative gradient; relaxing lowers the energy, and half a record ends the same.

    Args:
        tolerance: eV/Å, of the force against the gradient.

    Returns:
        The first point.
    """
    start = hydrogen()
    result = own.single_point(start, folder / "point")
    assert result.forces.sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-2)
    ahead, behind = (own.single_point(moved(start, step), folder / "point").energy for step in (0.02, -0.02))
    assert (ahead - behind) / 0.04 == pytest.approx(-result.forces[0] @ DIRECTION, abs=tolerance)
    (folder / "relaxed").mkdir()
    relaxed = own.relax(start, RELAX, folder / "relaxed", silent)
    assert relaxed.converged
    assert relaxed.energy < result.energy
    record = folder / "relaxed" / "evaluations.bin"
    record.write_bytes(record.read_bytes()[: record.stat().st_size // 2])
    resumed = own.relax(start, RELAX, folder / "relaxed", silent)
    assert resumed.energy == pytest.approx(relaxed.energy, abs=1e-4)
    return result
