"""Hydrogen bonds: weaker than the bonds of ions, and what a cut of hydrates and hydroxides breaks first."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.crystals.bonds import covalent_bonds, crystal_bonds
from nzsp_surfaces.crystals.contacts import Bond
from nzsp_surfaces.crystals.covalent import PROTIC

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.crystal import Crystal

LONGEST = 2.5
"""Å, from hydrogen to an acceptor of oxygen's size; longer to larger ones, by the difference of covalent radii."""
LEAST_ANGLE = 120.0
"""Degrees, donor-hydrogen-acceptor."""


@lru_cache(maxsize=64)
def hydrogen_bonds(crystal: Crystal) -> tuple[Bond, ...]:
    """Every hydrogen bond of a crystal's primitive cell, as a bond from hydrogen to its acceptor.

    A proton that is covalently bonded to one atom, and an anion within `LONGEST` beyond it, D-H...A above
    `LEAST_ANGLE`; and both bonds of a proton in the middle between two. These are the strong and moderate ones of
    T. Steiner, Angew. Chem. Int. Ed. 41, 48 (2002), well within the 110 degrees that the IUPAC definition asks for
    (E. Arunan et al., Pure Appl. Chem. 83, 1637 (2011)).
    """
    symbols, structure = crystal.symbols, crystal.structure
    if crystal.charges.get("H", 0.0) <= 0:
        return ()
    own = [b for b in covalent_bonds(crystal) if symbols[b.cation] == "H" and symbols[b.anion] in PROTIC]
    donors, count = {b.cation: b for b in own}, Counter(b.cation for b in own)
    limits = _limits({e for e, charge in crystal.charges.items() if e in PROTIC and charge < 0})
    found = [b for b in own if count[b.cation] > 1 and b not in crystal_bonds(crystal)]
    for b in _contacts(structure, max(limits.values(), default=0.0)):
        donor = donors.get(b.cation)
        if donor is None or b.length >= limits.get(symbols[b.anion], 0.0) or b.length <= 1.2 * donor.length:
            continue
        if _angle(structure, donor, b) > LEAST_ANGLE:
            found.append(b)
    return tuple(sorted(found, key=lambda b: (b.cation, b.anion, b.offset)))


def _limits(acceptors: set[str]) -> dict[str, float]:
    """Longest hydrogen bond, Å, to each acceptor."""
    from ase.data import atomic_numbers, covalent_radii

    oxygen = float(covalent_radii[8])
    return {e: LONGEST + max(0.0, float(covalent_radii[atomic_numbers[e]]) - oxygen) for e in acceptors}


def _contacts(structure: Structure, reach: float) -> list[Bond]:
    """Neighbours of hydrogen within a distance, Å."""
    if reach == 0.0:
        return []
    protons = [site for site in structure if site.specie.symbol == "H"]
    numbers = [i for i, site in enumerate(structure) if site.specie.symbol == "H"]
    parts = structure.get_neighbor_list(reach, sites=protons)
    rows = zip(*(part.tolist() for part in parts), strict=True)
    return [Bond(numbers[i], j, (int(o[0]), int(o[1]), int(o[2])), d) for i, j, o, d in rows]


def _angle(structure: Structure, donor: Bond, acceptor: Bond) -> float:
    """Degrees, at the hydrogen that two bonds share."""
    fractions, lattice = structure.frac_coords, structure.lattice.matrix
    ends = [(fractions[b.anion] + np.array(b.offset) - fractions[b.cation]) @ lattice for b in (donor, acceptor)]
    cosine = ends[0] @ ends[1] / (donor.length * acceptor.length)
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
