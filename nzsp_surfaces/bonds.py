"""Bonds, whole units (polyanions and single ions) and coordination numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.errors import UserError

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals import Crystal

Offset = tuple[int, int, int]
BOND_STRETCH = 1.25
"""A bond is shorter than this times the sum of covalent radii; the second shell of oxides lies beyond 1.4."""


@dataclass(frozen=True, slots=True)
class Bond:
    """A cation-anion bond of the periodic crystal.

    Attributes:
        cation, anion: sites.
        offset: lattice translation of the anion relative to the cation.
        length: Å.
    """

    cation: int
    anion: int
    offset: Offset
    length: float


@dataclass(frozen=True, slots=True)
class Unit:
    """What a cut keeps whole: a polyanion or one ion.

    Attributes:
        centres: (site, lattice translation) of the ions whose mean height places the unit.
        members: (site, lattice translation) of all its ions, the first centre in the home cell.
    """

    centres: tuple[tuple[int, Offset], ...]
    members: tuple[tuple[int, Offset], ...]


@dataclass(frozen=True, slots=True)
class Polyanion:
    """A centre and the number of its ligands, as in PO4."""

    centre: str
    ligand: str
    count: int

    def __str__(self) -> str:
        return f"{self.centre}{self.ligand}{self.count}"


def parse_polyanion(text: str, where: str = "polyanion") -> Polyanion:
    """Read a name like PO4, SiO4 or CO3.

    Raises:
        UserError: not of the form centre, ligand, count.
    """
    match = re.fullmatch(r"([A-Z][a-z]?)([A-Z][a-z]?)(\d+)", text)
    if not match:
        raise UserError(f"{where}: '{text}' is no polyanion; write centre, ligand and count, as in PO4")
    return Polyanion(match[1], match[2], int(match[3]))


def bond_limits(charges: dict[str, int]) -> dict[tuple[str, str], float]:
    """Longest bond, Å, of each (cation, anion) pair of elements."""
    from ase.data import atomic_numbers, covalent_radii

    def radius(element: str) -> float:
        return float(covalent_radii[atomic_numbers[element]])

    cations = [e for e, q in charges.items() if q > 0]
    anions = [e for e, q in charges.items() if q < 0]
    return {(c, a): BOND_STRETCH * (radius(c) + radius(a)) for c in cations for a in anions}


def find_bonds(structure: Structure, charges: dict[str, int]) -> tuple[Bond, ...]:
    """All cation-anion bonds of a periodic structure, ordered by cation."""
    limits = bond_limits(charges)
    if not limits:
        return ()
    centres, points, images, lengths = structure.get_neighbor_list(max(limits.values()))
    symbols = [site.specie.symbol for site in structure]
    rows = zip(centres.tolist(), points.tolist(), images.astype(int).tolist(), lengths.tolist(), strict=True)
    bonds = [Bond(i, j, (o[0], o[1], o[2]), d) for i, j, o, d in rows if d < limits.get((symbols[i], symbols[j]), 0.0)]
    return tuple(sorted(bonds, key=lambda b: (b.cation, b.anion, b.offset)))


def coordination(structure: Structure, charges: dict[str, int]) -> npt.NDArray[np.int64]:
    """(n,) number of anions bonded to each cation; 0 for anions."""
    counts = np.zeros(len(structure), np.int64)
    for bond in find_bonds(structure, charges):
        counts[bond.cation] += 1
    return counts


def lowest_coordination(structure: Structure, charges: dict[str, int], elements: set[str]) -> dict[str, int]:
    """The lowest coordination of each of `elements` in a structure."""
    counts = coordination(structure, charges)
    lowest: dict[str, int] = {}
    for site, count in zip(structure, counts, strict=True):
        element = site.specie.symbol
        if element in elements:
            lowest[element] = min(int(count), lowest.get(element, int(count)))
    return lowest


def broken_polyanions(structure: Structure, charges: dict[str, int], polyanions: tuple[Polyanion, ...]) -> int:
    """How many polyanion centres do not have their full number of ligands."""
    expected = {p.centre: p.count for p in polyanions}
    counts = coordination(structure, charges)
    return sum(
        int(count) != expected[site.specie.symbol]
        for site, count in zip(structure, counts, strict=True)
        if site.specie.symbol in expected
    )


def strong_polyanions(crystal: Crystal) -> tuple[Polyanion, ...]:
    """Polyanions found by bond strength: charge over coordination of the centre is at least one valence unit.

    Pauling's electrostatic valence: P5+/4, S6+/4, Si4+/4, C4+/3, N5+/3, B3+/3 qualify; Al3+/4, Zr4+/6 do not.
    """
    structure, charges = crystal.structure, crystal.charges
    ligands = defaultdict(set)
    for bond in find_bonds(structure, charges):
        ligands[bond.cation].add((bond.anion, bond.offset))
    found = set()
    for site, bound in ligands.items():
        element = structure[site].specie.symbol
        kinds = {structure[anion].specie.symbol for anion, _ in bound}
        if len(kinds) == 1 and charges[element] >= len(bound):
            found.add(Polyanion(element, kinds.pop(), len(bound)))
    return tuple(sorted(found, key=str))


def find_units(crystal: Crystal, polyanions: tuple[Polyanion, ...]) -> tuple[Unit, ...]:
    """Group all sites into polyanions and single ions.

    Raises:
        UserError: a polyanion does not occur in the crystal, or polyanions join to endless chains.
    """
    partners = _polyanion_graph(crystal, polyanions)
    symbols = [site.specie.symbol for site in crystal.structure]
    centres = {p.centre for p in polyanions}
    units, seen = [], set()
    for site in sorted(range(len(symbols)), key=lambda i: symbols[i] not in centres):
        if site in seen:
            continue
        members = _component(site, partners, symbols)
        seen |= {i for i, _ in members}
        inner = tuple(m for m in members if symbols[m[0]] in centres)
        units.append(Unit(inner or members, members))
    return tuple(units)


def _polyanion_graph(crystal: Crystal, polyanions: tuple[Polyanion, ...]) -> dict[int, list[tuple[int, Offset]]]:
    structure = crystal.structure
    symbols = [site.specie.symbol for site in structure]
    partners: dict[int, list[tuple[int, Offset]]] = defaultdict(list)
    bonds = find_bonds(structure, crystal.charges)
    for polyanion in polyanions:
        own = [b for b in bonds if symbols[b.cation] == polyanion.centre and symbols[b.anion] == polyanion.ligand]
        sizes = {sum(b.cation == c for b in own) for c in {b.cation for b in own}}
        if sizes != {polyanion.count}:
            raise UserError(
                f"{crystal.formula}: no polyanion {polyanion}; {polyanion.centre} has "
                f"{sorted(sizes) or 'no'} {polyanion.ligand} neighbours. Mend 'polyanion' in the study"
            )
        for b in own:
            x, y, z = b.offset
            partners[b.cation].append((b.anion, b.offset))
            partners[b.anion].append((b.cation, (-x, -y, -z)))
    return partners


def _component(
    start: int, partners: dict[int, list[tuple[int, Offset]]], symbols: list[str]
) -> tuple[tuple[int, Offset], ...]:
    """Breadth-first walk over the bonds within polyanions, with lattice translations."""
    places: dict[int, Offset] = {start: (0, 0, 0)}
    queue = [start]
    for site in queue:
        for other, (x, y, z) in partners.get(site, []):
            i, j, k = places[site]
            offset = (i + x, j + y, k + z)
            if other not in places:
                places[other] = offset
                queue.append(other)
            elif places[other] != offset:
                raise UserError(
                    f"polyanions of {symbols[start]} join to endless chains, which every cut across them breaks; "
                    "name another polyanion or none"
                )
    return tuple(places.items())
