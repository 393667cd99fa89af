"""Films that dynamics have carried off: into the slab, or away from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pymatgen.core import Structure

Array = npt.NDArray[np.float64]
APART = 4.0
"""Å: what has no neighbour within is not held any more; the longest contacts of ions that touch are shorter."""
SUNK = 2.5
"""Å: a film's anion that has come nearer to the slab's middle by so much has left its place; it vibrates by less."""


@dataclass(frozen=True)
class Parts:
    """What the atoms of a covered slab belong to.

    Attributes:
        film: (n,) True for atoms of a film.
        framework: (n,) True for the slab's cations that do not move by themselves; the outermost are the interface.
        centres: (n,) True for the centres of the film's anions.
    """

    film: npt.NDArray[np.bool_]
    framework: npt.NDArray[np.bool_]
    centres: npt.NDArray[np.bool_]


def lost(start: Structure, end: Structure, parts: Parts) -> str | None:
    """Why a film is none any more after dynamics, in words; None where both faces are still covered.

    Args:
        start, end: the same atoms, the third vector along the normal, not wrapped.
    """
    gone, sunk = evaporated(end), dissolved(start.cart_coords[:, 2], end.cart_coords[:, 2], parts)
    if len(gone):
        return f"{_told(end, gone)} evaporated: farther than {APART:g} Å from everything else"
    if len(sunk):
        return f"the film dissolved: {_told(end, sunk)} sank below the outermost {_names(end, parts.framework)}"
    return None


def evaporated(structure: Structure) -> npt.NDArray[np.int64]:
    """Atoms of all parts but the largest, where parts are farther apart than `APART`; the vacuum is not crossed."""
    from ase.neighborlist import neighbor_list
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    from nzsp_surfaces.crystals.crystal import ase_atoms

    atoms = ase_atoms(structure)
    atoms.pbc = (True, True, False)
    one, other = neighbor_list("ij", atoms, APART)
    touching = coo_matrix((np.ones(len(one)), (one, other)), shape=(len(atoms), len(atoms)))
    labels = connected_components(touching)[1]
    return np.flatnonzero(labels != np.bincount(labels).argmax())


def dissolved(before: Array, after: Array, parts: Parts) -> npt.NDArray[np.int64]:
    """Centres of the film's anions that sank by `SUNK` and lie below the slab's outermost framework now.

    None where the slab has no framework, as a metal: nothing tells its inside from a film of its own.

    Args:
        before, after: (n,) Å along the normal, not wrapped.
    """
    if not parts.framework.any():
        return np.zeros(0, np.int64)
    depths = []
    for heights in (before, after):
        slab = heights[parts.framework]
        depths.append(np.abs(heights - 0.5 * (slab.max() + slab.min())))
    half = 0.5 * np.ptp(after[parts.framework])
    return np.flatnonzero(parts.centres & (depths[1] < half) & (depths[0] - depths[1] > SUNK))


def _told(structure: Structure, sites: Sequence[int] | npt.NDArray[np.int64]) -> str:
    counts = Counter(structure[int(i)].specie.symbol for i in sites)
    return ", ".join(f"{count} {element}" for element, count in sorted(counts.items()))


def _names(structure: Structure, chosen: npt.NDArray[np.bool_]) -> str:
    return "/".join(sorted({structure[int(i)].specie.symbol for i in np.flatnonzero(chosen)}))
