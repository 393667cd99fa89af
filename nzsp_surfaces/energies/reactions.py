"""Reactions between phases: balanced, with the energy of a formula unit of what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.energies.surface import comparable, per_unit

if TYPE_CHECKING:
    from pymatgen.core import Composition

    from nzsp_surfaces.base.calculation import Calculation

WRITTEN = 1e-6
"""Coefficients are written as fractions where they are as near to one."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """A balanced reaction.

    Attributes:
        reactants, products: formula units by name, for one of the first product.
    """

    reactants: Mapping[str, float]
    products: Mapping[str, float]

    def equation(self, formulas: Mapping[str, str]) -> str:
        """As text, each phase by its formula."""
        sides = [
            " + ".join(f"{_amount(n)}{formulas[name]}" for name, n in side.items())
            for side in (self.reactants, self.products)
        ]
        return " → ".join(sides)


def balanced(reactants: Mapping[str, Composition], products: Mapping[str, Composition]) -> Reaction:
    """The coefficients, for one formula unit of the first product.

    Args:
        reactants, products: compositions by name.

    Raises:
        UserError: it cannot be balanced, in more than one way can, or uses up what it was to form.
    """
    from pymatgen.analysis.reaction_calculator import Reaction as Balancing
    from pymatgen.analysis.reaction_calculator import ReactionError

    units = {name: each.reduced_composition for name, each in {**reactants, **products}.items()}
    try:
        found = Balancing([units[name] for name in reactants], [units[name] for name in products])
        found.normalize_to(units[next(iter(products))])
        amounts = {name: found.get_coeff(unit) for name, unit in units.items()}
    except (ReactionError, ValueError) as error:
        raise UserError("cannot be balanced; add the phase that takes or gives the rest") from error
    wrong = [name for name in units if (amounts[name] if name in products else -amounts[name]) <= WRITTEN]
    if wrong:
        raise UserError(f"{wrong[0]} belongs on the other side, or takes no part; move it or leave it out")
    return Reaction({name: -amounts[name] for name in reactants}, {name: amounts[name] for name in products})


def reaction_energy(reaction: Reaction, phases: Mapping[str, Calculation]) -> float:
    """Energy of the products less that of the reactants, eV for one formula unit of the first product, at 0 K.

    Zero-point energies and entropies are left out.

    Args:
        phases: relaxed crystals by name.

    Raises:
        Incomparable: they were computed with different settings, or one is not converged.
    """
    first = phases[next(iter(reaction.products))]
    for phase in phases.values():
        comparable(phase, first)
    return sum(n * per_unit(phases[name]) for name, n in reaction.products.items()) - sum(
        n * per_unit(phases[name]) for name, n in reaction.reactants.items()
    )


def _amount(number: float) -> str:
    """A coefficient as text: nothing for one, 2, 4/3, or a decimal."""
    from fractions import Fraction

    near = Fraction(number).limit_denominator(24)
    if abs(float(near) - number) > WRITTEN:
        return f"{number:.3f} "
    return "" if near == 1 else f"{near} "
