"""Cells that hold a mixture in whole ions, and ways of filling them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.mixtures.shared import SharedCrystal
from nzsp_surfaces.slabs.electrostatics import pair_energies

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]
"""Of each site, the number of its species in the table of its cell; 0 for an empty site."""

WHOLE = 0.01
"""Of the sites of a sublattice: occupancies of files are rounded."""


@dataclass(frozen=True)
class Mixed:
    """Sites of a cell that are filled alike.

    Attributes:
        sites: numbers of the sites.
        codes: what they are filled with, in any order.
    """

    sites: npt.NDArray[np.int64]
    codes: Codes


@dataclass(frozen=True, eq=False)
class MixedCell:
    """A cell of a mixture.

    Attributes:
        lattice: (3, 3) Å, vectors as rows.
        fractions: (n, 3) of its sites.
        table: species by code; the first, "", is an empty site.
        charges: of each code, e.
        sublattices: all sites, by what is exchanged among them.
    """

    lattice: Matrix
    fractions: Matrix
    table: tuple[str, ...]
    charges: Matrix
    sublattices: tuple[Mixed, ...]

    @cached_property
    def pairs(self) -> Matrix:
        """(n, n) Ewald energies, eV, of unit charges on its sites: one sum serves all ways of filling them."""
        return pair_energies(self.lattice, self.fractions @ self.lattice, np.ones(len(self.fractions)))

    @property
    def mixed(self) -> tuple[Mixed, ...]:
        """Sublattices on which there is something to exchange."""
        return tuple(part for part in self.sublattices if len(set(part.codes.tolist())) > 1)

    @property
    def ways(self) -> int:
        """Of filling it, each image of another counted."""
        sizes = [(len(part.sites), np.bincount(part.codes)) for part in self.sublattices]
        return math.prod(math.factorial(n) // math.prod(map(math.factorial, held.tolist())) for n, held in sizes)

    @property
    def filling(self) -> Codes:
        """One that holds what it is to hold, without any thought of the order."""
        codes = np.zeros(len(self.fractions), np.int8)
        for part in self.sublattices:
            codes[part.sites] = part.codes
        return codes

    def energy(self, codes: Codes) -> float:
        """eV of the cell, of point charges."""
        charges = self.charges[codes]
        return float(charges @ self.pairs @ charges)

    def structure(self, codes: Codes) -> Structure:
        """The crystal of a filling; its atoms in the order of their sites."""
        from pymatgen.core import Structure

        full = np.flatnonzero(codes)
        return Structure(self.lattice, [self.table[codes[site]] for site in full], self.fractions[full])


def compact_multiples(lattice: Matrix, cells: int) -> tuple[tuple[int, ...], ...]:
    """(3, 3) vectors of the supercell of so many cells whose shortest vector is longest, in multiples of the cell's.

    One cell is itself, so that what was relaxed in it can be set side by side whatever the lattice is.
    """
    from pymatgen.core import Lattice

    if cells == 1:
        return (1, 0, 0), (0, 1, 0), (0, 0, 1)

    def shortest(multiples: npt.NDArray[np.int64]) -> float:
        return float(min(Lattice(multiples @ lattice).get_lll_reduced_lattice().abc))

    best = max(_hermite_forms(cells), key=lambda multiples: round(shortest(multiples), 6))
    reduced = Lattice(best @ lattice).get_lll_reduced_lattice().matrix @ np.linalg.inv(lattice)
    return tuple(map(tuple, np.rint(reduced).astype(int).tolist()))


def _hermite_forms(index: int) -> Iterator[npt.NDArray[np.int64]]:
    """All lattices of an index (G. L. W. Hart and R. W. Forcade, Phys. Rev. B 77, 224115 (2008))."""
    for a, b, c in itertools.product(range(1, index + 1), repeat=3):
        if a * b * c == index:
            for d, e, f in itertools.product(range(b), range(c), range(c)):
                yield np.array([[a, d, e], [0, b, f], [0, 0, c]])


def whole_amounts(shared: SharedCrystal, cells: int) -> tuple[dict[str, int], ...] | None:
    """How many of each species so many cells hold, by sublattice; None where these are no whole or neutral numbers."""
    found: list[dict[str, int]] = []
    charge = 0.0
    for part in shared.sublattices:
        exact = {kind: amount * cells for kind, amount in part.amounts.items()}
        if any(abs(n - round(n)) > WHOLE * len(part.sites) * cells / 2 for n in exact.values()):
            return None
        found.append({kind: round(n) for kind, n in exact.items()})
        charge += sum(shared.charges[kind] * n for kind, n in found[-1].items())
    return tuple(found) if abs(charge) < 1e-6 else None


def mixed_cell(shared: SharedCrystal, multiples: tuple[tuple[int, ...], ...]) -> MixedCell:
    """The cell of these multiples; its sites are those of the crystal, each with all its translations."""
    from pymatgen.util.coord import lattice_points_in_supercell

    matrix = np.array(multiples)
    points = np.asarray(lattice_points_in_supercell(matrix))
    amounts = whole_amounts(shared, len(points))
    assert amounts is not None, "the study refuses cells that hold no whole ions"
    fractions = (shared.fractions @ np.linalg.inv(matrix))[:, None] + points[None]
    table = ("", *sorted(shared.charges))
    parts = tuple(
        _filled(table, part.sites, held, len(points)) for part, held in zip(shared.sublattices, amounts, strict=True)
    )
    charges = np.array([0.0, *(shared.charges[kind] for kind in table[1:])])
    return MixedCell(matrix @ shared.lattice, fractions.reshape(-1, 3) % 1.0, table, charges, parts)


def _filled(table: tuple[str, ...], sites: tuple[int, ...], held: dict[str, int], cells: int) -> Mixed:
    numbers = (np.array(sites)[:, None] * cells + np.arange(cells)).ravel()
    codes = np.zeros(len(numbers), np.int8)
    filling = [table.index(kind) for kind, n in held.items() for _ in range(n)]
    codes[: len(filling)] = filling
    return Mixed(numbers, codes)
