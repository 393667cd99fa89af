"""Whose axes Miller indices refer to: those of the file, or spglib's standard conventional cell.

The file's axes count where the file's cell is a conventional one of the lattice, as Pbnm is of Pnma or P2_1/n of
P2_1/c. Where the file holds a primitive cell or a supercell, and for trigonal and hexagonal crystals, the standard cell
counts: hexagonal axes, obverse setting for R.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Setting = Literal["file", "standard"]
"""Whose axes count."""


def _identity() -> Matrix:
    return np.eye(3)


@dataclass(frozen=True, eq=False)
class Axes:
    """The axes of a crystal in multiples of those of spglib's standard conventional cell.

    Attributes:
        file: (3, 3), the vectors of the file's cell as rows; the identity where symmetry relates both.
        conventional: (3, 3), the vectors that indices refer to as rows; the identity where the standard cell counts.
    """

    file: Matrix = field(default_factory=_identity)
    conventional: Matrix = field(default_factory=_identity)

    @property
    def are_standard(self) -> bool:
        """True where indices refer to the standard cell."""
        return bool(np.array_equal(self.conventional, np.eye(3)))

    def to_standard(self, hkl: tuple[int, int, int]) -> tuple[int, int, int]:
        """The plane's indices on the standard cell."""
        h, k, l = np.rint(np.linalg.solve(self.conventional, np.array(hkl, float))).astype(int)
        return int(h), int(k), int(l)

    def from_standard(self, hkl: tuple[int, int, int]) -> tuple[int, int, int]:
        """The indices of a plane that is given on the standard cell."""
        h, k, l = np.rint(self.conventional @ np.array(hkl, float)).astype(int)
        return int(h), int(k), int(l)


def axes_of(data: Any, setting: Setting) -> Axes:
    """The axes of a cell from the dataset that spglib makes of it.

    With spglib's transformation matrix P, (a_s b_s c_s) = (a b c) P^-1 in columns; rows obey file = P^T standard.
    """
    file = _plain(np.asarray(data.transformation_matrix, float).T)
    if is_symmetry(data, file):
        return Axes()
    if setting == "standard" or not _is_conventional(file, int(data.number)):
        return Axes(file)
    return Axes(file, file)


def axes_of_cell(data: Any, vectors: Matrix) -> Axes:
    """The axes of a cell that is known to be the one that counts, its vectors in multiples of those of the dataset."""
    axes = _plain(vectors @ np.asarray(data.transformation_matrix, float).T)
    return Axes() if is_symmetry(data, axes) else Axes(axes, axes)


def is_symmetry(data: Any, axes: Matrix) -> bool:
    """True where an operation of the crystal maps the standard axes on these, so that both name planes alike.

    Args:
        data: spglib's dataset of any cell.
        axes: (3, 3) rows, in multiples of the standard ones.
    """
    change = np.asarray(data.transformation_matrix, float)
    images = [change @ rotation @ np.linalg.inv(change) for rotation in data.rotations]
    return any(np.allclose(image.T, axes, atol=1e-3) for image in images)


def _plain(matrix: Matrix) -> Matrix:
    """Whole numbers exactly, all others to six digits."""
    whole = np.rint(matrix)
    return np.asarray(np.where(np.abs(matrix - whole) < 1e-3, whole, np.round(matrix, 6)) + 0.0, float)


def _is_conventional(axes: Matrix, number: int) -> bool:
    """True for a cell of the same volume and lattice whose axes run along those that the symmetry marks out."""
    if 143 <= number <= 194 or not np.array_equal(axes, np.rint(axes)) or round(abs(float(np.linalg.det(axes)))) != 1:
        return False
    if number <= 2:
        return True
    if number <= 15:  # one axis along the unique one, two across it
        return bool(np.abs(axes[:, 1]).sum() == 1) and bool(np.abs(axes[np.abs(axes[:, 1]) == 1]).sum() == 1)
    return bool((np.abs(axes).sum(axis=1) == 1).all())


def told(axes: Axes, symbol: str) -> str | None:
    """One line on whose axes count, where it makes a difference."""
    if np.array_equal(axes.file, np.eye(3)):
        return None
    words = f"in those of the standard cell of {symbol} (primed), the file's are {in_words(axes.file)}"
    if axes.are_standard:
        return f"Planes refer to the standard axes, not to those of the file: {words}."
    return f"Planes refer to the axes of the file, not to the standard ones: {words}."


def in_words(axes: Matrix) -> str:
    """The vectors of a cell in those of the standard one, as "a = -b', b = c', c = a'/2"."""
    return ", ".join(f"{name} = {_sum(row)}" for name, row in zip("abc", axes, strict=True))


def _sum(row: Matrix) -> str:
    terms = ((round(float(factor), 3), f"{name}'") for factor, name in zip(row, "abc", strict=True))
    text = "".join(f" {'-' if x < 0 else '+'} {'' if abs(x) == 1 else f'{abs(x):g} '}{name}" for x, name in terms if x)
    return text.removeprefix(" + ").replace(" - ", "-", 1) if text.startswith(" - ") else text.removeprefix(" + ")
