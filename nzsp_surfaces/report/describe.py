"""docs/files.md, from the rows: `python -m nzsp_surfaces.report.describe > docs/files.md`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from types import NoneType
from typing import Any, get_args, get_origin

from nzsp_surfaces.report.rows.calculations import BulkRow, DynamicsRow, FilmFaceRow
from nzsp_surfaces.report.rows.columns import Row, columns
from nzsp_surfaces.report.rows.comparison import ComparisonRow
from nzsp_surfaces.report.rows.convergence import ConvergenceRow
from nzsp_surfaces.report.rows.energies import CandidateRow, DatabaseEntry, SurfaceEnergyRow
from nzsp_surfaces.report.rows.films import FilmSeriesRow
from nzsp_surfaces.report.rows.imported import ImportHeader, RunRow
from nzsp_surfaces.report.rows.inputs import InputsRow
from nzsp_surfaces.report.rows.mixtures import MixtureRow, SegregationRow
from nzsp_surfaces.report.rows.motion import FilmMotionRow
from nzsp_surfaces.report.rows.reactions import ReactionRow
from nzsp_surfaces.report.rows.reservoirs import ConditionRow, DiagramRow, StabilityRow, TerminationRow
from nzsp_surfaces.report.rows.slabs import AlternativeRow, RejectedRow, SlabRow
from nzsp_surfaces.report.rows.study import LAYOUT, Provenance, StudyHeader, SurveyHeader
from nzsp_surfaces.report.rows.typed import hints_of

LISTS: tuple[type[Row[Any]], ...] = (
    SurfaceEnergyRow,
    CandidateRow,
    ConvergenceRow,
    StabilityRow,
    TerminationRow,
    ConditionRow,
    DiagramRow,
    ReactionRow,
    FilmFaceRow,
    FilmSeriesRow,
    DynamicsRow,
    FilmMotionRow,
    BulkRow,
    MixtureRow,
    SegregationRow,
    SlabRow,
    RejectedRow,
    AlternativeRow,
    DatabaseEntry,
    InputsRow,
    RunRow,
    ComparisonRow,
)
"""Rows of which there are many, in the order of docs/files.md."""

DOCUMENTS: tuple[type[Row[Any]], ...] = (StudyHeader, Provenance, SurveyHeader, ImportHeader)
"""Files that hold a single row."""

HEADER = f"""\
# Files

What `nzsp run`, `collect`, `slabs` and `import` write into a results directory, layout {LAYOUT}. In Python all of it is
`nzsp_surfaces.load_results(directory)`: an attribute for each file, rows with the columns below as fields, structures
and traces read when they are asked for.

Within a layout columns are added and none is taken away. Planes are Miller indices on the conventional cell; in CSV
they stand as `1 -1 0 2`. Paths are relative to the directory.

This page is made from `nzsp_surfaces/report/rows/` by `python -m nzsp_surfaces.report.describe > docs/files.md`.
"""

FOOTER = """\
## wulff.json

A mapping from material, or `material+film`, to its Wulff shape.

| column | type | unit | meaning |
|---|---|---|---|
| facets | list | | forms in the order of the table: miller, gamma (J/m²), area_fraction, n_faces, polygons |
| mean_gamma | number | J/m² | averaged over the area |
| volume | number | (J/m²)³ | of a shape whose faces lie at the distance gamma from its centre |
| point_group | text | | of the crystal |

## wulff_spread.json

A mapping from the same names to many shapes whose surface energies are drawn from normal distributions as wide as their
spread; written where a spread is known.

| column | type | unit | meaning |
|---|---|---|---|
| count | whole number | | of shapes |
| forms | list | | miller, area_fraction (mean), interval (of 95 % of them), appears (probability), spread (J/m²) |
| alike | list | | pairs of planes whose order in energy turns with more than 5 % probability, the lower first |

## wulff_path.json

A mapping from material to its shapes along a chemical potential, each plane with its lowest termination; written where
the study asks for potentials.

| column | type | unit | meaning |
|---|---|---|---|
| element | text | | whose potential is varied |
| shapes | list | | potential (eV per atom), rising, and shape, as in wulff.json |

## Other files

| file | what |
|---|---|
| report.html | all of it on one page that opens without a network |
| methods.md, references.bib | what was done in words, for pandoc, and the works that it rests on |
| table.tex, table.csv | the table for a paper: LaTeX with booktabs; CSV with a column for each part of the ± |
| report.pdf | the page printed, by `nzsp report --pdf` |
| structures/ | POSCAR and CIF of every crystal and slab |
| traces/ | CSV of every run of dynamics: time_fs, temperature_K, potential_energy_eV |
| pictures/ | PNG and SVG |
| calculations/ | finished results by content, and checkpoints of the others; what `nzsp run` goes on from |
"""


def description() -> str:
    """All of docs/files.md."""
    parts = [_part(kind, "Each row: ") for kind in LISTS] + [_part(kind, "") for kind in DOCUMENTS]
    return "\n".join([HEADER, *parts, FOOTER])


def _part(kind: type[Row[Any]], before: str) -> str:
    text = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    rest = " ".join(" ".join((kind.__doc__ or "").split("\n\n")[1:]).split())
    said = f"{before}{text[0].lower() + text[1:] if before else text}" + (f" {rest}" if rest else "")
    head = ["| column | type | unit | meaning |", "|---|---|---|---|"]
    return "\n".join([f"## {kind.FILE}", "", said, "", *head, *_lines(kind), ""])


def _lines(kind: type[Row[Any]]) -> Iterator[str]:
    hints = hints_of(kind)
    for column in columns(kind):
        yield _line(column, hints[column.name])


def _line(column: Field[Any], hint: Any) -> str:
    said = column.metadata
    return f"| {column.name} | {type_name(hint)} | {said['unit']} | {said['meaning']} |"


def type_name(hint: Any) -> str:
    """What JSON holds for an annotation, in words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if NoneType in arguments:
        (kind,) = (argument for argument in arguments if argument is not NoneType)
        return f"{type_name(kind)} or null"
    if is_dataclass(hint):
        return f"mapping ({', '.join(field.name for field in fields(hint))})"
    if origin is dict:
        return "mapping" if arguments[1] is Any else f"mapping of {_plural(type_name(arguments[1]))}"
    if origin in (tuple, list):
        return f"list of {_plural(type_name(arguments[0]))}"
    return {int: "whole number", float: "number", bool: "true or false", str: "text"}[hint]


def _plural(name: str) -> str:
    first, _, rest = name.partition(" of ")
    many = first if first == "text" else first.replace("mapping", "mappings") if "mapping" in first else f"{first}s"
    return many + (f" of {rest}" if rest else "")


if __name__ == "__main__":
    print(description(), end="")
