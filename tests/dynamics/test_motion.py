"""Displacements, profiles and equilibration: the laws that they obey."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nzsp_surfaces.dynamics.displacement import mean_square_displacement, unwrapped, without_drift
from nzsp_surfaces.dynamics.equilibration import equilibration, statistical_inefficiency
from nzsp_surfaces.dynamics.profiles import density_profile
from support.crystals import structure

CRYSTAL = structure("NZP")
LATTICE = CRYSTAL.lattice.matrix
MASSES = np.array([float(site.specie.atomic_mass) for site in CRYSTAL])


def walk(seed: int = 1, steps: int = 40, size: float = 0.1) -> np.ndarray:
    """A random walk of all atoms of NaZr2(PO4)3, (k, n, 3) Å."""
    moves = np.random.default_rng(seed).normal(0, size, (steps, len(CRYSTAL), 3))
    return np.asarray(CRYSTAL.cart_coords + np.cumsum(moves, axis=0))


def test_ballistic_motion_goes_with_the_square_of_time() -> None:
    """Atoms with constant velocities: (v t)², in the plane and along the normal."""
    times, velocities = 2.0 * np.arange(30), np.random.default_rng(3).normal(0, 0.01, (len(CRYSTAL), 3))
    found = mean_square_displacement(CRYSTAL.cart_coords + times[:, None, None] * velocities, 2.0)
    squares = (velocities**2).mean(axis=0)
    assert found.in_plane == pytest.approx((squares[0] + squares[1]) * found.times**2)
    assert found.normal == pytest.approx(squares[2] * found.times**2)


def test_a_random_walk_goes_with_time() -> None:
    """Each step adds its variance: s² along the normal, 2 s² in the plane; origins and atoms are averaged."""
    found = mean_square_displacement(walk(steps=400), 1.0)
    assert found.normal[20] == pytest.approx(20 * 0.01, rel=0.1)
    assert found.in_plane[20] == pytest.approx(2 * 20 * 0.01, rel=0.1)


def test_a_rigid_crystal_does_not_move_even_when_it_drifts() -> None:
    """All atoms shifted alike: no displacement is left."""
    drifting = CRYSTAL.cart_coords + np.linspace(0, 20, 30)[:, None, None] * np.array([1.0, -0.5, 0.3])
    found = mean_square_displacement(without_drift(drifting, MASSES), 2.0)
    assert max(found.in_plane.max(), found.normal.max()) < 1e-18


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99))
def test_displacements_do_not_depend_on_wrapping_and_order(seed: int) -> None:
    """Atoms put back into the cell in each frame, and in another order, have moved as far."""
    frames, order = walk(seed), np.random.default_rng(seed).permutation(len(CRYSTAL))
    inside = (frames @ np.linalg.inv(LATTICE)) % 1.0 @ LATTICE
    whole, wrapped = (
        mean_square_displacement(without_drift(unwrapped(each[:, order], LATTICE), MASSES[order]), 1.0)
        for each in (frames, inside)
    )
    assert np.allclose(whole.in_plane, wrapped.in_plane)
    assert np.allclose(whole.in_plane, mean_square_displacement(without_drift(frames, MASSES), 1.0).in_plane)


@pytest.mark.parametrize("width", [0.3, 0.5, 1.7])
def test_a_profile_adds_up_to_the_atoms(width: float) -> None:
    """Density times volume is the number of atoms of each element, whatever the layers' width."""
    symbols, area = [site.specie.symbol for site in CRYSTAL], 81.0
    found = density_profile(walk()[:, :, 2], symbols, area, width)
    for element, density in found.densities.items():
        assert density.sum() * area * width == pytest.approx(symbols.count(element))


def test_the_start_of_a_relaxation_is_left_out() -> None:
    """Independent values after a decay: the start lies behind the decay, before half of the run."""
    rng, steps = np.random.default_rng(5), np.arange(2000)
    found = equilibration(rng.normal(0, 1, 2000) + 30 * np.exp(-steps / 60))
    assert 100 < found.start < 1000
    assert found.reached
    assert found.inefficiency == pytest.approx(1, abs=0.4)


def test_correlated_values_count_for_fewer() -> None:
    """An autoregressive series with memory a has the inefficiency (1 + a) / (1 - a)."""
    noise, values = np.random.default_rng(7).normal(0, 1, 40_000), [0.0]
    for each in noise:
        values.append(0.8 * values[-1] + each)
    assert statistical_inefficiency(np.array(values)) == pytest.approx(9, rel=0.15)


def test_a_run_that_still_drifts_is_not_in_equilibrium() -> None:
    """A steady slope leaves no independent values, and neither does a run that never changes."""
    assert not equilibration(np.linspace(0, 1, 300)).reached
    assert not equilibration(np.zeros(300)).reached
