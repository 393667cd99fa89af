"""A crystal together with what a cut keeps whole and what it may share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.bonds import (
    Polyanion,
    cut_frameworks,
    find_units,
    is_molecular,
)
from nzsp_surfaces.crystals.contacts import is_neutral
from nzsp_surfaces.crystals.crystal import Crystal, crystal
from nzsp_surfaces.crystals.molecular import kept_whole
from nzsp_surfaces.crystals.molecules import molecule_of
from nzsp_surfaces.crystals.setting import told
from nzsp_surfaces.crystals.valence_sums import told_charges

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.contacts import Charges
    from nzsp_surfaces.crystals.setting import Setting


@dataclass(frozen=True)
class Material:
    """A material, its crystal and what a cut keeps whole.

    Attributes:
        name: in tables and files.
        crystal: with its symmetry and charges.
        polyanions: kept whole.
        mobile: elements whose ions near a cut may go with either face.
        notes: what was found about it that decides how it is cut, as sentences.
    """

    name: str
    crystal: Crystal
    polyanions: tuple[Polyanion, ...]
    mobile: frozenset[str]
    notes: tuple[str, ...] = ()

    def content(self) -> dict[str, Any]:
        """What identifies the material: its crystal, what a cut keeps whole, and what it may share."""
        return {"crystal": self.crystal, "polyanions": self.polyanions, "mobile": self.mobile}

    @property
    def framework(self) -> set[str]:
        """Cations that are neither mobile nor part of polyanions."""
        cations = {e for e, q in self.crystal.charges.items() if q > 0}
        return cations - self.mobile - _bound(self.polyanions)


def material(
    name: str,
    structure: Structure,
    charges: Charges | None,
    polyanions: tuple[Polyanion, ...] | None,
    mobile: tuple[str, ...] | None,
    where: str,
    setting: Setting = "file",
    symprec: float | None = None,
) -> Material:
    """A material from what the user says of it; the rest is found.

    Args:
        charges: by element; guessed from the formula where None.
        polyanions: found by bond strength where None.
        mobile: those of charge +1 where None.
        where: named in errors.
        setting: whose axes indices refer to.
        symprec: Å, distance within which sites count as equivalent; found where None.

    Raises:
        UserError: the crystal is molecular, its charges do not balance, or it lacks what is named.
    """
    if charges is None and (molecule := molecule_of(structure)) is not None:
        raise UserError(f"{where}: consists of separate molecules, {molecule}; slabs of molecules are not built")
    found = crystal(structure, charges, where, setting, symprec)
    metallic = all(element.is_metal for element in found.structure.composition)
    if is_molecular(found) and not metallic:
        raise UserError(f"{where}: {found.formula} consists of separate molecules; slabs of molecules are not built")
    if polyanions is None:
        polyanions = kept_whole(found)
    try:
        units = find_units(found, polyanions)
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    if any(unit.dimensions == 3 for unit in units):
        names = ", ".join(map(str, polyanions))
        raise UserError(f"{where}: {names} join to an endless framework, which every cut breaks; name another or none")
    shared = mobile if mobile is not None else _mobile(found, polyanions)
    _check_mobile(found, polyanions, shared, where)
    return Material(name, found, polyanions, frozenset(shared), tuple(_notes(found, polyanions)))


def _check_mobile(found: Crystal, polyanions: tuple[Polyanion, ...], shared: tuple[str, ...], where: str) -> None:
    unknown = set(shared) - set(found.charges)
    if unknown:
        raise UserError(f"{where}: mobile: {', '.join(sorted(unknown))} does not occur in {found.formula}")
    bound = {e for e in shared if found.charges[e] < 0 or e in _bound(polyanions)}
    if bound:
        raise UserError(f"{where}: mobile: {', '.join(sorted(bound))} is an anion or part of one; name single cations")


def _bound(polyanions: tuple[Polyanion, ...]) -> set[str]:
    """Elements that are part of polyanions: centres, and ligands of molecular ions, as hydrogen in NH4."""
    return {p.centre for p in polyanions} | {p.ligand for p in polyanions if p.covalent}


def _mobile(found: Crystal, polyanions: tuple[Polyanion, ...]) -> tuple[str, ...]:
    """Cations of charge +1, unless nothing but they would hold the crystal together, as in rock salt; never protons."""
    cations = {e for e, q in found.charges.items() if q > 0 and e != "H"}
    single = tuple(e for e in sorted(cations - _bound(polyanions)) if found.charges[e] == 1)
    return single if polyanions or cations - set(single) else ()


def _notes(found: Crystal, polyanions: tuple[Polyanion, ...]) -> list[str]:
    rule = told(found.axes, found.space_group)
    charges = told_charges(found.structure, found.charges, found.charges_from)
    notes = [line for line in (*found.tolerance.told(), rule, charges and f"Charges: {charges}.") if line]
    if is_neutral(found.charges):
        notes.append(
            "No element carries a charge: neighbours within 1.25 times the covalent radii count as bonds, "
            "and whether a slab is polar is not asked."
        )
    symbols = [site.specie.symbol for site in found.structure]
    kinds = {1: "chains", 2: "layers"}
    endless = {(symbols[u.centres[0][0]], u.dimensions) for u in find_units(found, polyanions) if u.dimensions}
    for centre, dimensions in sorted(endless):
        name = next(str(p) for p in polyanions if p.centre == centre)
        notes.append(f"{name} join to endless {kinds[dimensions]}: planes that cross them are rejected.")
    if found.charges.get("H", 0) > 0 and "H" not in _bound(polyanions):
        notes.append(
            "H lies in the middle between anions and stays with none of them: an ordered model may cut better."
        )
    for polyanion in cut_frameworks(found) if not is_neutral(found.charges) else ():
        notes.append(f"{polyanion} join to a framework in three dimensions, which is cut like any bonds.")
    return notes
