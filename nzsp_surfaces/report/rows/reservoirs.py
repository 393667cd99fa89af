"""Rows about chemical potentials: where materials are stable, and the surface energies of all terminations there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nzsp_surfaces.report.rows.columns import Cell, Column, Row
from nzsp_surfaces.tasks.reservoirs import Condition, Diagram, Line, Reservoirs

stability = Column[Reservoirs]()


@dataclass(frozen=True, kw_only=True)
class StabilityRow(Row[Reservoirs]):
    """Between which chemical potentials a material is stable; the study's key `potentials` asks for it."""

    FILE: ClassVar[str] = "stability.json"

    material: str = stability("name in the study", of=lambda s: s.material)
    lower: dict[str, float] = stability(
        "least potential of each element; one that is open is missing",
        of=lambda s: {b.element: b.lower for b in s.bounds if b.lower is not None},
        unit="eV per atom",
    )
    upper: dict[str, float] = stability(
        "greatest potential of each element; one that is open is missing",
        of=lambda s: {b.element: b.upper for b in s.bounds if b.upper is not None},
        unit="eV per atom",
    )
    notes: tuple[str, ...] = stability("what is open, refused or missing", of=lambda s: s.notes)


line = Column[Line]()


@dataclass(frozen=True, kw_only=True)
class TerminationRow(Row[Line]):
    """The surface energy of a slab of any composition along a path of chemical potentials."""

    FILE: ClassVar[str] = "terminations.json"

    material: str = line("name in the study", of=lambda s: s.material)
    miller: tuple[int, ...] = line("plane, as the study writes it", of=lambda s: s.miller)
    film: str | None = line("null: slabs are bare", of=lambda _: None)
    over: str = line(
        "ions beyond whole formula units; empty for a stoichiometric slab",
        of=lambda s: s.over,
        cell=Cell("beyond formula units", zero="nothing"),
    )
    counts: dict[str, float] = line("atoms of the slab by element", of=lambda s: dict(s.termination.counts))
    energy: float = line("of the slab", of=lambda s: s.termination.energy, unit="eV")
    area: float = line("area of one face", of=lambda s: s.termination.area, unit="Å²", cell=Cell("area", 1))
    element: str = line("whose potential is varied", of=lambda s: s.element)
    potentials: tuple[float, ...] = line(
        "of that element; the first and the last lie outside the region where the material is stable, the others of its"
        " elements in the middle of what is left to them",
        of=lambda s: s.values,
        unit="eV per atom",
    )
    gammas: tuple[float, ...] = line("surface energy at each", of=lambda s: s.gammas, unit="J/m²")
    lowest: tuple[float, ...] | None = line(
        "from which potential to which it is the lowest of its plane; null where it never is",
        of=lambda s: s.lowest,
        unit="eV per atom",
    )


condition = Column[Condition]()


@dataclass(frozen=True, kw_only=True)
class ConditionRow(Row[Condition]):
    """A plane in oxygen gas."""

    FILE: ClassVar[str] = "conditions.json"

    material: str = condition("name in the study", of=lambda s: s.material)
    miller: tuple[int, ...] = condition("plane, as the study writes it", of=lambda s: s.miller)
    film: str | None = condition("null: slabs are bare", of=lambda _: None)
    temperature: float = condition("of the gas", of=lambda s: s.temperature, unit="K", cell=Cell("temperature", 0))
    pressure: float = condition("of the gas", of=lambda s: s.pressure, unit="bar", cell=Cell("pressure", 3))
    potential: float = condition(
        "of an oxygen atom above half a molecule (NIST-JANAF)", of=lambda s: s.potential, unit="eV", cell=Cell("Δμ(O)")
    )
    lowest: str | None = condition(
        "lowest termination; null where the material is not stable", of=lambda s: s.lowest, cell=Cell("lowest")
    )
    gamma: float | None = condition("surface energy of it", of=lambda s: s.gamma, unit="J/m²", cell=Cell("γ"))
    absolute: float | None = condition(
        "potential of an oxygen atom on the engine's scale, as in terminations.json, half a molecule being as the study"
        " gives it",
        of=lambda s: s.absolute,
        unit="eV",
        earlier=None,
    )


diagram = Column[Diagram]()


@dataclass(frozen=True, kw_only=True)
class DiagramRow(Row[Diagram]):
    """Which termination of a plane is the lowest in two chemical potentials; the key `second` asks for it."""

    FILE: ClassVar[str] = "phase_diagrams.json"

    material: str = diagram("name in the study", of=lambda s: s.material)
    miller: tuple[int, ...] = diagram("plane, as the study writes it", of=lambda s: s.miller)
    film: str | None = diagram("null: slabs are bare", of=lambda _: None)
    elements: tuple[str, ...] = diagram("whose potentials are varied", of=lambda s: s.grid.elements)
    potentials_first: tuple[float, ...] = diagram(
        "of the first element, between its bounds; elements besides these two lie in the middle of what is left to"
        " them",
        of=lambda s: s.grid.values[0],
        unit="eV per atom",
    )
    potentials_second: tuple[float, ...] = diagram(
        "of the second element, between its bounds", of=lambda s: s.grid.values[1], unit="eV per atom"
    )
    terminations: tuple[str, ...] = diagram(
        "ions beyond whole formula units of each; empty for a stoichiometric slab", of=lambda s: s.terminations
    )
    lowest: tuple[tuple[int | None, ...], ...] = diagram(
        "number of the lowest, from 0, by potential of the second element and of the first; null where the material is"
        " not stable",
        of=lambda s: s.lowest,
    )
