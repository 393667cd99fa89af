"""The files of an import: those that `nzsp run` writes, and a row for every run that was found."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.base.labels import plane_name, plane_text
from nzsp_surfaces.crystals.crystal import symmetry_label
from nzsp_surfaces.report.files import file_name, write_json, write_rows
from nzsp_surfaces.report.rows.calculations import BulkRow
from nzsp_surfaces.report.rows.columns import csv_text
from nzsp_surfaces.report.rows.energies import CandidateRow, SurfaceEnergyRow
from nzsp_surfaces.report.rows.imported import RunRow
from nzsp_surfaces.report.structures import structure_files
from nzsp_surfaces.runs.imported.entries import Entry, Load
from nzsp_surfaces.runs.imported.judging import Judged, Options

if TYPE_CHECKING:
    from nzsp_surfaces.energies.wulff import WulffShape
    from nzsp_surfaces.runs.imported.bulks import Bulk


@dataclass(frozen=True, eq=False)
class Imported:
    """What an import gave.

    Attributes:
        runs: a row for each run.
        entries: of every termination, the one that counts first in its plane.
        bulks: that slabs are compared with, by their names.
        options: of the user.
        load: the run of a place.
    """

    runs: Sequence[RunRow]
    entries: Sequence[Entry]
    bulks: dict[str, Bulk]
    options: Options
    load: Load

    @property
    def planes(self) -> list[list[Entry]]:
        """The terminations of each plane, the one that counts first."""
        return [list(group) for _, group in itertools.groupby(self.entries, lambda entry: entry.surface)]


def write_imported(done: Imported, path: Path) -> None:
    """Write every document and structure of an import."""
    write_rows(path, RunRow, done.runs)
    write_atomically(path / "runs.csv", csv_text(RunRow, [row.to_json() for row in done.runs]))
    write_rows(path, BulkRow, [_bulk_row(name, bulk, path) for name, bulk in done.bulks.items()])
    energies = [_energy_row(done, group[0], path) for group in done.planes]
    write_rows(path, SurfaceEnergyRow, energies)
    write_atomically(path / "surface_energies.csv", csv_text(SurfaceEnergyRow, [row.to_json() for row in energies]))
    write_rows(path, CandidateRow, [row for group in done.planes for row in _candidates(group)])
    write_json(path / "wulff.json", {name: shape.as_dict() for name, shape in shapes_of(done).items()})


def identity(entry: Entry) -> str:
    """Name of an entry in files."""
    cover = f"-{entry.cover:g}" if entry.film else ""
    return "-".join(filter(None, (file_name(entry.material), plane_name(entry.miller), entry.film))) + cover


def _bulk_row(name: str, bulk: Bulk, path: Path) -> BulkRow:
    calculation = bulk.run.calculation
    lattice = tuple(round(x, 5) for x in calculation.structure.lattice.parameters)
    return BulkRow(
        id=name,
        material=name,
        formula=bulk.formula,
        space_group=symmetry_label(bulk.run.first),
        space_group_relaxed=symmetry_label(calculation.structure, 0.01),
        lattice=lattice,
        energy_per_formula_unit=bulk.read.energy_per_unit,
        max_force=calculation.max_force,
        converged=calculation.converged,
        structure=structure_files(calculation.structure, path, f"{file_name(name)}_bulk", comment=bulk.read.path),
    )


def _energy_row(done: Imported, entry: Entry, path: Path) -> SurfaceEnergyRow:
    shown = entry.counts or entry.members[0]
    run, energy = done.load(shown.read), entry.energy
    comment = f"{entry.material} {plane_text(entry.miller)}, from {shown.read.path}"
    name = f"{identity(entry)}_relaxed"
    return SurfaceEnergyRow(
        id=identity(entry),
        material=entry.material,
        miller=entry.miller,
        film=entry.film,
        n_film_units=energy.film_units if energy else 0,
        gamma=energy.gamma if energy else None,
        gamma_published=None,
        converged=shown.read.reason is None,
        engine=run.calculation.engine.name,
        model=run.calculation.engine.model,
        formula=energy.formula if energy else None,
        area=energy.area if energy else None,
        structure=structure_files(run.last, path, name, comment=comment) if energy else None,
        reason=None if energy else entry.note,
        is_dft=run.is_dft,
        notes=(entry.note,) if energy and entry.note else (),
        source=shown.read.path,
    )


def _candidates(group: list[Entry]) -> Iterator[CandidateRow]:
    """Every slab of a plane, of all its terminations."""
    for entry in group:
        for found in entry.members:
            yield CandidateRow(
                id=found.read.path,
                material=entry.material,
                miller=entry.miller,
                film=entry.film,
                gamma=found.energy.gamma if found.energy else None,
                converged=found.read.reason is None,
                selected=entry is group[0] and found is entry.counts,
                note="; ".join(filter(None, (_what(found), found.reason, *found.notes))),
            )


def _what(found: Judged) -> str:
    assert found.slab
    return f"termination {found.slab.termination}, {found.slab.thickness:.1f} Å thick"


def shapes_of(done: Imported) -> dict[str, WulffShape]:
    """The shape of each material, bare and with each film, where its planes enclose a volume."""
    from nzsp_surfaces.energies.wulff import capped_energies, wulff_shape

    shapes: dict[str, WulffShape] = {}
    for name, bulk in done.bulks.items():
        given = done.options.named_by.get(bulk.formula, bulk.known).crystal
        axes, symprec = given.conventional_multiples, given.tolerance.symprec
        bare = _gammas(done, name, None)
        films = {entry.film for entry in done.entries if entry.material == name and entry.film}
        covered = {f"{name}+{film}": capped_energies(bare, _gammas(done, name, film)) for film in sorted(films)}
        for title, energies in {name: bare, **covered}.items():
            try:
                shapes[title] = wulff_shape(given.structure, list(energies.items()), setting=axes, symprec=symprec)
            except UserError:
                continue  # planes that enclose no volume: the table stands without a shape
    return shapes


def _gammas(done: Imported, material: str, film: str | None) -> dict[tuple[int, ...], float]:
    """The lowest energy of each plane."""
    found: dict[tuple[int, ...], float] = {}
    for entry in done.entries:
        if (entry.material, entry.film) == (material, film) and entry.energy:
            found[entry.miller] = min(entry.energy.gamma, found.get(entry.miller, entry.energy.gamma))
    return found
