"""Rows about convergence: how surface energies depend on settings of their slabs and of a density functional."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nzsp_surfaces.report.rows.columns import Cell, Column, Row
from nzsp_surfaces.tasks.converged import Converged

series = Column[Converged]()


@dataclass(frozen=True, kw_only=True)
class ConvergenceRow(Row[Converged]):
    """What the series of a bare plane say; the study's key `converge` asks for them."""

    FILE: ClassVar[str] = "convergence.json"

    id: str = series("of the surface energy", of=lambda s: s.entry.id)
    material: str = series("name in the study", of=lambda s: s.entry.material)
    miller: tuple[int, ...] = series("plane, as the study writes it", of=lambda s: s.entry.miller)
    repeats: tuple[int, ...] = series(
        "of each slab of the thickness series along the normal, those whose faces relaxed otherwise left out",
        of=lambda s: tuple(t.repeats for t in s.thicknesses),
    )
    gammas: tuple[float, ...] = series(
        "direct surface energy of each", of=lambda s: tuple(t.gamma for t in s.thicknesses), unit="J/m²"
    )
    gamma_fit: float | None = series(
        "from the intercept of energy against formula units, free of the bulk calculation",
        of=lambda s: s.thickness.fit.gamma if s.thickness else None,
        unit="J/m²",
        cell=Cell("fitted γ", 3),
    )
    gamma_direct: float | None = series(
        "of the thickest slab", of=lambda s: s.thicknesses[-1].gamma if s.thicknesses else None, unit="J/m²",
        cell=Cell("direct γ", 3),
    )  # fmt: skip
    bulk_mismatch: float | None = series(
        "energy of a formula unit by the slope of the fit, above that of the bulk",
        of=lambda s: 1000 * s.thickness.mismatch if s.thickness else None,
        unit="meV",
        cell=Cell("slope − bulk", 1),
    )
    fit_error: float | None = series(
        "standard error of the fitted value; null where two slabs leave none",
        of=lambda s: s.thickness.error if s.thickness else None,
        unit="J/m²",
        cell=Cell("±", 3),
    )
    oscillation: float | None = series(
        "by which it goes up and down with every repeat; 0 where it does not",
        of=lambda s: s.thickness.oscillation if s.thickness else None,
        unit="J/m²",
    )
    thickness_holds: bool | None = series(
        "thicker slabs change the surface energy by no more than the tolerance",
        of=lambda s: s.thickness.holds if s.thickness else None,
        cell=Cell("thick enough"),
    )
    cheapest_repeats: float | None = series(
        "the least from which on it stays within the tolerance",
        of=lambda s: s.thickness.cheapest if s.thickness else None,
        cell=Cell("least repeats", 0),
    )
    thickness_verdict: str = series("in words", of=lambda s: s.thickness.words if s.thickness else "")
    vacuums: tuple[float, ...] = series("of each slab of the vacuum series", of=lambda s: tuple(s.vacuums), unit="Å")
    vacuum_gammas: tuple[float, ...] = series(
        "surface energy of each, as relaxed with the vacuum of the study",
        of=lambda s: tuple(s.vacuums.values()),
        unit="J/m²",
    )
    vacuum_holds: bool | None = series(
        "more vacuum changes nothing", of=lambda s: s.vacuum.holds if s.vacuum else None, cell=Cell("vacuum enough")
    )
    cheapest_vacuum: float | None = series(
        "the least from which on it stays within the tolerance",
        of=lambda s: s.vacuum.cheapest if s.vacuum else None,
        unit="Å",
        cell=Cell("least vacuum", 0),
    )
    vacuum_verdict: str = series("in words", of=lambda s: s.vacuum.words if s.vacuum else "")
    cutoffs: tuple[float, ...] = series(
        "of each point of the series, slab and bulk alike; for CP2K of its finest grid",
        of=lambda s: tuple(s.cutoffs),
        unit="eV",
        earlier=(),
    )
    cutoff_gammas: tuple[float, ...] = series(
        "surface energy at each, as relaxed at the study's cutoff",
        of=lambda s: tuple(s.cutoffs.values()),
        unit="J/m²",
        earlier=(),
    )
    cutoff_holds: bool | None = series(
        "a higher cutoff changes nothing",
        of=lambda s: s.cutoff.holds if s.cutoff else None,
        earlier=None,
    )
    cheapest_cutoff: float | None = series(
        "the least from which on it stays within the tolerance",
        of=lambda s: s.cutoff.cheapest if s.cutoff else None,
        unit="eV",
        cell=Cell("least cutoff", 0),
        earlier=None,
    )
    cutoff_verdict: str = series("in words", of=lambda s: s.cutoff.words if s.cutoff else "", earlier="")
    kpoints: tuple[float, ...] = series(
        "length times a reciprocal vector that gives the number of k-points along it, of each point of the series",
        of=lambda s: tuple(s.kpoints),
        unit="Å",
        earlier=(),
    )
    kpoints_gammas: tuple[float, ...] = series(
        "surface energy at each, as relaxed with the study's k-points",
        of=lambda s: tuple(s.kpoints.values()),
        unit="J/m²",
        earlier=(),
    )
    kpoints_hold: bool | None = series(
        "more k-points change nothing", of=lambda s: s.mesh.holds if s.mesh else None, earlier=None
    )
    cheapest_kpoints: float | None = series(
        "the least from which on it stays within the tolerance",
        of=lambda s: s.mesh.cheapest if s.mesh else None,
        unit="Å",
        cell=Cell("least k-points", 0),
        earlier=None,
    )
    kpoints_verdict: str = series("in words", of=lambda s: s.mesh.words if s.mesh else "", earlier="")
    notes: tuple[str, ...] = series("why a slab or a verdict is missing", of=lambda s: s.notes)
