"""How far atoms move: positions without jumps over the cell's edges and without drift, mean-square displacements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Displacement:
    """Mean-square displacement against time, each direction's own; the normal is the third axis.

    Attributes:
        times: (l,) fs.
        in_plane: (l,) Å², of both directions together.
        normal: (l,) Å².
        ions: over which the mean is taken.
    """

    times: Array
    in_plane: Array
    normal: Array
    ions: int


def unwrapped(frames: Array, lattice: Array) -> Array:
    """Positions that go on over the cell's edges: between two frames each atom takes the shortest way.

    Args:
        frames: (k, n, 3) Å.
        lattice: (3, 3) Å, a vector a row.
    """
    steps = np.diff(frames, axis=0)
    jumps = np.rint(steps @ np.linalg.inv(lattice)) @ lattice
    return np.asarray(np.concatenate([frames[:1], frames[1:] - np.cumsum(jumps, axis=0)]))


def without_drift(frames: Array, masses: Array) -> Array:
    """Positions with the centre of mass where it was in the first frame.

    Args:
        frames: (k, n, 3) Å, not wrapped.
        masses: (n,), in any unit.
    """
    centres = np.average(frames, axis=1, weights=masses)
    return np.asarray(frames - (centres - centres[0])[:, None, :])


def mean_square_displacement(frames: Array, interval: float) -> Displacement:
    """Over all atoms and all origins of time, up to half of the run.

    Args:
        frames: (k, n, 3) Å, not wrapped and without drift.
        interval: fs between two frames.
    """
    lags = np.arange(len(frames) // 2 + 1) if frames.size else np.arange(0)
    squares = np.array([((frames[lag:] - frames[: len(frames) - lag]) ** 2).mean(axis=(0, 1)) for lag in lags])
    squares = squares.reshape(-1, 3)
    times = np.asarray(lags * interval, np.float64)
    return Displacement(times, squares[:, 0] + squares[:, 1], squares[:, 2], frames.shape[1])
