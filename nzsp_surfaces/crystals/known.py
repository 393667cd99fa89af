"""A crystal of which no more is said than where its atoms are, for planes to be named and compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.crystal import Crystal, crystal
from nzsp_surfaces.crystals.material import material

if TYPE_CHECKING:
    from pymatgen.core import Structure


@dataclass(frozen=True)
class Known:
    """A crystal with what its slabs may share.

    Attributes:
        crystal: of it.
        mobile: elements whose ions may lie on either face.
    """

    crystal: Crystal
    mobile: frozenset[str]


def known_crystal(structure: Structure, name: str) -> Known:
    """The crystal of a structure; without charges where they cannot be told, as in an alloy.

    Raises:
        UserError: no symmetry is found.
    """
    try:
        found = material(name, structure, None, None, None, name)
        return Known(found.crystal, found.mobile)
    except UserError:
        zeros = {site.specie.symbol: 0.0 for site in structure}
        return Known(crystal(structure, zeros, name), frozenset())
