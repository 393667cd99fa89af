"""Rows about reactions: what forms a film or uses it up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nzsp_surfaces.base.units import EV_PER_KJ_PER_MOL
from nzsp_surfaces.report.rows.columns import Cell, Column, Row
from nzsp_surfaces.tasks.reactions import ReactionFound

reaction = Column[ReactionFound]()


@dataclass(frozen=True, kw_only=True)
class ReactionRow(Row[ReactionFound]):
    """A reaction of the study's key `reactions`, at 0 K, without zero-point energies."""

    FILE: ClassVar[str] = "reactions.json"

    equation: str = reaction("for one formula unit of the first product", of=lambda s: s.equation)
    reactants: dict[str, float] = reaction(
        "formula units by name in the study", of=lambda s: dict(s.reaction.reactants)
    )
    products: dict[str, float] = reaction("formula units, by name", of=lambda s: dict(s.reaction.products))
    energy: float | None = reaction(
        "of the products less that of the reactants, per formula unit of the first product; null where it is not known",
        of=lambda s: s.energy,
        unit="eV",
        cell=Cell("energy", 3),
    )
    molar: float | None = reaction(
        "the same",
        of=lambda s: None if s.energy is None else s.energy / EV_PER_KJ_PER_MOL,
        unit="kJ/mol",
        cell=Cell("", 0),
    )
    reason: str | None = reaction("why there is none", of=lambda s: s.reason)
