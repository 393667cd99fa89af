"""`nzsp vasp-inputs`: every input of VASP for a study, nothing run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nzsp_surfaces.cli import options

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
    """Write INCAR, KPOINTS, POSCAR and POTCAR (or POTCAR.spec) of every calculation of STUDY that can begin now.

    Slabs are cut from the geometry of the study's files: relax the bulk first and name the relaxed cells for energies.
    """
    from rich.console import Console

    from nzsp_surfaces.engines.vasp.settings import read_settings
    from nzsp_surfaces.report.slabs import write_json
    from nzsp_surfaces.runs.vasp_study import cases, for_cores, write_cases
    from nzsp_surfaces.study.study import load_study
    from nzsp_surfaces.tasks.plan import make_plan

    loaded = load_study(study, profile)
    chosen = read_settings(settings) if settings else loaded.vasp
    found = list(cases(loaded, make_plan(loaded), chosen))
    rows = write_cases(for_cores(found, cores, cores_per_node) if cores else found, output, potcars)
    write_json(output / "inputs.json", rows)
    Console().print(_table(rows))
    for warning in dict.fromkeys(w for row in rows for w in row["warnings"]):
        click.echo(f"mind: {warning}")
    click.echo(f"{len(rows)} folders: {output}/inputs.json")


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich import box
    from rich.table import Table

    table = Table(title="VASP inputs", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for name in ("folder", "kind", "atoms", "k-points", "potentials"):
        table.add_column(name, justify="right" if name == "atoms" else "left")
    for row in rows:
        mesh = "x".join(map(str, row["kpoints"]))
        table.add_row(row["folder"], row["kind"], str(row["n_atoms"]), mesh, " ".join(row["potentials"]))
    return table
