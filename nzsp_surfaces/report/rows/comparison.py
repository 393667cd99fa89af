"""Rows that compare surface energies of several runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from nzsp_surfaces.report.rows.columns import Column, Row


@dataclass(frozen=True)
class Surface:
    """A surface in several runs.

    Attributes:
        material: reduced formula.
        miller: plane, in the first run's words.
        film: as the runs name it.
        gammas: J/m² by run, of those that have a value.
        published: J/m².
        parts: of what the mean may be off by, J/m²: engines, and what runs say of themselves; unknown ones are missing.
    """

    material: str
    miller: tuple[int, ...]
    film: str | None
    gammas: Mapping[str, float]
    published: float | None
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def mean(self) -> float | None:
        """J/m², of all runs; None where none has a value."""
        return sum(self.gammas.values()) / len(self.gammas) if self.gammas else None

    @property
    def margin(self) -> float | None:
        """J/m² by which the mean may be off, the root of the sum of squares of its parts; None where nothing tells."""
        return math.hypot(*self.parts.values()) if self.parts else None

    @property
    def spread(self) -> float | None:
        """J/m², the highest less the lowest; None where fewer than two runs have a value."""
        return max(self.gammas.values()) - min(self.gammas.values()) if len(self.gammas) > 1 else None


surface = Column[Surface]()


@dataclass(frozen=True, kw_only=True)
class ComparisonRow(Row[Surface]):
    """A surface energy in several runs; comparison.csv holds the same with a column for each run."""

    FILE: ClassVar[str] = "comparison.json"

    material: str = surface("reduced formula", of=lambda s: s.material)
    miller: tuple[int, ...] = surface("plane, as the first run that has it names it", of=lambda s: s.miller)
    film: str | None = surface("name in the runs; null for the bare plane", of=lambda s: s.film)
    gammas: dict[str, float] = surface("surface energy by run", of=lambda s: dict(s.gammas), unit="J/m²")
    mean: float | None = surface("of all runs", of=lambda s: s.mean, unit="J/m²")
    margin: float | None = surface(
        "by which the mean may be off, the root of the sum of squares of its parts; null where nothing tells it",
        of=lambda s: s.margin,
        unit="J/m²",
        earlier=None,
    )
    margin_parts: dict[str, float] | None = surface(
        "engines: half the range over engines; of each part of the runs' own spreads the greatest; a part that nothing"
        " tells is missing",
        of=lambda s: dict(s.parts),
        unit="J/m²",
        earlier=None,
    )
    spread: float | None = surface("the highest less the lowest", of=lambda s: s.spread, unit="J/m²")
    gamma_published: float | None = surface("value to compare with", of=lambda s: s.published, unit="J/m²")
