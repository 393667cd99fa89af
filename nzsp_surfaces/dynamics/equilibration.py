"""From when on a run is in equilibrium, and how many independent values it then holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
ORIGINS = 50
"""Starts that are tried."""
FEWEST = 20
"""Independent values below which a run is not called equilibrated: chance alone would decide."""


@dataclass(frozen=True)
class Equilibration:
    """Where to begin averaging.

    Attributes:
        start: index of the first value that counts.
        inefficiency: values that make one independent one.
        independent: values from there on that are independent.
        count: of all values.
    """

    start: int
    inefficiency: float
    independent: float
    count: int

    @property
    def reached(self) -> bool:
        """Enough is left to say so."""
        return self.independent >= FEWEST

    @property
    def left_out(self) -> float:
        """Share of the run that does not count: what comes before equilibrium, or half where none is reached."""
        return self.start / self.count if self.reached else 0.5


def equilibration(values: Array) -> Equilibration:
    """The start that leaves the most independent values (Chodera, J. Chem. Theory Comput. 12, 1799 (2016)).

    Args:
        values: (n,) of a run in even steps, such as its potential energy.
    """
    last = max(1, len(values) - 2)
    starts = np.unique(np.linspace(0, last, min(ORIGINS, last), endpoint=False, dtype=int))
    found = [(int(start), statistical_inefficiency(values[start:])) for start in starts]
    start, inefficiency = max(found, key=lambda each: (len(values) - each[0]) / each[1])
    return Equilibration(start, inefficiency, (len(values) - start) / inefficiency, len(values))


def statistical_inefficiency(values: Array) -> float:
    """1 + 2 Σ (1 - t/n) C(t) up to the first C(t) below zero; n where the values do not change.

    The sum and its end are those of Chodera et al., J. Chem. Theory Comput. 3, 26 (2007).
    """
    n, gaps = len(values), values - values.mean()
    if not np.any(np.abs(gaps) > 1e-12 * max(1.0, np.abs(values).max())):
        return float(n)
    padded = np.fft.rfft(gaps, 2 * n)
    sums = np.fft.irfft(np.abs(padded) ** 2, 2 * n)[:n]
    correlation = sums / (n - np.arange(n)) / gaps.var()
    below = np.flatnonzero(correlation <= 0)
    end = int(below[0]) if len(below) else n
    return max(1.0, float(1 + 2 * ((1 - np.arange(1, end) / n) * correlation[1:end]).sum()))
