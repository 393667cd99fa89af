"""A crystal of which no more is known than its cell and its point group, as the shape of a crystal needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

SAME = {"32": "321", "3m": "3m1", "-3m": "-3m1", "m3": "m-3", "m3m": "m-3m"}
"""Symbols in short or old form -> the group on the axes that go without saying."""
GROUPS = (
    *("1", "-1", "2", "m", "2/m", "222", "mm2", "mmm", "4", "-4", "4/m", "422", "4mm", "-42m", "-4m2", "4/mmm"),
    *("3", "-3", "321", "312", "3m1", "31m", "-3m1", "-31m", "6", "-6", "6/m", "622", "6mm", "-6m2", "-62m", "6/mmm"),
    *("23", "m-3", "432", "-43m", "m-3m"),
)
"""The 32 crystal classes, Hermann-Mauguin, with both positions of the axes where a cell has two."""
_SOMEWHERE = {"Li": (0.137, 0.291, 0.419), "Na": (0.053, 0.173, 0.287), "K": (0.391, 0.071, 0.197)}
"""Three general positions: one alone would show symmetry that a polar group does not have."""


def crystal_of_class(cell: tuple[float, ...], point_group: str) -> Structure:
    """A structure that has a given cell and point group, and nothing else in common with the crystal.

    Args:
        cell: a, b, c in Å, alpha, beta, gamma in degrees; hexagonal axes, obverse, for rhombohedral crystals.
        point_group: Hermann-Mauguin symbol, as mmm, -3m or m-3m; monoclinic ones about b.

    Raises:
        UserError: the symbol is none of the 32, or the cell cannot have the symmetry.
    """
    from pymatgen.core import Lattice, Structure

    symbol = SAME.get(point_group.replace(" ", ""), point_group.replace(" ", ""))
    if symbol not in GROUPS:
        raise UserError(f"point group '{point_group}' is not known; write one of {', '.join(GROUPS)}")
    lattice = Lattice.from_parameters(*cell)
    if not lattice.volume > 0.1:
        raise UserError(f"cell {_text(cell)}: encloses no volume; write a,b,c,alpha,beta,gamma in Å and degrees")
    try:
        crystal = Structure.from_spacegroup(f"P{symbol}", lattice, list(_SOMEWHERE), list(_SOMEWHERE.values()))
    except ValueError as error:
        raise UserError(f"cell {_text(cell)} cannot have the point group {symbol}; mend one of both") from error
    crystal.properties["name"] = "crystal"
    return crystal


def _text(cell: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in cell)
