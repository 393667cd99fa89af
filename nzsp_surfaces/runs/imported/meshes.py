"""Whether the k-points of two runs with different cells are as dense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.calculation import Matrix

if TYPE_CHECKING:
    from nzsp_surfaces.engines.finished import FinishedRun

SMALL = 1e-6


def unlike_meshes(slab: FinishedRun, bulk: FinishedRun, normal: Matrix) -> str | None:
    """Why the meshes of a slab and a bulk are not as dense; None where one length may have made both, or none is told.

    A length L gives n = L |b| along a reciprocal vector, rounded up, down or to the nearest: so it lies between
    (n - 1) / |b| and (n + 1) / |b| of all vectors, of the slab of those in its plane, whatever its third vector.

    Args:
        normal: (3,) unit vector, of the slab.
    """
    flat = np.abs(slab.last.lattice.matrix @ normal) < SMALL * slab.last.lattice.c
    if slab.mesh is None or bulk.mesh is None or flat.sum() != 2:
        return None
    shortest, longest = zip(_range(slab, flat), _range(bulk, np.ones(3, bool)), strict=True)
    if max(shortest) < min(longest) + SMALL:
        return None
    own, its = (0.5 * (low + high) for low, high in zip(shortest, longest, strict=True))
    return f"other density of k-points: some {own:.0f} Å in the plane, the bulk's {its:.0f} Å"


def _range(run: FinishedRun, vectors: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Å, of the length that gives the mesh along the reciprocals of some of the cell's vectors, in their own space."""
    lattice = run.last.lattice.matrix
    whole = np.linalg.norm(np.linalg.inv(lattice), axis=0)
    own = np.linalg.norm(np.linalg.pinv(lattice[vectors]), axis=0)
    points = np.rint(np.asarray(run.mesh, float) * whole)[vectors]
    return float(((points - 1) / own).max()), float(((points + 1) / own).min())
