"""Capping films on the faces of a slab."""
