"""Crystals, their bonds, planes and symmetry, and the certificate of a finished slab."""
