"""The compound of a film, taken apart into what a film is built of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.content import FOR_PEOPLE
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.bonds import Polyanion, Unit, covalent_bonds, find_units
from nzsp_surfaces.crystals.contacts import find_bonds
from nzsp_surfaces.crystals.crystal import Crystal
from nzsp_surfaces.crystals.molecular import kept_whole

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class FilmCompound:
    """The compound of a capping film.

    Attributes:
        name: formula, as in the study.
        polyanion: its anion, in a single kind; what holds together most of a molecular ion; None for single ions.
        bond: Å, centre to ligand; 0 for single ions.
        cations: element -> number in a formula unit.
        charges: formal charges.
        others: what else keeps a molecular ion whole, as OH in HCO3.
        shape: element and place, Å, of each atom of a molecular ion, the one that faces a slab first; empty where the
            anion is a centre and its ligands.
        anions: in a formula unit; none in a metal, whose atoms all count as cations without a charge.
    """

    name: str = field(metadata=FOR_PEOPLE)
    polyanion: Polyanion | None
    bond: float
    cations: dict[str, int]
    charges: dict[str, float]
    others: tuple[Polyanion, ...] = ()
    shape: tuple[tuple[str, Vector], ...] = ()
    anions: int = 1

    @property
    def polyanions(self) -> tuple[Polyanion, ...]:
        """All that a film keeps whole."""
        return ((self.polyanion,) if self.polyanion else ()) + self.others

    @property
    def elements(self) -> list[str]:
        """Of an anion's atoms, in their order in films."""
        if self.polyanion is None or self.shape:
            return [element for element, _ in self.shape]
        return [self.polyanion.centre, *[self.polyanion.ligand] * self.polyanion.count]

    @property
    def atoms(self) -> int:
        """In a formula unit."""
        return self.anions * len(self.elements) + sum(self.cations.values())

    @property
    def anion(self) -> npt.NDArray[np.float64]:
        """(n, 3) Å, an anion's atoms around its first one: a molecular ion's own shape, else evenly spread ligands."""
        if self.polyanion is None or self.shape:
            return self.places
        return np.vstack([np.zeros(3), self.bond * _spread(self.polyanion.count)])

    @property
    def places(self) -> npt.NDArray[np.float64]:
        """(n, 3) Å, of the atoms of a molecular ion."""
        return np.array([place for _, place in self.shape])


def kept_by_all(
    films: Sequence[FilmCompound], crystal: Crystal, polyanions: tuple[Polyanion, ...]
) -> tuple[Polyanion, ...]:
    """What a covered slab keeps whole: polyanions of all its parts, and that atoms of one may be single in another.

    Args:
        films: on a face.
        polyanions: of the crystal.
    """
    parts = [(set(polyanions), crystal.charges), *((set(film.polyanions), film.charges) for film in films)]
    apart = [(p, elements) for own, _ in parts for p in own for others, elements in parts if p not in others]
    single = {Polyanion(p.centre, p.ligand, 0) for p, elements in apart if p.covalent and p.centre in elements}
    return tuple(sorted(set().union(*(own for own, _ in parts), single), key=str))


def all_charges(films: Sequence[FilmCompound], crystal: Crystal) -> dict[str, float]:
    """Formal charges of the elements of a covered slab, e; of an element of several parts, those of the outermost.

    Args:
        films: on a face, the lowest first.
    """
    charges = dict(crystal.charges)
    for film in films:
        charges |= film.charges
    return charges


def film_compound(name: str, reference: Crystal, polyanions: tuple[Polyanion, ...] | None = None) -> FilmCompound:
    """A film's building unit, from the crystal of its compound.

    Args:
        polyanions: what keeps its anions whole; found as in any crystal where None.

    Raises:
        UserError: the compound is not made of one kind of polyanion and of single cations.
    """
    if not any(reference.charges.values()):
        return _metal(name, reference)
    found = kept_whole(reference) if polyanions is None else polyanions
    unit, ratio = _anion(name, reference, found)
    symbols = reference.symbols
    contents = Counter(symbols[site] for site, _ in unit.members)
    counts = {e: Fraction(reference.counts[e]) / ratio for e in reference.counts if e not in contents}
    anions = lcm(*(count.denominator for count in counts.values()))
    cations = {e: int(count * anions) for e, count in counts.items()}
    if len(unit.members) == 1:
        single = ((symbols[unit.members[0][0]], (0.0, 0.0, 0.0)),)
        return FilmCompound(name, None, 0.0, cations, reference.charges, (), single, anions)
    main = min((p for p in found if p.count), key=lambda p: (p.covalent, -p.count))
    others = tuple(p for p in found if p != main)
    plain = contents == {main.centre: 1, main.ligand: main.count} and not main.covalent
    shape = () if plain else _shape(reference, unit)
    return FilmCompound(name, main, _bond(reference, main), cations, reference.charges, others, shape, anions)


def _metal(name: str, reference: Crystal) -> FilmCompound:
    units = reference.formula_units
    counts = {element: count // units for element, count in reference.counts.items()}
    return FilmCompound(name, None, 0.0, counts, reference.charges, anions=0)


def _anion(name: str, reference: Crystal, polyanions: tuple[Polyanion, ...]) -> tuple[Unit, Fraction]:
    """The anion, and how many of it a formula unit of the crystal holds.

    Raises:
        UserError: there are several kinds, they are endless, or cations are groups of atoms.
    """
    symbols, kinds = reference.symbols, defaultdict(list)
    for unit in find_units(reference, polyanions):
        kinds["".join(sorted(symbols[site] for site, _ in unit.members))].append(unit)
    anions = [units for units in kinds.values() if _charge(reference, units[0]) < 0]
    groups = [units for units in kinds.values() if len(units[0].members) > 1]
    if len(anions) != 1 or any(units is not anions[0] for units in groups) or anions[0][0].periods:
        listed = ", ".join(_formula(reference, units[0]) for units in kinds.values())
        raise UserError(
            f"film {name}: needs exactly one kind of anion or polyanion and single cations, found {listed}; choose "
            "another film structure"
        )
    return anions[0][0], Fraction(len(anions[0]), reference.formula_units)


def _spread(count: int) -> npt.NDArray[np.float64]:
    """(count, 3) directions as far apart as they can be, for the ligands of a centre; a golden spiral above six."""
    third = np.sqrt(0.75)
    known: dict[int, list[tuple[float, float, float]]] = {
        1: [(0, 0, 1)],
        2: [(0, 0, 1), (0, 0, -1)],
        3: [(1, 0, 0), (-0.5, third, 0), (-0.5, -third, 0)],
        4: [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)],
        6: [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)],
    }
    if count in known:
        found = np.array(known[count], float)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))
    heights = 1.0 - (2.0 * np.arange(count) + 1.0) / count
    turns = np.pi * (1.0 + np.sqrt(5.0)) * np.arange(count)
    rims = np.sqrt(1.0 - heights**2)
    return np.column_stack([rims * np.cos(turns), rims * np.sin(turns), heights])


def _charge(reference: Crystal, unit: Unit) -> float:
    return sum(reference.charges[reference.symbols[site]] for site, _ in unit.members)


def _formula(reference: Crystal, unit: Unit) -> str:
    """Hydrogen first, centres before ligands: HCO3, OH as HO."""
    counts = Counter(reference.symbols[site] for site, _ in unit.members)
    order = sorted(counts, key=lambda e: (e != "H", -reference.charges[e], e))
    return "".join(e + (str(counts[e]) if counts[e] > 1 else "") for e in order)


def _bond(reference: Crystal, main: Polyanion) -> float:
    """Å, mean distance of centre and ligand."""
    structure = reference.structure
    if main.covalent:
        symbols = reference.symbols
        lengths = [
            b.length
            for b in covalent_bonds(reference)
            if (symbols[b.cation], symbols[b.anion]) == (main.centre, main.ligand)
        ]
        return float(np.mean(lengths))
    bonds = find_bonds(structure, reference.charges)
    return float(np.mean([b.length for b in bonds if structure[b.cation].specie.symbol == main.centre]))


def _shape(reference: Crystal, unit: Unit) -> tuple[tuple[str, Vector], ...]:
    """Atoms of a molecular ion, Å from the first: the most negative one, furthest from protons."""
    symbols, matrix = reference.symbols, reference.structure.lattice.matrix
    points = np.array([reference.fractions[site] + np.array(offset) for site, offset in unit.members]) @ matrix
    elements = [symbols[site] for site, _ in unit.members]
    protons = [point for element, point in zip(elements, points, strict=True) if element == "H"]

    def exposed(number: int) -> tuple[float, float, int]:
        away = min((float(np.linalg.norm(points[number] - p)) for p in protons), default=9.0)
        return reference.charges[elements[number]], -round(away, 2), number

    order = sorted(range(len(elements)), key=exposed)
    moved = np.round(points[order] - points[order[0]], 6) + 0.0
    return tuple((elements[n], (float(x), float(y), float(z))) for n, (x, y, z) in zip(order, moved, strict=True))
