"""Surface energies, and when there is none to be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nzsp_surfaces.base.errors import Asymmetric, Incomparable, OffStoichiometry, UserError
from nzsp_surfaces.base.units import joule_per_square_metre

if TYPE_CHECKING:
    from pymatgen.core import Composition

    from nzsp_surfaces.base.calculation import Calculation


UNLIKE = "the slab's faces differ: this is a cleavage energy of two faces, not a surface energy"


@dataclass(frozen=True, slots=True)
class SurfaceEnergy:
    """A surface energy and what it means.

    Attributes:
        gamma: J/m².
        area: Å² of one face.
        formula_units: of the bulk in the slab, n.
        film_units: of the outermost film's compound in the slab, both faces, m.
        formula: the equation that was used.
        units_beneath: of the compound of the film on which that one lies, both faces; 0 where it lies on the bulk.
    """

    gamma: float
    area: float
    formula_units: int
    film_units: int
    formula: str
    units_beneath: int = 0


def surface_energy(slab: Calculation, bulk: Calculation, area: float, *, symmetric: bool = True) -> SurfaceEnergy:
    """Surface energy of a stoichiometric, symmetric slab.

    gamma = (E_slab - n E_bulk) / (2 A), with n the slab's formula units and E_bulk the bulk's energy per formula unit
    (V. Fiorentini and M. Methfessel, J. Phys.: Condens. Matter 8, 6525 (1996), eq. 1).

    Args:
        slab: relaxed slab; both faces equivalent.
        bulk: relaxed bulk, same engine and settings.
        area: of one face, Å².
        symmetric: whether the faces are equivalent.

    Raises:
        Incomparable: the two were computed with different settings, or one is not converged.
        OffStoichiometry: the slab is no multiple of the bulk; use `grand_surface_energy`.
        Asymmetric: the faces differ.
    """
    comparable(slab, bulk)
    if not symmetric:
        raise Asymmetric(UNLIKE)
    units = formula_units(slab.structure.composition, bulk.structure.composition)
    return SurfaceEnergy(excess_energy(slab, bulk, area), area, units, 0, "gamma = [E_slab - n E_bulk] / (2 A)")


def excess_energy(slab: Calculation, bulk: Calculation, area: float) -> float:
    """(E_slab - n E_bulk) / (2 A) in J/m², whatever it means: on the way to convergence it is no surface energy yet.

    Raises:
        OffStoichiometry: the slab is no multiple of the bulk.
    """
    units = formula_units(slab.structure.composition, bulk.structure.composition)
    return joule_per_square_metre((slab.energy - units * per_unit(bulk)) / (2 * area))


def capped_surface_energy(
    slab: Calculation, bulk: Calculation, film: Calculation, film_units: int, area: float, *, symmetric: bool = True
) -> SurfaceEnergy:
    """Surface energy of a slab with alike films on both faces; the film counts as part of the surface.

    gamma = (E_slab - n E_bulk - m E_film) / (2 A), with m formula units of the film's compound on both faces together.

    Raises:
        Incomparable, OffStoichiometry, Asymmetric: as `surface_energy`.
    """
    found = stacked_surface_energy(slab, bulk, [(film, film_units)], area, symmetric=symmetric)
    return replace(found, formula="gamma = [E_slab - n E_bulk - m E_film] / (2 A)")


def stacked_surface_energy(
    slab: Calculation,
    bulk: Calculation,
    films: Sequence[tuple[Calculation, int]],
    area: float,
    *,
    symmetric: bool = True,
) -> SurfaceEnergy:
    """Surface energy of a slab with films on films; each compound counts at the energy of its own crystal.

    gamma = (E_slab - n E_bulk - sum_i m_i E_i) / (2 A), with m_i formula units of compound i on both faces together.

    Args:
        films: reference and formula units of each, the lowest first; what the slab holds besides the bulk.

    Raises:
        Incomparable, OffStoichiometry, Asymmetric: as `surface_energy`.
    """
    for other in (bulk, *(film for film, _ in films)):
        comparable(slab, other)
    if not symmetric:
        raise Asymmetric(UNLIKE)
    rest = {str(e): float(n) for e, n in slab.structure.composition.items()}
    for film, count in films:
        rest = _without(rest, film.structure.composition.reduced_composition, count, slab.structure.formula)
    units = formula_units(rest, bulk.structure.composition)
    excess = slab.energy - units * per_unit(bulk) - sum(count * per_unit(film) for film, count in films)
    formula = "gamma = [E_slab - n E_bulk - sum_i m_i E_i] / (2 A)"
    *beneath, film_units = [count for _, count in films]
    gamma = joule_per_square_metre(excess / (2 * area))
    return SurfaceEnergy(gamma, area, units, film_units, formula, sum(beneath))


def _without(content: Mapping[str, float], unit: Composition, count: int, slab: str) -> dict[str, float]:
    """A content less so many formula units of a compound."""
    rest = {element: n - count * unit[element] for element, n in content.items()}
    if min(rest.values()) < 0 or (count and any(str(element) not in rest for element in unit)):
        raise OffStoichiometry(f"slab {slab}: holds less than {count} {unit.reduced_formula}")
    return rest


def grand_surface_energy(
    slab: Calculation, potentials: Mapping[str, float], area: float, *, symmetric: bool = True
) -> SurfaceEnergy:
    """Surface energy of a slab of any composition in contact with reservoirs of its elements.

    gamma = (E_slab - sum_i n_i mu_i) / (2 A)
    (K. Reuter and M. Scheffler, Phys. Rev. B 65, 035406 (2001), eq. 3, at 0 K).

    Args:
        potentials: chemical potential of every element, eV.

    Raises:
        OffStoichiometry: an element has no chemical potential.
        Incomparable, Asymmetric: as `surface_energy`.
    """
    _converged(slab)
    if not symmetric:
        raise Asymmetric(UNLIKE)
    composition = slab.structure.composition
    missing = [str(e) for e in composition if str(e) not in potentials]
    if missing:
        raise OffStoichiometry(f"slab {slab.structure.formula}: no chemical potential for {', '.join(missing)}")
    excess = slab.energy - sum(n * potentials[str(e)] for e, n in composition.items())
    return SurfaceEnergy(
        joule_per_square_metre(excess / (2 * area)), area, 0, 0, "gamma = [E_slab - sum n_i mu_i] / (2 A)"
    )


@dataclass(frozen=True, slots=True)
class ThicknessFit:
    """E_slab(n) = 2 A gamma + n E_bulk, fitted over thicknesses.

    Attributes:
        gamma: J/m², from the intercept.
        bulk_energy: eV per formula unit, the slope; differs from the bulk's own where the two do not match.
        residual: eV, root mean square.
    """

    gamma: float
    bulk_energy: float
    residual: float


def thickness_fit(units: list[int], energies: list[float], area: float) -> ThicknessFit:
    """Surface energy free of the bulk calculation (Fiorentini and Methfessel 1996, eq. 2).

    Args:
        units: formula units of each slab.
        energies: eV.
        area: Å² of one face.
    """
    slope, intercept = np.polyfit(units, energies, 1)
    residual = float(np.sqrt(np.mean((np.polyval([slope, intercept], units) - energies) ** 2)))
    return ThicknessFit(joule_per_square_metre(float(intercept) / (2 * area)), float(slope), residual)


def surface_energy_of_series(slabs: Sequence[Calculation], bulk: Calculation, area: float) -> SurfaceEnergy:
    """Surface energy of one termination at several thicknesses, free of the bulk calculation.

    Args:
        slabs: at least two, of different thickness and with the same faces.
        bulk: for its formula unit; its energy does not enter.
        area: Å² of one face.

    Raises:
        Incomparable: two were computed with different settings, or one is not converged.
        OffStoichiometry: a slab is no multiple of the bulk.
        UserError: fewer than two thicknesses.
    """
    for slab in slabs[1:]:
        comparable(slabs[0], slab)
    units = [formula_units(slab.structure.composition, bulk.structure.composition) for slab in slabs]
    if len(set(units)) < 2:
        raise UserError("a thickness series needs at least two thicknesses; add one")
    fit = thickness_fit(units, [slab.energy for slab in slabs], area)
    return SurfaceEnergy(fit.gamma, area, units[-1], 0, "E_slab(n) = 2 A gamma + n E_bulk, fitted")


def formula_units(slab: Composition | Mapping[str, float], bulk: Composition) -> int:
    """How many bulk formula units make a slab.

    Raises:
        OffStoichiometry: no whole number does.
    """
    unit = {str(e): n for e, n in bulk.reduced_composition.items()}
    counts = {str(e): n for e, n in slab.items() if n}
    ratios = {round(counts.get(e, 0) / n, 6) for e, n in unit.items()}
    if set(counts) - set(unit) or len(ratios) != 1 or not min(ratios).is_integer() or min(ratios) <= 0:
        content = " ".join(f"{e}{n:g}" for e, n in counts.items())
        raise OffStoichiometry(
            f"slab {content} is no multiple of {bulk.reduced_formula}; give chemical potentials to grand_surface_energy"
        )
    return int(ratios.pop())


def per_unit(calculation: Calculation) -> float:
    """eV of a formula unit."""
    return calculation.energy / calculation.structure.composition.get_reduced_composition_and_factor()[1]


def _converged(calculation: Calculation) -> None:
    if not calculation.converged:
        raise Incomparable(
            f"{calculation.structure.composition.reduced_formula}: not converged, "
            f"{calculation.max_force:.3f} eV/Å left after {calculation.steps} steps; raise max_steps"
        )


def comparable(one: Calculation, other: Calculation) -> None:
    """Refuse two calculations whose energies must not be subtracted.

    Raises:
        Incomparable: one is not converged, or they differ in engine or settings.
    """
    _converged(one)
    _converged(other)
    if one.engine != other.engine:
        raise Incomparable(f"computed with {one.engine} and {other.engine}; use one engine, model and version for both")
    unlike = unlike_settings(one, other)
    if unlike:
        values = "; ".join(f"{k}: {one.settings.get(k)} and {other.settings.get(k)}" for k in unlike)
        mended = [*one.corrections, *other.corrections]
        cause = f", changed by {' and '.join(mended)}" if mended else ""
        raise Incomparable(f"computed with different settings ({values}){cause}; repeat one with those of the other")


def unlike_settings(one: Calculation, other: Calculation) -> list[str]:
    """Names of the settings in which two calculations differ."""
    names = sorted(one.settings.keys() | other.settings.keys())
    return [name for name in names if not _agree(name, one.settings, other.settings)]


def _agree(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether a setting is the same; a table by element, in the elements of both."""
    mine, theirs = one.get(name), other.get(name)
    if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
        return all(mine[element] == theirs[element] for element in mine.keys() & theirs.keys())
    return bool(mine == theirs)
