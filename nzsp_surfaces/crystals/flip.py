"""The operation that turns a slab over, as numbers: what makes one energy serve both faces."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Flip:
    """The operation x -> R x + t that turns a built slab over.

    Attributes:
        rotation: (3, 3).
        translation: (3,) Å, in the slab's frame.
        partners: (n,) the atom that each atom is mapped on.
    """

    rotation: Matrix
    translation: Matrix
    partners: npt.NDArray[np.int64]

    @cached_property
    def powers(self) -> tuple[tuple[Matrix, npt.NDArray[np.int64]], ...]:
        """(rotation, partners) of its powers, until every atom is back in place."""
        identity = np.arange(len(self.partners))
        powers = [(np.eye(3), identity)]
        rotation, partners = self.rotation, self.partners
        while not (np.allclose(rotation, np.eye(3), atol=1e-6) and (partners == identity).all()):
            powers.append((rotation, partners))
            rotation, partners = self.rotation @ rotation, self.partners[partners]
        return tuple(powers)

    @property
    def order(self) -> int:
        """How often it is repeated until every atom is back in place."""
        return len(self.powers)

    def average(self, vectors: Matrix) -> Matrix:
        """(n, 3) displacements or forces, made equal on both faces."""
        total = np.zeros_like(vectors)
        for rotation, partners in self.powers:
            total[partners] += vectors @ rotation.T
        return np.asarray(total / self.order)
