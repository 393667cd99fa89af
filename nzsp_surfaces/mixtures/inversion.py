"""Fillings that an inversion of the empty cell leaves as they are: of their crystal every slab can be turned over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.mixtures.cells import Codes, Matrix, Mixed, MixedCell
from nzsp_surfaces.mixtures.symmetry import images, operations

if TYPE_CHECKING:
    from pymatgen.core import Structure


@dataclass(frozen=True, eq=False)
class Inversion:
    """The operation x -> t - x of an empty cell.

    Attributes:
        shift: (3,) t, in fractions.
        partners: (n,) the site that each site is mapped on.
    """

    shift: Matrix
    partners: npt.NDArray[np.int64]

    def keeps(self, codes: Codes) -> bool:
        """Whether a filling is its own image."""
        return bool((codes[self.partners] == codes).all())

    def fits(self, part: Mixed) -> bool:
        """Whether what a sublattice holds can be its own image: of what comes in odd number one is on a fixed site."""
        return bool(np.count_nonzero(np.bincount(part.codes) % 2) <= len(self.fixed(part)))

    def fixed(self, part: Mixed) -> npt.NDArray[np.int64]:
        """Sites of a sublattice that are mapped on themselves."""
        return np.asarray(part.sites[self.partners[part.sites] == part.sites])

    def drawn(self, part: Mixed, random: np.random.Generator) -> Codes:
        """A filling of a sublattice's sites at random, in their order: pairs of ions, and the rest on fixed sites."""
        held = np.bincount(part.codes)
        twice, once = (np.repeat(np.arange(len(held)), numbers) for numbers in (held // 2, held % 2))
        first = part.sites[self.partners[part.sites] > part.sites]
        twice = random.permutation(twice)
        codes = np.zeros(len(self.partners), np.int8)
        codes[first] = codes[self.partners[first]] = twice[: len(first)]
        codes[self.fixed(part)] = random.permutation(np.concatenate([np.repeat(twice[len(first) :], 2), once]))
        return np.asarray(codes[part.sites])


def inversions(cell: MixedCell) -> tuple[Inversion, ...]:
    """Those of an empty cell that can leave a filling as it is; none where there is no such filling."""
    found = [(turn, shift) for turn, shift in operations(cell) if (turn == -np.eye(3)).all()]
    every = [Inversion(shift, images(cell, turn, shift)) for turn, shift in found]
    return tuple(each for each in every if all(map(each.fits, cell.sublattices)))


def drawn_even(cell: MixedCell, choice: tuple[Inversion, ...], random: np.random.Generator) -> Codes:
    """A filling at random that one of the inversions leaves as it is, any of them."""
    inversion = choice[random.integers(len(choice))]
    codes = np.zeros(len(cell.fractions), np.int8)
    for part in cell.sublattices:
        codes[part.sites] = inversion.drawn(part, random)
    return codes


def flip_of(cell: MixedCell, codes: Codes, structure: Structure) -> Flip:
    """The inversion of a crystal, as a relaxation keeps it.

    Args:
        codes: a filling that is its own image.
        structure: of it, its atoms in the order of their sites.
    """
    kept = next(each for each in inversions(cell) if each.keeps(codes))
    atoms = np.cumsum(codes > 0) - 1
    return Flip(-np.eye(3), kept.shift @ structure.lattice.matrix, atoms[kept.partners[codes > 0]])


def mended(
    cell: MixedCell, codes: Codes, moves: Matrix, inversion: Inversion, order: npt.NDArray[np.int64]
) -> tuple[Codes, Matrix] | None:
    """A filling made its own image: of each site and its image, the one in the earlier cell says what is on both.

    Args:
        moves: (n, 3) of the ions off their sites, in fractions.
        order: (n,) of the small cells in which the sites lie.

    Returns:
        Both; None where it no longer holds what the cell holds.
    """
    partners = inversion.partners
    own = (order < order[partners]) | ((order == order[partners]) & (np.arange(len(codes)) <= partners))
    made = np.where(own, codes, codes[partners])
    moved = np.where(own[:, None], moves, -moves[partners])
    moved[partners == np.arange(len(codes))] = 0.0
    same = all((np.sort(made[part.sites]) == np.sort(part.codes)).all() for part in cell.sublattices)
    return (made, moved) if same else None
