"""`nzsp slabs`: build and list the slabs of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

EXAMPLES = """\
\b
Examples:
  nzsp slabs inputs/table1.yaml
  nzsp slabs inputs/table1.yaml -o runs/slabs
  nzsp slabs calcite.cif --max-index 2 -o runs/calcite
"""


@click.command(epilog=EXAMPLES)
@click.argument("study", metavar="STUDY", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("runs/slabs"), show_default=True, help="Directory."
)
@click.option("--max-index", type=click.IntRange(1, 9), help="All distinct planes of a crystal up to this index.")
def command(study: Path, output: Path, max_index: int | None) -> None:
    """Build every slab and film of STUDY and list them; compute nothing.

    STUDY is a study in YAML or, with --max-index, a crystal (CIF, POSCAR): then every distinct plane by the crystal's
    point group, polyanions found by themselves. Writes slabs.json, rejected.json and the structures as POSCAR and CIF.
    """
    from rich.console import Console

    from nzsp_surfaces.documents import write_slabs
    from nzsp_surfaces.errors import UserError
    from nzsp_surfaces.plan import make_plan
    from nzsp_surfaces.store import open_store
    from nzsp_surfaces.study import crystal_study, load_study

    if not max_index and study.suffix.lower() not in (".yaml", ".yml"):
        raise UserError(f"{study}: is no study in YAML; for a crystal add --max-index N")
    loaded = crystal_study(study, max_index) if max_index else load_study(study)
    plan = make_plan(loaded)
    open_store(output, loaded)
    rows = write_slabs(loaded, plan, output)
    console = Console()
    console.print(_table(rows))
    console.print(
        f"{len(rows)} slabs, {len(plan.rejected)} cuts rejected with reasons: {output}/slabs.json, rejected.json"
    )


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich import box
    from rich.table import Table

    from nzsp_surfaces.plan import plane_name

    table = Table(title="Slabs, best first within a plane", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for name in ("material", "plane", "film"):
        table.add_column(name, no_wrap=True)
    for name in ("atoms", "f.u.", "area/Å²", "thick/Å", "broken/Å⁻²", "lowest", "sharing"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        coordination = " ".join(f"{e} {n}" for e, n in row["surface_coordination"].items())
        table.add_row(
            row["material"],
            f"({plane_name(row['miller'])})",
            f"{row['n_film_units']} {row['film']}" if row["film"] else "bare",
            str(row["n_atoms"]),
            str(row["n_formula_units"]),
            f"{row['area']:.1f}",
            f"{row['thickness']:.1f}",
            f"{row['broken_bonds_per_area']:.4f}",
            coordination,
            f"{row['arrangement']} of {row['n_arrangements']}",
        )
    return table
