"""From results to mixtures: how far each composition lies above the line between its ends, and how far it spreads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nzsp_surfaces.crystals.crystal import symmetry_label
from nzsp_surfaces.energies.surface import unlike_settings
from nzsp_surfaces.mixtures.cells import MixedCell, mixed_cell
from nzsp_surfaces.mixtures.composed import lowest_sums
from nzsp_surfaces.mixtures.sites import farthest, occupancies
from nzsp_surfaces.tasks.base import Result, lowest
from nzsp_surfaces.tasks.composed import ordered_parts
from nzsp_surfaces.tasks.fillings import filled

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
        side_by_side: eV per formula unit above the same, of the lowest sum of one-cell crystals that the search knows;
            None where it knows none.
        distinct: fillings among those that were drawn, no two of which an operation maps on each other.
        composed: crystals side by side that were judged.
        notes: what is missing or not converged.
    """

    mixture: Mixture
    tried: int
    best: Result | None
    energies: tuple[float, ...]
    on_line: bool
    side_by_side: float | None
    distinct: int | None
    composed: int
    notes: tuple[str, ...]

    @cached_property
    def cell(self) -> MixedCell:
        """That holds the composition."""
        return mixed_cell(self.mixture.shared, self.mixture.multiples)

    @property
    def spread(self) -> float | None:
        """eV per formula unit between the lowest and the highest; None for one."""
        return self.energies[-1] - self.energies[0] if len(self.energies) > 1 else None

    @property
    def space_group(self) -> str | None:
        """Of the lowest."""
        return symmetry_label(self.best.computed.structure) if self.best else None

    @property
    def way(self) -> str | None:
        """How the lowest was found."""
        if self.best is None:
            return None
        choices = self.best.choices
        return "exchanged" if choices.accepted else "composed" if choices.judged else "drawn"

    @property
    def moved(self) -> float | None:
        """Å of the ion that lies farthest from the site where it was put, the crystal as a whole at rest."""
        if self.best is None:
            return None
        return farthest(self.cell, filled(self.best), self.best.computed.structure)

    @property
    def occupied(self) -> dict[str, float]:
        """How much of each kind of site each species was put on in the lowest; relaxing, ions may have left theirs."""
        if self.best is None:
            return {}
        return occupancies(self.mixture.shared, self.cell, filled(self.best))


def compositions(plan: Plan, results: Mapping[str, Result]) -> tuple[MixtureFound, ...]:
    """Every composition of the plan."""
    return tuple(_composition(plan, planned, results) for planned in plan.mixtures)


def _composition(plan: Plan, planned: PlannedMixture, results: Mapping[str, Result]) -> MixtureFound:
    mixture = planned.mixture
    tried, relaxed, ends, parts = (
        [results[plan.by_id[name].id] for name in names if plan.by_id[name].id in results]
        for names in (planned.tried, planned.relaxed, planned.ends, planned.parts)
    )
    notes = [f"{r.task}: not converged" for r in (*relaxed, *ends) if not r.computed.converged]
    unlike = {name for one in relaxed for end in ends for name in unlike_settings(one.computed, end.computed)}
    notes += [f"computed with other {name} than its ends" for name in sorted(unlike)]
    if len(relaxed) < len(planned.relaxed):
        notes.append(f"{len(relaxed)} of {len(planned.relaxed)} configurations are relaxed to the end")
    found = lowest(tuple({each.choices.filling: each for each in relaxed}.values()))
    line = _line(mixture, ends, found)
    energies = tuple(each.computed.energy / mixture.formula_units - line for each in found)
    return MixtureFound(
        mixture,
        tried=len(tried),
        best=found[0] if found else None,
        energies=energies,
        on_line=len(ends) == 2,
        side_by_side=_side_by_side(mixture, parts, line),
        distinct=next((each.choices.distinct for each in tried if each.choices.distinct), None),
        composed=sum(each.choices.judged or 0 for each in tried),
        notes=tuple(notes),
    )


def _side_by_side(mixture: Mixture, parts: list[Result], line: float) -> float | None:
    """eV per formula unit of the lowest sum of one-cell crystals, with nothing for what lies between them."""
    cell = mixed_cell(mixture.shared, mixture.multiples)
    sums = lowest_sums(cell, ordered_parts(mixture.shared, parts), mixture.cells, 1)
    return sums[0][0] / mixture.formula_units - line if sums else None


def _line(mixture: Mixture, ends: list[Result], found: list[Result]) -> float:
    """eV per formula unit of the same composition as a mixture of its ends; of the lowest where these are missing."""
    if len(ends) < 2 or mixture.fraction is None:
        return found[0].computed.energy / mixture.formula_units if found else 0.0
    units = [_units(end) for end in ends]
    first, second = (end.computed.energy / n for end, n in zip(ends, units, strict=True))
    return (1 - mixture.fraction) * first + mixture.fraction * second


def _units(end: Result) -> float:
    return float(end.computed.structure.composition.get_reduced_composition_and_factor()[1])
