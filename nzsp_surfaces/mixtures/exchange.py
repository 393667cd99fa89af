"""Exchanges of ions in a structure that an engine has relaxed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.mixtures.cells import Codes, MixedCell
from nzsp_surfaces.mixtures.ranking import exchanges

if TYPE_CHECKING:
    from pymatgen.core import Structure

WORTH = 3.0
"""eV: what point charges put higher than this is not tried with an engine, which would screen it several times."""
LOOKED_AT = 400
"""Exchanges among which a likely one is sought; where none is, the cheapest of them is tried."""


def likely(cell: MixedCell, codes: Codes, random: np.random.Generator) -> tuple[int, int]:
    """The first of random exchanges of unlike ions that costs little by point charges."""
    pairs = zip(*exchanges(cell, random, LOOKED_AT), strict=True)
    unlike = [(int(i), int(j)) for i, j in pairs if codes[i] != codes[j]]
    costs = [cell.energy(_swapped(codes, sites)) - cell.energy(codes) for sites in unlike]
    cheap = [sites for sites, cost in zip(unlike, costs, strict=True) if cost < WORTH]
    return cheap[0] if cheap else unlike[int(np.argmin(costs))]


def exchanged(cell: MixedCell, codes: Codes, structure: Structure, sites: tuple[int, int]) -> tuple[Codes, Structure]:
    """The filling and the structure after two sites have exchanged what stands there.

    Atoms keep their places, the exchanged ones take each other's; an ion that goes to an empty site begins at its
    place in the unrelaxed cell.

    Args:
        structure: of the filling, relaxed; its atoms in the order of their sites.
    """
    from pymatgen.core import Structure as Pymatgen

    places = cell.fractions.copy()
    places[np.flatnonzero(codes)] = structure.frac_coords
    after = _swapped(codes, sites)
    full = np.flatnonzero(after)
    return after, Pymatgen(structure.lattice, [cell.table[after[site]] for site in full], places[full])


def _swapped(codes: Codes, sites: tuple[int, int]) -> Codes:
    after, (i, j) = codes.copy(), sites
    after[i], after[j] = codes[j], codes[i]
    return after
