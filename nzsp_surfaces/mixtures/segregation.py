"""One ion of a mixture in a slab of its end, at one depth after the other: does it go to the face?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.mixtures.shared import SharedCrystal
from nzsp_surfaces.slabs.electrostatics import pair_energies

if TYPE_CHECKING:
    from pymatgen.core import Structure


@dataclass(frozen=True)
class Exchange:
    """What is exchanged in a slab of an end.

    Attributes:
        leaves, comes: species on the shared sites.
        vacant: species that leaves as well, for the charge; empty where none has to.
        count: ions of it for each one that comes.
        charges: of all species, e.
    """

    leaves: str
    comes: str
    vacant: str
    count: int
    charges: Mapping[str, float]


def exchange_of(shared: SharedCrystal, where: str) -> Exchange:
    """What is exchanged in the end that fills all sites: there the mixture's other species come one by one.

    Args:
        shared: at that end.

    Raises:
        UserError: no two species share sites, or no whole number of ions keeps the balance of charge.
    """
    pairs = [part for part in shared.sublattices if len(part.species) == 2]
    if len(pairs) != 1:
        raise UserError(f"{where}: segregation: wants one kind of sites that two species share; leave it out")
    comes, leaves = sorted(pairs[0].species, key=lambda kind: pairs[0].amounts[kind])
    more = shared.charges[comes] - shared.charges[leaves]
    free = [kind for kind, charge in shared.charges.items() if charge > 0 and kind not in pairs[0].species]
    vacant = next((kind for kind in free if more and (more / shared.charges[kind]).is_integer() and more > 0), "")
    if more and not vacant:
        raise UserError(f"{where}: segregation: no cation can leave for {comes} in place of {leaves}; leave it out")
    return Exchange(leaves, comes, vacant, round(more / shared.charges[vacant]) if vacant else 0, shared.charges)


def orbits(structure: Structure, flip: Flip, species: str) -> tuple[tuple[int, ...], ...]:
    """Atoms of a species that the flip maps on each other, pairs alone, from the face to the middle."""
    heights = structure.cart_coords[:, 2]
    middle = 0.5 * (heights.max() + heights.min())
    found = {
        tuple(sorted((atom, int(partner))))
        for atom, partner in enumerate(flip.partners)
        if structure[atom].specie.symbol == species and partner != atom and flip.partners[partner] == atom
    }
    return tuple(sorted(found, key=lambda pair: (-round(abs(heights[pair[0]] - middle), 4), pair)))


def substituted(structure: Structure, flip: Flip, exchange: Exchange, orbit: tuple[int, ...]) -> tuple[Structure, Flip]:
    """A slab with other ions in an orbit; what leaves for the charge does so at least cost.

    Both faces stay alike: ions come and leave in pairs.
    """
    changed = structure.copy()
    for atom in orbit:
        changed.replace(atom, exchange.comes)
    gone = _cheapest(changed, flip, exchange) if exchange.vacant else ()
    kept = np.array([atom for atom in range(len(changed)) if atom not in gone])
    renumbered = np.full(len(changed), -1)
    renumbered[kept] = np.arange(len(kept))
    changed.remove_sites(gone)
    return changed, Flip(flip.rotation, flip.translation, renumbered[flip.partners[kept]])


def _cheapest(structure: Structure, flip: Flip, exchange: Exchange) -> tuple[int, ...]:
    """Atoms that leave, pair by pair, by the energy of point charges."""
    charges = np.array([exchange.charges[site.specie.symbol] for site in structure])
    pairs = pair_energies(structure.lattice.matrix, structure.cart_coords, np.ones(len(structure)))
    gone: tuple[int, ...] = ()
    for _ in range(exchange.count):
        left = [pair for pair in orbits(structure, flip, exchange.vacant) if pair[0] not in gone]
        gone += min(left, key=lambda pair: _energy(pairs, charges, (*gone, *pair)))
    return gone


def _energy(pairs: npt.NDArray[np.float64], charges: npt.NDArray[np.float64], gone: tuple[int, ...]) -> float:
    left = charges.copy()
    left[list(gone)] = 0.0
    return float(left @ pairs @ left)
