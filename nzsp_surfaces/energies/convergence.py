"""Whether a surface energy depends on thickness, vacuum, cutoff or k-points of its slab, in words and numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.units import joule_per_square_metre
from nzsp_surfaces.energies.surface import ThicknessFit, thickness_fit


@dataclass(frozen=True, slots=True)
class Thickness:
    """A slab of a thickness series.

    Attributes:
        repeats: along the normal.
        units: formula units.
        energy: eV of the cell.
        gamma: J/m², (E_slab - n E_bulk) / (2 A).
    """

    repeats: int
    units: int
    energy: float
    gamma: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a series says of a setting.

    Attributes:
        holds: whether the surface energy no longer depends on the setting, within the tolerance.
        cheapest: the least value of the setting from which on it does not; None where even the two largest differ.
        change: J/m² that the surface energy still moves, from the last but one value to the last.
        words: the same as a sentence.
    """

    holds: bool
    cheapest: float | None
    change: float
    words: str


@dataclass(frozen=True, slots=True)
class ThicknessVerdict(Verdict):
    """What a thickness series says.

    Attributes:
        fit: energy against formula units; from the cheapest thickness on where three slabs are left there.
        error: J/m², standard error of the fitted surface energy; None where two slabs leave none.
        mismatch: eV per formula unit, of the slope of the fit above the energy of the bulk.
        oscillation: J/m² from the mean of neighbours, where the surface energy goes up and down with every layer; 0
            where it does not.
    """

    fit: ThicknessFit
    error: float | None
    mismatch: float
    oscillation: float


def judge_thickness(series: Sequence[Thickness], bulk: float, area: float, tolerance: float) -> ThicknessVerdict:
    """Whether a slab is thick enough, beside the fit that is free of the bulk calculation.

    E_slab(n) = 2 A gamma + n E_bulk is fitted (V. Fiorentini and M. Methfessel, J. Phys.: Condens. Matter 8, 6525
    (1996), eq. 2). Direct values that grow on a straight line show that bulk and slab energies do not match, and the
    fit counts; where they settle the direct value does, since the fit carries the noise of the slabs to n = 0. A value
    that goes up and down with every layer, as on rutile (110) (T. Bredow, L. Giordano, F. Cinquini and G. Pacchioni,
    Phys. Rev. B 70, 035419 (2004)), is recognised from four thicknesses on.

    Args:
        series: slabs with the same faces.
        bulk: eV per formula unit.
        area: Å² of one face.
        tolerance: J/m² that count as nothing.

    Raises:
        UserError: fewer than two thicknesses.
    """
    ordered = sorted(series, key=lambda slab: slab.units)
    if len({slab.units for slab in ordered}) < 2:
        raise UserError("a thickness series needs at least two thicknesses; add one")
    gammas, repeats = [slab.gamma for slab in ordered], [float(slab.repeats) for slab in ordered]
    cheapest, oscillation = cheapest_within(repeats, gammas, tolerance), _oscillation(gammas, tolerance)
    thick = [slab for slab in ordered if cheapest is None or slab.repeats >= cheapest]
    fitted = thick if len(thick) > 2 else ordered
    fit = thickness_fit([slab.units for slab in fitted], [slab.energy for slab in fitted], area)
    error, change, even = _error(fitted, fit, area), gammas[-1] - gammas[-2], _even(ordered, tolerance)
    mismatch, thin = fit.bulk_energy - bulk, len(fitted) > len(thick)
    if oscillation:
        words = f"goes up and down with every repeat, by ±{oscillation:.3f} J/m²: take the mean of neighbours"
    elif even:
        words = f"grows evenly, since bulk and slabs differ by {1000 * mismatch:.1f} meV a formula unit: take the fit"
    else:
        words = _settled(repeats, change, cheapest, tolerance)
    words = f"{words}; {_beside(fit, error, gammas[-1], tolerance, thin)}"
    holds = cheapest is not None and not oscillation and not even
    return ThicknessVerdict(holds, cheapest, change, words, fit, error, mismatch, oscillation)


def _settled(repeats: Sequence[float], change: float, cheapest: float | None, tolerance: float) -> str:
    if cheapest is None:
        return f"not converged: from {repeats[-2]:g} to {repeats[-1]:g} repeats it still moves by {change:+.3f} J/m²"
    return f"{cheapest:g} repeats suffice within {tolerance:g} J/m²"


def _beside(fit: ThicknessFit, error: float | None, direct: float, tolerance: float, thin: bool) -> str:  # noqa: FBT001
    """The fitted value beside the direct one, and why they differ where they do."""
    said = f"fitted {fit.gamma:.3f}" + (f" ± {error:.3f}" if error is not None else "") + f", direct {direct:.3f} J/m²"
    if abs(fit.gamma - direct) <= tolerance:
        return said
    if error is None:
        return f"{said}: two slabs leave the fit without an error"
    if thin:
        return f"{said}: slabs that are too thin draw the fit away"
    return f"{said}: the fit carries the slabs' scatter to no slab at all" if error and error > tolerance / 2 else said


def _even(series: Sequence[Thickness], tolerance: float) -> bool:
    """Whether surface energies lie on a straight line that rises or falls by more than the tolerance."""
    if len(series) < 3:
        return False
    units, gammas = [slab.units for slab in series], [slab.gamma for slab in series]
    line = np.polyval(np.polyfit(units, gammas, 1), units)
    return bool(abs(line[-1] - line[0]) > tolerance and np.abs(line - gammas).max() < 0.1 * abs(line[-1] - line[0]))


def _error(series: Sequence[Thickness], fit: ThicknessFit, area: float) -> float | None:
    """Standard error of the intercept of a straight line, as a surface energy, J/m²."""
    units = np.array([slab.units for slab in series], float)
    if len(units) < 3:
        return None
    squares, spread = fit.residual**2 * len(units) / (len(units) - 2), ((units - units.mean()) ** 2).sum()
    intercept = np.sqrt(squares * (1 / len(units) + units.mean() ** 2 / spread))
    return joule_per_square_metre(float(intercept) / (2 * area))


def judge_setting(settings: Sequence[float], gammas: Sequence[float], tolerance: float, what: str) -> Verdict:
    """Whether a setting is large enough: nothing is to change beyond the cheapest value.

    Args:
        settings: vacuums, cutoffs or lengths of k-points.
        gammas: J/m², of the same slab at each.
        tolerance: J/m² that count as nothing.
        what: follows a value in words, as "Å of vacuum".

    Raises:
        UserError: fewer than two.
    """
    if len(set(settings)) < 2:
        raise UserError(f"a series of {what} needs at least two values; add one")
    order = np.argsort(settings)
    sizes, values = [float(settings[i]) for i in order], [float(gammas[i]) for i in order]
    cheapest, change = cheapest_within(sizes, values, tolerance), values[-1] - values[-2]
    if cheapest is None:
        words = f"not converged: from {sizes[-2]:g} to {sizes[-1]:g} {what} it still moves by {change:+.3f} J/m²"
    else:
        moved = max(abs(value - values[-1]) for size, value in zip(sizes, values, strict=True) if size >= cheapest)
        words = f"{cheapest:g} {what} suffice: beyond them it moves by {moved:.3f} J/m² at most"
    return Verdict(cheapest is not None, cheapest, change, words)


def cheapest_within(settings: Sequence[float], gammas: Sequence[float], tolerance: float) -> float | None:
    """The least setting from which on all values lie within the tolerance of the last; None where only the last does.

    >>> cheapest_within([2, 3, 4], [0.66, 0.651, 0.65], 0.005)
    3
    """
    within = [abs(gamma - gammas[-1]) <= tolerance for gamma in gammas]
    start = len(within) - len(list(itertools.takewhile(bool, reversed(within))))
    return None if start >= len(settings) - 1 else settings[start]


def _oscillation(gammas: Sequence[float], tolerance: float) -> float:
    """How far values lie from the mean of their neighbours, J/m², where they go up and down; else 0."""
    steps = np.diff(gammas)
    if len(steps) < 3 or not (steps[1:] * steps[:-1] < 0).all() or np.abs(steps[-2:]).max() <= tolerance:
        return 0.0
    middle = 0.25 * np.asarray(gammas[:-2]) + 0.25 * np.asarray(gammas[2:])
    return float(np.abs(0.5 * np.asarray(gammas[1:-1]) - middle)[-1])
