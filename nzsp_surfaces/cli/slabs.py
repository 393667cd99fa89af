"""`nzsp slabs`: build and list the slabs of a study, or every slab of a crystal."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.cli import options
from nzsp_surfaces.cli.slab_table import (
    ROWS,
    best_of_planes,
    doubtful_ways,
    planes_without_slab,
    plausible_ways_left_out,
    show_slabs,
)

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.slabs.cut import SlabOptions
    from nzsp_surfaces.slabs.survey import PlaneSurvey

EXAMPLES = """\
\b
Examples:
  nzsp slabs inputs/table1.yaml -o runs/slabs
  nzsp slabs calcite.cif --max-index 2 --pictures -o runs/calcite
  nzsp slabs LiFePO4.cif --plane 0,1,0 --plane 1,0,1 --thickness 15 --repeats 3
  nzsp slabs garnet.cif --max-index 1 --mobile Li --charges Li=1,La=3,Zr=4,O=-2
"""
Step = TypeVar("Step")
ONLY_FOR_CRYSTALS = "--max-index, --plane and what comes with them are for a crystal; a study says it in its YAML"


def _charges(_context: click.Context, _option: click.Parameter, text: str | None) -> dict[str, float] | None:
    if text is None:
        return None
    try:
        charges = {element.strip(): float(charge) for element, charge in (part.split("=") for part in text.split(","))}
        if not all(map(math.isfinite, charges.values())):
            raise ValueError
    except ValueError as error:
        raise click.BadParameter("write elements and charges, as in Li=1,Fe=2,P=5,O=-2") from error
    return charges


def _elements(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


@click.command(epilog=EXAMPLES)
@click.argument("source", metavar="STUDY|CRYSTAL", type=options.PATH)
@options.output(Path("runs/slabs"))
@click.option("--max-index", type=click.IntRange(1, 9), help="All distinct planes of the crystal up to this index.")
@click.option(
    "--plane", "planes", multiple=True, callback=options.planes, help="One plane, as 1,0,-1,4; may be repeated."
)
@click.option("--charges", callback=_charges, help="Formal charges, as Li=1,Co=3,O=-2.  [default: guessed]")
@click.option("--polyanions", callback=_elements, help="Kept whole, as PO4,SiO4; '' for none.  [default: found]")
@click.option(
    "--mobile", callback=_elements, help="Elements shared between the faces; '' for none.  [default: charge +1]"
)
@click.option("--thickness", type=click.FloatRange(1, 500), default=10.0, show_default=True, help="Å at least.")
@click.option("--vacuum", type=click.FloatRange(1, 500), default=15.0, show_default=True, help="Å.")
@click.option("--max-cell", type=click.IntRange(1, 16), default=4, show_default=True, help="Largest surface cell.")
@click.option("--arrangements", type=click.IntRange(1), default=6, show_default=True, help="Kept per termination.")
@click.option("--frozen", type=click.FloatRange(0), default=0.0, help="Å in the middle marked as fixed in the POSCARs.")
@click.option("--repeats", type=click.IntRange(1, 20), default=1, help="Thicknesses of each slab, one repeat apart.")
@options.setting
@options.symprec
@click.option("--best", is_flag=True, help=f"Show the best slab of every plane, not the first {ROWS} of all.")
@click.option("--as-read", is_flag=True, help="Take the crystal that was read, whatever the file says of itself.")
@click.option("--pictures", is_flag=True, help="Side and top view of every slab, as PNG and SVG.")
@click.pass_context
def command(context: click.Context, /, source: Path, output: Path, **given: Any) -> None:
    """Build every slab of STUDY or CRYSTAL and list it; compute nothing.

    STUDY is a study in YAML: its planes and films, and of every plane the slabs that break the fewest bonds. CRYSTAL is
    a CIF or POSCAR, with --max-index or --plane: every termination of every plane. Writes slabs.json (best first within
    a plane), rejected.json with a reason for every other cut, alternatives.json, and the structures as POSCAR and CIF.
    """
    if source.suffix.lower() in (".yaml", ".yml"):
        named = [n for n in given if context.get_parameter_source(n) is not click.core.ParameterSource.DEFAULT]
        if named:
            raise UserError(ONLY_FOR_CRYSTALS)
        _study(source, output)
    else:
        if not given["max_index"] and not given["planes"]:
            raise UserError(f"{source}: is no study in YAML; for a crystal add --max-index N or --plane h,k,l")
        _crystal(source, output, given)


def _study(source: Path, output: Path) -> None:
    from nzsp_surfaces.report.slabs import write_slabs
    from nzsp_surfaces.runs.store import open_store
    from nzsp_surfaces.study.study import load_study
    from nzsp_surfaces.tasks.plan import make_plan

    study = load_study(source)
    plan = make_plan(study)
    open_store(output, study)
    rows = write_slabs(plan, output)
    show_slabs(rows, first=ROWS)
    for line in (*study.notes, *doubtful_ways(rows)):
        click.echo(line)
    click.echo(
        f"{len(rows)} slabs, {len(plan.rejected)} cuts rejected with reasons: {output}/slabs.json, rejected.json"
    )


def _crystal(source: Path, output: Path, given: dict[str, Any]) -> None:
    from nzsp_surfaces.report.rows.study import survey_header
    from nzsp_surfaces.report.slabs import write_survey
    from nzsp_surfaces.runs.claims import claim_survey
    from nzsp_surfaces.slabs.cut import SlabOptions
    from nzsp_surfaces.slabs.survey import checked_planes, every_plane

    began = time.perf_counter()
    names = ("thickness", "vacuum", "max_cell", "arrangements", "frozen")
    try:
        options = SlabOptions(**{name: given[name] for name in names})
    except ValueError as error:
        raise UserError(f"options: {error}") from error
    material = _material(source, given)
    planes = checked_planes(material, given["planes"]) or every_plane(material, given["max_index"])
    claim_survey(output, survey_header(material, planes, options, given["repeats"]))
    found = _surveyed(material, planes, options)
    rows = write_survey(material, found, options, given["repeats"], output)
    if given["pictures"]:
        _draw(material, found, output)
    if given["best"]:
        show_slabs(best_of_planes(rows), first=len(rows))
    else:
        show_slabs(rows, first=ROWS)
    told = (*doubtful_ways(rows), *plausible_ways_left_out(rows), *material.notes, *planes_without_slab(found))
    for line in told:
        click.echo(line)
    rejected, seconds = sum(len(plane.rejected) for plane in found), time.perf_counter() - began
    click.echo(
        f"{material.crystal.formula}: {len(found)} planes, {len(rows)} slabs, {rejected} cuts rejected with reasons, "
        f"{seconds:.1f} s: {output}/slabs.json, rejected.json, alternatives.json"
    )


def _material(source: Path, given: dict[str, Any]) -> Material:
    from nzsp_surfaces.crystals.bonds import parse_polyanion
    from nzsp_surfaces.crystals.material import material
    from nzsp_surfaces.crystals.reading import load_structure

    structure = load_structure(source, as_read=given["as_read"])
    named = given["polyanions"]
    polyanions = None if named is None else tuple(parse_polyanion(p, "--polyanions") for p in named)
    formula = structure.composition.reduced_composition
    name = "".join(f"{element}{n:g}" if n != 1 else str(element) for element, n in formula.items())
    how = given["setting"], given["symprec"]
    return material(name, structure, given["charges"], polyanions, given["mobile"], str(source), *how)


def _surveyed(material: Material, planes: tuple[tuple[int, ...], ...], options: SlabOptions) -> list[PlaneSurvey]:
    from nzsp_surfaces.slabs.survey import survey

    return _watched(survey(material, planes, options), len(planes), "planes")


def _draw(material: Material, found: list[PlaneSurvey], output: Path) -> None:
    from nzsp_surfaces.report.draw.cut_pictures import write_cut_pictures

    _watched(write_cut_pictures(material, found, output), sum(len(plane.surfaces) for plane in found), "pictures")


def _watched(steps: Iterable[Step], total: int, name: str) -> list[Step]:
    """All steps, with a bar on a terminal while they are taken."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    shown = track(
        steps, total=total, description=name, console=console, transient=True, disable=not console.is_terminal
    )
    return list(shown)
