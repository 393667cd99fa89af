"""Bond valence sums: a witness of formal charges that knows distances and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.contacts import Charges, ideal_length, is_neutral
from nzsp_surfaces.crystals.covalent import covalent_elements
from nzsp_surfaces.crystals.valence_table import OXO

if TYPE_CHECKING:
    from pymatgen.core import Structure

REACH = 4.5
"""Å: longer bonds carry less than 0.03 of a valence unit, in CsI too."""
SOFTNESS = 0.37
"""Å, in s = exp((R0 - d) / 0.37 Å), alike for all bonds."""
MOST_ATOMS = 500
"""Of larger cells no sums are made: the neighbours alone would take longer than a plane."""
LEAST_ALLOWED, ALLOWED = 0.7, 0.25
"""Valence units, and part of a charge: a sum further from it than the larger of both speaks against it. Bonds that are
wrong by 0.08 Å, as in relaxed cells or old files, change a sum by a quarter; 0.7 is nearer to the next charge."""


def site_valence_sums(structure: Structure, charges: Charges) -> npt.NDArray[np.float64]:
    """(n,) sum over the bonds of each site to ions of the other sign; nan for elements without parameters.

    Parameters of O'Keeffe and Brese (1991), for oxo-anions those of Brown and Altermatt (1985); see `valence_table`.
    """
    elements = list(charges)
    ideal = np.array([[_ideal(one, other, charges) for other in elements] for one in elements])
    kinds = np.array([elements.index(site.specie.symbol) for site in structure])
    centres, points, _, lengths = structure.get_neighbor_list(REACH)
    valences = np.exp((ideal[kinds[centres], kinds[points]] - lengths) / SOFTNESS)
    sums = np.bincount(centres, valences, minlength=len(kinds))
    unknown = np.array([charges[e] != 0 and not any(ideal_length(e, o) for o in elements) for e in elements])
    return np.where(unknown[kinds], np.nan, sums)


def _ideal(one: str, other: str, charges: Charges) -> float:
    """Å, of a bond of unit valence between two elements; such that it has no valence where their signs are alike."""
    if charges[one] * charges[other] >= 0:
        return -np.inf
    cation, anion = (one, other) if charges[one] > 0 else (other, one)
    length = OXO.get(cation) if anion == "O" else None
    return length or ideal_length(cation, anion) or -np.inf


def bond_valence_sums(structure: Structure, charges: Charges) -> dict[str, float]:
    """Mean bond valence sum of the sites of each element, valence units.

    Returns:
        Without elements that have no parameters; nothing where nothing is charged, or of more than `MOST_ATOMS` atoms.
    """
    if is_neutral(charges) or len(structure) > MOST_ATOMS:
        return {}
    sums = site_valence_sums(structure, charges)
    symbols = np.array([site.specie.symbol for site in structure])
    means = {element: float(sums[symbols == element].mean()) for element in charges}
    return {element: mean for element, mean in means.items() if not np.isnan(mean)}


def misfits(sums: dict[str, float], charges: Charges, exempt: Collection[str] = ()) -> dict[str, float]:
    """How far each element's sum is from its charge, in multiples of what is allowed: above 1 they disagree.

    Args:
        exempt: elements with bonds to ions of the same sign, which sums do not count: those of molecular ions.
    """
    return {
        element: abs(total - abs(charges[element])) / max(LEAST_ALLOWED, ALLOWED * abs(charges[element]))
        for element, total in sums.items()
        if element not in exempt
    }


def told_charges(structure: Structure, charges: Charges, origin: str) -> str:
    """Charges, how they came about and what bond valence sums say of them; empty where nothing is charged."""
    if is_neutral(charges):
        return ""
    listed = ", ".join(f"{element} {charge:+.3g}" for element, charge in charges.items())
    return f"{listed} ({origin}; {_witness(structure, charges)})"


def _witness(structure: Structure, charges: Charges) -> str:
    sums = bond_valence_sums(structure, charges)
    if not sums:
        return "no bond valence sums, " + ("too many atoms" if len(structure) > MOST_ATOMS else "no parameters")
    listed = ", ".join(f"{sums[element]:.1f}" if element in sums else "?" for element in charges)
    apart = misfits(sums, charges, covalent_elements(structure))
    wrong = [element for element, gap in apart.items() if gap > 1]
    return f"bond valence sums {listed}" + (f", which speak against {' and '.join(wrong)}: check" if wrong else "")
