"""From results to verdicts: whether surface energies still depend on settings of their slabs and of the engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.energies.convergence import (
    Thickness,
    ThicknessVerdict,
    Verdict,
    judge_setting,
    judge_thickness,
)
from nzsp_surfaces.energies.surface import excess_energy, formula_units, surface_energy
from nzsp_surfaces.slabs.carried import face_distance

if TYPE_CHECKING:
    from nzsp_surfaces.base.calculation import Calculation
    from nzsp_surfaces.tasks.base import Result
    from nzsp_surfaces.tasks.draft import Entry, Pair, Series
    from nzsp_surfaces.tasks.plan import Plan
    from nzsp_surfaces.tasks.table import EvaluatedEntry

FACES_ALIKE = 0.3
"""Å: faces of two thicknesses whose atoms lie closer have relaxed into one minimum."""


VACUUM, CUTOFF, MESH = "Å of vacuum", "eV of cutoff", "Å of k-points"
"""What follows a value in words."""


@dataclass(frozen=True)
class Converged:
    """What the series of an entry say.

    Attributes:
        entry: of the table.
        thicknesses: of slabs that are there and whose faces relaxed alike, thin first.
        vacuums: Å -> J/m² of the same slab as it was relaxed.
        cutoffs, kpoints: eV and Å -> J/m² of the same slab, its bulk solved alike.
        thickness, vacuum, cutoff, mesh: verdicts; None where a series was not asked for, or says nothing yet.
        notes: why a point or a verdict is missing.
    """

    entry: Entry
    thicknesses: tuple[Thickness, ...]
    vacuums: Mapping[float, float]
    cutoffs: Mapping[float, float]
    kpoints: Mapping[float, float]
    thickness: ThicknessVerdict | None
    vacuum: Verdict | None
    cutoff: Verdict | None
    mesh: Verdict | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Known:
    """What is known when a series is judged."""

    series: Series
    bulk: Calculation
    own: Calculation
    area: float
    results: Mapping[str, Result]
    failures: Mapping[str, str]

    @property
    def per_unit(self) -> float:
        """eV per formula unit of the bulk."""
        composition = self.bulk.structure.composition
        return self.bulk.energy / formula_units(composition, composition)

    def why_not(self, task: str) -> str:
        return self.failures.get(task, "not computed yet")


def converged(
    plan: Plan, rows: tuple[EvaluatedEntry, ...], results: Mapping[str, Result], failures: Mapping[str, str],
    tolerance: float,
) -> tuple[Converged, ...]:  # fmt: skip
    """The verdicts of all series of a plan whose entry has a value.

    Args:
        rows: the table.
        results, failures: by the ids of tasks.
        tolerance: J/m² that count as nothing.
    """
    by_entry = {series.entry: series for series in plan.series}
    return tuple(
        _judged(row, _Known(series, bulk, row.best.calculation, row.best.energy.area, results, failures), tolerance)
        for row in rows
        if (series := by_entry.get(row.entry.id)) and row.best and row.best.energy and row.best.calculation
        if (bulk := _calculation(plan.bulks[row.entry.material], results))
    )


def _calculation(task: str, results: Mapping[str, Result]) -> Calculation | None:
    return results[task].calculation if task in results else None


def _judged(row: EvaluatedEntry, known: _Known, tolerance: float) -> Converged:
    series, notes = known.series, list(known.series.lacking)
    slabs, vacuums = _thicknesses(known, notes), _vacuums(known, notes)
    cutoffs, kpoints = _solved(known, series.cutoffs, CUTOFF, notes), _solved(known, series.kpoints, MESH, notes)
    thickness = _said(lambda: judge_thickness(slabs, known.per_unit, known.area, tolerance), series.thicknesses, notes)
    vacuum, cutoff, mesh = (
        _said(partial(judge_setting, list(found), list(found.values()), tolerance, what), asked, notes)
        for found, what, asked in (
            (vacuums, VACUUM, series.vacuums),
            (cutoffs, CUTOFF, series.cutoffs),
            (kpoints, MESH, series.kpoints),
        )
    )
    return Converged(
        row.entry, slabs, vacuums, cutoffs, kpoints, thickness, vacuum, cutoff, mesh, tuple(notes)
    )  # fmt: skip


Said = TypeVar("Said", bound=Verdict)


def _said(judge: Callable[[], Said], asked: Collection[float], notes: list[str]) -> Said | None:
    """The verdict on a series that was asked for; None, with a note, where it says nothing yet."""
    if not asked:
        return None
    try:
        return judge()
    except UserError as refusal:
        notes.append(str(refusal))
        return None


def _thicknesses(known: _Known, notes: list[str]) -> tuple[Thickness, ...]:
    """All slabs whose faces relaxed alike; the thickest says how, for the faces of thin ones see each other."""
    slabs = {repeats: _slab(known, repeats, task, notes) for repeats, task in known.series.thicknesses.items()}
    computed = {repeats: slab for repeats, slab in slabs.items() if slab is not None}
    found = []
    for repeats, slab in computed.items():
        energy = surface_energy(slab, known.bulk, known.area)
        away = face_distance(computed[max(computed)].structure, slab.structure)
        if away > FACES_ALIKE:
            notes.append(
                f"{repeats} repeats, {energy.gamma:.3f} J/m²: left out, its face relaxed {away:.1f} Å otherwise"
            )
        else:
            found.append(Thickness(repeats, energy.formula_units, slab.energy, energy.gamma))
    return tuple(found)


def _slab(known: _Known, repeats: int, task: str | None, notes: list[str]) -> Calculation | None:
    """The slab of a thickness; None, with a note, where there is none to compare."""
    slab = known.own if task is None else _calculation(task, known.results)
    try:
        if slab is None:
            raise UserError(known.why_not(task or ""))
        surface_energy(slab, known.bulk, known.area)
    except UserError as refusal:
        notes.append(f"{repeats} repeats: {refusal}")
        return None
    return slab


def _vacuums(known: _Known, notes: list[str]) -> dict[float, float]:
    found = {}
    for size, task in known.series.vacuums.items():
        slab = _calculation(task, known.results)
        if slab is None:
            notes.append(f"{size:g} Å of vacuum: {known.why_not(task)}")
        else:
            found[size] = excess_energy(slab, known.bulk, known.area)
    return found


def _solved(known: _Known, pairs: Mapping[float, Pair], what: str, notes: list[str]) -> dict[float, float]:
    """J/m² by setting, where slab and bulk are there and agree in it."""
    found = {}
    for value, pair in pairs.items():
        slab, bulk = (_calculation(task, known.results) for task in (pair.slab, pair.bulk))
        if slab is None or bulk is None:
            notes.append(f"{value:g} {what}: {known.why_not(pair.bulk if bulk is None else pair.slab)}")
        else:
            found[value] = surface_energy(slab, bulk, known.area).gamma
    return found
