"""The crystals of the tables: published cells in `inputs/crystals.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nzsp_surfaces.crystals.material import Material, material

if TYPE_CHECKING:
    from pymatgen.core import Structure

ROOT = Path(__file__).parents[1]
FILE = ROOT / "inputs/crystals.yaml"
PAGE = ROOT / "docs/crystals.md"
"""Several benchmarks write a section of it each."""


@dataclass(frozen=True)
class CrystalEntry:
    """A crystal of the table.

    Attributes:
        formula: as chemists write it.
        group: Hermann-Mauguin symbol, standard setting, hexagonal axes for R.
        lattice: Å and degrees.
        sites: label -> fractional coordinates, one of each orbit.
        charges: formal, by element.
        mobile: elements shared between faces.
        reference: of cell and sites.
        faces: reported as stable, most stable first.
        faces_reference: who says so.
        kind: ionic, semiconductor or metal.
    """

    formula: str
    group: str
    lattice: list[float]
    sites: dict[str, list[float]]
    charges: dict[str, float]
    mobile: list[str] = field(default_factory=list)
    reference: str = ""
    faces: list[list[int]] = field(default_factory=list)
    faces_reference: str = ""
    kind: str = "ionic"

    @property
    def structure(self) -> Structure:
        """The conventional cell."""
        from pymatgen.core import Lattice, Structure

        elements = [label.rstrip("0123456789") for label in self.sites]
        lattice = Lattice.from_parameters(*self.lattice)
        return Structure.from_spacegroup(self.group, lattice, elements, list(self.sites.values()))


def entries(file: Path = FILE) -> dict[str, CrystalEntry]:
    """Every crystal of a file by name."""
    import yaml

    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {name: CrystalEntry(**entry) for name, entry in found.items()}


def write_section(title: str, text: str) -> Path:
    """Write a section of the page and leave the others as they are; what comes before all has no title.

    Returns:
        The page.
    """
    head, *rest = re.split(r"(?m)^## (.*)\n", PAGE.read_text())
    sections = {"": head, **dict(zip(rest[::2], rest[1::2], strict=True)), title: text}
    written = [(f"## {name}\n\n" if name else "") + body.strip() for name, body in sections.items()]
    PAGE.write_text("\n\n".join(written) + "\n")
    return PAGE


def described(name: str, entry: CrystalEntry) -> Material:
    """An entry as the slab engine takes it; polyanions are found by themselves."""
    return material(name, entry.structure, entry.charges, None, tuple(entry.mobile), name)
