"""Engines made of ASE calculators."""
