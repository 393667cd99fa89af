"""Bonds, whole units (polyanions and single ions) and coordination numbers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.contacts import Bond, Offset, find_bonds, is_neutral
from nzsp_surfaces.crystals.covalent import covalent_contacts, is_covalent_pair

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.contacts import Charges
    from nzsp_surfaces.crystals.crystal import Crystal


@dataclass(frozen=True, slots=True)
class Unit:
    """What a cut keeps whole: a polyanion or one ion.

    Attributes:
        centres: (site, lattice translation) of the ions whose mean height places the unit.
        members: (site, lattice translation) of all its ions, the first centre in the home cell.
        periods: lattice translations that take an endless unit to itself; none for a group of ions.
    """

    centres: tuple[tuple[int, Offset], ...]
    members: tuple[tuple[int, Offset], ...]
    periods: tuple[Offset, ...] = ()

    @property
    def dimensions(self) -> int:
        """0 for a group or a single ion, 1 for a chain, 2 for a layer, 3 for a framework."""
        return int(np.linalg.matrix_rank(np.array(self.periods))) if self.periods else 0


@dataclass(frozen=True, slots=True)
class Polyanion:
    """A centre and the number of its ligands, as in PO4; hydrogen is the centre of OH, each oxygen one of O2.

    A count of 0 says that some atoms of the centre's element have no such ligand.
    """

    centre: str
    ligand: str
    count: int

    @property
    def covalent(self) -> bool:
        """Whether its bonds are found by distance alone, not as those of a cation and an anion."""
        return is_covalent_pair(self.centre, self.ligand)

    def __str__(self) -> str:
        if self.count == 0:
            return f"single {self.centre}"
        if self.centre == self.ligand and self.count == 1:
            return f"{self.centre}2"
        if self.centre == "H":
            return f"{self.ligand}H"
        return f"{self.centre}{self.ligand}{self.count if self.count > 1 else ''}"


def parse_polyanion(text: str, where: str = "polyanion") -> Polyanion:
    """Read a name like PO4, SiO4, CO3, OH, CN or O2.

    Raises:
        UserError: not of the form centre, ligand, count.
    """
    match = re.fullmatch(r"([A-Z][a-z]?)([A-Z][a-z]?)(\d*)", text)
    pair = re.fullmatch(r"([A-Z][a-z]?)2", text)
    if pair:
        return Polyanion(pair[1], pair[1], 1)
    if not match:
        raise UserError(f"{where}: '{text}' is no polyanion; write centre, ligand and count, as in PO4")
    centre, ligand, count = match[1], match[2], int(match[3] or 1)
    return Polyanion(ligand, centre, 1) if ligand == "H" and count == 1 else Polyanion(centre, ligand, count)


@lru_cache(maxsize=64)
def crystal_bonds(crystal: Crystal) -> tuple[Bond, ...]:
    """All bonds of a crystal's primitive cell, found once."""
    return find_bonds(crystal.structure, crystal.charges)


@lru_cache(maxsize=64)
def covalent_bonds(crystal: Crystal) -> tuple[Bond, ...]:
    """Covalent contacts of a crystal's primitive cell from both ends, found once; none where nothing is charged."""
    if is_neutral(crystal.charges):
        return ()
    return tuple(Bond(*contact) for contact in covalent_contacts(crystal.structure))


@lru_cache(maxsize=64)
def site_orbits(crystal: Crystal) -> tuple[int, ...]:
    """Of each site of the primitive cell, the first site that an operation of the crystal takes it to."""
    points = crystal.fractions
    first = np.arange(len(points))
    for operation in crystal.operations:
        gaps = (points @ operation.rotation.T + operation.translation)[:, None] - points[None]
        distances = np.linalg.norm((gaps - np.rint(gaps)) @ crystal.structure.lattice.matrix, axis=2)
        first = np.minimum(first, distances.argmin(axis=1))
    return tuple(int(i) for i in first)


def coordination(structure: Structure, charges: Charges) -> npt.NDArray[np.int64]:
    """(n,) number of anions bonded to each cation, 0 for anions; of neighbours where nothing is charged."""
    bonds = find_bonds(structure, charges)
    ends = [b.cation for b in bonds] + ([b.anion for b in bonds] if is_neutral(charges) else [])
    return np.bincount(np.array(ends, np.int64), minlength=len(structure))


def lowest_coordination(structure: Structure, charges: Charges, elements: set[str]) -> dict[str, int]:
    """The lowest coordination of each of `elements` in a structure."""
    counts = coordination(structure, charges)
    lowest: dict[str, int] = {}
    for site, count in zip(structure, counts, strict=True):
        element = site.specie.symbol
        if element in elements:
            lowest[element] = min(int(count), lowest.get(element, int(count)))
    return lowest


def broken_polyanions(structure: Structure, charges: Charges, polyanions: tuple[Polyanion, ...]) -> int:
    """How many polyanion centres do not have their full number of ligands."""
    expected: dict[str, set[int]] = defaultdict(set)
    for polyanion in polyanions:
        if not polyanion.covalent:
            expected[polyanion.centre].add(polyanion.count)
    counts = coordination(structure, charges)
    broken = sum(
        int(count) not in expected[site.specie.symbol]
        for site, count in zip(structure, counts, strict=True)
        if site.specie.symbol in expected
    )
    return broken + _broken_molecules(structure, tuple(p for p in polyanions if p.covalent))


def _broken_molecules(structure: Structure, groups: tuple[Polyanion, ...]) -> int:
    """How many centres of covalent groups have another number of ligands than any group, or none at all."""
    if not groups:
        return 0
    symbols = [site.specie.symbol for site in structure]
    found: dict[int, Counter[str]] = {i: Counter() for i, s in enumerate(symbols) if s in {p.centre for p in groups}}
    for i, j, _, _ in covalent_contacts(structure):
        if i in found:
            found[i][symbols[j]] += 1
    known = {(p.centre, p.ligand, p.count) for p in groups}
    may_be_single = {p.centre for p in groups if p.count == 0}
    ligands = {(p.centre, p.ligand) for p in groups}
    broken = 0
    for site, around in found.items():
        centre = symbols[site]
        own = {ligand: n for ligand, n in around.items() if (centre, ligand) in ligands}
        wrong = any((centre, ligand, n) not in known for ligand, n in own.items())
        broken += wrong or (not own and centre not in may_be_single)
    return broken


def strong_polyanions(crystal: Crystal) -> tuple[Polyanion, ...]:
    """Polyanions found by bond strength: charge over coordination of the centre is at least one valence unit.

    Pauling's electrostatic valence: P5+/4, S6+/4, Si4+/4, C4+/3, N5+/3, B3+/3 qualify; Al3+/4, Zr4+/6 do not. Those
    that join to a framework in three dimensions, as in quartz, are left out: every cut breaks them.
    """
    return tuple(p for p in _strong_centres(crystal) if p not in cut_frameworks(crystal))


def cut_frameworks(crystal: Crystal) -> tuple[Polyanion, ...]:
    """Strongly bound centres that join to a framework in three dimensions."""
    found = _strong_centres(crystal)
    symbols = crystal.symbols
    endless = {symbols[u.centres[0][0]] for u in find_units(crystal, found) if u.dimensions == 3}
    return tuple(p for p in found if p.centre in endless)


@lru_cache(maxsize=64)
def _strong_centres(crystal: Crystal) -> tuple[Polyanion, ...]:
    symbols, ligands = crystal.symbols, defaultdict(set)
    for bond in crystal_bonds(crystal):
        ligands[bond.cation].add((bond.anion, bond.offset))
    found: dict[str, set[Polyanion | None]] = defaultdict(set)
    for site, bound in ligands.items():
        element, kinds = symbols[site], {symbols[anion] for anion, _ in bound}
        strong = len(kinds) == 1 and crystal.charges[element] >= len(bound) and element not in _salt_formers(crystal)
        found[element].add(Polyanion(element, kinds.pop(), len(bound)) if strong else None)
    # An element of which only some sites are strong is no centre: a cut could turn one kind of site into the other.
    whole = (polyanions for polyanions in found.values() if None not in polyanions)
    return tuple(sorted((p for polyanions in whole for p in polyanions if p), key=str))


@lru_cache(maxsize=64)
def find_units(crystal: Crystal, polyanions: tuple[Polyanion, ...]) -> tuple[Unit, ...]:
    """Group all sites into polyanions and single ions.

    Raises:
        UserError: a polyanion does not occur in the crystal.
    """
    symbols = crystal.symbols
    centres = {p.centre for p in polyanions}
    order = sorted(range(len(symbols)), key=lambda i: symbols[i] not in centres)
    units = []
    for members, periods in components(order, _polyanion_graph(crystal, polyanions)):
        inner = tuple(m for m in members if symbols[m[0]] in centres)
        units.append(Unit(inner or members, members, periods))
    return tuple(units)


def is_molecular(crystal: Crystal) -> bool:
    """Whether bonds hold nothing together but separate neutral molecules; molecular ions hold together by charge."""
    sites, bonds = range(len(crystal.structure)), (*crystal_bonds(crystal), *covalent_bonds(crystal))
    if any(periods for _, periods in components(list(sites), bond_graph(bonds))):
        return False
    # Bonds of alkali and alkaline earth metals hold no molecule together: they are what an ion is held by.
    ionic = _salt_formers(crystal)
    pieces = components(list(sites), bond_graph(b for b in bonds if crystal.symbols[b.cation] not in ionic))
    charges = [sum(crystal.charges[crystal.symbols[site]] for site, _ in members) for members, _ in pieces]
    return max(map(abs, charges)) < 1e-6


Graph = dict[int, list[tuple[int, Offset]]]
"""Of each site: bonded sites and their lattice translations."""


def _salt_formers(crystal: Crystal) -> set[str]:
    """Alkali and alkaline earth metals: single ions whatever is near."""
    return {str(e) for e in crystal.structure.composition if e.is_alkali or e.is_alkaline}


def _polyanion_graph(crystal: Crystal, polyanions: tuple[Polyanion, ...]) -> Graph:
    symbols, bonds = crystal.symbols, crystal_bonds(crystal)
    kept: list[Bond] = []
    for polyanion in (p for p in polyanions if p.count):
        source = covalent_bonds(crystal) if polyanion.covalent else bonds
        own = [b for b in source if symbols[b.cation] == polyanion.centre and symbols[b.anion] == polyanion.ligand]
        sizes = Counter(b.cation for b in own)
        same = (polyanion.centre, polyanion.ligand)
        allowed = {p.count for p in polyanions if (p.centre, p.ligand) == same}
        if polyanion.count not in sizes.values() or not set(sizes.values()) <= allowed:
            raise UserError(
                f"{crystal.formula}: no polyanion {polyanion}; {polyanion.centre} has "
                f"{sorted(set(sizes.values())) or 'no'} {polyanion.ligand} neighbours. Name another polyanion"
            )
        kept += [b for b in own if sizes[b.cation] == polyanion.count]
    return bond_graph(kept)


def bond_graph(bonds: Iterable[Bond]) -> Graph:
    """Bonds as a graph, from both ends."""
    partners: Graph = defaultdict(list)
    for b in bonds:
        x, y, z = b.offset
        partners[b.cation].append((b.anion, b.offset))
        partners[b.anion].append((b.cation, (-x, -y, -z)))
    return partners


def components(
    order: list[int], partners: Graph
) -> Iterator[tuple[tuple[tuple[int, Offset], ...], tuple[Offset, ...]]]:
    """Members and periods of each connected part of a periodic graph, starting from the sites in order."""
    seen: set[int] = set()
    for site in order:
        if site not in seen:
            members, periods = _component(site, partners)
            seen |= {i for i, _ in members}
            yield members, periods


def _component(start: int, partners: Graph) -> tuple[tuple[tuple[int, Offset], ...], tuple[Offset, ...]]:
    """Breadth-first walk over bonds; coming back to a site in another cell is a period."""
    places: dict[int, Offset] = {start: (0, 0, 0)}
    periods: set[Offset] = set()
    queue = [start]
    for site in queue:
        for other, (x, y, z) in partners.get(site, []):
            i, j, k = places[site]
            offset = (i + x, j + y, k + z)
            if other not in places:
                places[other] = offset
                queue.append(other)
            elif places[other] != offset:
                a, b, c = places[other]
                periods.add((offset[0] - a, offset[1] - b, offset[2] - c))
    return tuple(places.items()), tuple(sorted(periods))
