"""The compound of a film, taken apart into what a film is built of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nzsp_surfaces.base.content import FOR_PEOPLE
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.bonds import Polyanion
from nzsp_surfaces.crystals.contacts import find_bonds
from nzsp_surfaces.crystals.crystal import Crystal


@dataclass(frozen=True)
class FilmCompound:
    """The compound of a capping film.

    Attributes:
        name: formula, as in the study.
        polyanion: its anion, in a single kind.
        bond: Å, centre to ligand.
        cations: element -> number per polyanion.
        charges: formal charges.
    """

    name: str = field(metadata=FOR_PEOPLE)
    polyanion: Polyanion
    bond: float
    cations: dict[str, int]
    charges: dict[str, float]


def film_compound(name: str, reference: Crystal, polyanions: tuple[Polyanion, ...]) -> FilmCompound:
    """A film's building unit, from the crystal of its compound.

    Raises:
        UserError: the compound has no polyanion, or several kinds.
    """
    if len(polyanions) != 1:
        found = ", ".join(str(p) for p in polyanions) or "none"
        raise UserError(
            f"film {name}: needs exactly one kind of polyanion, found {found}; choose another film structure"
        )
    polyanion, structure = polyanions[0], reference.structure
    bonds = [
        b for b in find_bonds(structure, reference.charges) if structure[b.cation].specie.symbol == polyanion.centre
    ]
    formula = structure.composition.reduced_composition
    anions = formula[polyanion.centre]
    skipped = {polyanion.centre, polyanion.ligand}
    cations = {str(e): round(formula[e] / anions) for e in formula if str(e) not in skipped}
    return FilmCompound(name, polyanion, float(np.mean([b.length for b in bonds])), cations, reference.charges)
