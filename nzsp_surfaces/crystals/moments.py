"""Magnetic moments that a structure brings: the site property 'magmom', of a magCIF or of pymatgen's JSON.

Atoms of an element with different moments are of different kinds for the crystal's symmetry. So the primitive cell
holds the magnetic order, each site of a slab has the moment of its bulk site, and the faces of a slab are alike in
their moments too. Operations that turn all moments over are left out.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pymatgen.core import Structure

log = logging.getLogger(__name__)

MAGMOM = "magmom"
"""pymatgen's name of the site property, µB."""
APART = 0.5
"""µB; moments of an element that differ by less are one, as computed ones are never quite equal."""
_KIND = 1000
"""Numbers of kinds are atomic numbers plus multiples of it."""


def moments_of(structure: Structure) -> tuple[float, ...]:
    """µB of each site; empty where the structure brings none."""
    return tuple(structure.site_properties.get(MAGMOM, ()))


def with_moments(structure: Structure, moments: Sequence[float]) -> Structure:
    """A copy with these moments, µB; without any where the sequence is empty."""
    copy = structure.copy()
    if MAGMOM in copy.site_properties:
        copy.remove_site_property(MAGMOM)
    if moments:
        copy.add_site_property(MAGMOM, list(moments))
    return copy


def ordered(structure: Structure, where: str) -> Structure:
    """The structure with one signed number for each moment, equal for those of an element that are nearly equal.

    Where all are small, or do not lie along one line, which POSCAR and INCAR of a collinear calculation cannot hold, it
    comes back without; the latter is said.
    """
    if MAGMOM not in structure.site_properties:
        return structure
    signed = _signed(structure.site_properties[MAGMOM])
    if signed is None:
        log.warning("%s: its moments do not lie along one line; they are left out", where)
    if signed is None or max(map(abs, signed)) < APART:
        return with_moments(structure, ())
    symbols = [site.specie.symbol for site in structure]
    equal = np.array(signed)
    for element in set(symbols):
        own = np.array([symbol == element for symbol in symbols])
        equal[own] = _merged(equal[own])
    return with_moments(structure, [float(moment) for moment in equal])


def _signed(given: Sequence[Any]) -> list[float] | None:
    """µB along the common line; None where there is none."""
    vectors = np.array([_vector(moment) for moment in given])
    longest = vectors[int(np.linalg.norm(vectors, axis=1).argmax())]
    length = float(np.linalg.norm(longest))
    if length == 0.0:
        return [0.0] * len(vectors)
    axis = longest / length
    along = vectors @ axis
    across = np.linalg.norm(vectors - along[:, None] * axis, axis=1)
    first = next(moment for moment in along if abs(moment) > 0.5 * length)
    return None if across.max() > APART else (along * np.sign(first)).tolist()


def _vector(moment: Any) -> Any:
    """(3,) of a number, three numbers or pymatgen's Magmom, whose axis may be any."""
    from pymatgen.electronic_structure.core import Magmom

    return np.zeros(3) if moment is None else np.asarray(Magmom(moment).global_moment, float)


def _merged(moments: Any) -> Any:
    """Each moment as the mean of its group, groups being at least `APART` apart."""
    order = np.argsort(moments)
    groups = np.cumsum(np.diff(moments[order], prepend=moments[order[0]]) > APART)
    means = np.array([moments[order][groups == group].mean() for group in range(groups.max() + 1)])
    merged = np.empty(len(moments))
    merged[order] = np.round(means[groups], 3) + 0.0
    return merged


def kinds(structure: Structure) -> list[int]:
    """A number for each site, equal for those of one element and moment: its atomic number where it has no moment."""
    numbers, moments = list(structure.atomic_numbers), moments_of(structure)
    if not moments:
        return numbers
    pairs = list(zip(numbers, moments, strict=True))
    known = {z: sorted({moment for number, moment in pairs if number == z}) for z in set(numbers)}
    return [z + _KIND * known[z].index(moment) for z, moment in pairs]


def of_kinds(structure: Structure, found: Iterable[int]) -> tuple[list[str], dict[str, list[float]]]:
    """Elements and site properties of sites whose kinds are those of a structure."""
    from pymatgen.core import Element

    numbers = [int(kind) for kind in found]
    elements = [Element.from_Z(number % _KIND).symbol for number in numbers]
    moments = dict(zip(kinds(structure), moments_of(structure), strict=False))
    return elements, {MAGMOM: [moments[number] for number in numbers]} if moments else {}
