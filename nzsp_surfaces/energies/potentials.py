"""Chemical potentials: between which bounds a crystal is stable, and the surface energies of its terminations there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.units import EV_PER_K, EV_PER_KJ_PER_MOL, joule_per_square_metre

Vectors = npt.NDArray[np.float64]
SHOMATE_O2 = (
    (700.0, (31.32234, -20.23531, 57.86644, -36.50624, -0.007374, -8.903471, 246.7945)),
    (2000.0, (30.03235, 8.772972, -3.988133, 0.788313, -0.741599, -11.32468, 236.1663)),
)
"""Up to which temperature, K, which coefficients A to G hold for O2 (gas): NIST Chemistry WebBook, after M. W. Chase,
NIST-JANAF Thermochemical Tables, 4th ed. (1998)."""
FROM_ZERO_O2 = 8.683
"""kJ/mol: enthalpy of O2 at 298.15 K above that at 0 K (JANAF)."""
SMALL = 1e-9
"""eV: bounds that differ by less are one."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A crystal that may form.

    Attributes:
        name: in the study.
        counts: atoms by element.
        energy: eV of these atoms.
    """

    name: str
    counts: Mapping[str, float]
    energy: float


@dataclass(frozen=True, slots=True)
class Bound:
    """Between which chemical potentials of an element a crystal is stable, eV per atom.

    Attributes:
        element: symbol.
        lower, upper: None where no competing phase bounds it, so that it is open.
    """

    element: str
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Region:
    """The chemical potentials at which a crystal is stable.

    They obey sum_i n_i mu_i = E of the crystal, and sum_i m_i mu_i <= E of each competing phase.

    Attributes:
        crystal: itself.
        competing: phases of its elements; others, whose elements it does not hold, bound nothing.
        elements: of the crystal, in order.
    """

    crystal: Phase
    competing: tuple[Phase, ...]

    @property
    def elements(self) -> tuple[str, ...]:
        """Of the crystal, in order."""
        return tuple(self.crystal.counts)

    def bounds(self) -> tuple[Bound, ...]:
        """Of each element.

        Raises:
            UserError: the crystal is nowhere stable; the message names what it falls apart into.
        """
        self.refuse_unstable()
        return tuple(Bound(e, self._extreme(e, 1.0), self._extreme(e, -1.0)) for e in self.elements)

    def holds(self, potentials: Mapping[str, float]) -> bool:
        """Whether the crystal is stable at given potentials, eV."""
        own = abs(_sum(self.crystal, potentials) - self.crystal.energy) < 1e-6
        return own and all(_sum(phase, potentials) <= phase.energy + 1e-6 for phase in self._bounding())

    def path(self, element: str, values: Sequence[float]) -> list[dict[str, float] | None]:
        """Potentials of all elements where one has given values; None where the crystal is not stable there.

        The others lie in the middle of what is left to them: the mean of the points at which each is least and most.

        Args:
            values: eV.

        Raises:
            UserError: a potential is open, so that nothing has a middle.
        """
        return [self.point({element: value}) for value in values]

    def refuse_unstable(self) -> None:
        """Refuse a crystal that is nowhere stable.

        Raises:
            UserError: it names what the crystal falls apart into, and by how much.
        """
        from scipy.optimize import linprog

        phases = self._bounding()
        matrix = np.array([[phase.counts.get(e, 0.0) for phase in phases] for e in self.elements])
        if not phases or (matrix.sum(axis=1) == 0).any():
            return
        made = linprog([p.energy for p in phases], A_eq=matrix, b_eq=list(self.crystal.counts.values()))
        if made.status == 0 and made.fun < self.crystal.energy - 1e-6:
            parts = " + ".join(phase.name for phase, share in zip(phases, made.x, strict=True) if share > 1e-6)
            above = 1000 * (self.crystal.energy - made.fun) / sum(self.crystal.counts.values())
            raise UserError(f"{self.crystal.name}: not stable, {above:.0f} meV an atom above {parts} with this engine")

    def _bounding(self) -> tuple[Phase, ...]:
        return tuple(phase for phase in self.competing if set(phase.counts) <= set(self.elements))

    def _solved(self, objective: Mapping[str, float], fixed: Mapping[str, float]) -> Any:
        """The linear programme: an objective over all potentials at which the crystal is stable."""
        from scipy.optimize import linprog

        names, phases = self.elements, self._bounding()
        return linprog(
            [objective.get(e, 0.0) for e in names],
            A_ub=[[phase.counts.get(e, 0.0) for e in names] for phase in phases] or None,
            b_ub=[phase.energy for phase in phases] or None,
            A_eq=[[self.crystal.counts[e] for e in names]],
            b_eq=[self.crystal.energy],
            bounds=[(fixed.get(e), fixed.get(e)) for e in names],
        )

    def _extreme(self, element: str, sign: float) -> float | None:
        solved = self._solved({element: sign}, {})
        return float(sign * solved.fun) if solved.status == 0 else None

    def point(self, fixed: Mapping[str, float]) -> dict[str, float] | None:
        """Potentials of all elements where some are fixed; None where the crystal is not stable there.

        Args:
            fixed: eV, by element; the others lie in the middle, see `path`.

        Raises:
            UserError: a potential is open.
        """
        others = [e for e in self.elements if e not in fixed]
        if len(others) == 1:
            return self._last(others[0], fixed)
        solved = [self._solved({e: sign}, fixed) for e in others for sign in (1.0, -1.0)]
        if any(each.status == 3 for each in solved):
            raise UserError(f"{self.crystal.name}: potentials are open; name a competing phase that bounds them")
        if any(each.status for each in solved):
            return None
        mean = np.mean([each.x for each in solved], axis=0)
        return dict(zip(self.elements, map(float, mean), strict=True))

    def _last(self, element: str, fixed: Mapping[str, float]) -> dict[str, float] | None:
        """The one potential that is left, which the energy of the crystal fixes."""
        rest = self.crystal.energy - sum(self.crystal.counts[e] * value for e, value in fixed.items())
        known = {**fixed, element: rest / self.crystal.counts[element]}
        return {e: known[e] for e in self.elements} if self.holds(known) else None


@dataclass(frozen=True, slots=True)
class Termination:
    """A slab with two alike faces, of any composition.

    Attributes:
        name: for people.
        counts: atoms by element.
        energy: eV of the slab.
        area: Å² of one face.
    """

    name: str
    counts: Mapping[str, float]
    energy: float
    area: float

    def gamma(self, potentials: Mapping[str, float]) -> float:
        """(E_slab - sum_i n_i mu_i) / (2 A), J/m² (K. Reuter and M. Scheffler, Phys. Rev. B 65, 035406 (2001), eq. 3).

        Args:
            potentials: eV per atom.
        """
        excess = self.energy - sum(n * potentials[e] for e, n in self.counts.items())
        return joule_per_square_metre(excess / (2 * self.area))

    def excess(self, crystal: Phase, over: str) -> dict[str, float]:
        """Atoms of each element beyond those that belong to the atoms of one element in the crystal.

        Args:
            over: the element that is counted as complete.
        """
        units = self.counts.get(over, 0.0) / crystal.counts[over]
        return {e: self.counts.get(e, 0.0) - units * n for e, n in crystal.counts.items() if e != over}


def lowest_ranges(values: Sequence[float], lines: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, float]]:
    """From where to where each line is the lowest: the surface phase diagram in one potential.

    Lines are straight between the values, and the lowest of straight lines is lowest on one stretch.

    Args:
        values: of the potential, rising.
        lines: surface energies at these, by name.
    """
    names, table = list(lines), np.array(list(lines.values()))
    lowest = table.argmin(axis=0)
    found: dict[str, tuple[float, float]] = {}
    for number in dict.fromkeys(lowest.tolist()):
        places = np.flatnonzero(lowest == number)
        found[names[number]] = (float(values[places[0]]), float(values[places[-1]]))
    return found


def oxygen(temperature: float, pressure: float) -> float:
    """Chemical potential of an oxygen atom in O2 gas above half the energy of the molecule at 0 K, eV.

    [H(T) - H(0) - T S(T)] / 2 + k T ln(p / p0) / 2 (K. Reuter and M. Scheffler, Phys. Rev. B 65, 035406 (2001), eq. 21)
    with enthalpy and entropy by Shomate's equation; the zero-point energy counts as part of the molecule's energy.

    Args:
        temperature: K, 100 to 2000.
        pressure: bar.

    Raises:
        UserError: outside that range, or a pressure that is none.

    >>> round(oxygen(1000.0, 1.0), 2)
    -1.1
    """
    if not (100 <= temperature <= 2000 and pressure > 0):
        raise UserError(f"oxygen at {temperature:g} K and {pressure:g} bar: give 100 to 2000 K and a pressure above 0")
    a, b, c, d, e, f, g = next(coefficients for limit, coefficients in SHOMATE_O2 if temperature <= limit)
    t = temperature / 1000
    enthalpy = a * t + b * t**2 / 2 + c * t**3 / 3 + d * t**4 / 4 - e / t + f + FROM_ZERO_O2
    entropy = a * np.log(t) + b * t + c * t**2 / 2 + d * t**3 / 3 - e / (2 * t**2) + g
    gas = (enthalpy - t * entropy) * EV_PER_KJ_PER_MOL
    return float(0.5 * (gas + EV_PER_K * temperature * np.log(pressure)))


def _sum(phase: Phase, potentials: Mapping[str, float]) -> float:
    return sum(n * potentials[e] for e, n in phase.counts.items())
