"""Atoms in the shape of a crystal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nzsp_surfaces.crystals.setting import Setting
from nzsp_surfaces.energies.construction import Vectors, construction, free_particle

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core.structure import Structure


def particle(
    structure: Structure,
    energies: Iterable[tuple[Sequence[int], float]],
    atoms: int,
    *,
    symprec: float | None = None,
    setting: Setting | Vectors = "file",
) -> Atoms:
    """A particle of about so many atoms in its Wulff shape, as WulffPack fills it.

    All atoms of the crystal within the shape are kept. Which ones these are depends on nothing but where they lie:
    molecules and polyanions at the surface may be cut, and a compound is rarely stoichiometric.

    Args:
        structure, energies, symprec, setting: as for `wulff_shape`.
        atoms: that the volume of the shape holds.

    Raises:
        UserError: as `wulff_shape`.
    """
    return free_particle(construction(structure, energies, symprec=symprec, setting=setting), atoms).atoms
