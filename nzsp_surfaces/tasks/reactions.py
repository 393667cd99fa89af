"""From results to the energies of a study's reactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.energies.reactions import Reaction, reaction_energy
from nzsp_surfaces.tasks.table import film_reference

if TYPE_CHECKING:
    from nzsp_surfaces.base.calculation import Calculation
    from nzsp_surfaces.study.study import Study
    from nzsp_surfaces.tasks.base import Result
    from nzsp_surfaces.tasks.plan import Plan


@dataclass(frozen=True)
class ReactionFound:
    """A reaction and what the engine says of it.

    Attributes:
        reaction: balanced.
        equation: in formulas.
        energy: eV for one formula unit of the first product; None where it cannot be told.
        reason: why it cannot.
    """

    reaction: Reaction
    equation: str
    energy: float | None
    reason: str | None = None


def reactions_found(study: Study, plan: Plan, results: Mapping[str, Result]) -> tuple[ReactionFound, ...]:
    """All reactions of a study.

    Args:
        results: by the ids of tasks.
    """
    formulas = {
        **{material.name: material.crystal.formula for material in study.materials},
        **{film.name: film.reference.formula for film in study.films},
        **{name: structure.composition.reduced_formula for name, structure in study.phases.items()},
    }
    phases = {name: _phase(plan, name, results) for name in formulas}
    return tuple(_found(reaction, reaction.equation(formulas), phases) for reaction in study.reactions)


def _phase(plan: Plan, name: str, results: Mapping[str, Result]) -> Calculation | None:
    """The relaxed crystal of a material, a phase, or a film's compound."""
    if name in plan.references:
        return film_reference(plan, name, results)
    result = results.get({**plan.bulks, **plan.phases}[name])
    return result.calculation if result else None


def _found(reaction: Reaction, equation: str, phases: Mapping[str, Calculation | None]) -> ReactionFound:
    known = {name: phases[name] for name in (*reaction.reactants, *reaction.products)}
    computed = {name: phase for name, phase in known.items() if phase is not None}
    missing = [name for name in known if name not in computed]
    if missing:
        return ReactionFound(reaction, equation, None, f"{', '.join(missing)} not computed")
    try:
        return ReactionFound(reaction, equation, reaction_energy(reaction, computed))
    except UserError as refusal:
        return ReactionFound(reaction, equation, None, str(refusal))
