"""Surfaces of ionic crystals: slabs, capping films, surface energies and Wulff shapes."""

from __future__ import annotations

__version__ = "0.1.0"
