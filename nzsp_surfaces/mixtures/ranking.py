"""Ways of filling a cell, drawn with a seed, settled by exchanging ions, and ranked by their electrostatic energy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.mixtures.cells import Codes, Mixed, MixedCell
from nzsp_surfaces.mixtures.inversion import Inversion, drawn_even, inversions
from nzsp_surfaces.mixtures.symmetry import permutations, representative

HEATS = tuple(np.geomspace(3.0, 0.05, 16).tolist())
"""eV, falling; formal charges make differences some times larger than those of a potential."""
EXCHANGES = 3
"""Tried at each heat, for each site that is exchanged."""


@dataclass(frozen=True)
class Configuration:
    """A way of filling a cell.

    Attributes:
        codes: of the sites.
        energy: eV of the cell, of point charges.
    """

    codes: Codes
    energy: float


@dataclass(frozen=True)
class Ranking:
    """What was drawn.

    Attributes:
        cell: that was filled.
        drawn: how many ways.
        configurations: those that no operation maps on each other, the lowest first.
    """

    cell: MixedCell
    drawn: int
    configurations: tuple[Configuration, ...]

    def at(self, rank: int) -> Configuration:
        """The configuration of a rank, from 1; the last where there are fewer."""
        return self.configurations[min(rank, len(self.configurations)) - 1]


def ranked(cell: MixedCell, draws: int, seed: int, *, inversion: bool = False) -> Ranking:
    """So many fillings, each drawn at random, as it was drawn and as it has settled; equal ones count once.

    In a small cell all settle in the same few ways, and what relaxes lowest is often none of these.

    Args:
        inversion: only those that an inversion leaves as they are, as they were drawn: an exchange would break it.
    """
    choice = inversions(cell) if inversion else ()
    operations = permutations(cell)
    found: dict[bytes, Configuration] = {}
    for number in range(draws):
        for codes in _ways(cell, choice, [seed, number]):
            found.setdefault(representative(codes, operations), Configuration(codes, cell.energy(codes)))
    order = sorted(found, key=lambda name: (round(found[name].energy, 6), name))
    return Ranking(cell, draws, tuple(found[name] for name in order))


def _ways(cell: MixedCell, choice: tuple[Inversion, ...], seed: list[int]) -> tuple[Codes, ...]:
    random = np.random.default_rng(seed)
    if choice:
        return (drawn_even(cell, choice, random),)
    start = drawn(cell, random)
    return start, settled(cell, start, [*seed, 1])


def drawn(cell: MixedCell, random: np.random.Generator) -> Codes:
    """A filling at random: the amounts of each sublattice in any order."""
    codes = np.zeros(len(cell.fractions), np.int8)
    for part in cell.sublattices:
        codes[part.sites] = random.permutation(part.codes)
    return codes


def settled(cell: MixedCell, codes: Codes, seed: list[int]) -> Codes:
    """A filling after exchanges of ions at falling heat (N. Metropolis et al., J. Chem. Phys. 21, 1087 (1953))."""
    if not cell.mixed:
        return codes
    random, codes = np.random.default_rng(seed), codes.copy()
    potential = cell.pairs @ cell.charges[codes]
    tried = EXCHANGES * sum(len(part.sites) for part in cell.mixed)
    for heat in HEATS:
        accepted = heat * random.standard_exponential(tried)
        for i, j, limit in zip(*exchanges(cell, random, tried), accepted, strict=True):
            if codes[i] != codes[j]:
                _exchange(cell, codes, potential, (i, j), limit)
    return codes


def exchanges(
    cell: MixedCell, random: np.random.Generator, number: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pairs of sites of one sublattice each, a larger one as often as it has more sites."""
    sizes = np.array([len(part.sites) for part in cell.mixed])
    of = random.choice(len(sizes), size=number, p=sizes / sizes.sum())
    first, second = (random.random(number) for _ in range(2))
    return _picked(cell.mixed, of, first), _picked(cell.mixed, of, second)


def _picked(
    parts: tuple[Mixed, ...], of: npt.NDArray[np.int64], place: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    found = [parts[part].sites[int(at * len(parts[part].sites))] for part, at in zip(of, place, strict=True)]
    return np.array(found, np.int64)


def _exchange(
    cell: MixedCell, codes: Codes, potential: npt.NDArray[np.float64], sites: tuple[int, int], limit: float
) -> None:
    """Exchange what stands on two sites, where that costs less than the limit, eV."""
    (i, j), pairs = sites, cell.pairs
    more = cell.charges[codes[j]] - cell.charges[codes[i]]
    change = 2 * more * (potential[i] - potential[j]) + more**2 * (pairs[i, i] + pairs[j, j] - 2 * pairs[i, j])
    if change < limit:
        codes[i], codes[j] = codes[j], codes[i]
        potential += more * (pairs[i] - pairs[j])
