"""The files that describe slabs: of a study, and of every plane of a crystal."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.crystals.certificate import certify, layer_group
from nzsp_surfaces.crystals.crystal import ase_atoms
from nzsp_surfaces.films.cover import cap
from nzsp_surfaces.slabs.cut import build
from nzsp_surfaces.slabs.placing import middle_atoms, placed
from nzsp_surfaces.slabs.series import thickness_series
from nzsp_surfaces.slabs.survey import surface
from nzsp_surfaces.tasks.plan import plane_name

if TYPE_CHECKING:
    from pathlib import Path

    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.slabs.alternatives import Alternative
    from nzsp_surfaces.slabs.cut import Rejection, SlabCut, SlabOptions
    from nzsp_surfaces.slabs.survey import PlaneSurvey, Surface
    from nzsp_surfaces.study.study import CappingFilm, Study
    from nzsp_surfaces.tasks.plan import Plan


def write_slabs(study: Study, plan: Plan, path: Path) -> list[dict[str, Any]]:
    """Write slabs.json, rejected.json and the structures as cut and as covered; return the rows of slabs.json."""
    rows = [row for material in study.materials for row in _study_rows(study, plan, material, path)]
    write_json(path / "slabs.json", rows)
    write_json(path / "rejected.json", [_rejected_row(name, rejection) for name, rejection in plan.rejected])
    return rows


def _study_rows(study: Study, plan: Plan, material: Material, path: Path) -> Iterator[dict[str, Any]]:
    options = study.settings.slabs
    for plane in study.settings.planes:
        cuts = plan.cuts[material.name, plane]
        stem = f"{material.name}_{plane_name(plane)}"
        for number, cut in enumerate(cuts, start=1):
            yield _bare_row(material, surface(material, cut), options, f"{stem}_bare_{number}", path)
        for film in (f for f in study.films if plane in f.settings.planes and cuts):
            yield _film_row(study, material, cuts[0], film, f"{stem}_{film.name}", path)


def write_survey(
    material: Material, found: list[PlaneSurvey], options: SlabOptions, repeats: int, path: Path
) -> list[dict[str, Any]]:
    """Write slabs.json, rejected.json, alternatives.json and the structures; return the rows of slabs.json.

    Args:
        repeats: slabs of each termination, each thicker by one repeat than the one before.
    """
    rows = [row for plane in found for row in _plane_rows(material, plane, options, repeats, path)]
    write_json(path / "slabs.json", rows)
    write_json(path / "rejected.json", [_rejected_row(material.name, r) for plane in found for r in plane.rejected])
    others = [_alternative_row(material, a, n, options, path) for p in found for n, a in enumerate(p.alternatives, 1)]
    write_json(path / "alternatives.json", others)
    return rows


def _plane_rows(
    material: Material, plane: PlaneSurvey, options: SlabOptions, repeats: int, path: Path
) -> Iterator[dict[str, Any]]:
    for each in plane.surfaces:
        stem = surface_name(material, each)
        yield _bare_row(material, each, options, stem, path)
        thicker = thickness_series(each.cut, material.crystal, material.polyanions, material.mobile, repeats)[1:]
        for more, cut in enumerate(thicker, start=1):
            yield _bare_row(material, surface(material, cut), options, f"{stem}_plus{more}", path)


def surface_name(material: Material, each: Surface) -> str:
    """Material, plane, termination and arrangement, as in files: CaCO3_10-14_t1a1."""
    cut = each.cut
    return f"{material.name}_{plane_name(cut.miller)}_t{cut.termination}a{cut.arrangement}"


def _bare_row(material: Material, each: Surface, options: SlabOptions, name: str, path: Path) -> dict[str, Any]:
    structure = build(each.cut, material.crystal, options.vacuum)
    row = _slab_row(material, each, structure, name, None, 0)
    return row | {"structure": structure_files(structure, path, f"{name}_cut", options.frozen)}


def _film_row(
    study: Study, material: Material, cut: SlabCut, film: CappingFilm, name: str, path: Path
) -> dict[str, Any]:
    seed, vacuum = 1000 * study.settings.seed + 1, study.settings.slabs.vacuum
    capped = cap(
        cut, material.crystal, material.polyanions, material.mobile, film.film, film.settings.layers, vacuum, seed
    )
    row = _slab_row(material, surface(material, cut), capped.structure, name, film, capped.film_units)
    return row | {"structure": structure_files(capped.structure, path, f"{name}_cut")}


def _slab_row(
    material: Material, each: Surface, structure: Structure, name: str, film: CappingFilm | None, units: int
) -> dict[str, Any]:
    cut = each.cut
    polyanions = tuple({*material.polyanions, *([film.film.polyanion] if film else [])})
    charges = material.crystal.charges | (film.film.charges if film else {})
    certificate = certify(structure, charges, polyanions, material.framework)
    if certificate.failure:
        raise UserError(f"{name}: {certificate.failure}; please report this slab, it should not have been built")
    return {
        "id": name,
        "identity": each.identity,
        "material": material.name,
        "miller": list(cut.miller),
        "film": film.name if film else None,
        "n_atoms": len(structure),
        "n_formula_units": cut.formula_units,
        "n_film_units": units,
        "area": round(certificate.area, 6),
        "thickness": round(certificate.thickness, 6),
        "vacuum": round(certificate.vacuum, 6),
        "position": cut.position,
        "symmetric": certificate.symmetric,
        "layer_group": layer_group(structure),
        "dipole": round(certificate.dipole, 9) + 0.0,
        "tasker": each.tasker,
        "surface_coordination": certificate.coordination,
        "broken_bonds_per_area": round(cut.broken, 6),
        "broken_valence_per_area": round(cut.valence, 6),
        "broken_bonds": [_rounded(asdict(row)) for row in each.broken],
        "lost_coordination": [asdict(row) for row in each.lost],
        "mobile_per_area": _rounded(each.mobile),
        "shared": cut.shared,
        "termination": cut.termination,
        "arrangement": cut.arrangement,
        "n_arrangements": cut.n_arrangements,
        "electrostatic": round(cut.electrostatic, 6),
    }


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 6) if isinstance(value, float) else value for key, value in row.items()}


def _rejected_row(material: str, rejection: Rejection) -> dict[str, Any]:
    return {
        "material": material,
        "miller": list(rejection.miller),
        "position": rejection.position,
        "reason": rejection.reason,
    }


def _alternative_row(
    material: Material, each: Alternative, number: int, options: SlabOptions, path: Path
) -> dict[str, Any]:
    structure = placed(material.crystal, np.array(each.in_plane), each.sites, options.vacuum)
    certificate = certify(structure, material.crystal.charges, material.polyanions, material.framework)
    name = f"{material.name}_{plane_name(each.miller)}_{each.kind}_{number}"
    return {
        "id": name,
        "material": material.name,
        "miller": list(each.miller),
        "kind": each.kind,
        "n_atoms": len(structure),
        "n_formula_units": each.formula_units,
        "excess": each.excess,
        "charge": round(each.charge, 6),
        "dipole": round(each.dipole, 9) + 0.0,
        "area": round(certificate.area, 6),
        "thickness": round(certificate.thickness, 6),
        "symmetric": certificate.symmetric,
        "broken_valence_per_area": round(each.valence, 6),
        "energy": each.energy,
        "structure": structure_files(structure, path, name, options.frozen),
    }


def structure_files(structure: Structure, path: Path, name: str, frozen: float = 0.0) -> str:
    """Write POSCAR and CIF, atoms of an element together; return the relative path of the POSCAR.

    Args:
        frozen: Å in the middle whose atoms the POSCAR marks as fixed.
    """
    from ase.constraints import FixAtoms
    from ase.io.cif import write_cif
    from ase.io.vasp import write_vasp

    (path / "structures").mkdir(parents=True, exist_ok=True)
    relative = f"structures/{name}.vasp"
    order = list(dict.fromkeys(site.specie.symbol for site in structure))
    atoms = ase_atoms(structure)
    if frozen:
        atoms.set_constraint(FixAtoms(mask=middle_atoms(structure, frozen)))
    atoms = atoms[sorted(range(len(atoms)), key=lambda i: order.index(atoms[i].symbol))]
    poscar, cif = io.StringIO(), io.BytesIO()
    write_vasp(poscar, atoms, direct=True)
    write_cif(cif, atoms)
    write_atomically(path / relative, poscar.getvalue())
    write_atomically(path / f"structures/{name}.cif", cif.getvalue())
    return relative


def write_json(path: Path, data: Iterable[Any]) -> None:
    """Write a document with one value a line, whole or not at all."""
    write_atomically(path, json.dumps(data, indent=1) + "\n")
