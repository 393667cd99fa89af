"""How far off surface energies may be, and what that leaves of a Wulff shape."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from nzsp_surfaces.energies.construction import Construction, construction
from nzsp_surfaces.energies.sampling import order_is_safe, sampled_shapes
from nzsp_surfaces.energies.spread import Spread, lower_yet
from nzsp_surfaces.energies.wulff import shape_of
from support.results import COMPUTED, PLANES, nzp


@cache
def given(*energies: float) -> Construction:
    """NZP's planes with given energies, J/m²."""
    return construction(nzp(), zip(PLANES, energies or COMPUTED["NZP"], strict=True))


def test_parts_that_nothing_tells_are_absent_and_not_zero() -> None:
    """Neither in the parts nor in the total; a part that is known to be zero stands there."""
    assert Spread().total is None
    assert Spread().parts == {}
    assert Spread(thickness=0.0).parts == {"thickness": 0.0}
    assert Spread(thickness=0.0).total == 0.0
    assert Spread(thickness=0.03, seeds=0.04).total == pytest.approx(0.05)


def test_one_try_tells_nothing_of_what_was_left_out() -> None:
    """Two tell their gap."""
    assert lower_yet([]) is lower_yet([0.65]) is None
    assert lower_yet([0.70, 0.65, 0.9]) == pytest.approx(0.05)


@pytest.mark.parametrize("energies", [COMPUTED["NZP"], [0.66, 0.81, 0.70, 0.89], [1.0, 1.0, 1.0, 1.0]])
def test_without_a_spread_every_shape_is_the_shape(energies: list[float]) -> None:
    """Area fractions are those of WulffPack's construction."""
    found = sampled_shapes(given(*energies), {}, count=2)
    wanted = [facet.area_fraction for facet in shape_of(given(*energies)).facets]
    assert [form.area_fraction for form in found.forms] == pytest.approx(wanted, abs=1e-9)
    assert [form.appears for form in found.forms] == [float(fraction > 0) for fraction in wanted]
    assert all(form.spread is None for form in found.forms)


def test_a_spread_gives_intervals_and_probabilities() -> None:
    """A form at the edge appears in some shapes; one that is far off in none; the same seed draws the same."""
    spread = {PLANES[2]: 0.1, PLANES[0]: 0.01}
    found = sampled_shapes(given(), spread)
    lowest, _, edge, _ = found.forms
    assert found.count == 1000
    assert lowest.appears == 1.0
    assert 0.0 < edge.appears < 0.5
    assert edge.interval[0] == 0.0 < edge.interval[1]
    assert lowest.interval[0] < lowest.area_fraction < lowest.interval[1]
    assert sum(form.area_fraction for form in found.forms) == pytest.approx(1.0)
    assert found == sampled_shapes(given(), spread)
    assert found != sampled_shapes(given(), spread, seed=2)


def test_planes_whose_order_may_turn_are_named() -> None:
    """0.81 and 0.89 are apart by less than 1.6 standard deviations of their difference."""
    narrow = sampled_shapes(given(), dict.fromkeys(PLANES, 0.02), count=2)
    wide = sampled_shapes(given(), dict.fromkeys(PLANES, 0.05), count=2)
    assert narrow.alike == ()
    assert wide.alike == ((PLANES[1], PLANES[3]),)
    assert order_is_safe(0.0, 0.1) == pytest.approx(0.5)


def test_energies_never_fall_below_zero() -> None:
    """However wide the spread is."""
    found = sampled_shapes(given(), dict.fromkeys(PLANES, 5.0), count=50)
    assert all(np.isfinite(form.area_fraction) for form in found.forms)
