"""Fillings of a large cell that are made of small ordered crystals side by side, one in each of its primitive cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.mixtures.cells import Codes, Matrix, MixedCell
from nzsp_surfaces.mixtures.inversion import inversions, mended
from nzsp_surfaces.mixtures.shared import SharedCrystal
from nzsp_surfaces.mixtures.symmetry import permutations, representative

if TYPE_CHECKING:
    from pymatgen.core import Structure

ORDERS = 6
"""Drawn of one sum of crystals, before the next higher one: what lies beside what costs as much as a higher sum."""
EVEN_ORDERS = 120
"""The same where an inversion is to be kept: one in five or fewer can be."""

Held = tuple[int, ...]
"""How much of each species each sublattice holds."""
Sums = dict[tuple[int, Held], list[tuple[float, tuple[int, ...]]]]
"""By the number of parts and what they hold: eV, and how often each part comes."""


@dataclass(frozen=True, eq=False)
class Part:
    """A relaxed crystal of one primitive cell.

    Attributes:
        codes: (n,) of its sites.
        moves: (n, 3) of its ions off their sites, in fractions of the cell; the crystal as a whole rests.
        lattice: (3, 3) Å.
        held: by it.
        energy: eV.
    """

    codes: Codes
    moves: Matrix
    lattice: Matrix
    held: Held
    energy: float


@dataclass(frozen=True, eq=False)
class Composed:
    """A filling of a large cell, with its ions where they are in the parts.

    Attributes:
        codes: of the sites of the large cell.
        structure: its atoms in the order of the sites; the lattice is the mean of the parts'.
    """

    codes: Codes
    structure: Structure


def part(shared: SharedCrystal, codes: Codes, relaxed: Structure, energy: float) -> Part:
    """A crystal of one primitive cell.

    Args:
        shared: its sites, of any composition.
        relaxed: its atoms in the order of their sites.
        energy: eV.
    """
    full, moves = np.flatnonzero(codes), np.zeros((len(codes), 3))
    apart = relaxed.frac_coords - shared.fractions[full]
    apart -= np.rint(apart)
    moves[full] = apart - apart.mean(axis=0)
    sites = [codes[list(each.sites)] for each in shared.sublattices]
    return Part(codes, moves, relaxed.lattice.matrix, _held(sites, len(shared.charges)), energy)


def _held(sites: Sequence[Codes], species: int) -> Held:
    return tuple(int(n) for codes in sites for n in np.bincount(codes, minlength=species + 1)[1:])


def lowest_sums(cell: MixedCell, parts: Sequence[Part], cells: int, number: int) -> list[tuple[float, tuple[int, ...]]]:
    """The lowest ways of making up what a cell holds of so many parts: eV, and how often each part comes.

    Each part is added in turn to the lowest sums for every amount (an unbounded knapsack; S. Martello and P. Toth,
    Knapsack Problems, Wiley 1990).
    """
    wanted = np.array(_held([each.codes for each in cell.sublattices], len(cell.table) - 1))
    sums: Sums = {(0, (0,) * len(wanted)): [(0.0, ())]}
    for each in parts:
        more: Sums = defaultdict(list)
        for (used, held), ways in sums.items():
            for count in range(cells - used + 1):
                total = tuple(int(n) for n in np.add(held, np.multiply(count, each.held)))
                if np.all(total <= wanted):
                    more[used + count, total] += [(e + count * each.energy, (*counts, count)) for e, counts in ways]
        sums = {state: sorted(ways)[:number] for state, ways in more.items()}
    return sums.get((cells, tuple(wanted.tolist())), [])


def composed(
    shared: SharedCrystal,
    cell: MixedCell,
    parts: Sequence[Part],
    number: int,
    seed: list[int],
    *,
    inversion: bool = False,
) -> tuple[Composed, ...]:
    """Ways of setting parts side by side in a cell, of the lowest sums first, in orders that are drawn.

    Those that an operation of the empty cell maps on each other come once.

    Args:
        inversion: only those that an inversion leaves as they are; half of the parts are then images of the others.

    Returns:
        At most so many as asked for; none where no parts make up what the cell holds.
    """
    found: dict[bytes, Composed] = {}
    operations = permutations(cell)
    for codes, moves, lattice in _made(shared, cell, parts, number, seed, inversion=inversion):
        found.setdefault(representative(codes, operations), Composed(codes, _structure(cell, codes, moves, lattice)))
        if len(found) == number:
            break
    return tuple(found.values())


def _made(
    shared: SharedCrystal, cell: MixedCell, parts: Sequence[Part], number: int, seed: list[int], *, inversion: bool
) -> Iterator[tuple[Codes, Matrix, Matrix]]:
    """Fillings, how far their ions lie off their sites in fractions of the cell, and lattices."""
    random, cells = np.random.default_rng(seed), len(cell.fractions) // len(shared.fractions)
    choice, lies_in = inversions(cell) if inversion else (), np.arange(len(cell.fractions)) % cells
    for _, counts in lowest_sums(cell, parts, cells, number):
        for _ in range(EVEN_ORDERS if inversion else ORDERS):
            order = random.permutation(np.repeat(np.arange(len(parts)), counts)).tolist()
            codes, moves, lattice = _side_by_side(shared, cell, [parts[each] for each in order])
            kept = (
                mended(cell, codes, moves, choice[random.integers(len(choice))], lies_in) if choice else (codes, moves)
            )
            if kept is not None:
                yield *kept, lattice


def _side_by_side(shared: SharedCrystal, cell: MixedCell, parts: Sequence[Part]) -> tuple[Codes, Matrix, Matrix]:
    """One part in each primitive cell; sites of a cell are numbered site by site, all translations of each together."""
    multiples = np.rint(cell.lattice @ np.linalg.inv(shared.lattice))
    codes = np.stack([each.codes for each in parts], axis=1).ravel()
    moves = np.stack([each.moves for each in parts], axis=1).reshape(-1, 3) @ np.linalg.inv(multiples)
    return codes, moves, multiples @ np.mean([each.lattice for each in parts], axis=0)


def _structure(cell: MixedCell, codes: Codes, moves: Matrix, lattice: Matrix) -> Structure:
    from pymatgen.core import Structure

    full = np.flatnonzero(codes)
    return Structure(lattice, [cell.table[codes[site]] for site in full], (cell.fractions + moves)[full])
