"""Rows about surface energies: the table, what competed for each entry, and the database across studies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from nzsp_surfaces.base.units import joule_per_square_metre
from nzsp_surfaces.energies.films import coverage
from nzsp_surfaces.report.rows.columns import Cell, Column, Row

if TYPE_CHECKING:
    from nzsp_surfaces.base.calculation import Calculation, EngineIdentity, VacuumLevels
    from nzsp_surfaces.energies.spread import Spread
    from nzsp_surfaces.energies.surface import SurfaceEnergy
    from nzsp_surfaces.study.study import Film, Study
    from nzsp_surfaces.tasks.draft import Entry
    from nzsp_surfaces.tasks.table import Candidate, EvaluatedEntry


@dataclass(frozen=True)
class EnergySource:
    """An entry of a study's table.

    Attributes:
        study: that it belongs to.
        evaluated: with its candidates.
        structure: path of the POSCAR of what counts within the directory; None where there is none.
        spread: what leaves the surface energy open; None where nothing tells it.
    """

    study: Study
    evaluated: EvaluatedEntry
    structure: str | None = None
    spread: Spread | None = None

    @property
    def entry(self) -> Entry:
        """The entry of the plan."""
        return self.evaluated.entry

    @property
    def energy(self) -> SurfaceEnergy | None:
        """The surface energy; None where there is none."""
        return self.evaluated.best.energy if self.evaluated.best else None

    @property
    def calculation(self) -> Calculation | None:
        """The slab whose energy counts; None where there is none."""
        return self.evaluated.best.calculation if self.evaluated.best else None

    @property
    def energy_left(self) -> float | None:
        """meV/Å² of both faces that relaxing to the end would still gain; None where nothing foretells it."""
        if self.calculation is None or self.calculation.energy_left is None or self.energy is None:
            return None
        return 1000 * self.calculation.energy_left / (2 * self.energy.area)

    @property
    def foretold(self) -> float | None:
        """J/m², of the relaxed slab, as far as a Hessian foretells it; the bulk is relaxed already."""
        if self.energy is None or self.energy_left is None:
            return None
        return self.energy.gamma - joule_per_square_metre(self.energy_left / 1000)

    @property
    def film(self) -> Film | None:
        """The film of the study; None for the bare plane."""
        return next((film for film in self.study.films if film.name == self.entry.film), None)

    @property
    def coverage(self) -> float | None:
        """Formula units of the film on a nm² of face."""
        return coverage(self.energy.film_units, self.energy.area) if self.energy and self.film else None

    @property
    def coverage_beneath(self) -> float | None:
        """Formula units of the film beneath on a nm² of face; None where none is."""
        return coverage(self.energy.units_beneath, self.energy.area) if self.energy and self.entry.on else None

    @property
    def vacuum(self) -> VacuumLevels | None:
        """Levels beside the slab; None where the engine does not tell them."""
        return self.calculation.vacuum if self.calculation else None

    @property
    def engine(self) -> EngineIdentity:
        """Who computed the slab, or would."""
        return self.calculation.engine if self.calculation else self.study.engines.energies.identity

    @property
    def is_dft(self) -> bool:
        """Whether it is DFT; a program that only writes a code's files is none, and names itself."""
        chosen = self.study.engines.energies
        return chosen.is_dft and self.engine.name == chosen.name

    @property
    def published(self) -> float | None:
        """The published value, J/m²."""
        return self.study.published(self.entry.material, self.entry.miller, self.entry.film)


energy = Column[EnergySource]()


@dataclass(frozen=True, kw_only=True)
class SurfaceEnergyRow(Row[EnergySource]):
    """A surface energy, or the reason why there is none; surface_energies.csv holds the same."""

    FILE: ClassVar[str] = "surface_energies.json"

    id: str = energy("material, plane and film", of=lambda s: s.entry.id)
    material: str = energy("name in the study", of=lambda s: s.entry.material)
    miller: tuple[int, ...] = energy("plane, as the study writes it", of=lambda s: s.entry.miller)
    film: str | None = energy("name in the study; null for the bare plane", of=lambda s: s.entry.film)
    n_film_units: int = energy(
        "formula units of the film, m, both faces together", of=lambda s: s.energy.film_units if s.energy else 0
    )
    gamma: float | None = energy(
        "surface energy; null where there is none", of=lambda s: s.energy.gamma if s.energy else None, unit="J/m²"
    )
    gamma_published: float | None = energy("value to compare with, of the study", of=lambda s: s.published, unit="J/m²")
    converged: bool = energy(
        "the slab reached the wanted force",
        of=lambda s: bool(s.calculation and s.calculation.converged),
        cell=Cell("converged"),
    )
    engine: str = energy("engine that computed it", of=lambda s: s.engine.name)
    model: str = energy("weights or parameters of the engine", of=lambda s: s.engine.model)
    formula: str | None = energy("equation that was used", of=lambda s: s.energy.formula if s.energy else None)
    area: float | None = energy(
        "area of one face", of=lambda s: s.energy.area if s.energy else None, unit="Å²", cell=Cell("area", 1)
    )
    structure: str | None = energy(
        "POSCAR of the relaxed slab within the directory; a CIF lies beside it", of=lambda s: s.structure
    )
    reason: str | None = energy("why there is no surface energy", of=lambda s: s.evaluated.reason)
    is_dft: bool = energy("computed with density-functional theory, not with a potential", of=lambda s: s.is_dft)
    vacuum_levels: tuple[float, ...] | None = energy(
        "electrostatic potential of an electron in the vacuum below and above the slab; null where the engine does not"
        " tell it",
        of=lambda s: (s.vacuum.bottom, s.vacuum.top) if s.vacuum else None,
        unit="eV",
        earlier=None,
    )
    work_functions: tuple[float, ...] | None = energy(
        "from the Fermi level to these; in an insulator that level lies anywhere in the gap",
        of=lambda s: s.vacuum.work_functions if s.vacuum else None,
        unit="eV",
        earlier=None,
    )
    vacuum_field: float | None = energy(
        "field left in the vacuum; above 0.01 a dipole was not corrected, or the vacuum is too thin",
        of=lambda s: s.vacuum.field if s.vacuum else None,
        unit="eV/Å",
        earlier=None,
    )
    moment: float | None = energy(
        "magnetic moment of the cell; null where the engine does not tell it",
        of=lambda s: s.calculation.moment if s.calculation else None,
        unit="µB",
        earlier=None,
    )
    energy_left: float | None = energy(
        "that relaxing to the end would still gain, by the Hessian that a surrogate lent; null where none did",
        of=lambda s: s.energy_left,
        unit="meV/Å² of face",
        earlier=None,
    )
    gamma_foretold: float | None = energy(
        "surface energy less what relaxing to the end would still gain; null where nothing foretells it",
        of=lambda s: s.foretold,
        unit="J/m²",
        earlier=None,
    )
    gamma_before: float | None = energy(
        "surface energy by the engine whose slabs `nzsp refine` went on with",
        of=lambda s: s.entry.before.gamma if s.entry.before else None,
        unit="J/m²",
        earlier=None,
    )
    engine_before: str | None = energy(
        "that engine, with its model", of=lambda s: s.entry.before.engine if s.entry.before else None, earlier=None
    )
    source: str | None = energy(
        "folder or file of the run that it comes from; null where `nzsp run` computed it",
        of=lambda _: None,
        earlier=None,
    )
    notes: tuple[str, ...] = energy(
        "what a person should look at: a moment, a field or a step that should not be there",
        of=lambda s: s.calculation.notes if s.calculation else (),
        earlier=(),
    )
    spread: float | None = energy(
        "by which the surface energy may be off, the root of the sum of squares of its parts; null where nothing tells"
        " it, which is not zero",
        of=lambda s: s.spread.total if s.spread else None,
        unit="J/m²",
        earlier=None,
    )
    spread_parts: dict[str, float] | None = energy(
        "of what it is made: thickness, arrangements (of ions, that were left out), seeds (of the anneal), snapshots"
        " (of one anneal), engines; a part that nothing tells is missing",
        of=lambda s: s.spread.parts if s.spread else None,
        unit="J/m²",
        earlier=None,
    )
    film_compound: str | None = energy(
        "reduced formula of the film's compound; null for the bare plane",
        of=lambda s: s.film.reference.formula if s.film else None,
        earlier=None,
    )
    coverage: float | None = energy(
        "formula units of the film on one face, m / (2 A); null for the bare plane",
        of=lambda s: s.coverage,
        unit="1/nm²",
        cell=Cell("coverage", 2),
        earlier=None,
    )
    annealed_at: float | None = energy(
        "temperature of the anneal that its slab went through; null without one",
        of=lambda s: s.evaluated.best.temperature if s.evaluated.best else None,
        unit="K",
        earlier=None,
    )
    on: str | None = energy(
        "film on which the film lies; null where it lies on the slab itself", of=lambda s: s.entry.on, earlier=None
    )
    n_units_beneath: int = energy(
        "formula units of that film, both faces together",
        of=lambda s: s.energy.units_beneath if s.energy else 0,
        earlier=0,
    )
    coverage_beneath: float | None = energy(
        "formula units of that film on one face; null where the film lies on the slab itself",
        of=lambda s: s.coverage_beneath,
        unit="1/nm²",
        earlier=None,
    )


@dataclass(frozen=True, kw_only=True)
class DatabaseEntry(SurfaceEnergyRow):
    """A surface energy in the database of FireWorks, collection nzsp_entries; `nzsp query` prints it.

    Its structure is null: `nzsp collect` writes the files. So is its spread where the study asks for series of
    thicknesses, which are computed when the entry is known already.
    """

    FILE: ClassVar[str] = "nzsp query"

    study: str = energy("identity of the study", of=lambda s: s.study.identity)
    name: str = energy("name of the study", of=lambda s: s.study.name)
    profile: str = energy("quick or paper", of=lambda s: s.study.profile_name)
    candidate: str | None = energy(
        "what it is the energy of", of=lambda s: s.evaluated.best.note if s.evaluated.best else None
    )
    updated: str = energy("when it was stored, ISO 8601", of=lambda _: datetime.now(UTC).isoformat(timespec="seconds"))


@dataclass(frozen=True)
class CandidateSource:
    """A competitor for an entry."""

    evaluated: EvaluatedEntry
    candidate: Candidate


candidate = Column[CandidateSource]()


@dataclass(frozen=True, kw_only=True)
class CandidateRow(Row[CandidateSource]):
    """What competed for an entry of the table, and what it gave."""

    FILE: ClassVar[str] = "candidates.json"

    id: str = candidate("task that computed it", of=lambda s: s.candidate.task, cell=Cell("id", look="mono"))
    material: str = candidate("name in the study", of=lambda s: s.evaluated.entry.material)
    miller: tuple[int, ...] = candidate("plane, as the study writes it", of=lambda s: s.evaluated.entry.miller)
    film: str | None = candidate("name in the study; null for the bare plane", of=lambda s: s.evaluated.entry.film)
    gamma: float | None = candidate(
        "surface energy; null where it has none",
        of=lambda s: s.candidate.energy.gamma if s.candidate.energy else None,
        unit="J/m²",
        cell=Cell("γ", 3),
    )
    converged: bool = candidate(
        "reached the wanted force",
        of=lambda s: bool(s.candidate.calculation and s.candidate.calculation.converged),
        cell=Cell("converged"),
    )
    selected: bool = candidate(
        "counts in the table", of=lambda s: s.candidate is s.evaluated.best, cell=Cell("chosen", words=("chosen", ""))
    )
    note: str = candidate(
        "what it is, or why it was refused", of=lambda s: s.candidate.note, cell=Cell("note", look="wrap")
    )
    annealed_at: float | None = candidate(
        "temperature of the anneal that its slab went through; null without one",
        of=lambda s: s.candidate.temperature,
        unit="K",
        earlier=None,
    )
