"""Electrostatic energies of many arrangements of the same ions at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]


def pair_energies(structure: Structure, charges: dict[str, int]) -> Matrix:
    """(n, n) Ewald energies, eV, between the formal charges of all sites; an arrangement sums its occupied pairs.

    The matrix is exact for every neutral subset of the sites, so one sum serves all ways of occupying them
    (P. P. Ewald, Ann. Phys. 369, 253 (1921)).
    """
    from pymatgen.analysis.ewald import EwaldSummation

    decorated = structure.copy()
    decorated.add_oxidation_state_by_element({element: float(charge) for element, charge in charges.items()})
    return np.asarray(EwaldSummation(decorated, acc_factor=8.0).total_energy_matrix)


def arrangement_energies(pairs: Matrix, occupied: npt.NDArray[np.bool_]) -> Matrix:
    """(m,) eV: energy of each row of `occupied` (m, n)."""
    weights = occupied.astype(float)
    return np.asarray(np.einsum("mi,ij,mj->m", weights, pairs, weights, optimize=True))
