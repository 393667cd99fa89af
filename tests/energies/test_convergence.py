"""Verdicts on series: what settles, what grows, what goes up and down."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.units import joule_per_square_metre
from nzsp_surfaces.energies.convergence import Thickness, cheapest_within, judge_setting, judge_thickness

AREA, BULK, REPEATS = 20.0, -30.0, (2, 3, 4, 5, 6)


def series(gammas: Sequence[float], mismatch: float = 0.0) -> list[Thickness]:
    """Slabs of a formula unit a repeat with given surface energies, J/m², and a bulk that is off by some eV a unit."""
    per_area = 1.0 / joule_per_square_metre(1.0)
    slabs = []
    for repeats, gamma in zip(REPEATS, gammas, strict=False):
        energy = 2 * AREA * gamma * per_area + repeats * (BULK + mismatch)
        direct = joule_per_square_metre((energy - repeats * BULK) / (2 * AREA))
        slabs.append(Thickness(repeats, repeats, energy, direct))
    return slabs


def test_a_settled_series_names_the_thinnest_slab_that_holds() -> None:
    """From it on all values lie within the tolerance of the last; thinner slabs are left out of the fit."""
    found = judge_thickness(series([0.70, 0.652, 0.651, 0.650, 0.650]), BULK, AREA, 0.02)
    assert (found.holds, found.cheapest, found.oscillation) == (True, 3, 0.0)
    assert found.words.startswith("3 repeats suffice within 0.02 J/m²")
    assert found.fit.gamma == pytest.approx(0.653, abs=0.002)
    assert found.error == pytest.approx(0.0005, abs=0.0005)


def test_a_fit_that_strays_says_why() -> None:
    """Drawn away by slabs that are too thin, or by the scatter of slabs that it carries to n = 0."""
    thin = judge_thickness(series([0.94, 1.039, 1.044]), BULK, AREA, 0.01)
    assert (thin.holds, thin.cheapest) == (True, 3)
    assert "slabs that are too thin draw the fit away" in thin.words
    scattered = judge_thickness(series([0.6507, 0.6591, 0.6591]), BULK, AREA, 0.01)
    assert (scattered.holds, scattered.cheapest) == (True, 2)
    assert "fitted 0.644 ± 0.008, direct 0.659 J/m²: the fit carries the slabs' scatter" in scattered.words


def test_a_bulk_that_does_not_match_shows_as_a_slope() -> None:
    """The fit returns the true surface energy and the mismatch; direct values grow with thickness."""
    found = judge_thickness(series([0.65] * 4, mismatch=0.020), BULK, AREA, 0.01)
    assert found.fit.gamma == pytest.approx(0.65)
    assert found.mismatch == pytest.approx(0.020)
    assert found.error == pytest.approx(0.0, abs=1e-9)
    assert not found.holds
    assert "20.0 meV a formula unit: take the fit" in found.words


def test_what_still_moves_is_said_with_the_number() -> None:
    """Neither settled nor a straight line."""
    found = judge_thickness(series([0.90, 0.70, 0.65]), BULK, AREA, 0.005)
    assert not found.holds
    assert "not converged: from 3 to 4 repeats it still moves by -0.050 J/m²" in found.words
    assert found.change == pytest.approx(-0.05)


def test_a_series_that_goes_up_and_down_is_recognised() -> None:
    """As on rutile (110), where slabs of odd and even numbers of layers lie on two sides of the limit."""
    found = judge_thickness(series([0.95, 0.55, 0.80, 0.62, 0.75]), BULK, AREA, 0.01)
    assert found.oscillation == pytest.approx(0.5 * (0.5 * (0.80 + 0.75) - 0.62))
    assert not found.holds
    assert "goes up and down with every repeat" in found.words
    settled = judge_thickness(series([0.651, 0.650, 0.651, 0.650]), BULK, AREA, 0.01)
    assert settled.oscillation == 0.0


def test_one_point_is_no_series() -> None:
    """Whatever is varied."""
    with pytest.raises(UserError, match="at least two thicknesses"):
        judge_thickness(series([0.65]), BULK, AREA, 0.01)
    with pytest.raises(UserError, match="at least two values"):
        judge_setting([10.0], [0.65], 0.01, "Å of vacuum")


def test_vacuum_is_judged_by_the_largest() -> None:
    """In any order; where the two largest differ nothing is enough."""
    found = judge_setting([20.0, 10.0, 15.0], [0.650, 0.680, 0.652], 0.01, "Å of vacuum")
    assert (found.holds, found.cheapest) == (True, 15.0)
    assert found.words == "15 Å of vacuum suffice: beyond them it moves by 0.002 J/m² at most"
    open_ = judge_setting([10.0, 15.0], [0.7, 0.65], 0.01, "Å of vacuum")
    assert (open_.holds, open_.cheapest) == (False, None)
    assert "-0.050 J/m²" in open_.words


def test_a_value_in_between_that_strays_ends_what_holds() -> None:
    """All from the cheapest on must lie within the tolerance."""
    assert cheapest_within([1, 2, 3, 4], [0.65, 0.9, 0.65, 0.65], 0.01) == 3
