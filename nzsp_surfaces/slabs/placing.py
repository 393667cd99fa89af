"""From sites of a crystal to the coordinates of a slab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.moments import moments_of, with_moments

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.crystal import Crystal
    from nzsp_surfaces.crystals.planes import Integers, Matrix, Site


def placed(crystal: Crystal, in_plane: Integers, sites: tuple[Site, ...], vacuum: float) -> Structure:
    """Sites of a crystal as a slab: a along x, the normal along z, the middle of the slab at half the cell.

    Sites keep their moments.

    Args:
        in_plane: (2, 3) surface cell vectors in multiples of the primitive ones.
        vacuum: Å.
    """
    from pymatgen.core import Structure

    lattice, points = coordinates(crystal, in_plane, sites, vacuum)
    elements = [crystal.symbols[site] for site, _ in sites]
    moments = moments_of(crystal.structure)
    made = Structure(lattice, elements, points, coords_are_cartesian=True, to_unit_cell=False)
    return with_moments(made, [moments[site] for site, _ in sites]) if moments else made


def coordinates(crystal: Crystal, in_plane: Integers, sites: tuple[Site, ...], vacuum: float) -> tuple[Matrix, Matrix]:
    """(3, 3) lattice vectors as rows and (n, 3) positions, both Å, of sites as `placed` puts them."""
    frame = surface_frame(crystal, in_plane)
    points = positions(crystal, sites) @ frame.T
    a, b = in_plane @ crystal.structure.lattice.matrix @ frame.T
    height = float(np.ptp(points[:, 2])) + vacuum
    points[:, 2] += 0.5 * height - 0.5 * (points[:, 2].max() + points[:, 2].min())
    return np.array([a, b, [0.0, 0.0, height]]), points


def positions(crystal: Crystal, sites: tuple[Site, ...]) -> Matrix:
    """(n, 3) Å of sites, in the crystal's own frame."""
    fractions = crystal.fractions[[s for s, _ in sites]] + np.array([o for _, o in sites])
    return np.asarray(fractions @ crystal.structure.lattice.matrix)


def middle_atoms(structure: Structure, depth: float) -> npt.NDArray[np.bool_]:
    """(n,) the atoms of a slab within half of `depth` Å of its middle."""
    heights = structure.cart_coords[:, 2]
    return np.asarray(np.abs(heights - 0.5 * (heights.max() + heights.min())) < 0.5 * depth)


def surface_frame(crystal: Crystal, in_plane: Integers) -> Matrix:
    """(3, 3) rotation whose rows are x along the first plane vector, y in the plane, z along the normal."""
    return frame_of(in_plane @ crystal.structure.lattice.matrix)


def frame_of(vectors: Matrix) -> Matrix:
    """(3, 3) rotation whose rows are x along the first of two vectors, y in their plane, z along its normal."""
    a, b = vectors
    x, z = a / np.linalg.norm(a), np.cross(a, b) / np.linalg.norm(np.cross(a, b))
    return np.array([x, np.cross(z, x), z])
