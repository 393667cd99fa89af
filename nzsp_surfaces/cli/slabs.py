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
"""


@click.command(epilog=EXAMPLES)
@click.argument("study", metavar="STUDY", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("runs/slabs"), show_default=True, help="Directory."
)
def command(study: Path, output: Path) -> None:
    """Build every slab and film of STUDY and list them; compute nothing.

    Writes slabs.json, rejected.json and the structures as POSCAR and CIF.
    """
    from rich.console import Console

    from nzsp_surfaces.documents import write_slabs
    from nzsp_surfaces.plan import make_plan
    from nzsp_surfaces.store import open_store
    from nzsp_surfaces.study import load_study

    loaded = load_study(study)
    plan = make_plan(loaded)
    open_store(output, loaded)
    rows = write_slabs(loaded, plan, output)
    console = Console()
    console.print(_table(rows))
    console.print(
        f"{len(rows)} slabs, {len(plan.rejected)} cuts rejected with reasons: {output}/slabs.json, rejected.json"
    )


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    from nzsp_surfaces.plan import plane_name

    table = Table(title="Slabs, best first within a plane")
    for name in ("material", "plane", "film"):
        table.add_column(name)
    for name in (
        "atoms",
        "formula units",
        "area / Å²",
        "thickness / Å",
        "broken bonds / Å⁻²",
        "coordination",
        "arrangement",
    ):
        table.add_column(name, justify="right")
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
