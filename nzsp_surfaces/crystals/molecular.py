"""Molecular ions as what a cut keeps whole: OH, H2O, NH4, BH4, PF6, and pairs such as O2."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from nzsp_surfaces.crystals.bonds import Polyanion, covalent_bonds, find_units, strong_polyanions

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.crystal import Crystal


def kept_whole(crystal: Crystal) -> tuple[Polyanion, ...]:
    """What a cut keeps whole where nobody says it: centres by bond strength, and molecular ions by their contacts."""
    strong = tuple(p for p in strong_polyanions(crystal) if not p.covalent)
    return tuple(sorted({*strong, *molecular_groups(crystal, strong)}, key=str))


def molecular_groups(crystal: Crystal, strong: tuple[Polyanion, ...]) -> tuple[Polyanion, ...]:
    """The covalent groups of a crystal beside its strong polyanions.

    Left out are those that join units endlessly, as carbon in graphite does, and protons in the middle between two
    phosphates of KH2PO4.
    """
    counts = _neighbours(crystal)
    found: set[Polyanion] = set()
    for pair in sorted({tuple(sorted((a, b))) for _, around, a in _rows(counts, crystal) for b in around}):
        groups = _groups(pair[0], pair[1], counts, crystal)
        if not _joins_endlessly(crystal, strong, groups):
            found |= groups
    return tuple(sorted(found | _single(found, counts, crystal), key=str))


def _joins_endlessly(crystal: Crystal, strong: tuple[Polyanion, ...], groups: set[Polyanion]) -> bool:
    """Whether units go on in more dimensions with the groups than without."""
    alone = {site: unit.dimensions for unit in find_units(crystal, strong) for site, _ in unit.members}
    joined = find_units(crystal, tuple(sorted({*strong, *groups}, key=str)))
    return any(unit.dimensions > max(alone[site] for site, _ in unit.members) for unit in joined)


Neighbours = dict[int, Counter[str]]
"""Of each site, the number of covalent neighbours of each element."""


def _neighbours(crystal: Crystal) -> Neighbours:
    counts: Neighbours = defaultdict(Counter)
    for bond in covalent_bonds(crystal):
        counts[bond.cation][crystal.symbols[bond.anion]] += 1
    return counts


def _rows(counts: Neighbours, crystal: Crystal) -> list[tuple[int, Counter[str], str]]:
    return [(site, around, crystal.symbols[site]) for site, around in counts.items()]


def _groups(one: str, other: str, counts: Neighbours, crystal: Crystal) -> set[Polyanion]:
    """The groups of a pair of elements, around the one that always has such bonds and has more of them."""
    choices = []
    for centre, ligand in ((one, other), (other, one)):
        sites = [site for site, symbol in enumerate(crystal.symbols) if symbol == centre]
        numbers = [counts[site][ligand] if site in counts else 0 for site in sites]
        choices.append((min(numbers) == 0, -max(numbers), centre != "H", centre, ligand, set(numbers) - {0}))
    _, _, _, centre, ligand, sizes = min(choices, key=lambda choice: choice[:3])
    return {Polyanion(centre, ligand, size) for size in sizes}


def _single(found: set[Polyanion], counts: Neighbours, crystal: Crystal) -> set[Polyanion]:
    """That some atoms of a centre's element are in none of its groups."""
    single = set()
    for centre in {group.centre for group in found}:
        ligands = {group.ligand for group in found if group.centre == centre}
        sites = [site for site, symbol in enumerate(crystal.symbols) if symbol == centre]
        if any(not sum(counts[site][ligand] for ligand in ligands) if site in counts else True for site in sites):
            single.add(Polyanion(centre, min(ligands), 0))
    return single
