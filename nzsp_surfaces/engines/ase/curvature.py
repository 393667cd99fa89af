"""The Hessian of a quick potential, from which the relaxation by a dear engine starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    from nzsp_surfaces.crystals.flip import Flip

Matrix = npt.NDArray[np.float64]

DISPLACEMENT = 0.015
"""Å, of the central differences: large against rounding in single precision, small against the anharmonic."""
SOFTEST = 0.5
"""eV/Å², below which no curvature is believed; 1 and 2 took as many evaluations or more on NaZr2(PO4)3 (1-102)."""
OUTSIDE = 30.0
"""eV/Å², of what the basis leaves out: rigid shifts, along which no force acts."""


class Movable(Protocol):
    """What an optimiser of ASE moves: atoms, or a filter that adds the cell as three more rows."""

    def get_positions(self) -> Matrix:
        """(n, 3) generalised positions, Å."""

    def set_positions(self, positions: Matrix) -> None:
        """Move."""

    def get_forces(self) -> Matrix:
        """(n, 3) generalised forces, eV/Å."""


def free_displacements(count: int, atoms: int, flip: Flip | None, held: tuple[int, ...]) -> Matrix:
    """The displacements that a relaxation may make, as an orthonormal basis.

    Args:
        count: rows that an optimiser moves: the atoms, and three of the cell where it is relaxed.
        atoms: of these, how many are atoms.
        flip: keeps both faces alike.
        held: numbers of the atoms that stay; where none does, rigid shifts are left out.

    Returns:
        (3 count, m), one displacement a column.
    """
    moves = np.eye(3 * count).reshape(3 * count, count, 3)
    moves[:, list(held)] = 0.0
    if flip is not None:
        moves[:, :atoms] = [flip.average(move) for move in moves[:, :atoms]]
    if not held:
        moves[:, :atoms] -= moves[:, :atoms].mean(axis=1, keepdims=True)
    projector = moves.reshape(3 * count, 3 * count)
    weights, vectors = np.linalg.eigh((projector + projector.T) / 2)
    return np.asarray(vectors[:, weights > 0.5])


def hessian(movable: Movable, basis: Matrix, report: Callable[[int], None]) -> Matrix:
    """Second derivatives of the energy along a basis, by central differences of forces.

    Args:
        movable: with a calculator; it is back in place afterwards.
        basis: (3 n, m) orthonormal displacements.
        report: told the number of displacements that are done.

    Returns:
        (m, m) eV/Å², symmetric.
    """
    start, columns = movable.get_positions().copy(), []
    for number, move in enumerate(basis.T, start=1):
        scale = DISPLACEMENT / np.abs(move).max()
        step = scale * move.reshape(start.shape)
        columns.append(basis.T @ (_forces(movable, start - step) - _forces(movable, start + step)) / (2 * scale))
        report(number)
    movable.set_positions(start)
    found = np.array(columns)
    return np.asarray((found + found.T) / 2)


def believed(curvature: Matrix, basis: Matrix) -> Matrix:
    """A positive definite Hessian of all rows: eigenvalues floored, rigid shifts as stiff as an ionic crystal's bonds.

    Args:
        curvature: (m, m) eV/Å², along the basis.
        basis: (3 n, m).
    """
    values, vectors = np.linalg.eigh(curvature)
    modes = basis @ vectors
    outside = np.eye(len(basis)) - basis @ basis.T
    return np.asarray((modes * np.maximum(values, SOFTEST)) @ modes.T + OUTSIDE * outside)


def _forces(movable: Any, positions: Matrix) -> Matrix:
    movable.set_positions(positions)
    return np.asarray(movable.get_forces(), float).ravel()
