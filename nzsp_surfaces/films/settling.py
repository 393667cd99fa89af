"""Ions that lie too close pushed apart: soft spheres for single ions, with the shape of polyanions held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Pairs = tuple[Integers, Integers, Matrix]
"""Numbers of both ions and a length, Å, of each pair."""

CATION, ANION, CENTRE = 0, 1, 2
"""What an ion is to others; a centre is the cation within a polyanion."""
LEAST = np.array([[2.9, 2.15, 2.9], [2.15, 2.7, 2.9], [2.9, 2.9, 3.8]])
"""Å by `CATION`, `ANION` and `CENTRE`: nearer ions are pushed apart."""
STIFF = 10.0
"""Weight of the distances within a polyanion against those between ions."""
WALL = 0.3
"""Likewise of the far side of the film, beyond which ions should not go."""
STEPS = 60
"""Of the minimisation, after which it is looked anew who is near whom."""
ROUNDS = 8
AROUND = 2.5
"""Å beyond the least distance, within which pairs are looked at in a round."""
REACH = 4.0
"""Å into the slab that film ions feel."""


@dataclass(frozen=True)
class Crowd:
    """Ions of a film below a face.

    Attributes:
        lattice: (2, 3) Å, vectors of the surface cell.
        fixed: (m, 3) Å, places of the slab's ions.
        fixed_roles: (m,) what they are.
        roles: (n,) what the film's ions are.
        groups: numbers of the ions of each polyanion.
        floor: Å, height of the film's far side.
    """

    lattice: Matrix
    fixed: Matrix
    fixed_roles: Integers
    roles: Integers
    groups: tuple[tuple[int, ...], ...]
    floor: float

    def settled(self, points: Matrix) -> Matrix:
        """(n, 3) Å: `points` moved until no two ions are closer than `LEAST`, as far as there is room."""
        from scipy.optimize import minimize

        bonds, now, options = self._bonds(points), points, {"maxiter": STEPS}
        for _ in range(ROUNDS):
            arguments = (self._near(now), bonds)
            found = minimize(self._cost, now.ravel(), args=arguments, jac=True, method="L-BFGS-B", options=options)
            now = np.asarray(found.x.reshape(-1, 3))
            if found.success:
                break
        return self._rigid(points, now)

    def closeness(self, points: Matrix) -> float:
        """The least distance between ions in parts of what `LEAST` wants; 1 or more where nothing is too close."""
        first, second, least = self._pairs
        lengths = np.linalg.norm(self._gaps(points, first, second), axis=1)
        return float((lengths / least).min(initial=9.0))

    def one_body(self) -> Crowd:
        """The same with the film's ions bound to each other, so that only the slab's are felt."""
        return replace(self, groups=(tuple(range(len(self.roles))),))

    @cached_property
    def _pairs(self) -> Pairs:
        """(p,) both ions of each pair that no polyanion binds, the slab's numbered last, and least distances."""
        n = len(self.roles)
        one, other = np.triu_indices(n, 1)
        home = np.full(n, -1)
        for number, group in enumerate(self.groups):
            home[list(group)] = number
        free = (home[one] != home[other]) | (home[one] < 0)
        across = np.array(np.meshgrid(np.arange(n), n + np.arange(len(self.fixed)), indexing="ij")).reshape(2, -1)
        first, second = np.hstack([np.array([one[free], other[free]]), across])
        roles = np.concatenate([self.roles, self.fixed_roles])
        return first, second, LEAST[roles[first], roles[second]]

    def _near(self, points: Matrix) -> Pairs:
        first, second, least = self._pairs
        close = np.linalg.norm(self._gaps(points, first, second), axis=1) < least + AROUND
        return first[close], second[close], least[close]

    def _bonds(self, points: Matrix) -> Pairs:
        """(b,) both ends and lengths, Å, of all distances within polyanions."""
        pairs = [(i, j) for group in self.groups for n, i in enumerate(group) for j in group[n + 1 :]]
        one, other = np.array(pairs, np.int64).reshape(-1, 2).T
        return one, other, np.linalg.norm(points[one] - points[other], axis=1)

    def _gaps(self, points: Matrix, first: Integers, second: Integers) -> Matrix:
        """(p, 3) Å from the first to the second ion's nearest image."""
        every = np.vstack([points, self.fixed])
        gaps = every[second] - every[first]
        whole = np.rint(gaps[:, :2] @ self._inverse)
        return np.asarray(gaps - whole @ self.lattice)

    @cached_property
    def _inverse(self) -> Matrix:
        return np.asarray(np.linalg.inv(self.lattice[:, :2]))

    def _cost(self, flat: Matrix, near: Pairs, bonds: Pairs) -> tuple[float, Matrix]:
        points = flat.reshape(-1, 3)
        slope, total = np.zeros((len(points) + len(self.fixed), 3)), 0.0
        first, second, least = near
        gaps = self._gaps(points, first, second)
        lengths = np.maximum(np.linalg.norm(gaps, axis=1), 1e-6)
        total += _push(slope, first, second, gaps, lengths, np.minimum(lengths - least, 0.0), 1.0)
        one, other, wanted = bonds
        gaps = points[other] - points[one]
        lengths = np.maximum(np.linalg.norm(gaps, axis=1), 1e-6)
        total += _push(slope, one, other, gaps, lengths, lengths - wanted, STIFF)
        below = np.minimum(points[:, 2] - self.floor, 0.0)
        slope[: len(points), 2] += 2 * WALL * below
        return total + WALL * float(below @ below), slope[: len(points)].ravel()

    def _rigid(self, shapes: Matrix, points: Matrix) -> Matrix:
        """`points` with each polyanion in exactly the shape that it had."""
        from scipy.spatial.transform import Rotation

        moved = points.copy()
        for group in (list(g) for g in self.groups if len(g) > 1):
            own, now = shapes[group] - shapes[group].mean(axis=0), points[group] - points[group].mean(axis=0)
            rotation, _ = Rotation.align_vectors(now, own)
            moved[group] = points[group].mean(axis=0) + rotation.apply(own)
        return moved


def _push(
    slope: Matrix, one: Integers, other: Integers, gaps: Matrix, lengths: Matrix, excess: Matrix, weight: float
) -> float:
    """Add the slope of weight x excess² of each pair to both its ions; the sum of these."""
    pull = (2 * weight * excess / lengths)[:, None] * gaps
    for axis in range(3):
        slope[:, axis] += np.bincount(other, pull[:, axis], len(slope)) - np.bincount(one, pull[:, axis], len(slope))
    return weight * float(excess @ excess)


def roles_of(elements: Sequence[str], charges: dict[str, float], centres: set[str]) -> Integers:
    """(n,) what each ion is to others.

    Args:
        centres: elements that are cations within polyanions.
    """
    return np.array([ANION if charges[e] < 0 else CENTRE if e in centres else CATION for e in elements], np.int64)
