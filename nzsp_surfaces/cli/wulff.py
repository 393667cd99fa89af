"""`nzsp wulff`: a Wulff shape from a table of surface energies."""

from __future__ import annotations

from pathlib import Path

import click

from nzsp_surfaces.cli import options

EXAMPLES = """\
\b
Examples:
  nzsp wulff energies.csv --structure NaZr2P3O12.cif -o runs/shape
  nzsp wulff runs/table1/surface_energies.json --structure NaZr2P3O12.cif -o runs/shape
\b
energies.csv:
  miller,gamma
  1 -1 0 2,0.69
  1 0 -1 4,0.86
  0 0 0 1,0.97
"""


@click.command(epilog=EXAMPLES)
@click.argument("energies", type=options.PATH)
@click.option("--structure", required=True, metavar="FILE", type=options.PATH, help="CIF or POSCAR.")
@options.output()
def command(energies: Path, structure: Path, output: Path) -> None:
    """Wulff shapes from the table ENERGIES; compute nothing.

    ENERGIES is a list in JSON or YAML, or delimited text with a header (commas, semicolons or tabs; # begins a
    comment), of rows with miller or hkl (as "1 -1 0 2") and gamma or surface energy, in J/m² unless the header says
    mJ/m^2 or eV/A^2. Of several rows of a plane the lowest counts. An optional column material gives one shape each;
    rows with a film give a second shape, in which the film's values stand in for the bare ones. Indices refer to the
    axes of FILE where its cell is a conventional one, else to the standard cell; the faces of a form follow from the
    point group of the crystal in FILE.

    Writes wulff.json, pictures (PNG and SVG) and wulff.html, a page in which the shapes can be turned.
    """
    from nzsp_surfaces.crystals.reading import load_structure
    from nzsp_surfaces.energies.tables import read_table, shapes_of_table
    from nzsp_surfaces.report.page import write_shapes

    table = read_table(energies)
    shapes = shapes_of_table(table.energies, load_structure(structure))
    for line in table.told:
        click.echo(line)
    page = write_shapes(shapes, output)
    for name, shape in shapes.items():
        click.echo(f"{name}: mean gamma {shape.mean_gamma:.3f} J/m²")
        for facet in shape.facets:
            indices = " ".join(str(index) for index in facet.miller)
            click.echo(
                f"  ({indices})  {facet.gamma:.3f} J/m²  {100 * facet.area_fraction:5.1f} %  {facet.n_faces} faces"
            )
    click.echo(f"written: {page}")
