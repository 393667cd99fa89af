"""How much of each kind of site a filling takes: sodium on Na1 and Na2."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.mixtures.cells import Codes, MixedCell
from nzsp_surfaces.mixtures.shared import SharedCrystal

if TYPE_CHECKING:
    from pymatgen.core import Structure


def site_names(shared: SharedCrystal) -> tuple[str, ...]:
    """Of each site of the crystal: its species and, where these lie on several kinds of site, a number: Na1, Na2, P/Si.

    Kinds are the orbits of the crystal, the one with the fewest sites first.
    """
    import spglib

    groups = {site: number for number, part in enumerate(shared.sublattices) for site in part.sites}
    numbers = [groups[site] + 1 for site in range(len(shared.shares))]
    orbits = spglib.get_symmetry_dataset((shared.lattice, shared.fractions, numbers), symprec=1e-2).equivalent_atoms
    names = [""] * len(numbers)
    for part in shared.sublattices:
        sizes = Counter(int(orbits[site]) for site in part.sites)
        order = sorted(sizes, key=lambda orbit: (sizes[orbit], orbit))
        for site in part.sites:
            number = str(order.index(int(orbits[site])) + 1) if len(order) > 1 else ""
            names[site] = "/".join(part.species) + number
    return tuple(names)


def occupancies(shared: SharedCrystal, cell: MixedCell, codes: Codes) -> dict[str, float]:
    """How much of each kind of site that is mixed each species takes, as {"Na on Na1": 1.0, "Na on Na2": 0.8}."""
    copies = len(codes) // len(shared.shares)
    names = np.repeat(site_names(shared), copies)
    mixed = {int(site) for part in cell.mixed for site in part.sites}
    kinds = dict.fromkeys(name for site, name in enumerate(names.tolist()) if site in mixed)
    return {
        f"{species} on {kind}": round(float((codes[names == kind] == code).mean()), 4)
        for kind in sorted(kinds)
        for code, species in enumerate(cell.table)
        if code and (codes[names == kind] == code).any()
    }


def farthest(cell: MixedCell, codes: Codes, relaxed: Structure) -> float:
    """Å of the ion that lies farthest from the site where it was put, the crystal as a whole at rest.

    Args:
        relaxed: its atoms in the order of their sites.
    """
    apart = relaxed.frac_coords - cell.fractions[np.flatnonzero(codes)]
    apart -= np.rint(apart)
    return float(np.linalg.norm((apart - apart.mean(axis=0)) @ relaxed.lattice.matrix, axis=1).max())
