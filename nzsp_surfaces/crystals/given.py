"""A crystal as its file has it, where its atoms are off their symmetric places.

Which slabs there are is found on the symmetric crystal; they are cut from the given one, since that is the bulk which
their energies are compared with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.moments import moments_of, with_moments

if TYPE_CHECKING:
    from pymatgen.core import Structure

SAME_PLACE = 0.05
"""Å: what is closer than this to a site of a symmetric crystal is that site."""


def structure_of(lattice: npt.NDArray[np.float64], like: Structure, fractions: npt.NDArray[np.float64]) -> Structure:
    """Atoms as those of a structure in another geometry."""
    from pymatgen.core import Structure as Pymatgen

    moved = Pymatgen(lattice, [site.specie for site in like], fractions)
    return with_moments(moved, moments_of(like))


def as_given(primitive: Structure, structure: Structure, even: Structure, data: Any) -> Structure:
    """The primitive cell with the atoms of a structure, each site at the mean place of its copies, turned alike.

    Args:
        primitive: of the symmetric crystal, turned as spglib's standard cell.
        structure: as the file has it.
        even: the same on its symmetric places.
        data: what spglib makes of that.
    """
    turn = np.asarray(data.std_rotation_matrix).T
    own = np.linalg.inv(primitive.lattice.matrix)
    multiples = np.rint(even.lattice.matrix @ turn @ own)
    standard = even.frac_coords @ np.asarray(data.transformation_matrix).T + np.asarray(data.origin_shift)
    places = standard @ data.std_lattice @ own
    shifts = (structure.frac_coords - even.frac_coords) @ multiples
    fractions = primitive.frac_coords.copy()
    for number, site in enumerate(primitive):
        apart = places - site.frac_coords
        near = np.linalg.norm((apart - np.rint(apart)) @ primitive.lattice.matrix, axis=1) < SAME_PLACE
        fractions[number] += shifts[near].mean(axis=0)
    return structure_of(np.linalg.solve(multiples, structure.lattice.matrix) @ turn, primitive, fractions)
