"""Rows about films: each plane under more and more of one compound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from nzsp_surfaces.energies.films import FilmSeries, energy_per_unit, film_series
from nzsp_surfaces.report.rows.columns import Cell, Column, Row
from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow

Covered = tuple[str, tuple[int, ...], str | None]
"""Material, plane, and the film that lies there already."""


@dataclass(frozen=True)
class SeriesSource:
    """A plane of a material under a compound.

    Attributes:
        material, miller: as in the study.
        compound: formula of the film.
        series: of its coverages.
        on: film on which it lies; None where it lies on the bare plane.
    """

    material: str
    miller: tuple[int, ...]
    compound: str
    series: FilmSeries
    on: str | None = None

    @property
    def per_unit(self) -> tuple[float, ...]:
        """eV of a unit of each film above the compound's crystal; empty where the bare face is not known."""
        bare = self.series.bare
        found = [] if bare is None else [energy_per_unit(bare, gamma, theta) for theta, gamma in self.series.films]
        return tuple(energy for energy in found if energy is not None)


series = Column[SeriesSource]()


@dataclass(frozen=True, kw_only=True)
class FilmSeriesRow(Row[SeriesSource]):
    """A face under more and more of one compound; films count at the energy of their own crystal.

    The face is a plane of a crystal, or what a film has made of it on which this one lies.
    """

    FILE: ClassVar[str] = "film_series.json"

    material: str = series("name in the study", of=lambda s: s.material)
    miller: tuple[int, ...] = series("plane, as the study writes it", of=lambda s: s.miller)
    compound: str = series("reduced formula of the film", of=lambda s: s.compound)
    gamma_bare: float | None = series(
        "of the face without the compound: bare, or covered by the film on which it lies; null where it is not known",
        of=lambda s: s.series.bare,
        unit="J/m²",
        cell=Cell("γ bare"),
    )
    coverages: tuple[float, ...] = series(
        "formula units of the film on one face, m / (2 A), ascending",
        of=lambda s: tuple(theta for theta, _ in s.series.films),
        unit="1/nm²",
    )
    gammas: tuple[float, ...] = series(
        "surface energies at these coverages", of=lambda s: tuple(gamma for _, gamma in s.series.films), unit="J/m²"
    )
    energies_per_unit: tuple[float, ...] = series(
        "of a formula unit at these coverages above that in the compound's crystal, [gamma - gamma_bare] / coverage",
        of=lambda s: s.per_unit,
        unit="eV",
    )
    best_gamma: float = series(
        "the lowest, the bare face included", of=lambda s: s.series.best[1], unit="J/m²", cell=Cell("lowest γ")
    )
    best_coverage: float = series(
        "where that is; beyond it more of the compound is better off as crystals",
        of=lambda s: s.series.best[0],
        unit="1/nm²",
        cell=Cell("at coverage"),
    )
    gamma_thick: float | None = series(
        "gamma_film + gamma_interface, from gamma = gamma_thick + e coverage fitted through all films; null for fewer"
        " than two coverages",
        of=lambda s: s.series.thick.gamma if s.series.thick else None,
        unit="J/m²",
        cell=Cell("γ thick"),
    )
    interior: float | None = series(
        "e of this fit: what a formula unit inside the film lies above the compound's crystal",
        of=lambda s: s.series.thick.interior if s.series.thick else None,
        unit="eV",
        cell=Cell("inside"),
    )
    residual: float | None = series(
        "root mean square of this fit; 0 for two coverages",
        of=lambda s: s.series.thick.residual if s.series.thick else None,
        unit="J/m²",
        cell=Cell("residual"),
    )
    spreading: float | None = series(
        "spreading coefficient of a thick film, gamma_bare - gamma_thick: below 0 the compound stays in islands",
        of=lambda s: s.series.spreading,
        unit="J/m²",
        cell=Cell("spreading"),
    )
    gamma_film: float | None = series(
        "lowest of the compound's own surfaces, where it is a material of the study",
        of=lambda s: s.series.own,
        unit="J/m²",
        cell=Cell("γ film"),
    )
    gamma_interface: float | None = series(
        "gamma_thick - gamma_film", of=lambda s: s.series.interface, unit="J/m²", cell=Cell("γ interface")
    )
    adhesion: float | None = series(
        "work of adhesion, gamma_bare + gamma_film - gamma_interface",
        of=lambda s: s.series.adhesion,
        unit="J/m²",
        cell=Cell("adhesion"),
    )
    on: str | None = series(
        "film on which the compound lies; null where it lies on the bare plane", of=lambda s: s.on, earlier=None
    )


def film_series_rows(rows: Sequence[SurfaceEnergyRow], formulas: Mapping[str, str]) -> list[FilmSeriesRow]:
    """The series of each face and compound among surface energies, also of a single coverage.

    Args:
        formulas: of materials, by their names; a compound that is one of them has a surface of its own.
    """
    films: dict[tuple[Covered, str], list[tuple[float, float]]] = {}
    for row in rows:
        if row.film_compound and row.coverage and row.gamma is not None:
            face = (row.material, row.miller, row.on)
            films.setdefault((face, row.film_compound), []).append((row.coverage, row.gamma))
    bare = {(row.material, row.miller, row.film): row.gamma for row in rows}
    sources = (
        SeriesSource(*face[:2], compound, film_series(bare.get(face), found, _own(rows, formulas, compound)), face[2])
        for (face, compound), found in films.items()
    )
    return [FilmSeriesRow.made_from(source) for source in sources]


def _own(rows: Sequence[SurfaceEnergyRow], formulas: Mapping[str, str], compound: str) -> float | None:
    """The lowest surface energy of a compound that is among the materials, J/m²."""
    own = [row.gamma for row in rows if row.film is None and formulas.get(row.material) == compound]
    return min((gamma for gamma in own if gamma is not None), default=None)
