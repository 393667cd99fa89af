"""A quasi-Newton optimiser that starts from a Hessian which something else lends it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from ase.optimize.optimize import Optimizer

Matrix = npt.NDArray[np.float64]

LONGEST, SHORTEST = 0.3, 0.02
"""Å, between which the largest displacement of a step is bounded."""
RISE = 1e-4
"""eV, by which an energy may rise before the step counts as too long: several engines round to less."""
DAMPING = 0.2
"""Share of the expected curvature below which a measured one is mixed with it (Powell 1978)."""


class LentHessian(Optimizer):
    """BFGS from a given Hessian, with Powell's damping and steps that shrink where the energy rises.

    ASE's own BFGS starts from a multiple of unity, lets the Hessian become indefinite and never takes a step back.
    Damping: M. J. D. Powell, Math. Program. 14, 224 (1978); Nocedal and Wright, Numerical Optimization, 18.2.

    Args:
        movable: atoms with a calculator, or a filter of them.
        hessian: (3 n, 3 n) eV/Å², positive definite.
        enough: eV that may be left where it ends before the forces are small; None where they decide alone.
    """

    def __init__(self, movable: Any, hessian: Matrix, enough: float | None = None) -> None:
        self.hessian, self.longest, self.enough = hessian.copy(), LONGEST, enough
        self._last: tuple[Matrix, Matrix, float] | None = None
        super().__init__(movable, logfile=None)

    def energy_left(self) -> float:
        """What is left to gain, eV: F H⁻¹ F / 2 with the Hessian as it was learnt up to the last step."""
        gradient = np.asarray(self.optimizable.get_gradient(), float).ravel()
        return float(gradient @ np.linalg.solve(self.hessian, gradient)) / 2

    def gradient_converged(self, gradient: Any) -> bool:
        """Whether the forces are small enough, or so little is left to gain."""
        if super().gradient_converged(gradient):
            return True
        return self.enough is not None and self.energy_left() <= self.enough

    def step(self, gradient: Any = None) -> None:
        """Go on from here or, where the energy rose, half as far from the point before."""
        here = (
            np.array(self.optimizable.get_x(), float).ravel(),
            np.array(self.optimizable.get_gradient() if gradient is None else gradient, float).ravel(),
            float(self.optimizable.get_value()),
        )
        self._last = here if self._last is None else self._learnt(self._last, here)
        position, slope, _ = self._last
        step = -np.linalg.solve(self.hessian, slope)
        self.optimizable.set_x(position + step * min(1.0, self.longest / _largest(step)))

    def _learnt(self, before: tuple[Matrix, Matrix, float], here: tuple[Matrix, Matrix, float]) -> Any:
        """The point to go on from, the Hessian being updated with what the step has shown."""
        step = here[0] - before[0]
        self.hessian = damped_update(self.hessian, step, here[1] - before[1])
        if here[2] <= before[2] + RISE:
            return here
        self.longest = max(SHORTEST, _largest(step) / 2)
        return before


def damped_update(hessian: Matrix, step: Matrix, change: Matrix) -> Matrix:
    """The BFGS update of a Hessian, damped so that it stays positive definite.

    Args:
        hessian: (n, n), positive definite.
        step: (n,) of the positions.
        change: (n,) of the gradient along it.
    """
    expected = hessian @ step
    work, found = float(step @ expected), float(step @ change)
    if work <= 0.0:
        return hessian
    share = 1.0 if found >= DAMPING * work else (1 - DAMPING) * work / (work - found)
    mixed = share * change + (1 - share) * expected
    return np.asarray(hessian + np.outer(mixed, mixed) / (step @ mixed) - np.outer(expected, expected) / work)


def _largest(step: Matrix) -> float:
    return max(1e-12, float(np.linalg.norm(step.reshape(-1, 3), axis=1).max()))
