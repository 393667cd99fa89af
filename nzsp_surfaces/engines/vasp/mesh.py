"""Meshes of k-points, and how many cores share them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError

Mesh = tuple[int, int, int]

IDLE = 0.25
"""Part of the time of the k-points that groups of cores may idle."""


def kpoint_mesh(lattice: npt.ArrayLike, length: float, *, slab: bool) -> Mesh:
    """The fewest points along each reciprocal vector that lie no farther apart than 1 / `length`: ceil(length |b_i|).

    The rule is VASP's own for an automatic mesh, with b_i in 1/Å without 2 pi, so that |b_i| is one over the distance
    of lattice planes; VASP rounds to the nearest number, this up. By |a_i|, a sharp or blunt cell would get too few:
    fcc needs 1.22 times as many. In the plane of a slab, whose normal is the third vector, the mesh is that of a bulk
    cell with the same vectors there and the third along the normal, whatever the vacuum; along it, one point.

    Args:
        lattice: (3, 3) vectors as rows, Å.
        length: Å.
    """
    reciprocal = np.linalg.norm(np.linalg.inv(np.asarray(lattice, float)), axis=0)
    a, b, c = (max(1, math.ceil(length * float(each) - 1e-6)) for each in reciprocal)
    return a, b, 1 if slab else c


def independent_kpoints(mesh: Mesh) -> int:
    """Points of a gamma-centred mesh of which none is the negative of another: those that ISYM = 0 leaves."""
    own_negatives = math.prod(1 if n % 2 else 2 for n in mesh)
    return (math.prod(mesh) + own_negatives) // 2


def parallel_advice(cores: int, kpoints: int, cores_per_node: int | None = None) -> dict[str, int]:
    """KPAR and NCORE that suit a number of cores: advice to start timing from.

    Each of KPAR groups takes ceil(k-points / KPAR) of them one after the other, so that the cores pay for
    ceil(k-points / KPAR) KPAR. KPAR is the largest divisor of the cores for which that exceeds the k-points by no more
    than `IDLE`: what idles so is less than what groups of twice the size lose. Each group holds all of the wave
    functions' workspace, so lower KPAR where memory is short. NCORE is the divisor of a group's cores nearest to their
    square root, which is VASP's own advice, and divides the cores of a node so that no band is spread over two.

    Args:
        kpoints: independent ones, as `independent_kpoints` counts them.

    Raises:
        UserError: a number below one.
    """
    if min(cores, kpoints, cores_per_node or 1) < 1:
        raise UserError(f"{cores} cores, {kpoints} k-points, {cores_per_node} cores a node: give at least one of each")
    groups = [n for n in range(1, min(cores, kpoints) + 1) if cores % n == 0]
    kpar = max(n for n in groups if paid_kpoints(kpoints, n) <= (1 + IDLE) * kpoints)
    group = cores // kpar
    shared = math.gcd(group, cores_per_node or group)
    fitting = [n for n in range(1, shared + 1) if shared % n == 0]
    return {"KPAR": kpar, "NCORE": min(fitting, key=lambda n: (abs(math.log(n * n / group)), n))}


def paid_kpoints(kpoints: int, groups: int) -> int:
    """k-points that could be computed in the time that so many groups of cores take for these."""
    return math.ceil(kpoints / groups) * groups
