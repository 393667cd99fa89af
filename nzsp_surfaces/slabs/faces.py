"""What a surface is like: the bonds it has lost, the mobile ions on it, how its layers are charged."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from nzsp_surfaces.crystals.bonds import crystal_bonds, site_orbits
from nzsp_surfaces.crystals.contacts import Bond, bond_valence, is_neutral
from nzsp_surfaces.crystals.hydrogen_bonds import hydrogen_bonds
from nzsp_surfaces.crystals.planes import Integers, Matrix, Stack, surface_keys
from nzsp_surfaces.slabs.placing import surface_frame

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.crystal import Crystal
    from nzsp_surfaces.crystals.planes import Site

Tasker = Literal["I", "II", "III"]
NO_DIPOLE = 1e-3
"""e/Å: a repeat whose moment per area is smaller than this is nonpolar."""


@dataclass(frozen=True, slots=True)
class BrokenBonds:
    """Bonds of one kind that a face has lost.

    Attributes:
        cation, anion: elements.
        count: per Å² of one face.
        valence: summed bond valence, valence units per Å² of one face.
    """

    cation: str
    anion: str
    count: float
    valence: float


@dataclass(frozen=True, slots=True)
class LostCoordination:
    """Ions that have fewer neighbours than in the bulk.

    Attributes:
        element: of the ions.
        site: their place in the bulk, as O2: the second kind of oxygen up to symmetry.
        bulk, surface: number of neighbours of the other sign.
        count: such ions on one face of the surface cell.
    """

    element: str
    site: str
    bulk: int
    surface: int
    count: float


@dataclass(frozen=True, slots=True)
class LostBond:
    """A bond of the crystal of which a slab holds one end.

    Attributes:
        bond: as in the bulk.
        kept: number of that end in the slab's sites.
        cation: whether that end is the bond's cation.
    """

    bond: Bond
    kept: int
    cation: bool


def lost_bonds(stack: Stack, in_plane: Integers, sites: tuple[Site, ...]) -> tuple[LostBond, ...]:
    """Every bond of the crystal of which a slab holds exactly one end, on both faces.

    Args:
        in_plane: (2, 3) surface cell vectors in multiples of the primitive ones.
        sites: of the slab.
    """
    return _halved(stack, in_plane, sites, _bond_ends(stack.crystal))


def lost_hydrogen_bonds(stack: Stack, in_plane: Integers, sites: tuple[Site, ...]) -> tuple[LostBond, ...]:
    """The same of hydrogen bonds, which are no bonds of the framework."""
    bonds = hydrogen_bonds(stack.crystal)
    return _halved(stack, in_plane, sites, _ends(bonds)) if bonds else ()


def _halved(stack: Stack, in_plane: Integers, sites: tuple[Site, ...], of: _Ends) -> tuple[LostBond, ...]:
    numbers, offsets = np.array([s for s, _ in sites]), np.array([o for _, o in sites])
    inside = set(surface_keys(stack, in_plane, numbers, offsets))
    ends, partners, shifts, bonds = of
    atom, end = np.nonzero(numbers[:, None] == ends[None, :])
    keys = surface_keys(stack, in_plane, partners[end], offsets[atom] + shifts[end])
    triples = zip(keys, atom.tolist(), end.tolist(), strict=True)
    return tuple(LostBond(bonds[e], a, 2 * e < len(bonds)) for key, a, e in triples if key not in inside)


_Ends = tuple[Integers, Integers, Integers, tuple[Bond, ...]]
"""Bonds seen from both their ends: site, partner, lattice translation to the partner, and the bond."""


@lru_cache(maxsize=64)
def _bond_ends(crystal: Crystal) -> _Ends:
    return _ends(crystal_bonds(crystal))


def _ends(bonds: tuple[Bond, ...]) -> _Ends:
    offsets = np.array([b.offset for b in bonds], np.int64).reshape(-1, 3)
    cations, anions = (np.array([getattr(b, end) for b in bonds], np.int64) for end in ("cation", "anion"))
    return np.hstack([cations, anions]), np.hstack([anions, cations]), np.vstack([offsets, -offsets]), bonds + bonds


def broken_by_kind(stack: Stack, lost: tuple[LostBond, ...], area: float) -> tuple[BrokenBonds, ...]:
    """Lost bonds of each pair of elements, strongest first; contacts in a metal have no valence.

    Args:
        area: Å² of one face.
    """
    symbols, neutral = stack.crystal.symbols, is_neutral(stack.crystal.charges)
    counts: Counter[tuple[str, str]] = Counter()
    valences: dict[tuple[str, str], float] = defaultdict(float)
    for bond in (b.bond for b in lost):
        pair = symbols[bond.cation], symbols[bond.anion]
        counts[pair] += 1
        valences[pair] += 0.0 if neutral else bond_valence(*pair, bond.length)
    rows = [BrokenBonds(c, a, n / (2 * area), valences[c, a] / (2 * area)) for (c, a), n in counts.items()]
    return tuple(sorted(rows, key=lambda row: (-row.valence, row.cation, row.anion)))


def dangling(crystal: Crystal, in_plane: Integers, lost: tuple[LostBond, ...]) -> Matrix:
    """(n, 3) Å in the slab's frame: from the end that a slab holds of each lost bond to where the other end was.

    Args:
        in_plane: (2, 3) surface cell vectors in multiples of the primitive ones.
    """
    fractions = crystal.fractions
    arms = [fractions[b.bond.anion] + np.array(b.bond.offset) - fractions[b.bond.cation] for b in lost]
    senses = np.array([1.0 if b.cation else -1.0 for b in lost])[:, None]
    frame = surface_frame(crystal, in_plane)
    return np.asarray(senses * np.array(arms).reshape(-1, 3) @ crystal.structure.lattice.matrix @ frame.T)


def framework_bonds(stack: Stack, lost: tuple[LostBond, ...], weak: tuple[LostBond, ...] = ()) -> int:
    """How many of the lost bonds do not end at a mobile ion.

    Args:
        weak: lost hydrogen bonds; they count where no bond holds units together, as in ammonium chloride.

    Returns:
        All of them where nothing but mobile ions is bonded.
    """
    if not stack.bonds:
        return len(lost) if _bonds_between_units(stack) else len(weak)
    symbols = stack.crystal.symbols
    return sum(symbols[b.bond.cation] not in stack.mobile for b in lost)


def _bonds_between_units(stack: Stack) -> bool:
    home = {site: number for number, unit in enumerate(stack.units) for site, _ in unit.members}
    return any(home[b.cation] != home[b.anion] for b in crystal_bonds(stack.crystal))


def lost_coordination(
    stack: Stack, sites: tuple[Site, ...], lost: tuple[LostBond, ...]
) -> tuple[LostCoordination, ...]:
    """Every kind of ion with fewer neighbours than in the bulk, largest loss first."""
    whole = Counter(_bond_ends(stack.crystal)[0].tolist())
    labels = site_labels(stack.crystal)
    symbols = stack.crystal.symbols
    rows: Counter[tuple[str, str, int, int]] = Counter()
    for atom, count in Counter(b.kept for b in lost).items():
        site = sites[atom][0]
        rows[symbols[site], labels[site], whole[site], whole[site] - count] += 1
    found = [LostCoordination(e, label, bulk, left, n / 2) for (e, label, bulk, left), n in rows.items()]
    return tuple(sorted(found, key=lambda row: (row.surface - row.bulk, row.site)))


@lru_cache(maxsize=64)
def site_labels(crystal: Crystal) -> tuple[str, ...]:
    """Of each site of the primitive cell, its element and which of that element's kinds it is up to symmetry: O2."""
    orbits = site_orbits(crystal)
    symbols = crystal.symbols
    kinds: dict[str, list[int]] = defaultdict(list)
    for symbol, orbit in zip(symbols, orbits, strict=True):
        if orbit not in kinds[symbol]:
            kinds[symbol].append(orbit)
    return tuple(f"{s}{kinds[s].index(o) + 1}" for s, o in zip(symbols, orbits, strict=True))


def mobile_density(stack: Stack, sites: tuple[Site, ...], cut: float, depth: float, area: float) -> dict[str, float]:
    """Mobile ions of each element within `depth` Å of the bottom cut, per Å².

    Args:
        cut: height of the cut, repeats.
        area: Å² of one face.
    """
    points = stack.crystal.fractions[[s for s, _ in sites]] + np.array([o for _, o in sites])
    close = np.abs(points @ stack.indices - cut) * stack.repeat <= depth + 1e-6
    elements = (stack.crystal.symbols[site] for (site, _), here in zip(sites, close.tolist(), strict=True) if here)
    near = Counter(element for element in elements if element in stack.mobile)
    return {element: near[element] / area for element in sorted(stack.mobile)}


def tasker_class(stack: Stack, height: float) -> Tasker | None:
    """How the layers along the normal are charged, for the best cut between the layers of framework around a height.

    I: every layer is neutral. II: layers are charged, but the repeat that begins at the cut has no dipole. III: it has
    one, so that the bulk's own termination is polar (P. W. Tasker, J. Phys. C 12, 4977 (1979)).

    Args:
        height: of the cut, repeats.

    Returns:
        None where nothing is charged.
    """
    if is_neutral(stack.crystal.charges):
        return None
    if all(abs(charge) < 1e-6 for charge in _layer_charges(stack)):
        return "I"
    return "II" if any(abs(_repeat_dipole(stack, cut)) < NO_DIPOLE for cut in _cuts_around(stack, height)) else "III"


def _layer_charges(stack: Stack) -> list[float]:
    """Charge of every layer of units."""
    order = np.argsort(stack.heights % 1.0)
    heights = (stack.heights % 1.0)[order]
    parts = np.flatnonzero(np.diff(heights) > stack.tolerance) + 1
    groups = np.split(order, parts)
    if len(groups) > 1 and heights[0] + 1.0 - heights[-1] < stack.tolerance:
        groups = [np.concatenate([groups[-1], groups[0]]), *groups[1:-1]]
    return [sum(stack.charge(int(n)) for n in group) for group in groups]


def _cuts_around(stack: Stack, height: float) -> Iterator[float]:
    """Heights between the layers of ions that lie in the framework's gap around a height."""
    margin = stack.tolerance
    frame = [h for n, h in enumerate(stack.heights.tolist()) if not stack.is_mobile(n)]
    upper = min((h + math.ceil(height - h + margin) for h in frame), default=height + 1.0)
    lower = max((h + math.floor(height - h - margin) for h in frame), default=height)
    levels = {lower, upper}
    for h in stack.heights.tolist():
        lift = math.ceil(lower - h)
        levels |= {h + lift} if lower < h + lift < upper else set()
    for a, b in itertools.pairwise(sorted(levels)):
        if b - a > margin:
            yield 0.5 * (a + b)


def _repeat_dipole(stack: Stack, cut: float) -> float:
    """e/Å: moment along the normal of the units between a cut and the next one, per area."""
    fractions, moment = stack.crystal.fractions, 0.0
    for number, unit in enumerate(stack.units):
        lift = math.ceil(cut - stack.heights[number])
        for site, offset in unit.members:
            charge = stack.crystal.charges[stack.crystal.symbols[site]]
            moment += charge * (float(stack.indices @ (fractions[site] + np.array(offset))) + lift)
    return moment * stack.repeat / stack.area
