"""Shapes of crystals that lie on a substrate: the construction of Winterbottom (Acta Metall. 15, 303 (1967))."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.labels import plane_text
from nzsp_surfaces.crystals.setting import Setting
from nzsp_surfaces.energies.construction import Construction, Hkl, Vectors, construction, smallest_hkl
from nzsp_surfaces.energies.wulff import Facet, WulffShape, area_vector, ordered_corners, shape_of, shape_with

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

NOTHING = 1e-9
"""Of the largest gamma: nearer to zero WulffPack divides by the energy, unless it is negative."""


def supported_shape(
    structure: Structure,
    energies: Iterable[tuple[Sequence[int], float]],
    plane: Sequence[int],
    interface_energy: float,
    *,
    symprec: float | None = None,
    setting: Setting | Vectors = "file",
) -> WulffShape:
    """The shape of least energy of a crystal that lies on a substrate with a given plane.

    The plane of contact bounds the shape at the distance of the interface energy, below the centre or, where the
    substrate is wetted well, above it. The shape is turned so that it lies on its substrate, z upwards.

    Args:
        structure, energies, symprec, setting: as for `wulff_shape`.
        plane: of the crystal, that faces the substrate.
        interface_energy: of crystal and substrate, less the energy of the bare substrate, J/m²; may be negative.

    Raises:
        UserError: as `wulff_shape`, or an energy at which the crystal does not touch the substrate, or covers it.
    """
    given = construction(structure, energies, symprec=symprec, setting=setting)
    contact = given.axes.to_standard(smallest_hkl(plane))
    _refuse_without_contact(given, contact, tuple(plane), interface_energy)
    faces = _faces(given, contact, interface_energy)
    turned = {form: [face @ _downwards(_normal(given, contact)).T for face in each] for form, each in faces.items()}
    return _with_interface(given, turned, tuple(plane), interface_energy)


def _normal(given: Construction, plane: Hkl) -> Vectors:
    normal: Vectors = np.array(plane) @ np.linalg.inv(given.crystal.cell.array).T
    return normal / np.linalg.norm(normal)


def _refuse_without_contact(given: Construction, contact: Hkl, plane: tuple[int, ...], energy: float) -> None:
    """The interface must lie between the two faces of the free shape that are parallel to it."""
    corners = np.array([corner for facet in shape_of(given).facets for polygon in facet.polygons for corner in polygon])
    along = corners @ _normal(given, contact)
    highest, lowest = float(along.max()), float(along.min())
    said = f"interface energy {energy:g} J/m²"
    if not math.isfinite(energy) or energy >= highest - 1e-9:
        raise UserError(
            f"{said}: the crystal keeps its free shape, {plane_text(plane)} lies on a substrate only below "
            f"{highest:.3f} J/m²; give the energy of the interface less that of the bare substrate"
        )
    if energy <= lowest + 1e-9:
        raise UserError(
            f"{said}: the crystal covers the substrate as a film; a particle on {plane_text(plane)} needs more than "
            f"{lowest:.3f} J/m²"
        )


def _faces(given: Construction, contact: Hkl, energy: float) -> dict[Any, list[Vectors]]:
    """Corners of the visible faces by plane, and of the interface, scaled so that a face lies at the distance gamma.

    WulffPack's own class takes Miller indices for Cartesian directions; its parts do not.
    """
    from wulffpack.core.base_particle import BaseParticle
    from wulffpack.core.form import setup_forms

    unit, cell, full = max(given.table.values()), given.crystal.cell.array.T, list(given.rotations)
    normal = np.linalg.solve(cell, _normal(given, contact))
    kept = [rotation for rotation in full if np.allclose(rotation @ normal, normal)]
    reduced: dict[Any, float] = {plane: gamma / unit for plane, gamma in given.by_standard.items()}
    reduced["interface"] = energy / unit if abs(energy) > NOTHING * unit else -NOTHING
    forms = setup_forms(reduced, cell, kept, full, interface=contact)
    particle = BaseParticle(forms=forms, standardized_structure=given.crystal.copy(), natoms=1000)
    free = next(facet for form in particle.forms for facet in form.facets if form.parent_miller_indices != "interface")
    scale = unit * free.energy / free.distance_from_origin
    found: dict[Any, list[Vectors]] = {}
    for form in particle.forms:
        corners = [ordered_corners(facet, scale) for facet in form.facets]
        found.setdefault(form.parent_miller_indices, []).extend(corners)
    return found


def _downwards(normal: Vectors) -> Vectors:
    """(3, 3) rotation that turns a unit vector to (0, 0, -1)."""
    from scipy.spatial.transform import Rotation

    down = np.array([[0.0, 0.0, -1.0]])
    return np.asarray(Rotation.align_vectors(down, normal[None, :])[0].as_matrix())


def _with_interface(
    given: Construction, faces: dict[Any, list[Vectors]], plane: tuple[int, ...], energy: float
) -> WulffShape:
    """Shares are those of the whole surface, the contact included; Wulff's theorem then holds with it."""
    shape = shape_with(given, faces)
    contact = faces["interface"][0]
    covered = float(np.linalg.norm(area_vector(contact)))
    free = sum(float(np.linalg.norm(area_vector(face))) for form, each in faces.items() for face in each) - covered
    share = covered / (covered + free)
    facets = tuple(replace(facet, area_fraction=facet.area_fraction * (1 - share)) for facet in shape.facets)
    polygon = tuple((float(x), float(y), float(z)) for x, y, z in contact)
    interface = Facet(plane, energy, share, 1, (polygon,))
    mean = sum(facet.area_fraction * facet.gamma for facet in (*facets, interface))
    return replace(shape, facets=facets, interface=interface, mean_gamma=mean, volume=mean * (covered + free) / 3)
