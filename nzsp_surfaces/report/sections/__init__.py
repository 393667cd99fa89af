"""The sections of the page."""

from __future__ import annotations

SECTIONS = (
    "energies",
    "levels",
    "shapes",
    "convergence",
    "potentials",
    "slabs",
    "coverage",
    "reactions",
    "films",
    "motion",
    "dynamics",
    "bulk",
    "mixtures",
    "tried",
    "runs",
    "methods",
    "provenance",
)
"""In their order: modules of this folder, each with its `SECTION`, and its template of the same name."""
