"""One ion of a face put elsewhere at it, both faces alike: what no relaxation and no gentle move does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.slabs.hopping import NEAREST, Group, moved_alike, too_near

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.slabs.hopping import Movable

Matrix = npt.NDArray[np.float64]
DRAWN = 64
"""Places that are drawn for an ion at once."""
IONS = 20
"""That are drawn until one finds a place; each may be drawn again."""


@dataclass(frozen=True)
class Jump:
    """Where at its face an ion may go.

    Attributes:
        depth: Å below the outermost atom, within which ions jump; those of films do wherever they lie.
        above, below: Å of the outermost atom, where they go.
        far: Å from where it lies, at least; from nearer it falls back.
    """

    depth: float = 4.0
    above: float = 1.0
    below: float = 3.5
    far: float = 1.5


def jumped(
    slab: Structure, movable: Movable, ions: Collection[str], jump: Jump, rng: np.random.Generator, usual: Matrix
) -> Structure | None:
    """A slab one ion of which lies at another place of its face, and its partners at theirs.

    Args:
        slab: as it is relaxed.
        movable: what of it may move; polyanions stay.
        ions: elements that jump.
        usual: its `least_distances`, or those of the slab that it comes from.

    Returns:
        None where no ion was found a place that is not too near others.
    """
    able = [unit for unit in movable.units if not isinstance(unit, Group) and slab[unit].specie.symbol in ions]
    for _ in range(IONS if able else 0):
        ion = able[rng.integers(len(able))]
        places = _places(slab, ion, jump, rng)
        for place in places[_is_free(slab, ion, movable, places, jump.far, usual)]:
            moves = np.zeros_like(slab.cart_coords)
            moves[ion] = place - slab[ion].coords
            made = moved_alike(slab, moves, movable.flip)
            if not too_near(made, usual):  # its partner may have gone to the same place
                return made
    return None


def _places(slab: Structure, ion: int, jump: Jump, rng: np.random.Generator) -> Matrix:
    """(k, 3) Å, anywhere in the plane, near the outermost atom of the face of an ion."""
    heights, across = slab.cart_coords[:, 2], slab.lattice.matrix[:2]
    deep = rng.uniform(-jump.above, jump.below, DRAWN)
    upper = heights[ion] > (heights.min() + heights.max()) / 2
    places = rng.random((DRAWN, 2)) @ across
    places[:, 2] = heights.max() - deep if upper else heights.min() + deep
    return np.asarray(places)


def _is_free(
    slab: Structure, ion: int, movable: Movable, places: Matrix, far: float, usual: Matrix
) -> npt.NDArray[np.bool_]:
    """(k,) whether a place is far enough from all atoms that stay, and from where the ion lies."""
    symbols = np.array([site.specie.symbol for site in slab])
    _, elements = np.unique(symbols, return_inverse=True)
    least = NEAREST * usual[elements[ion]][elements]
    least[[partners[ion] for _, partners in movable.flip.powers]] = 0.0
    least[ion] = far
    fractions = slab.lattice.get_fractional_coords(places)
    return np.asarray((slab.lattice.get_all_distances(fractions, slab.frac_coords) >= least).all(axis=1))
