"""What VASP says before its first step: who computes, with which settings, on which atoms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.calculation import Matrix
from nzsp_surfaces.base.errors import Damaged
from nzsp_surfaces.engines.vasp.reading.stream import HEADER


@dataclass(frozen=True)
class Header:
    """What VASP's output says before the first step.

    Attributes:
        program, version: who wrote the file; stand-ins for VASP sign with a name of their own.
        incar: tags that were given, as VASP echoes them.
        parameters: tags as they were used, defaults included.
        kpoints: scheme, divisions and shift of the mesh where there is one, and the number of irreducible points.
        elements: of each atom.
        masses: (n,) u; NaN where the file names none.
        potcars: TITEL of the POTCAR of each type.
        free: (n, 3) coordinates that may move; None where all may.
        types: element of each type, in the order of tags that are given by type.
        neutral: number of electrons without a charge; None where the file does not tell.
    """

    program: str
    version: str
    incar: dict[str, Any]
    parameters: dict[str, Any]
    kpoints: dict[str, Any]
    elements: tuple[str, ...]
    masses: Matrix
    potcars: tuple[str, ...]
    free: npt.NDArray[np.bool_] | None
    types: tuple[str, ...] = ()
    neutral: float | None = None

    def tag(self, name: str, default: Any) -> Any:
        """The value of a tag as VASP used it, else as it was given."""
        return self.parameters.get(name, self.incar.get(name, default))

    @property
    def freedoms(self) -> int:
        """Coordinates that carry kinetic energy; where nothing is held, the centre of mass rests."""
        return max(1, 3 * len(self.elements) - 3 if self.free is None else int(self.free.sum()))

    @property
    def timestep(self) -> float:
        """Time step of dynamics, fs."""
        return float(self.tag("POTIM", 0.5))


def read_header(said: dict[bytes, bytes], path: Path) -> Header:
    """Read the header from the elements before the first step, by name.

    Raises:
        Damaged: the atoms are not named, or are no elements, or a setting is not of its kind.
    """
    try:
        return checked(_read(said, path), path)
    except (ValueError, IndexError, ElementTree.ParseError) as error:
        raise Damaged(f"{path}: has no readable list of atoms or settings ({error}); run VASP again") from error


def checked(header: Header, path: Path) -> Header:
    """A header whose numbers are numbers, and whose elements are elements.

    Raises:
        Damaged: one is not.
    """
    for name in (*_INTEGERS, *_NUMBERS):
        value = header.tag(name, None)
        if value is not None and not isinstance(value, int if name in _INTEGERS else int | float):
            raise Damaged(f"{path}: {name} is no number ({str(value)[:20]}); run VASP again")
    for name in dict.fromkeys(header.elements):
        if not _is_element(name):
            raise Damaged(f"{path}: {name[:20]!r} is no element; copy it again, or run VASP again")
    return header


def _is_element(name: str) -> bool:
    """Whether structures can be made of it."""
    from pymatgen.core.periodic_table import get_el_sp

    try:
        get_el_sp(name)
    except ValueError:
        return False
    return True


_INTEGERS = ("IBRION", "ICHARG", "IMAGES", "ISMEAR", "NELM", "NSW")
_NUMBERS = ("EDIFF", "EDIFFG", "NELECT", "POTIM", "PSTRESS")
"""Tags by which a run is judged."""


def _read(said: dict[bytes, bytes], path: Path) -> Header:
    trees = {name.decode(): _tree(element) for name, element in said.items() if name in HEADER}
    if "atominfo" not in trees:
        raise Damaged(f"{path}: names no atoms; give a vasprun.xml that VASP wrote")
    generator = _tags(trees.get("generator"))
    elements, masses, potcars = _atoms(trees["atominfo"])
    types, neutral = _kinds(trees["atominfo"])
    return Header(
        program=str(generator.get("program", "")),
        version=str(generator.get("version", "")),
        incar=_tags(trees.get("incar")),
        parameters=_tags(trees.get("parameters")),
        kpoints=_mesh(trees.get("kpoints")),
        elements=elements,
        masses=masses,
        potcars=potcars,
        free=_free(said.get(b"initialpos", b"")),
        types=types,
        neutral=neutral,
    )


def _tree(element: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(element.decode("latin-1"))


def _tags(tree: ElementTree.Element | None) -> dict[str, Any]:
    """Values by name; separators inside are not told apart.

    Of a name that comes twice the first counts: NELM comes again, as 1, among the response functions.
    """
    values = dict[str, Any]()
    for entry in () if tree is None else tree.iter():
        if entry.tag in {"i", "v"}:
            values.setdefault(entry.get("name", "").strip(), _value(entry))
    return values


def _value(entry: ElementTree.Element) -> Any:
    kind, text = entry.get("type", "float"), (entry.text or "").strip()
    if kind == "string":
        return text
    values = [_word(word, kind) for word in text.split()]
    return values if entry.tag == "v" else values[0] if values else None


def _word(word: str, kind: str) -> Any:
    """A number or a truth value; what overflowed its column stays the text it is."""
    try:
        return word.upper().strip(".").startswith("T") if kind == "logical" else {"int": int}.get(kind, float)(word)
    except ValueError:
        return word


def _mesh(tree: ElementTree.Element | None) -> dict[str, Any]:
    if tree is None:
        return {}
    mesh: dict[str, Any] = {"points": len(tree.findall("varray[@name='kpointlist']/v"))}
    generation = tree.find("generation")
    if generation is None:
        return mesh
    tags = _tags(generation)
    shift = tags.get("usershift", tags.get("shift"))
    return {**mesh, "scheme": generation.get("param", ""), "divisions": tags.get("divisions"), "shift": shift}


def _atoms(tree: ElementTree.Element) -> tuple[tuple[str, ...], Matrix, tuple[str, ...]]:
    """Elements, masses u, and TITELs, by the table of types where there is one."""
    types = _rows(tree, "atomtypes")
    atoms = _rows(tree, "atoms")
    mass = {number: float(row[2]) for number, row in enumerate(types, start=1) if len(row) > 2}
    masses = [mass.get(int(row[1]), np.nan) if len(row) > 1 else np.nan for row in atoms]
    titles = tuple(" ".join(row[4].split()) for row in types if len(row) > 4)
    return tuple(_symbol(row[0]) for row in atoms), np.array(masses, float), titles


def _kinds(tree: ElementTree.Element) -> tuple[tuple[str, ...], float | None]:
    """Element of each type, and how many electrons all atoms bring; None where the table does not say."""
    rows = _rows(tree, "atomtypes")
    types = tuple(_symbol(row[1]) for row in rows if len(row) > 1)
    try:
        electrons = sum(int(row[0]) * float(row[3]) for row in rows)
    except (ValueError, IndexError):
        return types, None
    return types, electrons or None


def _rows(tree: ElementTree.Element, name: str) -> list[list[str]]:
    found = tree.findall(f"array[@name='{name}']/set/rc")
    return [[(cell.text or "").strip() for cell in row.findall("c")] for row in found]


def _symbol(text: str) -> str:
    """An old VASP writes r for zirconium and X for xenon."""
    return {"r": "Zr", "X": "Xe"}.get(text, text)


def _free(element: bytes) -> npt.NDArray[np.bool_] | None:
    found = _tree(element).find("varray[@name='selective']") if element else None
    if found is None:
        return None
    return np.array([[word.upper() == "T" for word in (row.text or "").split()] for row in found])
