"""A coefficient of diffusion, where a run shows one: ions that hop, and a displacement that grows with time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nzsp_surfaces.dynamics.displacement import Displacement

HOP = 2.5
"""Å, about as far apart as neighbouring sites of small cations are; what does not get there vibrates."""
HOPS = 10
"""Fewer in all are too few to count: n events that know nothing of each other have a relative error of 1/√n."""
LINEAR = 0.2
"""By which the power of time that displacements grow with may differ from 1; ions in cages have 0, free flight 2."""


@dataclass(frozen=True)
class Diffusion:
    """Diffusion of some ions in the plane.

    Attributes:
        coefficient: Å²/fs; None where the run shows none.
        refused: why not, in words.
    """

    coefficient: float | None = None
    refused: str | None = None


def diffusion(motion: Displacement) -> Diffusion:
    """The coefficient in the plane, d<r²>/dt / 4 over the longer half of the times, or why there is none.

    Einstein's relation: Ann. Phys. 322, 549 (1905).
    Hops are counted as the squared displacement of all ions in squares of a hop's length, as X. He et al. do
    (npj Comput. Mater. 4, 18 (2018)).
    """
    late = slice(len(motion.times) // 2, None)
    times, squares = motion.times[late], motion.in_plane[late]
    hops = motion.ions * float(squares[-1]) / HOP**2 if len(squares) else 0.0
    if hops < HOPS or len(times) < 3 or times[0] <= 0:
        return Diffusion(refused=f"{hops:.1f} hops of {HOP:g} Å, fewer than {HOPS}")
    power = float(np.polyfit(np.log(times), np.log(squares), 1)[0])
    if abs(power - 1) > LINEAR:
        return Diffusion(refused=f"the displacement grows with the power {power:.2f} of time and not with time")
    return Diffusion(coefficient=float(np.polyfit(times, squares, 1)[0]) / 4)
