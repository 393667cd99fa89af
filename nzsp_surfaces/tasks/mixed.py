"""From results to mixtures: how far each composition lies above the line between its ends, and how far it spreads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.crystals.crystal import symmetry_label
from nzsp_surfaces.energies.surface import unlike_settings
from nzsp_surfaces.mixtures.cells import mixed_cell
from nzsp_surfaces.mixtures.sites import occupancies
from nzsp_surfaces.tasks.base import Result, lowest
from nzsp_surfaces.tasks.mixture import filled

if TYPE_CHECKING:
    from nzsp_surfaces.study.mixtures import Mixture
    from nzsp_surfaces.tasks.draft import PlannedMixture
    from nzsp_surfaces.tasks.plan import Plan


@dataclass(frozen=True)
class MixtureFound:
    """What is known of a composition.

    Attributes:
        mixture: of the study.
        tried: how many configurations were relaxed shortly.
        best: result of the lowest; None where nothing is computed.
        energies: eV per formula unit of those that were relaxed to the end, the lowest first: above the line between
            the ends, or above the lowest where there are no ends.
        on_line: whether they are above a line.
        notes: what is missing or not converged.
    """

    mixture: Mixture
    tried: int
    best: Result | None
    energies: tuple[float, ...]
    on_line: bool
    notes: tuple[str, ...]

    @property
    def spread(self) -> float | None:
        """eV per formula unit between the lowest and the highest; None for one."""
        return self.energies[-1] - self.energies[0] if len(self.energies) > 1 else None

    @property
    def space_group(self) -> str | None:
        """Of the lowest."""
        return symmetry_label(self.best.computed.structure) if self.best else None

    @property
    def occupied(self) -> dict[str, float]:
        """How much of each kind of site each species takes in the lowest."""
        if self.best is None:
            return {}
        cell = mixed_cell(self.mixture.shared, self.mixture.multiples)
        return occupancies(self.mixture.shared, cell, filled(self.best))


def compositions(plan: Plan, results: Mapping[str, Result]) -> tuple[MixtureFound, ...]:
    """Every composition of the plan."""
    return tuple(_composition(plan, planned, results) for planned in plan.mixtures)


def _composition(plan: Plan, planned: PlannedMixture, results: Mapping[str, Result]) -> MixtureFound:
    mixture = planned.mixture
    tried, relaxed, ends = (
        [results[plan.by_id[name].id] for name in names if plan.by_id[name].id in results]
        for names in (planned.tried, planned.relaxed, planned.ends)
    )
    notes = [f"{r.task}: not converged" for r in (*relaxed, *ends) if not r.computed.converged]
    unlike = {name for one in relaxed for end in ends for name in unlike_settings(one.computed, end.computed)}
    notes += [f"computed with other {name} than its ends" for name in sorted(unlike)]
    if len(relaxed) < len(planned.relaxed):
        notes.append(f"{len(relaxed)} of {len(planned.relaxed)} configurations are relaxed to the end")
    found = lowest(tuple({each.choices.filling: each for each in relaxed}.values()))
    line = _line(mixture, ends, found)
    energies = tuple(each.computed.energy / mixture.formula_units - line for each in found)
    best = found[0] if found else None
    return MixtureFound(mixture, len(tried), best, energies, len(ends) == 2, tuple(notes))


def _line(mixture: Mixture, ends: list[Result], found: list[Result]) -> float:
    """eV per formula unit of the same composition as a mixture of its ends; of the lowest where these are missing."""
    if len(ends) < 2 or mixture.fraction is None:
        return found[0].computed.energy / mixture.formula_units if found else 0.0
    units = [_units(end) for end in ends]
    first, second = (end.computed.energy / n for end, n in zip(ends, units, strict=True))
    return (1 - mixture.fraction) * first + mixture.fraction * second


def _units(end: Result) -> float:
    return float(end.computed.structure.composition.get_reduced_composition_and_factor()[1])
