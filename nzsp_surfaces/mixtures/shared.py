"""A crystal whose sites several species share: what may stand where, and how much of each there is."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.content import DIGITS
from nzsp_surfaces.base.errors import UserError

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.crystal import Crystal

Matrix = npt.NDArray[np.float64]

SAME_PLACE = 1.0
"""Å: sites of two end members that are closer than this are one site of their mixture; Na1 and Na2 are 3.3 Å apart."""
BALANCED = 0.02
"""e of a cell: occupancies of files are rounded to two or three decimals."""


@dataclass(frozen=True)
class Sublattice:
    """All sites that the same species share; how a species spreads over them is to be found, not given.

    Attributes:
        species: in alphabetical order.
        sites: numbers, in ascending order.
        amounts: of each species in the cell; the rest of the sites is empty.
    """

    species: tuple[str, ...]
    sites: tuple[int, ...]
    amounts: dict[str, float]


@dataclass(frozen=True)
class SharedCrystal:
    """A crystal with shared sites.

    Attributes:
        lattice: (3, 3) Å, primitive vectors as rows.
        fractions: (n, 3) of the sites.
        shares: of each site, how much of each species stands there on average; what is missing to 1 is empty.
        charges: formal charge of each species, e.
    """

    lattice: Matrix
    fractions: Matrix
    shares: tuple[Mapping[str, float], ...]
    charges: Mapping[str, float]

    def content(self) -> dict[str, Any]:
        """What identifies it, rounded to what all machines share."""
        numbers = {"lattice": self.lattice, "fractions": self.fractions}
        rounded: dict[str, Any] = {name: (np.round(value, DIGITS) + 0.0).tolist() for name, value in numbers.items()}
        shares = [{species: round(share, DIGITS) for species, share in site.items()} for site in self.shares]
        return rounded | {"shares": shares, "charges": self.charges}

    @cached_property
    def sublattices(self) -> tuple[Sublattice, ...]:
        """Sites by the species that share them, in the order of the first site of each."""
        groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, site in enumerate(self.shares):
            groups[tuple(sorted(site))].append(number)
        return tuple(Sublattice(kinds, tuple(sites), self._amounts(kinds, sites)) for kinds, sites in groups.items())

    def _amounts(self, species: tuple[str, ...], sites: list[int]) -> dict[str, float]:
        return {kind: sum(self.shares[site][kind] for site in sites) for kind in species}

    @property
    def formula_units(self) -> int:
        """Of the cell: what all sublattices without empty sites can be divided by."""
        full = [len(s.sites) for s in self.sublattices if sum(s.amounts.values()) > len(s.sites) - 0.5]
        return math.gcd(*full)

    @property
    def charge(self) -> float:
        """e of the cell on average."""
        return sum(self.charges[kind] * share for site in self.shares for kind, share in site.items())


def shared_crystal(structure: Structure, charges: Mapping[str, float], where: str) -> SharedCrystal:
    """The primitive crystal of a file with shared or partly filled sites.

    Raises:
        UserError: a species has no charge, or charges do not balance.
    """
    primitive = structure.get_primitive_structure()
    shares = tuple({e.symbol: float(n) for e, n in site.species.element_composition.items()} for site in primitive)
    missing = sorted({kind for site in shares for kind in site} - set(charges))
    if missing:
        raise UserError(f"{where}: charges: {', '.join(missing)} has none; give that of each element")
    found = SharedCrystal(primitive.lattice.matrix, primitive.frac_coords % 1.0, shares, dict(charges))
    if abs(found.charge) > BALANCED * len(shares):
        raise UserError(f"{where}: occupancies and charges add up to {found.charge:+.2f} e; correct one of them")
    return found


def overlay(first: Crystal, second: Crystal, fraction: float, where: str) -> SharedCrystal:
    """A mixture of two crystals whose sites lie on each other; lattice and places are interpolated (Vegard's rule).

    Args:
        fraction: of the second.

    Raises:
        UserError: the sites do not lie on each other, or an element has two charges.
    """
    a, b = first.structure, second.structure
    twice = [e for e in first.charges.keys() & second.charges.keys() if first.charges[e] != second.charges[e]]
    if twice:
        raise UserError(f"{where}: ends: {', '.join(sorted(twice))} has two charges; give it the same in both")
    if len(a) > len(b):
        return overlay(second, first, 1.0 - fraction, where)
    partners = _partners(a, b, where)
    shares = tuple(
        _mean({} if i is None else {a[i].specie.symbol: 1.0}, {site.specie.symbol: 1.0}, fraction)
        for i, site in zip(partners, b, strict=True)
    )
    lattice = (1 - fraction) * a.lattice.matrix + fraction * b.lattice.matrix
    places = b.frac_coords.copy()
    for number, partner in enumerate(partners):
        if partner is not None:
            apart = a[partner].frac_coords - places[number]
            places[number] += (1 - fraction) * (apart - np.rint(apart))
    return SharedCrystal(lattice, places % 1.0, shares, {**first.charges, **second.charges})


def _partners(a: Structure, b: Structure, where: str) -> list[int | None]:
    """For each site of b, the site of a that lies there; every site of a has its place."""
    distances = b.lattice.get_all_distances(b.frac_coords, a.frac_coords)
    nearest = distances.argmin(axis=0)
    if len(set(nearest)) < len(a) or distances.min(axis=0).max() > SAME_PLACE:
        raise UserError(
            f"{where}: ends: sites of {a.composition.reduced_formula} and {b.composition.reduced_formula} do not lie "
            "on each other; give both in the same setting, with the same origin, or a file with shared sites"
        )
    found: dict[int, int] = {int(site): number for number, site in enumerate(nearest)}
    return [found.get(number) for number in range(len(b))]


def _mean(first: Mapping[str, float], second: Mapping[str, float], fraction: float) -> dict[str, float]:
    names = sorted(first.keys() | second.keys())
    return {name: (1 - fraction) * first.get(name, 0.0) + fraction * second.get(name, 0.0) for name in names}
