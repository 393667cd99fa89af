"""Equilibrium shapes of crystals: the Wulff construction with the crystal's own point group.

The point group of the crystal decides which faces a form has, not the metric of its cell: in R-3c (point group -3m) the
form {1-102} has six faces, where the hexagonal cell alone (6/mmm) would make twelve.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.labels import plane_text
from nzsp_surfaces.crystals.crystal import SYMPREC, ase_atoms, hkl, spglib_dataset
from nzsp_surfaces.crystals.setting import Axes, Setting, axes_of, axes_of_cell

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core.structure import Structure

Miller = tuple[int, ...]
"""(h, k, i, l) or (h, k, l) of the conventional cell; i = -(h + k)."""
Polygon = tuple[tuple[float, float, float], ...]
"""Corners of one face in order, anticlockwise from outside; Cartesian, in the units of gamma."""
Hkl = tuple[int, int, int]
Vectors = npt.NDArray[np.float64]
Rotations = npt.NDArray[np.int64]

SLIVER = 1e-6
"""Share of the area below which a face that only touches the shape at an edge or a corner counts as absent."""


@dataclass(frozen=True, slots=True)
class Facet:
    """All faces of one form {hkil} of a Wulff shape.

    Attributes:
        miller: indices as they were given.
        gamma: surface energy, J/m².
        area_fraction: share of the whole surface, 0 to 1; 0 for a form that does not appear.
        n_faces: number of symmetry-equivalent faces of the form, whether or not it appears.
        polygons: one polygon per visible face (empty for a form that does not appear). The distance of a face from
            the origin equals its gamma.
    """

    miller: Miller
    gamma: float
    area_fraction: float
    n_faces: int
    polygons: tuple[Polygon, ...] = ()


@dataclass(frozen=True, slots=True)
class WulffShape:
    """The shape of least surface energy at a given volume.

    Attributes:
        facets: one per plane of the input, in its order.
        mean_gamma: surface energy averaged over the area, sum(A gamma) / sum(A), J/m².
        volume: in (J/m²)³, for a shape whose faces lie at the distance gamma from its centre; then
            sum(A gamma) = 3 V (Wulff's theorem).
        point_group: of the crystal, Hermann-Mauguin.
    """

    facets: tuple[Facet, ...]
    mean_gamma: float
    volume: float
    point_group: str

    def as_dict(self) -> dict[str, Any]:
        """The entry of one shape in ``wulff.json``."""
        return {
            "facets": [_facet_dict(facet) for facet in self.facets],
            "mean_gamma": self.mean_gamma,
            "volume": self.volume,
            "point_group": self.point_group,
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> WulffShape:
        """The shape from its entry in ``wulff.json``."""
        return cls(
            facets=tuple(_facet_from_dict(facet) for facet in entry["facets"]),
            mean_gamma=float(entry["mean_gamma"]),
            volume=float(entry.get("volume", math.nan)),
            point_group=str(entry.get("point_group", "")),
        )


def wulff_shape(
    structure: Structure,
    energies: Iterable[tuple[Sequence[int], float]],
    *,
    symprec: float = SYMPREC,
    setting: Setting | Vectors = "file",
) -> WulffShape:
    """Wulff shape from surface energies and the point group of the crystal.

    A plane with normal n and energy gamma(n) bounds the shape at the distance gamma from its centre (Wulff 1901;
    the construction is WulffPack's: Rahm and Erhart, J. Open Source Softw. 5, 1944 (2020)). Indices refer to
    the axes of the given cell where it is a conventional one and the crystal is neither trigonal nor hexagonal, else to
    the standard conventional cell (spglib), of rhombohedral crystals the obverse hexagonal one.

    Args:
        structure: the bulk crystal, in any cell.
        energies: pairs of Miller indices (three or four integers) and gamma, J/m².
        symprec: distance within which atoms count as equivalent, Å.
        setting: "standard" for the standard cell in any case, or the vectors of the cell that indices refer to, (3, 3)
            rows in multiples of those of `structure`, as `Crystal.conventional_multiples` holds them.

    Raises:
        UserError: indices that are no plane, a plane or form given twice, gamma not positive, or planes that do not
            enclose a volume.
    """
    table = _checked(energies)
    crystal, rotations, point_group = _conventional(structure, symprec)
    axes = _axes(structure, symprec, setting)
    standard = {miller: axes.to_standard(smallest_hkl(miller)) for miller in table}
    forms = {miller: _form_normals(plane, crystal, rotations) for miller, plane in standard.items()}
    _refuse_equivalent(forms)
    _refuse_open(forms)
    faces = _construct({standard[miller]: gamma for miller, gamma in table.items()}, crystal, rotations)
    visible = {miller: faces.get(plane, []) for miller, plane in standard.items()}
    return _shape([(miller, gamma, len(forms[miller])) for miller, gamma in table.items()], visible, point_group)


def capped_energies(bare: Mapping[Miller, float], film: Mapping[Miller, float]) -> dict[Miller, float]:
    """Surface energies where the film's value stands in for the bare one on every plane that it covers, J/m²."""
    directions = {smallest_hkl(miller): miller for miller in bare}
    covered = {directions.get(smallest_hkl(miller), miller): gamma for miller, gamma in film.items()}
    return {**bare, **covered}


def smallest_hkl(miller: Sequence[int]) -> Hkl:
    """The smallest (h, k, l) along a plane's normal: (0, 0, 0, 3) -> (0, 0, 1).

    Raises:
        UserError: not three or four indices, all zero, or i != -(h + k).
    """
    h, k, l = hkl(tuple(miller))
    divisor = math.gcd(h, k, l)
    return h // divisor, k // divisor, l // divisor


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


def _axes(structure: Structure, symprec: float, setting: Setting | Vectors) -> Axes:
    """Those that indices refer to."""
    data = spglib_dataset(structure, "structure", symprec)
    return axes_of(data, setting) if isinstance(setting, str) else axes_of_cell(data, setting)


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


def _construct(energies: Mapping[Hkl, float], crystal: Atoms, rotations: Rotations) -> dict[Hkl, list[Vectors]]:
    """Visible faces of each plane from WulffPack, scaled so that a face lies at the distance gamma."""
    from wulffpack import SingleCrystal

    unit = max(energies.values())  # WulffPack's tolerances are absolute, made for energies about 1
    reduced = {plane: gamma / unit for plane, gamma in energies.items()}
    particle = SingleCrystal(reduced, crystal, symprec=1e-3, symmetry_operations=list(rotations))
    return {form.parent_miller_indices: [_corners(facet, unit) for facet in form.facets] for form in particle.forms}


def _corners(facet: Any, unit: float) -> Vectors:
    """Corners (n, 3) of a WulffPack facet, anticlockwise seen from outside."""
    corners: Vectors = np.array(facet.ordered_vertices[:-1]) * (unit * facet.energy / facet.distance_from_origin)
    if np.dot(_area_vector(corners), facet.normal) < 0:
        corners = corners[::-1]
    return corners


def _area_vector(corners: Vectors) -> Vectors:
    area: Vectors = 0.5 * np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
    return area


def _shape(
    table: Sequence[tuple[Miller, float, int]], faces: Mapping[Miller, list[Vectors]], point_group: str
) -> WulffShape:
    areas = {plane: sum(float(np.linalg.norm(_area_vector(face))) for face in form) for plane, form in faces.items()}
    total = sum(areas.values())
    facets = []
    for miller, gamma, n_faces in table:
        fraction = areas[miller] / total
        facet = Facet(miller, gamma, fraction, n_faces, tuple(map(_polygon, faces[miller])))
        facets.append(facet if fraction > SLIVER else replace(facet, area_fraction=0.0, polygons=()))
    mean = sum(facet.area_fraction * facet.gamma for facet in facets)
    return WulffShape(tuple(facets), mean, mean * total / 3, point_group)


def _polygon(corners: Vectors) -> Polygon:
    return tuple((float(x), float(y), float(z)) for x, y, z in corners)


def _facet_dict(facet: Facet) -> dict[str, Any]:
    return {
        "miller": list(facet.miller),
        "gamma": facet.gamma,
        "area_fraction": facet.area_fraction,
        "n_faces": facet.n_faces,
        "polygons": [[[round(x, 6) for x in corner] for corner in polygon] for polygon in facet.polygons],
    }


def _facet_from_dict(entry: Mapping[str, Any]) -> Facet:
    return Facet(
        miller=tuple(entry["miller"]),
        gamma=float(entry["gamma"]),
        area_fraction=float(entry["area_fraction"]),
        n_faces=int(entry["n_faces"]),
        polygons=tuple(_polygon(np.asarray(polygon, dtype=float)) for polygon in entry.get("polygons", ())),
    )
