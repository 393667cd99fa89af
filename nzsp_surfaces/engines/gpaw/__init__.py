"""GPAW: density functional theory by a free program, in plane waves and projector-augmented waves."""
