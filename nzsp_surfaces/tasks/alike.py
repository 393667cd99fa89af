"""A slab whose faces have moved apart, made alike on both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nzsp_surfaces.engines.base import Ask
from nzsp_surfaces.films.cover import CappedSlab, mirrored

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.base.calculation import Matrix
    from nzsp_surfaces.tasks.base import Bench


def made_alike(bench: Bench[Any], slab: CappedSlab, positions: Matrix) -> tuple[Structure, str]:
    """The slab with both faces like the one that gives the lower energy, and which that is.

    Args:
        slab: as it was built.
        positions: (n, 3) Å, of its atoms now.
    """
    faces = {face: mirrored(slab, positions, face) for face in ("bottom", "top")}
    point = bench.engine(Ask.POINT)
    energies = {face: point.single_point(start, bench.folder / face).energy for face, start in faces.items()}
    better = min(energies, key=lambda face: energies[face])
    return faces[better], better
