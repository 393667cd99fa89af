"""What equilibrium shapes are constructed from: planes, their energies, and the faces that symmetry makes of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.labels import plane_text
from nzsp_surfaces.crystals.crystal import ase_atoms, hkl, symmetry_within
from nzsp_surfaces.crystals.setting import Axes, Setting, axes_of, axes_of_cell

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core.structure import Structure

Miller = tuple[int, ...]
"""(h, k, i, l) or (h, k, l) of the conventional cell; i = -(h + k)."""
Hkl = tuple[int, int, int]
Vectors = npt.NDArray[np.float64]
Rotations = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Construction:
    """What a shape is constructed from.

    Attributes:
        table: plane as it was given -> gamma, J/m².
        standard: plane as it was given -> (h, k, l) of the standard cell.
        forms: plane as it was given -> unit normals (n, 3) of all faces of its form.
        crystal: the standard cell.
        rotations: (n, 3, 3) of the point group, on fractional coordinates of that cell.
        point_group: its symbol.
        axes: those that planes refer to.
    """

    table: Mapping[Miller, float]
    standard: Mapping[Miller, Hkl]
    forms: Mapping[Miller, Vectors]
    crystal: Atoms
    rotations: Rotations
    point_group: str
    axes: Axes

    @property
    def by_standard(self) -> dict[Hkl, float]:
        """Plane of the standard cell -> gamma, J/m²."""
        return {self.standard[miller]: gamma for miller, gamma in self.table.items()}


def construction(
    structure: Structure,
    energies: Iterable[tuple[Sequence[int], float]],
    *,
    symprec: float | None = None,
    setting: Setting | Vectors = "file",
) -> Construction:
    """What the shapes of a crystal are constructed from; see `wulff_shape` for the arguments and errors."""
    table = _checked(energies)
    tolerance, data = symmetry_within(structure, "structure", symprec)
    crystal, rotations, point_group = _conventional(structure, tolerance.symprec)
    axes = axes_of(data, setting) if isinstance(setting, str) else axes_of_cell(data, setting)
    standard = {miller: axes.to_standard(smallest_hkl(miller)) for miller in table}
    forms = {miller: _form_normals(plane, crystal, rotations) for miller, plane in standard.items()}
    _refuse_equivalent(forms)
    _refuse_open(forms)
    return Construction(table, standard, forms, crystal, rotations, point_group, axes)


def smallest_hkl(miller: Sequence[int]) -> Hkl:
    """The smallest (h, k, l) along a plane's normal: (0, 0, 0, 3) -> (0, 0, 1).

    Raises:
        UserError: not three or four indices, all zero, or i != -(h + k).
    """
    h, k, l = hkl(tuple(miller))
    divisor = math.gcd(h, k, l)
    return h // divisor, k // divisor, l // divisor


def free_particle(given: Construction, atoms: int) -> Any:
    """WulffPack's particle of about so many atoms; its energies are in units of the largest.

    WulffPack's tolerances are absolute, made for energies about 1.
    """
    from wulffpack import SingleCrystal

    unit = max(given.table.values())
    reduced = {plane: gamma / unit for plane, gamma in given.by_standard.items()}
    operations = list(given.rotations)
    return SingleCrystal(reduced, given.crystal, natoms=atoms, symprec=1e-3, symmetry_operations=operations)


def _checked(energies: Iterable[tuple[Sequence[int], float]]) -> dict[Miller, float]:
    table: dict[Miller, float] = {}
    seen: set[Hkl] = set()
    for indices, gamma in energies:
        miller = tuple(indices)
        plane = smallest_hkl(miller)
        if plane in seen:
            raise UserError(f"plane {plane_text(miller)}: given twice; keep one energy for each plane")
        if not (math.isfinite(gamma) and gamma > 0):
            raise UserError(
                f"plane {plane_text(miller)}: gamma is {gamma} J/m², but a Wulff shape needs values above 0"
            )
        seen.add(plane)
        table[miller] = float(gamma)
    return table


def _conventional(structure: Structure, symprec: float) -> tuple[Atoms, Rotations, str]:
    """Idealised standard cell, its point group (n, 3, 3) on fractional coordinates, and the group's symbol."""
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    cell = SpacegroupAnalyzer(structure, symprec=symprec).get_refined_structure()
    analyzer = SpacegroupAnalyzer(cell, symprec=symprec)
    operations = [operation.rotation_matrix for operation in analyzer.get_symmetry_operations()]
    rotations: Rotations = np.unique(np.rint(operations).astype(np.int64), axis=0)
    return ase_atoms(cell), rotations, str(analyzer.get_point_group_symbol())


def _form_normals(plane: Hkl, crystal: Atoms, rotations: Rotations) -> Vectors:
    """Unit normals (n, 3) of all faces of a form. Indices are rows, on which rotations act from the right."""
    indices = np.unique(np.array(plane) @ rotations, axis=0)
    normals = indices @ np.linalg.inv(crystal.cell.array).T
    unit: Vectors = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    return unit


def _refuse_equivalent(forms: Mapping[Miller, Vectors]) -> None:
    millers = list(forms)
    for n, miller in enumerate(millers):
        for other in millers[:n]:
            if np.max(forms[other] @ forms[miller][0]) > 1 - 1e-8:
                raise UserError(
                    f"planes {plane_text(other)} and {plane_text(miller)}: equivalent by the crystal's symmetry; "
                    "keep one energy for each form"
                )


def _refuse_open(forms: Mapping[Miller, Vectors]) -> None:
    """Half spaces bound a volume only if the origin lies strictly inside the hull of their normals."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        closed = bool(np.all(ConvexHull(np.vstack(list(forms.values()))).equations[:, -1] < -1e-8))
    except (QhullError, ValueError):
        closed = False
    if not closed:
        planes = ", ".join(map(plane_text, forms)) or "none"
        raise UserError(
            f"Wulff shape: the planes ({planes}) enclose no volume; add the energy of at least one more plane"
        )
