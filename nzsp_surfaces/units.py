"""The only unit factors of the package (CODATA 2018, exact since the 2019 SI)."""

from __future__ import annotations

J_PER_M2_PER_EV_PER_A2 = 16.02176634
"""1 eV/Å² in J/m²: 1.602176634e-19 J / 1e-20 m²."""

EV_PER_E2_PER_A = 14.399645478425668
"""e²/(4 pi eps0) in eV Å, the Coulomb constant of electrostatic sums."""


def joule_per_square_metre(ev_per_square_angstrom: float) -> float:
    """Surface energy in J/m² from eV/Å²."""
    return ev_per_square_angstrom * J_PER_M2_PER_EV_PER_A2
