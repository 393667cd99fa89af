"""Covalent contacts within molecular ions: hydrogen's own bond, pairs of one element, cyanide, complex fluorides.

Formal charges by element do not see them: both oxygens of a peroxide carry the same charge, and hydrogen is a cation
beside oxygen but an anion beside boron. Distances do.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymatgen.core import Structure

Contact = tuple[int, int, tuple[int, int, int], float]
"""Two sites, the lattice translation of the second, and their distance in Å."""
PROTIC = frozenset({"C", "N", "O", "F", "P", "S", "Cl", "As", "Se", "Br", "Te", "I"})
"""Beside these hydrogen is a proton, +1."""
HYDRIDIC = frozenset({"B", "Al", "Ga"})
"""Beside these it is a hydride, -1, in a complex anion."""
PAIRED = frozenset({"C", "N", "O", "P", "S", "As", "Se", "Te", "F", "Cl", "Br", "I"})
"""What bonds to its own kind in ions: peroxide, disulfide, carbide, azide, triiodide."""
FLUORIDES = frozenset({"B", "Si", "P", "As", "Sb"})
"""Centres of complex fluorides such as BF4 and PF6; bridging fluorine is the crystal's, not an ion's."""
REACH, FLUORINE_REACH, HYDROGEN_REACH = 1.2, 1.25, 1.35
"""A covalent contact is shorter than this times the sum of covalent radii; peroxides reach 1.17, and hydrogen in the
middle between two oxygens, as in KH2PO4, 1.30."""
NEAREST = 1.02
"""Hydrogen bonds to its nearest neighbour, and to what is within this factor of it: to both F of HF2."""


def is_covalent_pair(one: str, other: str) -> bool:
    """Whether contacts of two elements are covalent by what they are."""
    pair = {one, other}
    if len(pair) == 1:
        return one in PAIRED
    if "H" in pair:
        return bool(pair & (PROTIC | HYDRIDIC))
    return pair in ({"C", "N"}, {"C", "S"}, {"C", "Se"}) or ("F" in pair and bool(pair & FLUORIDES))


def covalent_contacts(structure: Structure) -> tuple[Contact, ...]:
    """All covalent contacts of a periodic structure, from both ends."""
    symbols = [site.specie.symbol for site in structure]
    limits = _limits(set(symbols))
    if not limits:
        return ()
    rows = zip(*(part.tolist() for part in structure.get_neighbor_list(max(limits.values()))), strict=True)
    found = [
        (i, j, (int(o[0]), int(o[1]), int(o[2])), d)
        for i, j, o, d in rows
        if d < limits.get((symbols[i], symbols[j]), 0.0)
    ]
    return tuple(sorted(_own(_own(found, symbols, "H"), symbols, "F")))


def covalent_elements(structure: Structure) -> frozenset[str]:
    """Elements of which some atom has a covalent contact."""
    return frozenset(structure[i].specie.symbol for i, _, _, _ in covalent_contacts(structure))


def _limits(elements: set[str]) -> dict[tuple[str, str], float]:
    """Longest contact, Å, of each pair of elements."""
    from ase.data import atomic_numbers, covalent_radii

    radii = {e: float(covalent_radii[atomic_numbers[e]]) for e in elements}
    return {
        (a, b): _reach({a, b}) * (radii[a] + radii[b]) for a in elements for b in elements if is_covalent_pair(a, b)
    }


def _reach(pair: set[str]) -> float:
    if "H" in pair and pair & PROTIC:
        return HYDROGEN_REACH
    return FLUORINE_REACH if pair & {"H", "F"} else REACH


def _own(contacts: list[Contact], symbols: list[str], ligand: str) -> list[Contact]:
    """Without those of hydrogen that are not its nearest, and those of fluorine that bridges."""
    ends: dict[int, list[float]] = defaultdict(list)
    for i, j, _, length in contacts:
        if symbols[i] == ligand and symbols[j] != ligand:
            ends[i].append(length)

    def kept(site: int, length: float) -> bool:
        if symbols[site] != ligand or not ends[site]:
            return True
        return length <= NEAREST * min(ends[site]) if ligand == "H" else len(ends[site]) == 1

    return [c for c in contacts if kept(c[0], c[3]) and kept(c[1], c[3])]
