"""The only unit factors of the package (CODATA 2018, exact since the 2019 SI)."""

from __future__ import annotations

J_PER_M2_PER_EV_PER_A2 = 16.02176634
"""1 eV/Å² in J/m²: 1.602176634e-19 J / 1e-20 m²."""

EV_PER_E2_PER_A = 14.399645478425668
"""e²/(4 pi eps0) in eV Å, the Coulomb constant of electrostatic sums."""

EV_PER_A3_PER_KBAR = 1 / 1602.176634
"""1 kB, which is 1e8 Pa, in eV/Å³."""

EV_PER_K = 8.617333262145179e-5
"""Boltzmann's constant in eV/K: 1.380649e-23 J/K / 1.602176634e-19 J."""

EV_PER_KJ_PER_MOL = 1 / 96.48533212331002
"""1 kJ/mol in eV: 1000 J / (6.02214076e23 * 1.602176634e-19 J)."""

CM2_PER_S = 0.1
"""1 Å²/fs in cm²/s: 1e-16 cm² in 1e-15 s."""

EV_PER_RY = 13.605693122994
"""1 Ry in eV (CODATA 2018)."""


def joule_per_square_metre(ev_per_square_angstrom: float) -> float:
    """Surface energy in J/m² from eV/Å²."""
    return ev_per_square_angstrom * J_PER_M2_PER_EV_PER_A2


def ev_of_faces(gamma: float, area: float) -> float:
    """eV that a surface energy in J/m² makes on both faces of a slab, each of an area in Å²."""
    return 2.0 * area * gamma / J_PER_M2_PER_EV_PER_A2
