"""What a CIF says about itself, and what its sites give by another reader than pymatgen's.

Files of databases and of people leave hydrogens out, name a setting without its operations, or round special
positions; whoever reads them then has another crystal than the file means. The cell is therefore compared with the
file's own formula, its number of formula units and its density, and expanded a second time by gemmi (M. Wojdyr, J. Open
Source Softw. 7, 4200 (2022)), which knows all settings of all space groups.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.errors import UserError

if TYPE_CHECKING:
    from pymatgen.core import Composition, Structure

DENSITY = 0.1
"""Part by which a measured density may differ."""
RATIO = 0.02
"""Part by which the content of a formula unit may differ, as formulas are rounded."""
MERGE = 0.1
"""Å: images of a site that lie closer are one atom on a special position."""


@dataclass(frozen=True)
class Claims:
    """What a CIF says of its crystal, as far as it says it.

    Attributes:
        formula: element -> number in a formula unit.
        units: formula units in the cell.
        density: g/cm³.
        sites: number of listed sites.
        listed: whether it lists its symmetry operations.
        symbol: of the space group.
    """

    formula: Mapping[str, float] | None
    units: float | None
    density: float | None
    sites: int
    listed: bool
    symbol: str


def read_claims(path: Path) -> Claims:
    """What the block of a CIF that holds the atoms says.

    Raises:
        UserError: it is no CIF, or several of its blocks hold atoms.
    """
    block = _block(path)
    return Claims(
        formula=_formula(_text(block, "_chemical_formula_sum")),
        units=_number(_text(block, "_cell_formula_units_Z")),
        density=_number(_text(block, "_exptl_crystal_density_diffrn") or _text(block, "_exptl_crystal_density_meas")),
        sites=len(block.find_loop("_atom_site_fract_x")),
        listed=any(len(block.find_loop(name)) for name in OPERATIONS),
        symbol=_text(block, "_symmetry_space_group_name_H-M") or _text(block, "_space_group_name_H-M_alt"),
    )


OPERATIONS = (
    "_symmetry_equiv_pos_as_xyz",
    "_space_group_symop_operation_xyz",
    "_space_group_symop.operation_xyz",
)


def _block(path: Path) -> Any:
    import gemmi

    try:
        document = gemmi.cif.read(str(path))
    except (ValueError, RuntimeError, OSError) as error:
        raise UserError(f"{path}: cannot be read as CIF ({str(error).splitlines()[0]}); give another file") from error
    blocks = [block for block in document if len(block.find_loop("_atom_site_fract_x"))]
    if not blocks:
        raise UserError(f"{path}: cannot be read as a crystal: it lists no atoms; give a CIF with atoms, or a POSCAR")
    if len(blocks) > 1:
        names = ", ".join(block.name for block in blocks)
        raise UserError(f"{path}: blocks with atoms: {names}; keep the one crystal that is meant")
    return blocks[0]


def _text(block: Any, tag: str) -> str:
    import gemmi

    value = block.find_value(tag)
    text = gemmi.cif.as_string(value).strip() if value else ""
    return "" if text in ("?", ".") else text


def _number(text: str) -> float | None:
    """A number with or without its uncertainty, as 3.25(2)."""
    found = re.match(r"[-+]?\d*\.?\d+", text)
    return float(found[0]) if found else None


def _formula(text: str) -> dict[str, float] | None:
    """'Fe H O2' -> Fe 1, H 1, O 2; deuterium is hydrogen; None where it is no formula."""
    parts = re.findall(r"([A-Z][a-z]?)\s*(\d*\.?\d*)", text)
    if not parts or re.sub(r"[A-Z][a-z]?\s*\d*\.?\d*|\s|[(),]", "", text):
        return None
    counts: Counter[str] = Counter()
    for element, number in parts:
        counts["H" if element in ("D", "T") else element] += float(number or 1)  # type: ignore[assignment]
    return dict(counts)


def contradiction(claims: Claims, structure: Structure) -> str | None:
    """Where a structure is not what the file says; None where nothing contradicts."""
    found = structure.composition
    if claims.formula:
        said = " ".join(f"{element}{number:g}" for element, number in claims.formula.items())
        missing = [element for element in claims.formula if element not in {str(e) for e in found}]
        if missing:
            return f"its formula {said} has {', '.join(missing)}, its sites have none; add what is missing"
        if not _alike(claims.formula, found):
            return (
                f"its formula is {said}, but its sites give {found.reduced_formula}; correct the sites or the symmetry"
            )
        if claims.units and not _as_many(claims.formula, claims.units, found):
            units = _units(claims.formula, found)
            return f"it has {claims.units:g} formula units of {said} a cell, its sites give {units:g}; correct either"
    if claims.density and abs(float(structure.density) / claims.density - 1) > DENSITY:
        return f"its density is {claims.density:g} g/cm³, but its cell gives {structure.density:.2f}; atoms are missing"
    return None


def _units(formula: Mapping[str, float], found: Composition) -> float:
    return float(found.num_atoms / sum(formula.values()))


def _as_many(formula: Mapping[str, float], units: float, found: Composition) -> bool:
    """Whether a cell holds so many formula units; some programs write the content of the whole cell as the formula."""
    given = _units(formula, found)
    reduced = float(found.get_reduced_composition_and_factor()[1])
    return abs(given - 1) < RATIO or any(abs(number / units - 1) < RATIO for number in (given, reduced))


def _alike(formula: Mapping[str, float], found: Composition) -> bool:
    """Whether a composition is a multiple of a formula, up to its rounding."""
    units = _units(formula, found)
    counts = {str(element): number / units for element, number in found.items()}
    names = set(counts) | set(formula)
    return all(abs(counts.get(e, 0.0) - formula.get(e, 0.0)) <= RATIO * max(1.0, formula.get(e, 0.0)) for e in names)


def expanded(path: Path) -> Structure:
    """The cell of a CIF by gemmi.

    Raises:
        UserError: the file lists no operations and its space group is not known, or lists what is no operation.
    """
    import gemmi
    from pymatgen.core import Lattice, Structure

    small = gemmi.make_small_structure_from_block(_block(path))
    operations = [_operation(text, path) for text in small.symops] or _operations(small, path)
    cell = small.cell
    lattice = Lattice.from_parameters(cell.a, cell.b, cell.c, cell.alpha, cell.beta, cell.gamma)
    elements: list[str] = []
    fractions: list[list[float]] = []
    for site in small.sites:
        given = site.fract.tolist()
        images = {tuple(x % 1.0 for x in op.apply_to_xyz(given)) for op in operations}
        kept = _merged(lattice, [list(image) for image in images])
        fractions += kept
        elements += ["H" if site.element.name in ("D", "T") else site.element.name] * len(kept)
    return Structure(lattice, elements, fractions)


def _merged(lattice: Any, images: list[list[float]]) -> list[list[float]]:
    """Images of one site, those that are one atom on a special position put together at their mean."""
    import numpy as np

    groups: list[list[Any]] = []
    for image in sorted(images):
        for group in groups:
            shift = np.array(image) - group[0]
            shift -= np.round(shift)
            if float(np.linalg.norm(lattice.get_cartesian_coords(shift))) < MERGE:
                group.append(group[0] + shift)
                break
        else:
            groups.append([np.array(image)])
    return [np.mean(group, axis=0).tolist() for group in groups]


def _operation(text: str, path: Path) -> Any:
    """A symmetry operation as files list them."""
    import gemmi

    try:
        return gemmi.Op(text)
    except (RuntimeError, ValueError) as error:
        raise UserError(f"{path}: {text!r} is no symmetry operation; write it as 'x, y, z'") from error


def _operations(small: Any, path: Path) -> list[Any]:
    """The operations of the space group that a file names without listing them."""
    import gemmi

    group = small.spacegroup
    if group is None:
        hall = _by_full_symbol().get(re.sub(r"[\s_]", "", small.spacegroup_hm))
        group = gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(hall)) if hall else None
    if group is None:
        raise UserError(
            f"{path}: lists no symmetry operations, and its space group '{small.spacegroup_hm}' is not known; add the "
            "operations, or the number of the group"
        )
    return list(group.operations())


@cache
def _by_full_symbol() -> dict[str, str]:
    """Full Hermann-Mauguin symbol without spaces -> Hall symbol, of each group's first setting."""
    import spglib

    found: dict[str, str] = {}
    for number in range(1, 531):
        kind = spglib.get_spacegroup_type(number)
        full = kind.international_full.split("=")[0]
        found.setdefault(re.sub(r"[\s_]", "", full), kind.hall_symbol.split("=")[0].strip())
    return found
