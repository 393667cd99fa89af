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

from nzsp_surfaces.crystals.setting import Setting
from nzsp_surfaces.energies.construction import (
    Construction,
    Hkl,
    Miller,
    Vectors,
    construction,
    free_particle,
    smallest_hkl,
)

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

Polygon = tuple[tuple[float, float, float], ...]
"""Corners of one face in order, anticlockwise from outside; Cartesian, in the units of gamma."""

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
        interface: the face on a substrate, where the crystal lies on one; its gamma is the interface's energy.
    """

    facets: tuple[Facet, ...]
    mean_gamma: float
    volume: float
    point_group: str
    interface: Facet | None = None

    def as_dict(self) -> dict[str, Any]:
        """The entry of one shape in ``wulff.json``."""
        return {
            "facets": [_facet_dict(facet) for facet in self.facets],
            "mean_gamma": self.mean_gamma,
            "volume": self.volume,
            "point_group": self.point_group,
            **({"interface": _facet_dict(self.interface)} if self.interface else {}),
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> WulffShape:
        """The shape from its entry in ``wulff.json``."""
        return cls(
            facets=tuple(_facet_from_dict(facet) for facet in entry["facets"]),
            mean_gamma=float(entry["mean_gamma"]),
            volume=float(entry.get("volume", math.nan)),
            point_group=str(entry.get("point_group", "")),
            interface=_facet_from_dict(entry["interface"]) if entry.get("interface") else None,
        )


def wulff_shape(
    structure: Structure,
    energies: Iterable[tuple[Sequence[int], float]],
    *,
    symprec: float | None = None,
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
        symprec: distance within which atoms count as equivalent, Å; found as for slabs where None.
        setting: "standard" for the standard cell in any case, or the vectors of the cell that indices refer to, (3, 3)
            rows in multiples of those of `structure`, as `Crystal.conventional_multiples` holds them.

    Raises:
        UserError: indices that are no plane, a plane or form given twice, gamma not positive, or planes that do not
            enclose a volume.
    """
    return shape_of(construction(structure, energies, symprec=symprec, setting=setting))


def shape_of(given: Construction) -> WulffShape:
    """The Wulff shape."""
    return shape_with(given, wulffpack_faces(given))


def shape_with(given: Construction, faces: Mapping[Hkl, list[Vectors]]) -> WulffShape:
    """A shape whose visible faces are known.

    Args:
        faces: plane of the standard cell -> corners of each visible face.
    """
    visible = {miller: faces.get(plane, []) for miller, plane in given.standard.items()}
    rows = [(miller, gamma, len(given.forms[miller])) for miller, gamma in given.table.items()]
    return _shape(rows, visible, given.point_group)


def capped_energies(bare: Mapping[Miller, float], film: Mapping[Miller, float]) -> dict[Miller, float]:
    """Surface energies where the film's value stands in for the bare one on every plane that it covers, J/m²."""
    directions = {smallest_hkl(miller): miller for miller in bare}
    covered = {directions.get(smallest_hkl(miller), miller): gamma for miller, gamma in film.items()}
    return {**bare, **covered}


def wulffpack_faces(given: Construction) -> dict[Hkl, list[Vectors]]:
    """Visible faces of each plane from WulffPack, scaled so that a face lies at the distance gamma."""
    particle, unit = free_particle(given, 1000), max(given.table.values())
    return {form.parent_miller_indices: [_corners(facet, unit) for facet in form.facets] for form in particle.forms}


def _corners(facet: Any, unit: float) -> Vectors:
    """Corners (n, 3) of a WulffPack facet in units of gamma, anticlockwise seen from outside."""
    return ordered_corners(facet, unit * facet.energy / facet.distance_from_origin)


def ordered_corners(facet: Any, scale: float) -> Vectors:
    """Corners (n, 3) of a WulffPack facet times a factor, anticlockwise seen from outside."""
    corners: Vectors = np.array(facet.ordered_vertices[:-1]) * scale
    return corners if np.dot(area_vector(corners), facet.normal) > 0 else corners[::-1]


def area_vector(corners: Vectors) -> Vectors:
    """(3,) normal of a polygon of (n, 3) corners, as long as its area."""
    area: Vectors = 0.5 * np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
    return area


def _shape(
    table: Sequence[tuple[Miller, float, int]], faces: Mapping[Miller, list[Vectors]], point_group: str
) -> WulffShape:
    areas = {plane: sum(float(np.linalg.norm(area_vector(face))) for face in form) for plane, form in faces.items()}
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
