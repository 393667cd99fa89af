"""The VASP inputs of a study: bulk cells, references of films, bare slabs, covered slabs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nzsp_surfaces.engines.base import RelaxSettings
from nzsp_surfaces.engines.vasp.engine import moving, relaxing
from nzsp_surfaces.films.cover import cap
from nzsp_surfaces.slabs.placing import middle_atoms
from nzsp_surfaces.tasks.plan import plane_name
from nzsp_surfaces.tasks.recipes import dynamics_settings
from nzsp_surfaces.slabs.cut import build
from nzsp_surfaces.engines.vasp.inputs import VaspInputs, advised, needs_dipole_correction, vasp_inputs, write_inputs
from nzsp_surfaces.engines.vasp.potentials import check_potentials
from nzsp_surfaces.engines.vasp.settings import Kind, VaspSettings

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.tasks.plan import Plan
    from nzsp_surfaces.slabs.cut import SlabCut
    from nzsp_surfaces.study.study import CappingFilm, Study

Settings = Mapping[Kind, VaspSettings]


@dataclass(frozen=True)
class Case:
    """One calculation: where its files go below the output, and what they hold."""

    folder: str
    inputs: VaspInputs


def cases(study: Study, plan: Plan, settings: Settings) -> Iterator[Case]:
    """All calculations of a study that begin from the geometry of its files; nothing is relaxed yet.

    Raises:
        UserError: a cell or an element does not suit the settings.
    """
    profile = study.profile
    bulk = relaxing(settings["bulk"], RelaxSettings(profile.bulk_force, profile.max_steps, cell=True))
    for film in study.films:
        yield Case(f"{film.name}/bulk", vasp_inputs(film.reference.structure, bulk, slab=False))
    for material in study.materials:
        yield Case(f"{material.name}/bulk", vasp_inputs(material.crystal.structure, bulk, slab=False))
        for plane in study.settings.planes:
            cuts = plan.cuts[material.name, plane]
            yield from (_bare(study, material, cut, number, settings) for number, cut in enumerate(cuts, start=1))
            for film in (f for f in study.films if plane in f.settings.planes and cuts):
                yield from _covered(study, material, cuts[0], film, settings)


def _bare(study: Study, material: Material, cut: SlabCut, number: int, settings: Settings) -> Case:
    options = study.settings.slabs
    structure = build(cut, material.crystal, options.vacuum)
    held = np.flatnonzero(middle_atoms(structure, options.frozen)).tolist()
    polar = needs_dipole_correction(structure, material.crystal.charges)
    folder = f"{material.name}/{plane_name(cut.miller)}/bare/{number}"
    asked = relaxing(settings["slab"], RelaxSettings(study.profile.slab_force, study.profile.max_steps))
    return Case(folder, vasp_inputs(structure, asked, slab=True, polar=polar, held=held))


def _covered(study: Study, material: Material, cut: SlabCut, film: CappingFilm, settings: Settings) -> Iterator[Case]:
    """The anneal of each start; its relaxation begins where the anneal ends and is written then."""
    vacuum, layers = study.settings.slabs.vacuum, film.settings.layers
    for start in range(1, min(film.settings.starts, study.profile.starts) + 1):
        seed = 1000 * study.settings.seed + start
        capped = cap(cut, material.crystal, material.polyanions, material.mobile, film.film, layers, vacuum, seed)
        folder = f"{material.name}/{plane_name(cut.miller)}/{film.name}/anneal/{start}"
        dynamics = dynamics_settings(study, film, start)
        asked = moving(settings["aimd"], dynamics, dynamics.steps, leg=0)
        yield Case(folder, vasp_inputs(capped.structure, asked, slab=True))


def for_cores(found: Iterable[Case], cores: int, per_node: int | None) -> list[Case]:
    """The cases with advice on parallel runs; see `vasp_inputs.advised`."""
    return [replace(case, inputs=advised(case.inputs, cores, per_node)) for case in found]


def write_cases(found: list[Case], output: Path, potcars: Literal["files", "spec"]) -> list[dict[str, Any]]:
    """Write every case; potentials are looked for before the first file is written.

    Returns:
        One row a case.

    Raises:
        UserError: potentials are missing, or a folder holds a calculation.
    """
    if potcars == "files":
        elements = {site.specie.symbol for case in found for site in case.inputs.structure}
        check_potentials(found[0].inputs.settings, sorted(elements))
    return [_row(case, write_inputs(case.inputs, output / case.folder, potcars)) for case in found]


def _row(case: Case, warnings: tuple[str, ...]) -> dict[str, Any]:
    return {
        "folder": case.folder,
        "kind": case.inputs.settings.kind,
        "n_atoms": len(case.inputs.structure),
        "kpoints": list(case.inputs.mesh),
        "potentials": list(case.inputs.symbols),
        "warnings": list(warnings),
    }
