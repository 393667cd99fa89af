"""`nzsp vasp-inputs`: every input of VASP for a study, nothing run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nzsp_surfaces.cli import options
from nzsp_surfaces.cli.terminal import show

if TYPE_CHECKING:
    from nzsp_surfaces.report.rows.inputs import InputsRow
    from nzsp_surfaces.study.study import Study

EXAMPLES = """\
\b
Examples:
  nzsp vasp-inputs inputs/table1.yaml -o runs/vasp
  nzsp vasp-inputs inputs/table1.yaml -o runs/vasp --potcars spec
  nzsp vasp-inputs inputs/table1.yaml -o runs/vasp --settings my_vasp --cores 128 --cores-per-node 64
\b
Settings: bulk.yaml, slab.yaml, aimd.yaml and static.yaml in the folder that the study names under 'vasp', those that
differ; inputs/vasp holds the defaults and says where they come from. Forces, steps and temperature are the study's.
"""


@click.command(epilog=EXAMPLES)
@options.study
@options.output()
@click.option("--settings", type=options.PATH, help="Folder of settings instead of the study's.")
@click.option(
    "--potcars",
    type=click.Choice(["files", "spec"]),
    default="files",
    show_default=True,
    help="POTCAR from pymatgen's configuration, or their names alone.",
)
@options.profile("paper")
@click.option("--cores", type=click.IntRange(1), help="Of a run: adds KPAR and NCORE that suit them.")
@click.option("--cores-per-node", type=click.IntRange(1), help="No band is spread over two nodes.")
def command(
    study: Path,
    output: Path,
    settings: Path | None,
    potcars: Any,
    profile: str,
    cores: int | None,
    cores_per_node: int | None,
) -> None:
    """Write INCAR, KPOINTS, POSCAR and POTCAR (or POTCAR.spec) of every calculation of STUDY.

    They are what `nzsp run --engine vasp` begins with, one folder for each question to VASP, named after its task.
    Where a run goes on from another result, POSCAR is built from the geometry of the study's files, and inputs.json
    says under depends_on which result that is.
    """
    from nzsp_surfaces.report.files import write_rows
    from nzsp_surfaces.report.rows.inputs import InputsRow
    from nzsp_surfaces.runs.planned_inputs import for_cores, planned_inputs, write_planned
    from nzsp_surfaces.tasks.plan import make_plan

    loaded = _with_vasp(study, profile, settings)
    found = list(planned_inputs(loaded, make_plan(loaded)))
    rows = write_planned(for_cores(found, cores, cores_per_node) if cores else found, output, potcars)
    write_rows(output, InputsRow, rows)
    _tell(rows, output)


def _with_vasp(path: Path, profile: str, settings: Path | None) -> Study:
    """The study with VASP for all that it computes, whatever engine it names; its own keys for VASP are kept."""
    from nzsp_surfaces.engines.base import Engines
    from nzsp_surfaces.engines.entry import EngineKeys
    from nzsp_surfaces.engines.registry import choose
    from nzsp_surfaces.study.study import load_study

    loaded = load_study(path, profile)
    given = loaded.settings.engine
    keys = given if isinstance(given, EngineKeys) and given.name == "vasp" else EngineKeys("vasp")
    keys = replace(keys, settings=settings or keys.settings)
    vasp = choose(keys, {"vasp": loaded.settings.vasp}, f"{path}: engine")
    return replace(loaded, engines=Engines(vasp, vasp))


def _tell(rows: list[InputsRow], output: Path) -> None:
    right = ("atoms",)
    cells: list[tuple[str, ...]] = [
        (row.folder, row.kind, str(row.n_atoms), "x".join(map(str, row.kpoints)), " ".join(row.potentials))
        for row in rows
    ]
    show(("folder", "kind", "atoms", "k-points", "potentials"), cells, right, title="VASP inputs")
    for warning in dict.fromkeys(warning for row in rows for warning in row.warnings):
        click.echo(f"mind: {warning}")
    later = sum(bool(row.depends_on) for row in rows)
    click.echo(
        f"{len(rows)} folders, {later} of which stand in for what follows from other results (depends_on): "
        f"{output}/inputs.json"
    )
