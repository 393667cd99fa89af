"""Reactions between phases: balanced, with the energy of a formula unit of what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.energies.surface import comparable, per_unit

if TYPE_CHECKING:
    from pymatgen.core import Composition

    from nzsp_surfaces.base.calculation import Calculation

SMALLEST = 24
"""Amounts are fractions with denominators up to this, which is more than the atoms of a formula unit ask for."""
NOTHING = 1e-6


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
    units = {name: each.reduced_composition for name, each in {**reactants, **products}.items()}
    amounts = _amounts(units, next(iter(products)))
    wrong = [name for name in units if (amounts[name] if name in products else -amounts[name]) <= NOTHING]
    if wrong:
        raise UserError(f"{wrong[0]} belongs on the other side, or takes no part; move it or leave it out")
    return Reaction({name: -amounts[name] for name in reactants}, {name: amounts[name] for name in products})


def _amounts(units: Mapping[str, Composition], one: str) -> dict[str, float]:
    """How much of each phase forms, for one formula unit of one of them; what is used up is negative."""
    from scipy.linalg import null_space

    elements = sorted({element for unit in units.values() for element in unit})
    ways = null_space([[unit[element] for unit in units.values()] for element in elements])
    if ways.shape[1] > 1:
        raise UserError("can be balanced in more than one way; divide it into reactions of fewer phases")
    if not ways.size or abs(ways[list(units).index(one), 0]) < NOTHING:
        raise UserError("cannot be balanced; add the phase that takes or gives the rest")
    exact = ways[:, 0] / ways[list(units).index(one), 0]
    return {name: float(_fraction(amount)) for name, amount in zip(units, exact, strict=True)}


def _fraction(amount: float) -> Fraction:
    return Fraction(float(amount)).limit_denominator(SMALLEST)


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
    """A coefficient as text: nothing for one, 2, or 4/3."""
    return "" if number == 1 else f"{_fraction(number)} "
