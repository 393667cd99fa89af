"""What the empty cell of a mixture is symmetric to, and which fillings are images of each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.mixtures.cells import Codes, MixedCell


def operations(cell: MixedCell) -> list[tuple[Any, Any]]:
    """Rotations and translations, in fractions, that take the sites of a cell to sites of the same sublattice."""
    import spglib

    kinds = np.zeros(len(cell.fractions), int)
    for number, part in enumerate(cell.sublattices):
        kinds[part.sites] = number + 1
    found = spglib.get_symmetry((cell.lattice, cell.fractions, kinds), symprec=1e-2)
    return list(zip(found["rotations"], found["translations"], strict=True))


def permutations(cell: MixedCell) -> npt.NDArray[np.int64]:
    """(m, n) where each operation of the empty cell takes its sites."""
    return np.unique([images(cell, rotation, shift) for rotation, shift in operations(cell)], axis=0)


def images(cell: MixedCell, rotation: npt.NDArray[np.int64], shift: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """(n,) where one of them takes its sites."""
    moved = cell.fractions @ rotation.T + shift
    apart = moved[:, None] - cell.fractions[None]
    return np.asarray(((apart - np.rint(apart)) ** 2).sum(axis=2).argmin(axis=1))


def representative(codes: Codes, operations: npt.NDArray[np.int64]) -> bytes:
    """The same for all fillings that operations map on each other."""
    return min(bytes(row) for row in codes[operations])
