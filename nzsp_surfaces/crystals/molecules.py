"""Crystals of molecules, told before symmetry and charges are sought, which takes a while with 500 atoms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.crystals.bonds import bond_graph, components
from nzsp_surfaces.crystals.contacts import BOND_STRETCH, Bond

if TYPE_CHECKING:
    from pymatgen.core import Structure


def molecule_of(structure: Structure) -> str | None:
    """The formula of the molecule that a crystal is nothing but copies of; None for every other crystal.

    Copies of one molecule are neutral, whatever charges its elements carry. Crystals of several kinds of pieces may be
    salts of molecular ions and are judged by their charges.
    """
    if any(element.is_metal for element in structure.composition):
        return None
    pieces = list(components(list(range(len(structure))), bond_graph(_contacts(structure))))
    formulas = {_formula(structure, [site for site, _ in members]) for members, _ in pieces}
    if len(pieces) < 2 or len(formulas) > 1 or any(periods or len(members) < 2 for members, periods in pieces):
        return None
    return formulas.pop()


def _contacts(structure: Structure) -> list[Bond]:
    """Every pair of atoms within reach of a bond, once."""
    from ase.data import covalent_radii

    radii = np.array([covalent_radii[number] for number in structure.atomic_numbers])
    one, other, images, lengths = structure.get_neighbor_list(2 * BOND_STRETCH * float(radii.max()))
    near = (lengths < BOND_STRETCH * (radii[one] + radii[other])) & (one <= other)
    rows = zip(one[near].tolist(), other[near].tolist(), images[near].astype(int).tolist(), lengths[near], strict=True)
    return [Bond(i, j, (o[0], o[1], o[2]), float(d)) for i, j, o, d in rows]


def _formula(structure: Structure, sites: list[int]) -> str:
    from pymatgen.core import Composition

    symbols = [structure[site].specie.symbol for site in sites]
    return str(Composition({symbol: symbols.count(symbol) for symbol in symbols}).hill_formula).replace(" ", "")
