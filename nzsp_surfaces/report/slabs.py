"""The files that describe slabs: of a study, and of every plane of a crystal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.labels import plane_name
from nzsp_surfaces.crystals.certificate import certify, layer_group, measured
from nzsp_surfaces.films.compound import all_charges, kept_by_all
from nzsp_surfaces.report.files import write_rows
from nzsp_surfaces.report.rows.slabs import (
    AlternativeRow,
    AlternativeSource,
    RejectedRow,
    RejectedSource,
    SlabRow,
    SlabSource,
)
from nzsp_surfaces.report.structures import plane_comment, structure_files
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.placing import placed
from nzsp_surfaces.slabs.series import thickness_series
from nzsp_surfaces.slabs.survey import surface

if TYPE_CHECKING:
    from pathlib import Path

    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.certificate import Certificate
    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.slabs.alternatives import Alternative
    from nzsp_surfaces.slabs.cut import SlabOptions
    from nzsp_surfaces.slabs.survey import PlaneSurvey, Surface
    from nzsp_surfaces.study.study import Film
    from nzsp_surfaces.tasks.draft import PlannedSlab
    from nzsp_surfaces.tasks.plan import Plan


def write_slabs(plan: Plan, path: Path) -> list[SlabRow]:
    """Write slabs.json, rejected.json and the structures as cut and as covered.

    Returns:
        The rows of slabs.json.

    Raises:
        UserError: a slab is not what it was built to be.
    """
    rows = [_planned_row(slab, path) for slab in plan.slabs]
    write_rows(path, SlabRow, rows)
    write_rows(path, RejectedRow, [RejectedRow.made_from(RejectedSource(*each)) for each in plan.rejected])
    return rows


def write_survey(
    material: Material, found: list[PlaneSurvey], options: SlabOptions, repeats: int, path: Path
) -> list[SlabRow]:
    """Write slabs.json, rejected.json, alternatives.json and the structures.

    Args:
        repeats: slabs of each termination, each thicker by one repeat than the one before.

    Returns:
        The rows of slabs.json.

    Raises:
        UserError: a slab is not what it was built to be.
    """
    rows = [row for plane in found for row in _plane_rows(material, plane, options, repeats, path)]
    write_rows(path, SlabRow, rows)
    refused = [RejectedSource(material.name, rejection) for plane in found for rejection in plane.rejected]
    write_rows(path, RejectedRow, [RejectedRow.made_from(each) for each in refused])
    others = [_alternative_row(material, a, n, options, path) for p in found for n, a in enumerate(p.alternatives, 1)]
    write_rows(path, AlternativeRow, others)
    return rows


def surface_name(material: Material, each: Surface) -> str:
    """Material, plane, termination and arrangement, as in files: CaCO3_10-14_t1a1."""
    cut = each.cut
    return f"{material.name}_{plane_name(cut.miller)}_t{cut.termination}a{cut.arrangement}"


def _planned_row(slab: PlannedSlab, path: Path) -> SlabRow:
    certificate = _certified(slab.id, slab.structure, slab.material, slab.films)
    names = " and ".join(film.name for film in slab.films)
    comment = plane_comment(slab.material, slab.cut.miller, f"as cut, with {names}" if names else "as cut")
    file = structure_files(slab.structure, path, f"{slab.id}_cut", slab.frozen, comment)
    return SlabRow.made_from(
        SlabSource(
            slab.id,
            slab.material,
            slab.surface,
            certificate,
            len(slab.structure),
            layer_group(slab.structure),
            file,
            slab.film.name if slab.film else None,
            slab.film_units,
            slab.on.name if slab.on else None,
            slab.units_beneath,
        )
    )


def _plane_rows(
    material: Material, plane: PlaneSurvey, options: SlabOptions, repeats: int, path: Path
) -> Iterator[SlabRow]:
    for each in plane.surfaces:
        stem = surface_name(material, each)
        yield _surveyed_row(material, each, options, stem, path)
        thicker = thickness_series(each.cut, material.crystal, material.polyanions, material.mobile, repeats)[1:]
        for more, cut in enumerate(thicker, start=1):
            yield _surveyed_row(material, surface(material, cut), options, f"{stem}_plus{more}", path)


def _surveyed_row(material: Material, each: Surface, options: SlabOptions, name: str, path: Path) -> SlabRow:
    even = build(each.cut, material.crystal, options.vacuum)
    certificate = _certified(name, even, material)
    structure = even
    if material.crystal.given is not None:
        structure = build(each.cut, material.crystal.as_given, options.vacuum)
        certificate = measured(certificate, structure)
    comment = plane_comment(material, each.cut.miller, "as cut")
    file = structure_files(structure, path, f"{name}_cut", options.frozen, comment)
    return SlabRow.made_from(SlabSource(name, material, each, certificate, len(structure), layer_group(even), file))


def _certified(name: str, structure: Structure, material: Material, films: tuple[Film, ...] = ()) -> Certificate:
    compounds = [film.compound for film in films]
    polyanions = kept_by_all(compounds, material.crystal, material.polyanions)
    charges = all_charges(compounds, material.crystal)
    certificate = certify(structure, charges, polyanions, material.framework)
    if certificate.failure:
        raise UserError(f"{name}: {certificate.failure}; please report this slab, it should not have been built")
    return certificate


def _alternative_row(
    material: Material, each: Alternative, number: int, options: SlabOptions, path: Path
) -> AlternativeRow:
    structure = placed(material.crystal.as_given, np.array(each.in_plane), each.sites, options.vacuum)
    certificate = certify(structure, material.crystal.charges, material.polyanions, material.framework)
    name = f"{material.name}_{plane_name(each.miller)}_{each.kind}_{number}"
    comment = plane_comment(material, each.miller, each.kind)
    file = structure_files(structure, path, name, options.frozen, comment)
    return AlternativeRow.made_from(AlternativeSource(name, material.name, each, certificate, len(structure), file))
