"""What a series of coverages says of a film: whether it spreads, how thick, and what its two boundaries cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nzsp_surfaces.base.units import joule_per_square_metre

SQUARE_NANOMETRE = 100.0
"""Å²."""


def coverage(film_units: int, area: float) -> float:
    """Formula units of a film on an area of one face, 1/nm².

    theta = m / (2 A), with m units on both faces together.

    Args:
        area: Å² of one face.
    """
    return SQUARE_NANOMETRE * film_units / (2 * area)


def spreading(bare: float, covered: float) -> float:
    """What a face gains by its film over bare face and crystals of the compound, J/m².

    S = gamma(0) - gamma(theta); of a thick film the spreading coefficient, gamma_bare - gamma_film - gamma_interface
    (P. G. de Gennes, Rev. Mod. Phys. 57, 827 (1985), eq. 2.1): positive where the film spreads, negative where the
    compound stays in islands.

    Args:
        bare, covered: surface energies, J/m².
    """
    return bare - covered


def energy_per_unit(bare: float, covered: float, theta: float) -> float | None:
    """Energy of a film's formula unit above that in the compound's crystal, eV; None where there is no film.

    e = [gamma(theta) - gamma(0)] / theta, which is [E_covered - E_bare - m E_film] / m for slabs of equal area.

    Args:
        bare, covered: J/m².
        theta: coverage, 1/nm².
    """
    per_area = (covered - bare) / joule_per_square_metre(1.0)
    return SQUARE_NANOMETRE * per_area / theta if theta else None


@dataclass(frozen=True, slots=True)
class ThickFilm:
    """gamma(theta) = gamma_thick + e theta, fitted to the films of a series.

    Attributes:
        gamma: J/m², of the film's two boundaries: its own surface and the interface, gamma_film + gamma_interface.
        interior: eV per formula unit, of its inside above the compound's crystal; 0 for a perfect one.
        residual: J/m², root mean square; 0 where two films are all there is.
    """

    gamma: float
    interior: float
    residual: float


def thick_film(coverages: list[float], gammas: list[float]) -> ThickFilm | None:
    """The boundaries of a film apart from its inside; None for fewer than two coverages.

    The excess of a covered slab grows linearly with the film's thickness once its two boundaries no longer feel each
    other, as that of a bare slab does with its own (V. Fiorentini and M. Methfessel, J. Phys.: Condens. Matter 8, 6525
    (1996), eq. 2).

    Args:
        coverages: 1/nm², none of them 0.
        gammas: J/m².
    """
    if len(set(coverages)) < 2:
        return None
    slope, intercept = np.polyfit(coverages, gammas, 1)
    residual = float(np.sqrt(np.mean((np.polyval([slope, intercept], coverages) - gammas) ** 2)))
    per_unit = SQUARE_NANOMETRE * float(slope) / joule_per_square_metre(1.0)
    return ThickFilm(float(intercept), per_unit, residual)


def interface_energy(thick: float, film: float) -> float:
    """Of the boundary of film and crystal, J/m²: gamma_interface = gamma_thick - gamma_film.

    Args:
        thick: of a thick film with both its boundaries.
        film: of the compound's own surface.
    """
    return thick - film


def work_of_adhesion(bare: float, film: float, interface: float) -> float:
    """To part a film from its crystal, J/m²: W = gamma_bare + gamma_film - gamma_interface.

    A. Dupré, Théorie mécanique de la chaleur (1869), p. 369.
    """
    return bare + film - interface


@dataclass(frozen=True)
class FilmSeries:
    """Surface energies of one plane under more and more of one compound.

    Attributes:
        bare: J/m²; None where it is not known.
        films: (coverage in 1/nm², surface energy in J/m²), the thinnest first.
        own: J/m², of the compound's own surface; None where it was not computed.
    """

    bare: float | None
    films: tuple[tuple[float, float], ...]
    own: float | None = None

    @property
    def best(self) -> tuple[float, float]:
        """Coverage and surface energy of what is lowest, the bare face included: more of the compound is in excess.

        Beyond it a face gains nothing by more film: the rest is better off as crystals of the compound.
        """
        points = ([(0.0, self.bare)] if self.bare is not None else []) + list(self.films)
        return min(points, key=lambda point: (point[1], point[0]))

    @property
    def spreads(self) -> bool | None:
        """Whether some film is lower than the bare face; None where that is not known."""
        return None if self.bare is None else self.best[0] > 0

    @cached_property
    def thick(self) -> ThickFilm | None:
        """The limit of thick films."""
        return thick_film([theta for theta, _ in self.films], [gamma for _, gamma in self.films])

    @property
    def spreading(self) -> float | None:
        """The spreading coefficient of a thick film, J/m²."""
        return None if self.bare is None or self.thick is None else spreading(self.bare, self.thick.gamma)

    @property
    def interface(self) -> float | None:
        """J/m², where the compound's own surface is known."""
        return None if self.own is None or self.thick is None else interface_energy(self.thick.gamma, self.own)

    @property
    def adhesion(self) -> float | None:
        """The work of adhesion, J/m², where the compound's own surface is known."""
        if self.bare is None or self.own is None or self.interface is None:
            return None
        return work_of_adhesion(self.bare, self.own, self.interface)


def film_series(bare: float | None, films: Iterable[tuple[float, float]], own: float | None = None) -> FilmSeries:
    """A series in the order of its coverages; of one coverage the lowest film counts."""
    lowest: dict[float, float] = {}
    for theta, gamma in films:
        lowest[round(theta, 3)] = min(gamma, lowest.get(round(theta, 3), gamma))
    return FilmSeries(bare, tuple(sorted(lowest.items())), own)
