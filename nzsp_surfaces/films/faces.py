"""What has become of the faces of a covered slab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.crystals.bonds import Polyanion, broken_polyanions, coordination

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.contacts import Charges


@dataclass(frozen=True, slots=True)
class FaceDescription:
    """One face of a slab: "bottom" or "top".

    Attributes:
        face: which.
        coordination: anions around each framework cation of that half, from the face inwards.
        tetrahedra_whole: every polyanion of that half has all its ligands.
    """

    face: str
    coordination: dict[str, list[int]]
    tetrahedra_whole: bool


def describe_faces(
    structure: Structure, charges: Charges, framework: set[str], polyanions: tuple[Polyanion, ...]
) -> tuple[FaceDescription, FaceDescription]:
    """Coordination and polyanions of the lower and the upper half of a slab."""
    counts = coordination(structure, charges)
    heights = structure.cart_coords[:, 2]
    middle = 0.5 * (heights.max() + heights.min())
    whole = broken_polyanions(structure, charges, polyanions) == 0
    faces = []
    for face, half, order in (("bottom", heights < middle, 1), ("top", heights >= middle, -1)):
        inwards = [int(i) for i in np.argsort(order * heights) if half[i]]
        listed = {e: [int(counts[i]) for i in inwards if structure[i].specie.symbol == e] for e in sorted(framework)}
        faces.append(FaceDescription(face, {e: c for e, c in listed.items() if c}, whole))
    return faces[0], faces[1]
