"""Electrostatic energies of many arrangements of the same ions at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


def pair_energies(lattice: Matrix, positions: Matrix, charges: Matrix) -> Matrix:
    """(n, n) Ewald energies, eV, between point charges; an arrangement sums its occupied pairs.

    The matrix is exact for every neutral subset of the sites, so one sum serves all ways of occupying them
    (P. P. Ewald, Ann. Phys. 369, 253 (1921)).

    Args:
        lattice: (3, 3) Å, vectors as rows.
        positions: (n, 3) Å.
        charges: (n,) e.
    """
    from pymatgen.analysis.ewald import EwaldSummation
    from pymatgen.core import DummySpecies, Structure

    # One species for each charge: making them is what takes long, and the sum asks for nothing but their charge.
    species = {charge: DummySpecies("X", charge) for charge in set(charges.tolist())}
    kinds = [species[charge] for charge in charges.tolist()]
    structure = Structure(lattice, kinds, positions, coords_are_cartesian=True)
    return np.asarray(EwaldSummation(structure, acc_factor=6.0).total_energy_matrix)


def grouped(pairs: Matrix, sizes: list[int]) -> Matrix:
    """(m, m) the same energies between groups of neighbouring sites.

    Args:
        sizes: (m,) of the groups, in order; they add up to all sites.
    """
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
    sums = np.zeros((len(pairs) + 1, len(pairs) + 1))
    sums[1:, 1:] = pairs.cumsum(axis=0).cumsum(axis=1)
    return np.asarray(np.diff(np.diff(sums[np.ix_(ends, ends)], axis=0), axis=1))


def arrangement_energies(pairs: Matrix, occupied: npt.NDArray[np.bool_]) -> Matrix:
    """(m,) eV: energy of each row of `occupied` (m, n); columns are sites or groups of sites."""
    weights = occupied.astype(float)
    return np.asarray(np.einsum("mi,ij,mj->m", weights, pairs, weights, optimize=True))
