"""A results directory back in Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.energies.along import ShapesAlong
from nzsp_surfaces.energies.sampling import SampledShapes
from nzsp_surfaces.energies.wulff import WulffShape
from nzsp_surfaces.report.files import read_document, read_json, read_rows
from nzsp_surfaces.report.rows.calculations import BulkRow, DynamicsRow, FilmFaceRow
from nzsp_surfaces.report.rows.convergence import ConvergenceRow
from nzsp_surfaces.report.rows.energies import CandidateRow, SurfaceEnergyRow
from nzsp_surfaces.report.rows.films import FilmSeriesRow
from nzsp_surfaces.report.rows.imported import ImportHeader, RunRow
from nzsp_surfaces.report.rows.mixtures import MixtureRow, SegregationRow
from nzsp_surfaces.report.rows.motion import FilmMotionRow
from nzsp_surfaces.report.rows.reactions import ReactionRow
from nzsp_surfaces.report.rows.reservoirs import ConditionRow, DiagramRow, StabilityRow, TerminationRow
from nzsp_surfaces.report.rows.slabs import AlternativeRow, RejectedRow, SlabRow
from nzsp_surfaces.report.rows.study import LAYOUT, Provenance, StudyHeader, SurveyHeader
from nzsp_surfaces.report.rows.typed import typed
from nzsp_surfaces.report.structures import read_structure
from nzsp_surfaces.report.traces import Frames, Trace, read_frames, read_trace

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

T = TypeVar("T")


@dataclass(frozen=True)
class Results:
    """What a results directory holds; what is not there is None or empty.

    Attributes:
        directory: that was read.
        study: which study it belongs to.
        survey: which crystal's slabs it holds, as `nzsp slabs` leaves them.
        provenance: how the results came about.
        surface_energies: in the order of the study.
        slabs, rejected, alternatives: what was cut.
        bulk: relaxed crystals.
        candidates: that competed.
        films: faces of covered slabs.
        dynamics: runs of dynamics.
        wulff: shapes by material, or material+film.
        runs: that were imported.
        convergence: series of thickness and vacuum.
        stability, terminations, conditions, diagrams: what chemical potentials decide.
        reactions: what forms a film or uses it up.
        sampled: many shapes of each, within the spread of their energies, by the same names.
        film_series: each plane under more and more of a compound.
        wulff_path: shapes of bare materials along a chemical potential.
        mixtures: compositions between materials, or of files with shared sites.
        segregation: ions of a mixture at the depths of a slab.
    """

    directory: Path
    study: StudyHeader | None
    survey: SurveyHeader | None
    provenance: Provenance | None
    surface_energies: tuple[SurfaceEnergyRow, ...]
    slabs: tuple[SlabRow, ...]
    rejected: tuple[RejectedRow, ...]
    alternatives: tuple[AlternativeRow, ...]
    bulk: tuple[BulkRow, ...]
    candidates: tuple[CandidateRow, ...]
    films: tuple[FilmFaceRow, ...]
    dynamics: tuple[DynamicsRow, ...]
    wulff: Mapping[str, WulffShape]
    runs: tuple[RunRow, ...] = ()
    convergence: tuple[ConvergenceRow, ...] = ()
    stability: tuple[StabilityRow, ...] = ()
    terminations: tuple[TerminationRow, ...] = ()
    conditions: tuple[ConditionRow, ...] = ()
    sampled: Mapping[str, SampledShapes] = field(default_factory=dict)
    film_series: tuple[FilmSeriesRow, ...] = ()
    wulff_path: Mapping[str, ShapesAlong] = field(default_factory=dict)
    diagrams: tuple[DiagramRow, ...] = ()
    reactions: tuple[ReactionRow, ...] = ()
    mixtures: tuple[MixtureRow, ...] = ()
    segregation: tuple[SegregationRow, ...] = ()
    film_motion: tuple[FilmMotionRow, ...] = ()

    @property
    def name(self) -> str:
        """Name for titles: of the study, or of the directory."""
        return self.study.name if self.study and self.study.name else self.directory.resolve().name

    def structure(self, row: SurfaceEnergyRow | SlabRow | AlternativeRow | BulkRow) -> Structure | None:
        """The structure of a row, read when it is asked for; None where the row or the directory has none.

        Raises:
            UserError: its file is damaged.
        """
        path = self.directory / (row.structure or "")
        return read_structure(path) if path.is_file() else None

    def trace(self, row: DynamicsRow) -> Trace | None:
        """The trace of a run, read when it is asked for; None where the directory has none.

        Raises:
            UserError: its file is damaged.
        """
        path = self.directory / row.trace
        return read_trace(path, row.temperature) if path.is_file() else None

    def frames(self, row: DynamicsRow) -> Frames | None:
        """The frames of a run, read when they are asked for; None where the row or the directory has none.

        Raises:
            UserError: their file is damaged.
        """
        path = self.directory / (row.trajectory or "")
        return read_frames(path) if path.is_file() else None


def load_results(directory: Path | str) -> Results:
    """The results that `nzsp run`, `nzsp collect`, `nzsp slabs` or `nzsp import` wrote.

    >>> from nzsp_surfaces import load_results
    >>> results = load_results("runs/table1")  # doctest: +SKIP
    >>> {row.miller: row.gamma for row in results.surface_energies if row.film is None}  # doctest: +SKIP
    {(1, -1, 0, 2): 0.65, (1, 0, -1, 4): 0.81}

    Raises:
        UserError: no such directory, no results in it, files of another layout, or a damaged file.
    """
    path = Path(directory)
    if not path.is_dir():
        raise UserError(f"{path}: no such directory; give the directory that nzsp run wrote")
    for kind in (StudyHeader, SurveyHeader, ImportHeader):
        header = read_json(path / kind.FILE, dict)
        if header is not None:
            check_layout(path, header)
    results = _read(path)
    if not (results.surface_energies or results.slabs or results.wulff or results.runs or results.mixtures):
        raise UserError(f"{path}: holds no results; run 'nzsp run STUDY -o {path}' first")
    return results


def _read(directory: Path) -> Results:
    return Results(
        directory=directory,
        study=read_document(directory, StudyHeader),
        survey=read_document(directory, SurveyHeader),
        provenance=read_document(directory, Provenance),
        surface_energies=read_rows(directory, SurfaceEnergyRow),
        slabs=read_rows(directory, SlabRow),
        rejected=read_rows(directory, RejectedRow),
        alternatives=read_rows(directory, AlternativeRow),
        bulk=read_rows(directory, BulkRow),
        candidates=read_rows(directory, CandidateRow),
        films=read_rows(directory, FilmFaceRow),
        dynamics=read_rows(directory, DynamicsRow),
        wulff=_by_name(directory / "wulff.json", WulffShape),
        runs=read_rows(directory, RunRow),
        convergence=read_rows(directory, ConvergenceRow),
        stability=read_rows(directory, StabilityRow),
        terminations=read_rows(directory, TerminationRow),
        conditions=read_rows(directory, ConditionRow),
        sampled=_by_name(directory / "wulff_spread.json", SampledShapes),
        film_series=read_rows(directory, FilmSeriesRow),
        diagrams=read_rows(directory, DiagramRow),
        reactions=read_rows(directory, ReactionRow),
        wulff_path=_by_name(directory / "wulff_path.json", ShapesAlong),
        mixtures=read_rows(directory, MixtureRow),
        segregation=read_rows(directory, SegregationRow),
        film_motion=read_rows(directory, FilmMotionRow),
    )


def _by_name(path: Path, kind: type[T]) -> dict[str, T]:
    """What a mapping in a file holds for each crystal."""
    return {name: typed(each, kind, f"{path}: {name}") for name, each in (read_json(path, dict) or {}).items()}


def check_layout(directory: Path, header: Mapping[str, Any]) -> None:
    """Look whether a directory's files have the layout of this version.

    Args:
        header: what its study.json or survey.json holds.

    Raises:
        UserError: they have not; it says which version made them.
    """
    if header.get("layout") == LAYOUT:
        return
    made = header.get("version") or (read_json(directory / Provenance.FILE, dict) or {}).get("version", "0.1")
    raise UserError(
        f"{directory}: holds files of another layout, made by nzsp_surfaces {made}; "
        "run the study again into a new directory, or read them with that version"
    )
