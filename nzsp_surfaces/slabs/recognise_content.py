"""What a slab consists of: formula units of its crystal and of a film, what is too much, which atoms are the film's."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nzsp_surfaces.crystals.planes import Integers, Matrix

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.crystal import Crystal
    from nzsp_surfaces.crystals.extent import FreeSlab
    from nzsp_surfaces.slabs.recognise_fit import Fit

OFF_SITE = 0.5
"""Å from the nearest site of its element: an atom of a surface that has relaxed is nearer, a film's may be anywhere."""
AT_SITE = 0.1
"""Å: the same where the slab has not relaxed at all."""
BONDED = 1.25
"""Of the sum of covalent radii: atoms of one molecule are nearer."""


@dataclass(frozen=True)
class Content:
    """A composition in terms of a crystal and a film.

    Attributes:
        units: formula units of the crystal.
        film_units: formula units of the film.
        excess: element -> atoms beyond these; negative where some lack; elements that are even are left out.
    """

    units: int
    film_units: int = 0
    excess: dict[str, int] = field(default_factory=dict)


def content_of(counts: Mapping[str, int], crystal: Crystal, film: Crystal | None = None) -> Content:
    """The formula units that account best for a composition.

    Most elements are even then; of ways that leave as many even, that counts in which the most highly charged element
    is that a film does not bring, then the one with the fewest atoms too many or too few.

    Args:
        counts: element -> atoms of the slab.
    """
    own, other = crystal.counts, film.counts if film else {}
    ways = [
        Content(n, m, _excess(counts, own, n, other, m))
        for n in _whole(counts, own)
        for m in ({0} | _whole({e: counts.get(e, 0) - n * own.get(e, 0) for e in other}, other))
    ]
    leading = max(own.keys() - other.keys(), key=lambda e: (crystal.charges[e], e), default=None)
    return min(ways, key=lambda w: (len(w.excess), w.excess.get(leading or "", 0) != 0, _atoms(w), w.film_units))


def _whole(counts: Mapping[str, int], unit: Mapping[str, int]) -> set[int]:
    """Numbers of units that some element gives, rounded down and up."""
    shares = [counts.get(element, 0) / number for element, number in unit.items()]
    return {max(n, 0) for share in shares for n in (math.floor(share), math.ceil(share))}


def _excess(
    counts: Mapping[str, int], own: Mapping[str, int], n: int, film: Mapping[str, int], m: int
) -> dict[str, int]:
    elements = sorted(counts.keys() | own.keys() | film.keys())
    rest = {e: counts.get(e, 0) - n * own.get(e, 0) - m * film.get(e, 0) for e in elements}
    return {element: number for element, number in rest.items() if number}


def _atoms(content: Content) -> int:
    return sum(map(abs, content.excess.values()))


def added_atoms(fit: Fit, content: Content) -> Integers:
    """The atoms of elements that the crystal lacks; of those too many what is bonded to these or lies on no site."""
    crystal, slab = fit.crystal, fit.slab
    symbols = np.array(slab.symbols)
    foreign = np.flatnonzero(~np.isin(symbols, list(crystal.counts)))
    chosen = set(foreign.tolist())
    for element in (e for e in content.excess if e in crystal.counts):
        own = np.flatnonzero(symbols == element)
        loose = own[(fit.sites[own] < 0) | _bonded(slab, own, foreign)]
        chosen |= set(loose[np.argsort(-fit.distances[loose])][: max(content.excess[element], 0)].tolist())
    return np.array(sorted(chosen), np.int64)


def _bonded(slab: FreeSlab, atoms: Integers, others: Integers) -> NDArray[np.bool_]:
    """(n,) which of some atoms are as near to one of others as atoms of one molecule are."""
    from ase.data import atomic_numbers, covalent_radii

    if not len(others):
        return np.zeros(len(atoms), bool)
    radii = covalent_radii[[atomic_numbers[symbol] for symbol in slab.symbols]]
    lengths = _lengths(slab, atoms, others) / (radii[atoms][:, None] + radii[others])
    return np.asarray(lengths.min(axis=1) < BONDED)


def film_atoms(fit: Fit, film: Crystal, units: int) -> Integers:
    """The atoms of a film: its most highly charged element outermost, its anions next to that, cations off the sites.

    Args:
        units: formula units of the film in the slab.
    """
    slab = fit.slab
    symbols, depth = np.array(slab.symbols), -np.abs(slab.heights - _middle(fit, film))
    off = (fit.sites < 0) | (fit.distances > _off_site(fit, film))
    chosen: list[int] = []
    order = sorted(film.counts, key=lambda e: (_rank(film, e), e))
    for element in order:
        own = np.flatnonzero(symbols == element)
        near = depth[own]
        if chosen and film.charges[element] < 0:
            near = _nearest(slab, own, np.array(chosen[: units * film.counts[order[0]]]))
        elif chosen:
            near = np.where(off[own], near - 1e3, near)
        chosen += own[np.argsort(near, kind="stable")][: units * film.counts[element]].tolist()
    return np.array(sorted(chosen), np.int64)


def _off_site(fit: Fit, film: Crystal) -> float:
    """Å from its site that tells an atom of a film, by how far those are from theirs that cannot be the film's."""
    own = _never_film(fit, film)
    usual = float(np.median(fit.distances[own])) if own.any() else OFF_SITE
    return min(max(3 * usual, AT_SITE), OFF_SITE)


def _never_film(fit: Fit, film: Crystal) -> NDArray[np.bool_]:
    """(n,) which atoms are of elements that the crystal has and the film has not."""
    return np.isin(fit.slab.symbols, list(fit.crystal.counts.keys() - film.counts.keys()))


def _rank(film: Crystal, element: str) -> int:
    """The centre of its anions first, then these, then all else."""
    charge = film.charges[element]
    return 0 if charge == max(film.charges.values()) else 1 if charge < 0 else 2


def _middle(fit: Fit, film: Crystal) -> float:
    """Å, height of the middle of what cannot be the film's; of everything where the film has all its elements."""
    own, heights = _never_film(fit, film), fit.slab.heights
    heights = heights[own] if own.any() else heights
    return float(0.5 * (heights.min() + heights.max()))


def _nearest(slab: FreeSlab, atoms: Integers, centres: Integers) -> Matrix:
    """(n,) Å from each of some atoms to the nearest of others."""
    return np.asarray(_lengths(slab, atoms, centres).min(axis=1))


def _lengths(slab: FreeSlab, atoms: Integers, others: Integers) -> Matrix:
    """(n, m) Å between atoms, by the nearest images in the plane."""
    images = np.array(list(itertools.product((-1, 0, 1), repeat=2))) @ slab.lattice
    gaps = slab.points[atoms][:, None] - slab.points[others][None]
    gaps = gaps - np.rint(gaps @ np.linalg.pinv(slab.lattice)) @ slab.lattice
    return np.asarray(np.linalg.norm(gaps[..., None, :] - images, axis=-1).min(axis=-1))


def counted(slab: FreeSlab) -> dict[str, int]:
    """Element -> atoms."""
    return dict(Counter(slab.symbols))
