"""The Wulff shapes of a finished study: of each material bare and covered, within spreads, and along a potential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.energies.along import ShapesAlong
    from nzsp_surfaces.energies.construction import Construction
    from nzsp_surfaces.energies.sampling import SampledShapes
    from nzsp_surfaces.energies.wulff import WulffShape
    from nzsp_surfaces.study.study import Study
    from nzsp_surfaces.tasks.base import Result
    from nzsp_surfaces.tasks.plan import Plan
    from nzsp_surfaces.tasks.reservoirs import Line, Reservoirs
    from nzsp_surfaces.tasks.table import EvaluatedEntry


def constructions(
    study: Study, plan: Plan, rows: tuple[EvaluatedEntry, ...], results: Mapping[str, Result]
) -> dict[str, Construction]:
    """What the shapes of each material, bare and with each film, are made of, where planes enclose a volume."""
    made = {
        name: _construction(plan, material, results, energies)
        for material in study.materials
        for name, energies in _variants(study, rows, material.name).items()
    }
    return {name: given for name, given in made.items() if given}


def wulff_shapes(
    study: Study, plan: Plan, rows: tuple[EvaluatedEntry, ...], results: Mapping[str, Result]
) -> dict[str, WulffShape]:
    """The shape of every material from its bare planes, and of every covered one, where planes enclose a volume."""
    from nzsp_surfaces.energies.wulff import shape_of

    return {name: shape_of(made) for name, made in constructions(study, plan, rows, results).items()}


def sampled(
    made: Mapping[str, Construction], rows: tuple[EvaluatedEntry, ...], spread: Mapping[str, float | None]
) -> dict[str, SampledShapes]:
    """Many shapes of each, within the spreads of their planes (by the id of an entry, J/m²; None where unknown)."""
    from nzsp_surfaces.energies.sampling import sampled_shapes

    widths = {name: _widths(rows, spread, *name.partition("+")[::2]) for name in made}
    return {name: sampled_shapes(each, widths[name]) for name, each in made.items() if widths[name]}


def along_potential(
    study: Study, plan: Plan, results: Mapping[str, Result], found: tuple[Reservoirs, ...]
) -> dict[str, ShapesAlong]:
    """The shape of each bare material between the bounds of a potential, of planes without a whole slab too."""
    lines = {each.material: each.lines for each in found}
    made = ((each.name, _along_of(plan, each, results, lines.get(each.name, ()))) for each in study.materials)
    return {name: shapes for name, shapes in made if shapes and shapes.shapes}


def _along_of(
    plan: Plan, material: Material, results: Mapping[str, Result], lines: tuple[Line, ...]
) -> ShapesAlong | None:
    """None where a material has no lines, or its planes enclose no volume."""
    from nzsp_surfaces.energies.along import shapes_along

    planes = {line.miller: 1.0 for line in lines}  # alike: a surface energy of its own follows at each potential
    given = _construction(plan, material, results, planes) if lines else None
    if given is None:
        return None
    inside = [(line.miller, line.gammas[1:-1]) for line in lines]
    return shapes_along(given, lines[0].element, lines[0].values[1:-1], inside)


def _construction(
    plan: Plan, material: Material, results: Mapping[str, Result], energies: Mapping[tuple[int, ...], float]
) -> Construction | None:
    """None where planes enclose no volume: the table stands without a shape."""
    from nzsp_surfaces.energies.construction import construction

    bulk = results.get(plan.by_id[plan.bulks[material.name]].id)
    structure = bulk.computed.structure if bulk else material.crystal.structure
    axes, symprec = material.crystal.conventional_multiples, material.crystal.tolerance.symprec
    try:
        return construction(structure, list(energies.items()), setting=axes, symprec=symprec)
    except UserError:
        return None


def _widths(
    rows: tuple[EvaluatedEntry, ...], spread: Mapping[str, float | None], material: str, film: str
) -> dict[tuple[int, ...], float]:
    """The spread of each plane, of its film where one covers it; planes whose spread is not known are missing."""
    own = [row.entry for row in rows if row.entry.material == material and row.best is not None]
    covered = [entry for entry in own if film and entry.film == film]
    bare = [entry for entry in own if entry.film is None and entry.miller not in {e.miller for e in covered}]
    found = {entry.miller: spread.get(entry.id) for entry in (*bare, *covered)}
    return {miller: width for miller, width in found.items() if width is not None}


def _variants(study: Study, rows: tuple[EvaluatedEntry, ...], material: str) -> dict[str, dict[tuple[int, ...], float]]:
    """Surface energies by plane: of the bare material, and of the material with each film."""
    from nzsp_surfaces.energies.wulff import capped_energies

    bare = _gammas(rows, material, None)
    covered = {film.name: _gammas(rows, material, film.name) for film in study.films}
    capped = {f"{material}+{film}": capped_energies(bare, own) for film, own in covered.items() if own}
    return {material: bare, **capped}


def _gammas(rows: tuple[EvaluatedEntry, ...], material: str, film: str | None) -> dict[tuple[int, ...], float]:
    chosen = [r for r in rows if r.entry.material == material and r.entry.film == film]
    return {r.entry.miller: r.best.energy.gamma for r in chosen if r.best and r.best.energy}
