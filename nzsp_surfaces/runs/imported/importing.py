"""An import from its folders to what it gave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nzsp_surfaces.crystals.known import Known, known_crystal
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.runs.imported.bulks import Bulk
from nzsp_surfaces.runs.imported.entries import Load, entries, names_of
from nzsp_surfaces.runs.imported.judging import Judge, Judged, Options, unfit
from nzsp_surfaces.runs.imported.places import places
from nzsp_surfaces.runs.imported.reading import Read
from nzsp_surfaces.runs.imported.rows import TIE, Verdicts
from nzsp_surfaces.runs.imported.shelf import Report, Shelf, read_all
from nzsp_surfaces.runs.imported.write import Imported


@dataclass(frozen=True)
class Found:
    """What was found in some trees.

    Attributes:
        reads: of every place.
        unchanged: how many of them were as they had been.
    """

    reads: Sequence[Read]
    unchanged: int


def find_runs(roots: Iterable[Path], output: Path, shelf: Shelf, workers: int, report: Report) -> Found:
    """Walk through trees and read what has changed."""
    reads, unchanged = read_all(list(places(roots, output)), shelf, workers, report)
    return Found(reads, unchanged)


def import_runs(found: Found, within: Path | None, options: Options, load: Load, report: Report) -> Imported:
    """Tell what every run is, pair slabs with bulks, and compute surface energies.

    Args:
        within: where the bulks that count lie; None for everywhere.
        load: the run of a place.
        report: called after each slab.
    """
    twins = _twins(found.reads)
    single = [read for read in found.reads if read.path not in twins]
    crystals = [read for read in single if read.kind == "bulk"]
    refused = {read.path: reason for read in crystals if (reason := _refused_bulk(read, within, options, load))}
    bulks = _lowest_first([read for read in crystals if read.path not in refused], load)
    judged = _judged([read for read in single if read.kind == "slab"], Judge(bulks, load, options), report)
    names = names_of(judged.values())
    used = _used_bulks(judged.values())
    verdicts = Verdicts(twins, judged, bulks, refused, frozenset(used), options.force)
    rows = [verdicts.row(read, judged=read.energy is None or load(read).judged) for read in found.reads]
    table = entries(list(judged.values()), names, load)
    return Imported(rows, table, {names[path]: bulk for path, bulk in used.items()}, options, load)


def _judged(slabs: Sequence[Read], judge: Judge, report: Report) -> dict[str, Judged]:
    judged: dict[str, Judged] = {}
    for number, read in enumerate(slabs, start=1):
        judged[read.path] = judge.judge(read)
        report(number, len(slabs))
    return judged


def crystal_of_file(path: Path) -> dict[str, Known]:
    """The crystal of a file by its formula, to name planes on its axes.

    Raises:
        UserError: it cannot be read.
    """
    structure = load_structure(path)
    formula = structure.composition.reduced_formula
    return {formula: known_crystal(structure, formula)}


def film_of_file(path: Path) -> str:
    """Formula of the compound in a file.

    Raises:
        UserError: it cannot be read.
    """
    return str(load_structure(path).composition.reduced_formula)


def _twins(reads: Sequence[Read]) -> dict[str, str]:
    """Path of a copy -> path of the run that counts: one that is a result, the first by its name."""
    first: dict[str, Read] = {}
    for read in sorted(reads, key=lambda read: (read.reason is not None, read.path)):
        if read.twin:
            first.setdefault(read.twin, read)
    return {read.path: first[read.twin].path for read in reads if read.twin and first[read.twin].path != read.path}


def _refused_bulk(read: Read, within: Path | None, options: Options, load: Load) -> str | None:
    """Why a bulk is no reference; None where it is one."""
    if read.reason:
        return read.reason
    if within is not None and not Path(read.path).resolve().is_relative_to(within.resolve()):
        return f"not among the bulks of {within}"
    return unfit(load(read), options.force)


def _lowest_first(reads: Sequence[Read], load: Load) -> list[Bulk]:
    """Bulks by formula; of those that tie the first by its name."""
    ordered = sorted(reads, key=lambda read: (read.formula or "", round(read.energy_per_unit / TIE), read.path))
    return [Bulk(read, load(read)) for read in ordered]


def _used_bulks(judged: Iterable[Judged]) -> dict[str, Bulk]:
    """Bulks and films that surface energies refer to, by the paths of their runs."""
    found = [each for one in judged if one.energy for each in (one.bulk, one.film) if each is not None]
    return {bulk.read.path: bulk for bulk in found}
