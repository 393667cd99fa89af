"""Energies of films: laws between the surface energies of a series of coverages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nzsp_surfaces.base.units import joule_per_square_metre
from nzsp_surfaces.energies.films import coverage, energy_per_unit, film_series, spreading, thick_film

gammas = st.floats(0.05, 3.0)
thetas = st.floats(0.5, 12.0)


def test_two_units_on_each_of_two_faces_of_a_square_nanometre_are_two() -> None:
    """Units are counted on both faces, the coverage on one."""
    assert coverage(4, 100.0) == pytest.approx(2.0)


@given(gammas, gammas, thetas)
def test_a_unit_brings_what_its_share_of_the_face_gains(bare: float, covered: float, theta: float) -> None:
    """Energy per unit times coverage is minus the spreading."""
    per_unit = energy_per_unit(bare, covered, theta)
    assert per_unit is not None
    assert joule_per_square_metre(per_unit * theta / 100) == pytest.approx(-spreading(bare, covered), abs=1e-9)


def test_no_film_has_no_energy_per_unit() -> None:
    """Nothing to divide by."""
    assert energy_per_unit(0.6, 0.6, 0.0) is None


@given(gammas, st.floats(-0.2, 0.2), st.lists(thetas, min_size=2, max_size=5, unique_by=lambda x: round(x, 1)))
def test_the_fit_finds_the_boundaries_and_the_inside_of_a_film_that_has_them(
    boundaries: float, inside: float, amounts: list[float]
) -> None:
    """gamma = boundaries + inside x coverage gives both back."""
    found = thick_film(amounts, [boundaries + joule_per_square_metre(inside * theta / 100) for theta in amounts])
    assert found is not None
    assert found.gamma == pytest.approx(boundaries, abs=1e-8)
    assert found.interior == pytest.approx(inside, abs=1e-8)
    assert found.residual == pytest.approx(0.0, abs=1e-8)


def test_one_thickness_has_no_limit() -> None:
    """Nothing is claimed of the interface then."""
    series = film_series(0.65, [(2.5, 0.42)], own=0.3)
    assert (series.thick, series.spreading, series.interface, series.adhesion) == (None, None, None, None)
    assert series.spreads
    assert series.best == (2.5, 0.42)


@given(gammas, gammas, gammas)
def test_adhesion_is_the_films_cohesion_and_its_spreading(bare: float, own: float, thick: float) -> None:
    """Young and Dupré: W = 2 gamma_film + S."""
    series = film_series(bare, [(2.0, thick), (4.0, thick)], own)
    assert series.adhesion is not None
    assert series.spreading is not None
    assert series.adhesion == pytest.approx(2 * own + series.spreading)


def test_a_compound_that_raises_the_energy_stays_in_islands() -> None:
    """The bare face is then the best of the series."""
    series = film_series(0.5, [(2.0, 0.7), (4.0, 0.6)])
    assert series.spreads is False
    assert series.best == (0.0, 0.5)


def test_of_several_films_of_one_coverage_the_lowest_counts() -> None:
    """As among the candidates of an entry."""
    assert film_series(None, [(2.0, 0.7), (2.0, 0.6)]).films == ((2.0, 0.6),)
