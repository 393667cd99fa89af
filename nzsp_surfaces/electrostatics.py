"""Electrostatic energies of many arrangements of the same ions at once."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals import Charges

Matrix = npt.NDArray[np.float64]


def pair_energies(structure: Structure, charges: Charges) -> Matrix:
    """(n, n) Ewald energies, eV, between the formal charges of all sites; an arrangement sums its occupied pairs.

    The matrix is exact for every neutral subset of the sites, so one sum serves all ways of occupying them
    (P. P. Ewald, Ann. Phys. 369, 253 (1921)).
    """
    from pymatgen.analysis.ewald import EwaldSummation

    decorated = structure.copy()
    decorated.add_oxidation_state_by_element({element: float(charge) for element, charge in charges.items()})
    return np.asarray(EwaldSummation(decorated, acc_factor=6.0).total_energy_matrix)


def grouped(pairs: Matrix, sizes: list[int]) -> Matrix:
    """(m, m) the same energies between groups of neighbouring sites.

    Args:
        sizes: (m,) of the groups, in order; they add up to all sites.
    """
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
    sums = [[pairs[a:b, c:d].sum() for c, d in itertools.pairwise(starts)] for a, b in itertools.pairwise(starts)]
    return np.array(sums)


def arrangement_energies(pairs: Matrix, occupied: npt.NDArray[np.bool_]) -> Matrix:
    """(m,) eV: energy of each row of `occupied` (m, n); columns are sites or groups of sites."""
    weights = occupied.astype(float)
    return np.asarray(np.einsum("mi,ij,mj->m", weights, pairs, weights, optimize=True))
