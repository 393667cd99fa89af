"""What a finished slab is checked for, by its coordinates alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.crystals.bonds import Polyanion, broken_polyanions, lowest_coordination
from nzsp_surfaces.crystals.moments import kinds

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.contacts import Charges


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was checked on the finished structure, by other means than it was built with.

    Attributes:
        whole: every polyanion has all its ligands.
        symmetric: an operation found by spglib turns the slab over.
        dipole: e/Å, formal charges' moment along the normal per area.
        coordination: lowest number of anions around each framework cation.
        thickness, vacuum: Å.
        area: Å² of one face.
    """

    whole: bool
    symmetric: bool
    dipole: float
    coordination: dict[str, int]
    thickness: float
    vacuum: float
    area: float

    @property
    def failure(self) -> str | None:
        """What makes the slab inadmissible."""
        if not self.whole:
            return "polyanions are cut"
        if not self.symmetric:
            return "not symmetric: its faces differ"
        if abs(self.dipole) > 1e-3:
            return f"polar: dipole {self.dipole:.4f} e/Å"
        return None


def measured(certificate: Certificate, structure: Structure) -> Certificate:
    """The same for the slab with its atoms as the file has them, off their symmetric places: with its lengths."""
    a, b, c = structure.lattice.matrix
    thickness = float(np.ptp(structure.cart_coords[:, 2]))
    area = float(np.linalg.norm(np.cross(a, b)))
    return replace(certificate, area=area, thickness=thickness, vacuum=float(c[2]) - thickness)


def certify(
    structure: Structure, charges: Charges, polyanions: tuple[Polyanion, ...], framework: set[str]
) -> Certificate:
    """Check a finished slab by its coordinates alone.

    Args:
        charges: formal charges of all its elements.
        framework: elements whose coordination is reported.
    """
    heights = structure.cart_coords[:, 2]
    a, b, c = structure.lattice.matrix
    area = float(np.linalg.norm(np.cross(a, b)))
    ionic = np.array([charges[site.specie.symbol] for site in structure])
    thickness = float(np.ptp(heights))
    return Certificate(
        whole=broken_polyanions(structure, charges, polyanions) == 0,
        symmetric=turns_over(structure),
        dipole=float(ionic @ (heights - heights.mean())) / area,
        coordination=lowest_coordination(structure, charges, framework),
        thickness=thickness,
        vacuum=float(c[2]) - thickness,
        area=area,
    )


def turns_over(structure: Structure, symprec: float = 0.05) -> bool:
    """Whether spglib finds an operation that maps one face of a slab on the other."""
    import spglib

    cell = (structure.lattice.matrix, structure.frac_coords, kinds(structure))
    symmetry = spglib.get_symmetry(cell, symprec=symprec)
    return symmetry is not None and any(rotation[2, 2] == -1 for rotation in symmetry["rotations"])


def layer_group(structure: Structure, symprec: float = 0.05) -> str:
    """Symbol and number of a slab's layer group, as spglib finds it within `symprec` Å: "p-1 (2)"."""
    import spglib

    cell = (structure.lattice.matrix, structure.frac_coords, kinds(structure))
    found = spglib.get_layergroup(cell, aperiodic_dir=2, symprec=symprec)
    return f"{found.international} ({found.number})" if found is not None else "p1 (1)"
