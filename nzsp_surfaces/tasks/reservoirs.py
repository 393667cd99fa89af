"""From results to surfaces in contact with reservoirs: where materials are stable, and what is lowest where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.certificate import turns_over
from nzsp_surfaces.energies.diagram import Grid, grid
from nzsp_surfaces.energies.potentials import Bound, Phase, Region, Termination, lowest_ranges, oxygen
from nzsp_surfaces.energies.surface import UNLIKE
from nzsp_surfaces.tasks.table import FACE_TOLERANCE

if TYPE_CHECKING:
    from nzsp_surfaces.base.calculation import Calculation
    from nzsp_surfaces.study.further import OxygenKeys, PotentialKeys
    from nzsp_surfaces.tasks.base import Result
    from nzsp_surfaces.tasks.plan import Plan
    from nzsp_surfaces.tasks.table import EvaluatedEntry

POINTS = 41
"""Of a path between two bounds."""
OUTSIDE = 0.15
"""Of the width of the stable region: how far beyond its bounds lines are drawn on."""


@dataclass(frozen=True)
class Line:
    """The surface energy of a termination along a path of chemical potentials.

    Attributes:
        material: its name.
        miller: plane, as the study writes it.
        termination: the slab.
        over: ions beyond whole formula units; empty for a stoichiometric slab.
        element: whose potential is varied.
        values: eV, of that potential; the first and the last lie outside the stable region.
        gammas: J/m² there.
        lowest: eV, from where to where it is the lowest of its plane within the region; None where it never is.
    """

    material: str
    miller: tuple[int, ...]
    termination: Termination
    over: str
    element: str
    values: tuple[float, ...]
    gammas: tuple[float, ...]
    lowest: tuple[float, float] | None


@dataclass(frozen=True)
class Condition:
    """A plane in oxygen gas.

    Attributes:
        material: its name.
        miller: plane, as the study writes it.
        temperature: K.
        pressure: bar.
        potential: eV of an oxygen atom above half a molecule.
        lowest: name of the lowest termination; None outside the stable region.
        gamma: J/m² of it.
        absolute: eV of an oxygen atom by the engine, with half a molecule as the study gives it.
    """

    material: str
    miller: tuple[int, ...]
    temperature: float
    pressure: float
    potential: float
    lowest: str | None
    gamma: float | None
    absolute: float


@dataclass(frozen=True)
class Diagram:
    """Which termination of a plane is the lowest in two chemical potentials.

    Attributes:
        material: its name.
        miller: plane, as the study writes it.
        terminations: ions beyond whole formula units of each; empty for a stoichiometric slab.
        grid: of the potentials.
        lowest: numbers of terminations, see `Grid.lowest`.
    """

    material: str
    miller: tuple[int, ...]
    terminations: tuple[str, ...]
    grid: Grid
    lowest: tuple[tuple[int | None, ...], ...]


@dataclass(frozen=True)
class Reservoirs:
    """What chemical potentials decide of a material.

    Attributes:
        material: its name.
        bounds: between which it is stable.
        lines: of its terminations.
        conditions: in oxygen gas.
        notes: what is open, refused or missing.
        diagrams: of its planes in two potentials.
    """

    material: str
    bounds: tuple[Bound, ...] = ()
    lines: tuple[Line, ...] = ()
    conditions: tuple[Condition, ...] = ()
    notes: tuple[str, ...] = field(default=())
    diagrams: tuple[Diagram, ...] = ()


@dataclass(frozen=True)
class _Known:
    plan: Plan
    rows: tuple[EvaluatedEntry, ...]
    results: Mapping[str, Result]
    keys: PotentialKeys

    def calculation(self, task: str) -> Calculation | None:
        return self.results[task].calculation if task in self.results else None


def reservoirs(
    plan: Plan, rows: tuple[EvaluatedEntry, ...], results: Mapping[str, Result], keys: PotentialKeys
) -> tuple[Reservoirs, ...]:
    """All materials whose bulk is there.

    Args:
        rows: the table, for the stoichiometric terminations.
        results: by the ids of tasks.
    """
    known = _Known(plan, rows, results, keys)
    found = ((name, known.calculation(task)) for name, task in plan.bulks.items())
    return tuple(_of_material(known, name, bulk) for name, bulk in found if bulk)


def _of_material(known: _Known, name: str, bulk: Calculation) -> Reservoirs:
    others = {**known.plan.phases, **{other: task for other, task in known.plan.bulks.items() if other != name}}
    computed = {other: known.calculation(task) for other, task in others.items()}
    notes = [f"{other} is not computed, and bounds nothing" for other, phase in computed.items() if phase is None]
    region = Region(_phase(name, bulk), tuple(_phase(other, phase) for other, phase in computed.items() if phase))
    try:
        bounds = region.bounds()
    except UserError as refusal:
        return Reservoirs(name, notes=(*notes, str(refusal)))
    notes += [f"{bound.element}: {_open(bound)}" for bound in bounds if _open(bound)]
    terminations = list(_terminations(known, name, notes))
    try:
        path = _path(region, known.keys.vary, bounds)
        lines, conditions = _lines(name, known.keys.vary, path, terminations), _conditions(region, known, terminations)
    except UserError as refusal:
        return Reservoirs(name, bounds, notes=(*notes, str(refusal)))
    diagrams = _diagrams(region, known.keys, terminations, notes)
    return Reservoirs(name, bounds, lines, conditions, tuple(notes), diagrams)


def _diagrams(region: Region, keys: PotentialKeys, terminations: list[_Named], notes: list[str]) -> tuple[Diagram, ...]:
    """One for each plane, where the study names a second element; what keeps one from being is noted."""
    if keys.second is None:
        return ()
    try:
        made = grid(region, (keys.vary, keys.second))
    except UserError as refusal:
        notes.append(str(refusal))
        return ()
    return tuple(
        _diagram(region.crystal.name, miller, made, [each for each in terminations if each[0] == miller])
        for miller in dict.fromkeys(miller for miller, _, _ in terminations)
    )


def _diagram(material: str, miller: tuple[int, ...], made: Grid, own: list[_Named]) -> Diagram:
    overs, slabs = tuple(over for _, over, _ in own), [slab for _, _, slab in own]
    return Diagram(material, miller, overs, made, made.lowest(slabs))


def _phase(name: str, calculation: Calculation) -> Phase:
    counts = {str(e): float(n) for e, n in calculation.structure.composition.items()}
    return Phase(name, counts, calculation.energy)


def _open(bound: Bound) -> str:
    ends = [word for word, end in (("below", bound.lower), ("above", bound.upper)) if end is None]
    return f"open {' and '.join(ends)}, since no competing phase bounds it" if ends else ""


_Named = tuple[tuple[int, ...], str, Termination]


def _terminations(known: _Known, material: str, notes: list[str]) -> Iterator[_Named]:
    """Plane, what is over, and slab, of all that are computed: stoichiometric ones first."""
    for row in known.rows:
        if row.entry.material == material and row.entry.film is None and row.best and row.best.calculation:
            yield row.entry.miller, "", _slab("stoichiometric", row.best.calculation)
    for planned in (each for each in known.plan.terminations if each.material == material):
        slab = known.calculation(planned.task)
        if slab is None:
            notes.append(f"{planned.task}: not computed")
        elif not slab.converged or not turns_over(slab.structure, FACE_TOLERANCE):
            notes.append(f"{planned.task}: {'not converged' if not slab.converged else UNLIKE}")
        else:
            yield planned.miller, planned.over, _slab(f"{planned.over} over", slab)


def _slab(name: str, slab: Calculation) -> Termination:
    counts = {str(e): float(n) for e, n in slab.structure.composition.items()}
    return Termination(name, counts, slab.energy, slab.face_area)


def _path(region: Region, vary: str, bounds: tuple[Bound, ...]) -> list[dict[str, float]]:
    """Potentials between the bounds of one element, and one point beyond each, on the straight line."""
    bound = next((bound for bound in bounds if bound.element == vary), None)
    if bound is None:
        raise UserError(f"{region.crystal.name}: holds no {vary}, whose potential is to be varied")
    if bound.lower is None or bound.upper is None:
        raise UserError(f"{region.crystal.name}: the potential of {vary} is {_open(bound)}")
    inset = 1e-7 * (bound.upper - bound.lower)
    points = region.path(vary, np.linspace(bound.lower + inset, bound.upper - inset, POINTS).tolist())
    inside = [point for point in points if point is not None]
    return [_beyond(inside[0], inside[-1]), *inside, _beyond(inside[-1], inside[0])]


def _beyond(end: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {element: value + OUTSIDE * (value - other[element]) for element, value in end.items()}


def _lines(material: str, vary: str, path: list[dict[str, float]], terminations: list[_Named]) -> tuple[Line, ...]:
    values = tuple(point[vary] for point in path)
    gammas = [tuple(slab.gamma(point) for point in path) for _, _, slab in terminations]
    lowest: dict[str, tuple[float, float]] = {}
    for plane in {miller for miller, _, _ in terminations}:
        own = {str(n): gammas[n][1:-1] for n, (miller, _, _) in enumerate(terminations) if miller == plane}
        lowest |= lowest_ranges(values[1:-1], own)
    return tuple(
        Line(material, miller, slab, over, vary, values, gammas[n], lowest.get(str(n)))
        for n, (miller, over, slab) in enumerate(terminations)
    )


def _conditions(region: Region, known: _Known, terminations: list[_Named]) -> tuple[Condition, ...]:
    keys = known.keys.oxygen
    if keys is None or "O" not in region.elements:
        return ()
    planes = dict.fromkeys(miller for miller, _, _ in terminations)
    return tuple(
        _condition(region, keys, miller, temperature, pressure, terminations)
        for miller in planes
        for temperature in keys.temperatures
        for pressure in keys.pressures
    )


def _condition(
    region: Region, keys: OxygenKeys, miller: tuple[int, ...], temperature: float, pressure: float, slabs: list[_Named]
) -> Condition:
    potential = oxygen(temperature, pressure)
    (point,) = region.path("O", [keys.energy + potential])
    best = min(
        ((slab.gamma(point), slab.name) for plane, _, slab in slabs if plane == miller and point), default=(None, None)
    )
    absolute = keys.energy + potential
    return Condition(region.crystal.name, miller, temperature, pressure, potential, best[1], best[0], absolute)
