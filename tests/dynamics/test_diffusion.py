"""A coefficient of diffusion is told where a run shows one, and refused with a reason where not."""

from __future__ import annotations

import numpy as np
import pytest

from nzsp_surfaces.dynamics.diffusion import HOPS, diffusion
from nzsp_surfaces.dynamics.displacement import mean_square_displacement


def walk(step: float, ions: int = 60, steps: int = 400) -> np.ndarray:
    """Ions that take a random step of so many Å in each direction between two frames, (k, n, 3) Å."""
    moves = np.random.default_rng(2).normal(0, step, (steps, ions, 3))
    return np.asarray(np.cumsum(moves, axis=0))


def test_a_random_walk_has_the_coefficient_of_its_steps() -> None:
    """Each direction spreads by s² in a time t, so D = s² / 2 t."""
    found = diffusion(mean_square_displacement(walk(0.3), 20.0))
    assert found.refused is None
    assert found.coefficient == pytest.approx(0.3**2 / 2 / 20.0, rel=0.15)


def test_ions_that_vibrate_in_their_cages_do_not_diffuse() -> None:
    """However many they are: none hops, and where the cage is wide, nothing grows with time."""
    places = np.random.default_rng(4)
    narrow, wide = (diffusion(mean_square_displacement(places.normal(0, w, (400, 60, 3)), 20.0)) for w in (0.2, 1.5))
    assert narrow.coefficient is wide.coefficient is None
    assert f"fewer than {HOPS}" in (narrow.refused or "")
    assert "grows with the power" in (wide.refused or "")


def test_atoms_in_free_flight_do_not_diffuse() -> None:
    """Their displacement grows with the square of time."""
    flight = np.arange(200)[:, None, None] * np.random.default_rng(6).normal(0, 0.1, (60, 3))
    assert "the power 2.00 of time" in (diffusion(mean_square_displacement(flight, 20.0)).refused or "")


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_a_run_of_a_few_frames_tells_nothing(frames: int) -> None:
    """It is refused without a warning."""
    assert diffusion(mean_square_displacement(walk(3.0, steps=frames), 20.0)).coefficient is None


def test_a_few_ions_that_hop_are_too_few() -> None:
    """The same walk of sixty and of one: the sum of their squares counts."""
    many, one = (diffusion(mean_square_displacement(walk(0.3, ions), 20.0)) for ions in (60, 1))
    assert many.refused is None
    assert "hops" in (one.refused or "")
