"""`nzsp wulff`: a Wulff shape from a table of surface energies."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.cli import options

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.energies.construction import Miller
    from nzsp_surfaces.energies.tables import Construct
    from nzsp_surfaces.energies.wulff import Facet, WulffShape

EXAMPLES = """\
\b
Examples:
  nzsp wulff energies.csv --structure NaZr2P3O12.cif -o runs/shape
  nzsp wulff runs/table1/surface_energies.json --structure NaZr2P3O12.cif -o runs/shape
  nzsp wulff energies.csv --cell 8.80,8.80,22.76,90,90,120 --point-group -3m -o runs/shape
  nzsp wulff energies.xlsx --sheet PBE --structure MgO.cif --atoms 2000 -o runs/shape
  nzsp wulff energies.csv --structure MgO.cif --substrate-plane 1,0,0 --interface-energy 0.2 -o runs/shape
\b
energies.csv:
  miller,gamma
  1 -1 0 2,0.69
  1 0 -1 4,0.86
  0 0 0 1,0.97
"""


def _cell(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        cell = tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise click.BadParameter("write a,b,c,alpha,beta,gamma in Å and degrees") from error
    if len(cell) != 6 or not all(math.isfinite(value) and value > 0 for value in cell):
        raise click.BadParameter("write six positive numbers: a,b,c,alpha,beta,gamma in Å and degrees")
    return cell


@click.command(epilog=EXAMPLES)
@click.argument("energies", type=options.PATH)
@click.option("--structure", metavar="FILE", type=options.PATH, help="CIF or POSCAR.")
@click.option("--cell", callback=_cell, help="a,b,c,alpha,beta,gamma in Å and degrees, instead of a structure.")
@click.option("--point-group", help="Of the crystal whose --cell is given, as mmm or -3m.")
@click.option("--sheet", help="Of a workbook (.xlsx).  [default: the first]")
@options.setting
@options.symprec
@click.option(
    "--substrate-plane",
    callback=options.one_plane,
    metavar="H,K,L",
    help="Plane of the crystal that lies on a substrate; the shape is then Winterbottom's.",
)
@click.option("--interface-energy", type=float, help="J/m², of the interface less that of the bare substrate.")
@click.option("--atoms", type=click.IntRange(10, 1_000_000), help="Also fill the shape with about so many atoms.")
@options.output()
def command(energies: Path, output: Path, **given: Any) -> None:
    """Wulff shapes from the table ENERGIES; compute nothing.

    ENERGIES is a list in JSON or YAML, a workbook, or delimited text with a header (commas, semicolons or tabs; #
    begins a comment), of rows with miller or hkl (as "1 -1 0 2") and gamma or surface energy, in J/m² unless the
    header says mJ/m^2 or eV/A^2. Of several rows of a plane the lowest counts. An optional column material gives one
    shape each; rows with a film give a second shape, in which the film's values stand in for the bare ones. Indices
    refer to the axes of FILE where its cell is a conventional one, else to the standard cell; the faces of a form
    follow from the point group of the crystal in FILE.

    Writes wulff.json, pictures (PNG and SVG) and wulff.html, a page in which the shapes can be turned; with --atoms an
    extended XYZ of each shape.
    """
    from nzsp_surfaces.energies.tables import read_table, shapes_of_table, tables_of
    from nzsp_surfaces.report.files import file_name
    from nzsp_surfaces.report.page import write_shapes

    _refuse_odd_atoms(given)
    table, structure = read_table(energies, given["sheet"]), _crystal(given)
    shapes = shapes_of_table(table.energies, structure, _construction(given))
    for line in (*table.told, *_whose_axes(structure, given)):
        click.echo(line)
    page = write_shapes(shapes, output)
    for name, shape in shapes.items():
        _show(name, shape)
    for name, each in tables_of(table.energies, structure).items() if given["atoms"] else ():
        _fill(name, structure, given, output / f"particle-{file_name(name)}.xyz", each)
    click.echo(f"written: {page}")


def _refuse_odd_atoms(given: dict[str, Any]) -> None:
    if given["atoms"] and given["structure"] is None:
        raise UserError("--atoms fills the shape with the atoms of a crystal; give its file with --structure")
    if given["atoms"] and given["substrate_plane"] is not None:
        raise UserError("--atoms fills free shapes; leave out --substrate-plane")


def _crystal(given: dict[str, Any]) -> Structure:
    """The crystal of a file, or one of which cell and point group are given."""
    from nzsp_surfaces.crystals.by_hand import crystal_of_class
    from nzsp_surfaces.crystals.reading import load_structure

    by_hand = [given[name] for name in ("cell", "point_group") if given[name] is not None]
    if (given["structure"] is None) == (not by_hand):
        raise UserError("give either the crystal's file with --structure, or --cell and --point-group")
    if given["structure"] is not None:
        return load_structure(given["structure"])
    if len(by_hand) < 2:
        raise UserError("--cell and --point-group belong together; give both")
    return crystal_of_class(given["cell"], given["point_group"])


def _construction(given: dict[str, Any]) -> Construct:
    """Wulff's, or Winterbottom's where the crystal lies on a substrate."""
    from nzsp_surfaces.energies.supported import supported_shape
    from nzsp_surfaces.energies.wulff import wulff_shape

    how = {"setting": given["setting"], "symprec": given["symprec"]}
    plane, energy = given["substrate_plane"], given["interface_energy"]
    if (plane is None) != (energy is None):
        raise UserError("--substrate-plane and --interface-energy belong together; give both")
    return (
        partial(wulff_shape, **how)
        if plane is None
        else partial(supported_shape, plane=plane, interface_energy=energy, **how)
    )


def _whose_axes(structure: Structure, given: dict[str, Any]) -> list[str]:
    """The tolerance, where a scan found several symmetries, and whose axes count, where it makes a difference."""
    from nzsp_surfaces.crystals.crystal import symmetry_within
    from nzsp_surfaces.crystals.setting import axes_of, told

    tolerance, data = symmetry_within(structure, "structure", given["symprec"])
    line = told(axes_of(data, given["setting"]), tolerance.used)
    return [*tolerance.told(), *([line] if line else [])]


def _show(name: str, shape: WulffShape) -> None:
    click.echo(f"{name}: mean gamma {shape.mean_gamma:.3f} J/m²")
    for facet in shape.facets:
        _show_facet(facet, f"{facet.n_faces} faces")
    if shape.interface:
        _show_facet(shape.interface, "on the substrate")


def _show_facet(facet: Facet, faces: str) -> None:
    indices = " ".join(str(index) for index in facet.miller)
    click.echo(f"  ({indices})  {facet.gamma:.3f} J/m²  {100 * facet.area_fraction:5.1f} %  {faces}")


def _fill(name: str, structure: Structure, given: dict[str, Any], path: Path, table: dict[Miller, float]) -> None:
    """Write the atoms of a shape as extended XYZ and say what they are."""
    from ase.io import write
    from pymatgen.core import Composition

    from nzsp_surfaces.energies.particles import particle

    made = particle(structure, table.items(), given["atoms"], setting=given["setting"], symprec=given["symprec"])
    write(path, made, format="extxyz")
    formula, wanted = made.get_chemical_formula(), structure.composition.reduced_composition
    whole = Composition(formula).reduced_composition.almost_equals(wanted)
    click.echo(
        f"{name}: {formula}, {'stoichiometric' if whole else 'not stoichiometric: as many atoms as fit'}: {path}"
    )
