"""`nzsp import`: surface energies from runs that exist."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.cli import options

if TYPE_CHECKING:
    from nzsp_surfaces.runs.imported.importing import Found
    from nzsp_surfaces.runs.imported.judging import Options
    from nzsp_surfaces.runs.imported.write import Imported

EXAMPLES = """\
\b
Examples:
  nzsp import /data/vasp -o runs/imported
  nzsp import slabs/ --bulk bulk/ -o runs/imported --structure NaZr2P3O12.cif
  nzsp import /data/vasp -o runs/imported --film Na3PO4.cif
  nzsp import /data/vasp -o runs/imported --mu Na=-1.31,O=-4.93
"""
MOST_LINES = 12
"""Refused runs that are named on the terminal; all of them stand in runs.json."""


def _potentials(_context: click.Context, _option: click.Parameter, text: str | None) -> dict[str, float]:
    """Chemical potentials as typed: "Na=-1.3,O=-4.9"."""
    pairs = [part.partition("=") for part in text.split(",")] if text else []
    try:
        given = {element.strip(): float(value) for element, _, value in pairs}
    except ValueError as error:
        raise click.BadParameter("write elements and eV, as in Na=-1.3,O=-4.9") from error
    if not all(element.isalpha() and math.isfinite(value) for element, value in given.items()):
        raise click.BadParameter("write elements and eV, as in Na=-1.3,O=-4.9")
    return given


@click.command(epilog=EXAMPLES)
@click.argument("folders", metavar="DIR...", type=options.PATH, nargs=-1, required=True)
@options.output()
@click.option("--bulk", metavar="DIR", type=options.PATH, help="Where the bulks that count lie.  [default: anywhere]")
@click.option("--structure", metavar="FILE", type=options.PATH, help="Crystal on whose axes planes are named.")
@click.option(
    "--film", metavar="FILE", type=options.PATH, help="Compound that covers slabs.  [default: any bulk that fits]"
)
@click.option(
    "--mu", callback=_potentials, metavar="EL=EV,...", help="Chemical potentials for slabs off stoichiometry."
)
@click.option(
    "--force",
    type=click.FloatRange(min=0, min_open=True),
    default=0.05,
    show_default=True,
    help="eV/Å that a run may have left where no program says that it was relaxed.",
)
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Processes that read.")
def command(folders: tuple[Path, ...], output: Path, **given: Any) -> int:
    """Surface energies, Wulff shapes and the page from finished runs in DIR and below; compute nothing.

    Reads runs of VASP (vasprun.xml or vaspout.h5, compressed or not), results of `nzsp run` and extended XYZ with
    energies and forces. What each run is, bulk or slab, of which plane and termination, is told from its atoms; names
    of folders do not matter. Nothing is written into DIR. Done again, only what changed is read.

    Writes runs.json (every run, used or not, with the reason), surface_energies.json, wulff.json and report.html. The
    exit status is 0, 1 where no surface energy could be had, and 2 for a mistake in the input.
    """
    from nzsp_surfaces.runs.claims import claim_import
    from nzsp_surfaces.runs.imported.importing import find_runs, import_runs
    from nzsp_surfaces.runs.imported.shelf import open_shelf
    from nzsp_surfaces.runs.imported.write import write_imported
    from nzsp_surfaces.runs.store import only_run

    began = time.perf_counter()
    roots = [*folders, *([given["bulk"]] if given["bulk"] else [])]
    _refuse_missing(roots)
    chosen = _options(given)
    claim_import(output, [str(root) for root in roots])
    with only_run(output), open_shelf(output) as shelf, Display() as display:
        found = find_runs(roots, output, shelf, given["workers"], display.read)
        _refuse_nothing(found, folders)
        done = import_runs(found, given["bulk"], chosen, shelf.run, display.judged)
        write_imported(done, output)
    page = _pages(done, output)
    _show(done)
    click.echo(f"{len(done.runs)} runs, {found.unchanged} unchanged, {time.perf_counter() - began:.0f} s: {page}")
    return 0 if any(entry.energy for entry in done.entries) else 1


def _refuse_missing(roots: list[Path]) -> None:
    for root in roots:
        if not root.is_dir():
            raise UserError(f"{root}: no such folder; give one that holds runs, at any depth")


def _refuse_nothing(found: Found, folders: tuple[Path, ...]) -> None:
    if not found.reads:
        names = ", ".join(map(str, folders))
        raise UserError(f"{names}: no run here or below; give folders with vasprun.xml, vaspout.h5 or extended XYZ")


def _options(given: dict[str, Any]) -> Options:
    from nzsp_surfaces.runs.imported.importing import crystal_of_file, film_of_file
    from nzsp_surfaces.runs.imported.judging import Options

    return Options(
        force=given["force"],
        potentials=given["mu"],
        named_by=crystal_of_file(given["structure"]) if given["structure"] else {},
        films=(film_of_file(given["film"]),) if given["film"] else (),
    )


def _pages(done: Imported, output: Path) -> Path:
    """Pictures and the page."""
    from nzsp_surfaces.report.draw.pictures import save_energies, save_shape
    from nzsp_surfaces.report.page import write_report
    from nzsp_surfaces.runs.imported.write import shapes_of

    colours = save_energies(output)
    for name, shape in shapes_of(done).items():
        save_shape(shape, colours, output, name)
    return write_report(output)


class Display:
    """Progress on a terminal."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.reading, self.judging = (self.bar.add_task(name, total=None) for name in ("runs read", "slabs compared"))

    def __enter__(self) -> Display:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def read(self, done: int, of: int) -> None:
        """So many places are read."""
        self.bar.update(self.reading, completed=done, total=of)

    def judged(self, done: int, of: int) -> None:
        """So many slabs are compared."""
        self.bar.update(self.judging, completed=done, total=of)


def _show(done: Imported) -> None:
    """The table of surface energies, and what is not used."""
    from nzsp_surfaces.base.labels import plane_text
    from nzsp_surfaces.cli.terminal import show

    rows = [
        (
            entry.material,
            plane_text(entry.miller),
            entry.film or "bare",
            entry.termination,
            f"{entry.energy.gamma:.3f}" if entry.energy else "-",
            (entry.counts or entry.members[0]).read.path,
            entry.note,
        )
        for entry in (group[0] for group in done.planes)
    ]
    show(
        ("material", "plane", "film", "termination", "gamma", "run", "note"), rows, ("gamma",), "Surface energies, J/m²"
    )
    refused = [row for row in done.runs if row.reason]
    for row in refused[:MOST_LINES]:
        click.echo(f"not used: {row.path}: {row.reason}")
    if len(refused) > MOST_LINES:
        click.echo(f"not used: {len(refused) - MOST_LINES} more, each with its reason in runs.json")
