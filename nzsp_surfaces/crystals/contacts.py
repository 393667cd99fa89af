"""Bonds of any structure by distance, and their valences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.crystals.valence_table import PARAMETERS

if TYPE_CHECKING:
    from pymatgen.core import Structure

Charges = Mapping[str, float]
"""Formal charge of each element, e."""
Offset = tuple[int, int, int]
BOND_STRETCH = 1.25
"""A bond is shorter than this times the sum of covalent radii; the second shell of oxides lies beyond 1.4."""


@dataclass(frozen=True, slots=True)
class Bond:
    """A cation-anion bond of the periodic crystal.

    Attributes:
        cation, anion: sites.
        offset: lattice translation of the anion relative to the cation.
        length: Å.
    """

    cation: int
    anion: int
    offset: Offset
    length: float


def bond_limits(charges: Charges) -> dict[tuple[str, str], float]:
    """Longest bond, Å, of each (cation, anion) pair of elements; of every pair where nothing is charged."""
    from ase.data import atomic_numbers, covalent_radii

    def radius(element: str) -> float:
        return float(covalent_radii[atomic_numbers[element]])

    if is_neutral(charges):
        pairs = [(a, b) for a in charges for b in charges if a <= b]
    else:
        pairs = [(c, a) for c, q in charges.items() if q > 0 for a, p in charges.items() if p < 0]
    return {(c, a): BOND_STRETCH * (radius(c) + radius(a)) for c, a in pairs}


def is_neutral(charges: Charges) -> bool:
    """True for metals and elements: no ion carries a charge."""
    return not any(charges.values())


def find_bonds(structure: Structure, charges: Charges) -> tuple[Bond, ...]:
    """All cation-anion bonds of a periodic structure, ordered by cation; each contact once where nothing is charged."""
    limits = bond_limits(charges)
    if not limits:
        return ()
    centres, points, images, lengths = structure.get_neighbor_list(max(limits.values()))
    symbols = [site.specie.symbol for site in structure]
    rows = zip(centres.tolist(), points.tolist(), images.astype(int).tolist(), lengths.tolist(), strict=True)
    bonds = [Bond(i, j, (o[0], o[1], o[2]), d) for i, j, o, d in rows if d < limits.get((symbols[i], symbols[j]), 0.0)]
    once = [b for b in bonds if symbols[b.cation] != symbols[b.anion] or (b.anion, b.offset) > (b.cation, (0, 0, 0))]
    return tuple(sorted(once, key=lambda b: (b.cation, b.anion, b.offset)))


def bond_valence(cation: str, anion: str, length: float) -> float:
    """Valence of a bond, s = exp((R0 - d) / 0.37 Å), R0 from the two elements' own parameters.

    M. O'Keeffe and N. E. Brese, J. Am. Chem. Soc. 113, 3226 (1991).

    Args:
        length: Å.

    Returns:
        Valence units; 0 for elements that the table does not hold.
    """
    ideal = ideal_length(cation, anion)
    return float(np.exp((ideal - length) / 0.37)) if ideal else 0.0


@lru_cache(maxsize=256)
def ideal_length(cation: str, anion: str) -> float | None:
    """Å, of a bond of unit valence; None for elements that the table does not hold."""
    if cation not in PARAMETERS or anion not in PARAMETERS:
        return None
    (r1, c1), (r2, c2) = PARAMETERS[cation], PARAMETERS[anion]
    return float(r1 + r2 - r1 * r2 * (np.sqrt(c1) - np.sqrt(c2)) ** 2 / (c1 * r1 + c2 * r2))
