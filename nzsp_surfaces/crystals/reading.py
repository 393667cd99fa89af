"""Reading crystals from files, and refusing what is not the crystal that a file means.

A reader that stays silent gives a wrong surface. So what was read is compared with what the file says of itself, and
where the two disagree, the file is refused with the reason.
"""

from __future__ import annotations

import itertools
import logging
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.compat.pymatgen import quick_operations
from nzsp_surfaces.crystals.claims import Claims, contradiction, expanded, read_claims
from nzsp_surfaces.crystals.moments import ordered

if TYPE_CHECKING:
    from pymatgen.core import Lattice, Structure

log = logging.getLogger(__name__)

OVERLAP = 0.5
"""Of the sum of covalent radii; the shortest bond of all, H2, is at 1.2."""
EMPTY = 8.0
"""Å without an atom along a cell vector: no crystal, layered or molecular, has that."""
CELL = (0.5, 500.0)
"""Å: no cell vector reaches less far from the plane of the others, and none is longer."""
FAR = 1000.0
"""Cells away from the first one, in which no program writes an atom."""
MANY = 5000
"""Atoms of a cell from which on nobody means a bulk crystal to be cut."""


def load_structure(path: str | Path, *, as_read: bool = False) -> Structure:
    """Read a CIF, POSCAR or any file that pymatgen reads.

    Args:
        as_read: take what was read, whatever the file says of itself.

    Raises:
        UserError: the file is missing or unreadable, has partly occupied or overlapping sites, contradicts its own
            formula, formula units or density, names no elements, has a garbled cell or position, or holds a slab rather
            than a crystal.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such structure file; give the path of a CIF or POSCAR")
    structure = (
        _from_cif(path, as_read=as_read) if path.suffix.lower() == ".cif" else _from_other(path, as_read=as_read)
    )
    _refuse_disorder(structure, path)
    structure.remove_oxidation_states()
    _refuse_garbled(structure, path)
    _refuse_overlap(structure, path)
    if not as_read:
        _refuse_many(len(structure), path)
        _refuse_vacuum(structure, path)
    return ordered(structure, str(path))


def load_shared(path: Path) -> Structure:
    """Read a crystal whose sites several species may share, or none takes; nothing is asked of how near they are.

    Raises:
        UserError: the file is missing or unreadable, or a vector or a position is garbled.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such structure file; give the path of a CIF with occupancies")
    structure = _by_pymatgen(path)
    structure.remove_oxidation_states()
    _refuse_garbled(structure, path)
    return structure


def _from_cif(path: Path, *, as_read: bool) -> Structure:
    """By pymatgen where nothing contradicts that, else by gemmi where nothing contradicts it."""
    if as_read:
        return _by_pymatgen(path)
    claims = read_claims(path)
    _refuse_many(claims.sites, path)
    read, failure = _tried(path)
    if read is not None and not read.is_ordered:
        return read
    why = failure if read is None else contradiction(claims, read)
    if why is None and read is not None and (claims.listed or _same_content(read, path)):
        return read
    return _by_gemmi(path, claims, why)


def _tried(path: Path) -> tuple[Structure | None, str | None]:
    """What pymatgen reads, or why it cannot be used."""
    try:
        structure = _by_pymatgen(path)
        if structure.is_ordered:
            _refuse_garbled(structure, path)
            _refuse_overlap(structure, path)
    except UserError as error:
        return None, str(error).removeprefix(f"{path}: ")
    return structure, None


def _same_content(read: Structure, path: Path) -> bool:
    """Whether the other reader finds the same atoms; where operations are not listed, readers differ in settings."""
    return bool(expanded(path).composition == read.composition)


def _by_gemmi(path: Path, claims: Claims, why: str | None) -> Structure:
    """The file's crystal by the other reader, unless that contradicts the file too."""
    structure = expanded(path)
    still = contradiction(claims, structure)
    if still is not None:
        raise UserError(f"{path}: {still}, or take what was read with --as-read")
    log.info("%s: read by gemmi, since pymatgen's reading would not do (%s)", path, why or "it has another setting")
    return structure


def _by_pymatgen(path: Path) -> Structure:
    from pymatgen.core import Structure

    try:
        with quick_operations(), warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            structure = Structure.from_file(path)
    except Exception as error:  # pymatgen raises anything from IndexError to its own classes here
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path}: cannot be read as a crystal structure ({reason}); give a CIF or POSCAR") from error
    for line in dict.fromkeys(str(warning.message) for warning in said):
        log.info("%s: pymatgen says: %s", path, line)
    return structure


def _from_other(path: Path, *, as_read: bool) -> Structure:
    """A POSCAR or another format; a POSCAR with a negative scale or without element names needs care."""
    if not as_read:
        _refuse_many(_counted(path), path)
    text = _poscar(path)
    if text is None:
        return _by_pymatgen(path)
    from pymatgen.io.vasp import Poscar

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read = Poscar.from_str(text)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path}: cannot be read as a POSCAR ({reason}); correct it") from error
    return read.structure


def _counted(path: Path) -> int:
    """How many atoms the numbers in the head of a POSCAR add up to, told without reading it; 0 for other files."""
    with path.open(errors="replace") as lines:
        head = [line.split() for line in itertools.islice(lines, 7)]
    counts = next((words for words in head[5:] if words and all(map(str.isdigit, words))), [])
    return sum(map(int, counts))


def _poscar(path: Path) -> str | None:
    """The text of a POSCAR, its negative scale turned into the factor that it means; None for another format.

    Raises:
        UserError: it names no elements.
    """
    if not re.search(r"POSCAR|CONTCAR|\.vasp$|\.poscar$", path.name, re.IGNORECASE):
        return None
    lines = path.read_text(errors="replace").splitlines()
    if len(lines) < 8 or len(lines[1].split()) != 1:
        return None
    if lines[5].split() and all(word.isdigit() for word in lines[5].split()):
        raise UserError(f"{path}: names no elements; add a line with their symbols above their numbers")
    try:
        scale, cell = float(lines[1]), np.array([line.split()[:3] for line in lines[2:5]], float)
    except ValueError:
        return None
    if scale >= 0:
        return None
    factor = (-scale / abs(float(np.linalg.det(cell)))) ** (1 / 3)
    return "\n".join([lines[0], f"{factor:.16f}", *lines[2:]]) + "\n"


def _refuse_disorder(structure: Structure, path: Path) -> None:
    if not structure.is_ordered:
        site = next(site for site in structure if not site.is_ordered)
        raise UserError(
            f"{path}: site {site.species_string} is disordered; choose an ordered approximant first, as a study's key "
            "'mixtures' finds them"
        )


def _refuse_garbled(structure: Structure, path: Path) -> None:
    """A vector or a position that is none makes whoever looks for neighbours fail, or fill the memory."""
    _refuse_cell(structure.lattice, path)
    there = (np.abs(structure.frac_coords) <= FAR).all(axis=1)  # of NaN this does not hold
    if not there.all():
        number = int(np.argmin(there))
        raise UserError(
            f"{path}: site {number + 1} {structure[number].species_string} has a coordinate that is no number, or more "
            f"than {FAR:g} cells away; mend it"
        )


def _refuse_cell(lattice: Lattice, path: Path) -> None:
    vectors = lattice.matrix
    with np.errstate(all="ignore"):
        heights = lattice.volume / np.linalg.norm(np.cross(vectors[[1, 2, 0]], vectors[[2, 0, 1]]), axis=1)
    least, longest = heights.min(), max(lattice.abc)
    if not (least >= CELL[0] and longest <= CELL[1]):  # of NaN neither holds
        raise UserError(
            f"{path}: its cell reaches {least:.3g} Å along one vector and {longest:.3g} Å along another, and cells "
            f"between {CELL[0]:g} and {CELL[1]:g} Å are read; mend its vectors"
        )


def _refuse_overlap(structure: Structure, path: Path) -> None:
    """Two atoms nearer than half the sum of their covalent radii cannot both be there."""
    from ase.data import covalent_radii

    radii = np.array([covalent_radii[site.specie.Z] for site in structure])
    for i, j, _, distance in zip(*structure.get_neighbor_list(float(radii.max())), strict=True):
        if distance < OVERLAP * (radii[i] + radii[j]):
            pair = f"{i + 1} {structure[int(i)].species_string} and {j + 1} {structure[int(j)].species_string}"
            raise UserError(f"{path}: sites {pair} are {distance:.2f} Å apart; remove the overlap")


def _refuse_many(atoms: int, path: Path) -> None:
    """Readers take minutes for what nobody means to be cut."""
    if atoms > MANY:
        raise UserError(f"{path}: has {atoms} atoms, more than a bulk cell; give the primitive crystal")


def _refuse_vacuum(structure: Structure, path: Path) -> None:
    """A wide gap along a cell vector is vacuum: what lies there has been cut already."""
    fractions = np.sort(structure.frac_coords % 1.0, axis=0)
    gaps = np.diff(np.vstack([fractions, fractions[:1] + 1.0]), axis=0).max(axis=0)
    spacings = 1.0 / np.linalg.norm(np.linalg.inv(structure.lattice.matrix), axis=0)
    for name, gap in zip("abc", gaps * spacings, strict=True):
        if gap > EMPTY and len(structure) > 1:
            raise UserError(
                f"{path}: has {gap:.1f} Å without atoms along {name}, so it is a slab or a molecule already; give the "
                "bulk crystal, or take it as it is with --as-read"
            )
