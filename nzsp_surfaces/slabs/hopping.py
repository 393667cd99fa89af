"""The faces of a slab moved towards another valley: polyanions turned, other ions shifted, both faces alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.contacts import find_bonds
from nzsp_surfaces.crystals.covalent import covalent_contacts

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.bonds import Polyanion
    from nzsp_surfaces.crystals.contacts import Charges
    from nzsp_surfaces.crystals.flip import Flip

Matrix = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
NEAREST = 0.8
"""Of the least distance that two elements have in a relaxed slab; nearer is a hole of a potential, no valley."""
GENTLER = 0.8
"""By which a hop is shortened that brings ions nearer than that."""


@dataclass(frozen=True)
class Hop:
    """How far what lies at a face is moved.

    Attributes:
        depth: Å below the outermost atom, within which atoms are free to move; those of films are wherever they lie.
        share: of the units with a free atom, about, that move at once.
        angle: degrees by which a polyanion turns about its centre, standard deviation; the axis is random.
        shift: Å by which any other ion moves in each direction, standard deviation.
    """

    depth: float = 4.0
    share: float = 0.4
    angle: float = 45.0
    shift: float = 0.6


@dataclass(frozen=True)
class Group:
    """A polyanion within a slab.

    Attributes:
        centre, ligands: numbers of its atoms.
        bonds: (k, 3) Å, from the centre to each ligand.
    """

    centre: int
    ligands: tuple[int, ...]
    bonds: Matrix


def groups(structure: Structure, charges: Charges, polyanions: Sequence[Polyanion]) -> tuple[Group, ...]:
    """The polyanions of a slab; of two centres that are bonded to each other the first counts."""
    found: dict[int, list[tuple[int, Matrix]]] = {}
    symbols, taken = [site.specie.symbol for site in structure], set()
    kinds = {(each.centre, each.ligand) for each in polyanions if each.count}
    bonds = [(bond.cation, bond.anion, bond.offset) for bond in find_bonds(structure, charges)]
    if any(each.covalent for each in polyanions):
        bonds += [contact[:3] for contact in covalent_contacts(structure)]
    for centre, ligand, offset in dict.fromkeys(bonds):
        if (symbols[centre], symbols[ligand]) in kinds and (centre in found or centre not in taken):
            away = structure[ligand].coords + offset @ structure.lattice.matrix - structure[centre].coords
            found.setdefault(centre, []).append((ligand, away))
            taken.add(ligand)
    return tuple(
        Group(centre, tuple(ligand for ligand, _ in around), np.array([away for _, away in around]))
        for centre, around in found.items()
    )


def least_distances(slab: Structure) -> Matrix:
    """(e, e) Å between the nearest atoms of each two elements, these in alphabetical order."""
    distances = slab.distance_matrix + np.diag(np.full(len(slab), np.inf))
    symbols = np.array([site.specie.symbol for site in slab])
    rows = np.array([distances[symbols == element].min(axis=0) for element in np.unique(symbols)])
    return np.array([rows[:, symbols == element].min(axis=1) for element in np.unique(symbols)])


def too_near(slab: Structure, usual: Matrix) -> bool:
    """Whether two atoms are nearer than they should be.

    Args:
        usual: `least_distances` of the same atoms where they lie well.
    """
    return bool((least_distances(slab) < NEAREST * usual).any())


def outer_atoms(slab: Structure, depth: float) -> Mask:
    """(n,) the atoms within a depth, Å, of the outermost one of a face."""
    heights = slab.cart_coords[:, 2]
    return np.asarray(np.minimum(heights - heights.min(), heights.max() - heights) < depth)


@dataclass(frozen=True)
class Movable:
    """What of a slab a hop may move, both faces alike.

    Attributes:
        flip: turns the slab over.
        groups: its polyanions.
        free: (n,) atoms that may move; a polyanion may where one of its atoms may.
        held: numbers of the atoms that stay, and with them the polyanions that they belong to.
    """

    flip: Flip
    groups: tuple[Group, ...]
    free: Mask
    held: tuple[int, ...] = ()

    @cached_property
    def units(self) -> tuple[Group | int, ...]:
        """Polyanions, then single ions; of those that the flip maps on each other the first."""
        first = np.min([partners for _, partners in self.flip.powers], axis=0)
        atoms = [(group.centre, *group.ligands) for group in self.groups]
        bound = {atom for each in atoms for atom in each}
        whole = [
            group
            for group, own in zip(self.groups, atoms, strict=True)
            if first[group.centre] == group.centre and self.free[list(own)].any() and set(self.held).isdisjoint(own)
        ]
        alone = np.flatnonzero(self.free & (first == np.arange(len(first)))).tolist()
        return (*whole, *(atom for atom in alone if atom not in bound and atom not in self.held))


def hopped(slab: Structure, movable: Movable, hop: Hop, rng: np.random.Generator, usual: Matrix) -> Structure:
    """A slab whose faces are moved, both alike, as far as no ions come too near.

    Args:
        slab: as it is relaxed.
        usual: its `least_distances`, or those of the slab that it comes from.
    """
    made = _moved(slab, movable, hop, rng)
    while too_near(made, usual):
        hop = replace(hop, angle=GENTLER * hop.angle, shift=GENTLER * hop.shift)
        made = _moved(slab, movable, hop, rng)
    return made


def _moved(slab: Structure, movable: Movable, hop: Hop, rng: np.random.Generator) -> Structure:
    moves = np.zeros_like(slab.cart_coords)
    for unit in (each for each in movable.units if rng.random() < hop.share):
        if isinstance(unit, Group):
            moves[list(unit.ligands)] = _turned(unit.bonds, hop.angle, rng) - unit.bonds
        else:
            moves[unit] = rng.normal(0.0, hop.shift, 3)
    return moved_alike(slab, moves, movable.flip)


def moved_alike(slab: Structure, moves: Matrix, flip: Flip) -> Structure:
    """A slab some of whose atoms are moved, and those that the flip maps on them likewise.

    Args:
        moves: (n, 3) Å; of atoms that the flip maps on each other one at most is moved.
    """
    made = slab.copy()
    for site, move in zip(made, flip.order * flip.average(moves), strict=True):
        site.coords = site.coords + move
    return made


def _turned(bonds: Matrix, angle: float, rng: np.random.Generator) -> Matrix:
    """Vectors turned about a random axis, by a random angle of a standard deviation in degrees."""
    from scipy.spatial.transform import Rotation

    axis = rng.normal(size=3)
    turn = np.radians(rng.normal(0.0, angle)) * axis / np.linalg.norm(axis)
    return np.asarray(Rotation.from_rotvec(turn).apply(bonds))
