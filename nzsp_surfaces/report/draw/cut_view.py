"""A slab as it was cut: its atoms, the cuts, and the bonds that they broke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.certificate import layer_group
from nzsp_surfaces.crystals.contacts import find_bonds, is_neutral
from nzsp_surfaces.crystals.planes import stack
from nzsp_surfaces.report.draw.slab_view import MOBILE, SlabView, slab_view
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.faces import dangling, lost_bonds

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.crystals.planes import Stack
    from nzsp_surfaces.slabs.cut import SlabCut
    from nzsp_surfaces.slabs.survey import Surface

Vectors = npt.NDArray[np.float64]

VACUUM = 10.0
"""Å between the slab and its image, which no bond bridges; the pictures leave it out."""


@dataclass(frozen=True, slots=True)
class Arms:
    """Bonds, or what is left of them, each as a vector from an atom.

    Attributes:
        atoms: (n,) number of the atom that each begins at.
        starts: (n, 3) its drawn position, Å.
        vectors: (n, 3) to the other end, Å.
        partners: (n,) element of the other end.
    """

    atoms: tuple[int, ...]
    starts: Vectors
    vectors: Vectors
    partners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CutView:
    """A slab upright, with what its cuts left; all in the axes of `slab`.

    Attributes:
        slab: its atoms and polyhedra.
        sticks: bonds of framework cations that are drawn without a polyhedron.
        stubs: the lost bonds, from the atom that kept its end to where the partner was.
        cuts: heights of the two cuts, Å, the lower first.
        plane: (2, 3) a and b of the surface cell, Å.
        group: symbol of the layer group.
    """

    slab: SlabView
    sticks: Arms
    stubs: Arms
    cuts: tuple[float, float]
    plane: Vectors
    group: str


def cut_view(surface: Surface, material: Material) -> CutView:
    """A slab as it was cut, in the axes of its picture."""
    cut, crystal = surface.cut, material.crystal
    structure = build(cut, crystal, VACUUM)
    charges = crystal.charges
    view = slab_view(structure, None if is_neutral(charges) else charges, _loose(material))
    seen = stack(crystal, cut.miller, material.polyanions, material.mobile)
    return CutView(
        slab=view,
        sticks=_sticks(view, structure, material),
        stubs=_stubs(view, cut, seen),
        cuts=_cut_heights(view, cut, seen),
        plane=structure.lattice.matrix[:2] @ view.turn,
        group=layer_group(structure),
    )


def _loose(material: Material) -> frozenset[str]:
    """Cations drawn as balls: large and mobile ones, and only the mobile ones where nothing else is there."""
    cations = {e for e, q in material.crystal.charges.items() if q > 0}
    return MOBILE | material.mobile if cations - MOBILE - material.mobile else material.mobile | {"H"}


def _sticks(view: SlabView, structure: Structure, material: Material) -> Arms:
    """Mobile ions but hydrogen have none, as they do not hold the slab together; close-packed atoms need none."""
    centres, bare = {place(p.position) for p in view.polyhedra if len(p.corners) > 3}, material.mobile - {"H"}
    free = [
        e not in bare and place(p) not in centres
        for e, p in zip(view.symbols[: view.n_cell], view.positions[: view.n_cell], strict=True)
    ]
    charges = material.crystal.charges
    bonds = [] if is_neutral(charges) else [b for b in find_bonds(structure, charges) if free[b.cation]]
    points, lattice = structure.cart_coords, structure.lattice.matrix
    vectors = [points[b.anion] + np.array(b.offset) @ lattice - points[b.cation] for b in bonds]
    return _arms(view, [b.cation for b in bonds], vectors, [view.symbols[b.anion] for b in bonds])


def _stubs(view: SlabView, cut: SlabCut, seen: Stack) -> Arms:
    lost = lost_bonds(seen, np.array(cut.in_plane), cut.sites)
    partners = [seen.crystal.symbols[b.bond.anion if b.cation else b.bond.cation] for b in lost]
    return _arms(view, [b.kept for b in lost], dangling(seen.crystal, np.array(cut.in_plane), lost), partners)


def _arms(view: SlabView, atoms: Sequence[int], vectors: Sequence[Vectors] | Vectors, partners: Sequence[str]) -> Arms:
    """From vectors in the structure's axes."""
    turned = np.array(vectors, dtype=float).reshape(-1, 3) @ view.turn
    return Arms(tuple(atoms), view.positions[np.array(atoms, np.int64)], turned, tuple(partners))


def _cut_heights(view: SlabView, cut: SlabCut, seen: Stack) -> tuple[float, float]:
    """Any atom tells where the heights of the crystal lie in the picture, and two tell which way they rise."""
    structure = seen.crystal.structure
    levels = np.array([seen.indices @ (structure.frac_coords[s] + np.array(o)) for s, o in cut.sites])
    heights = view.positions[: view.n_cell, 2]
    sense = np.sign((levels - levels.mean()) @ (heights - heights.mean()))
    low, high = sorted(float(heights[0] + sense * (c - levels[0]) * seen.repeat) for c in (cut.bottom, cut.top))
    return low, high


def place(point: Vectors) -> tuple[int, ...]:
    """Whole tenths of Å, the same for an atom reached by different translations but for rounding at the borders."""
    return tuple(np.rint(10 * (point + 0.0137)).astype(int).tolist())
