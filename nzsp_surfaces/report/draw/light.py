"""Faces under a lamp."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb

from nzsp_surfaces.report.draw.style import Vectors

LIGHT = np.array([-0.35, -0.75, 0.56])
"""Direction towards the lamp, in axes with x to the right, y away from the reader and z up."""


def normal_of(corners: Vectors) -> Vectors:
    """The unit normal of (n, 3) corners of a face, outwards where they go anticlockwise."""
    normal = np.cross(corners, np.roll(corners, -1, axis=0)).sum(axis=0)
    return np.asarray(normal / np.linalg.norm(normal), dtype=float)


def shaded(colour: str, normal: Vectors, alpha: float = 1.0) -> tuple[float, float, float, float]:
    """The colour under the lamp: lighter where the face turns to it, darker where it turns away."""
    rgb, light = np.array(to_rgb(colour)), float(normal @ LIGHT)
    mixed = rgb + (1 - rgb) * 0.35 * light if light > 0.35 else rgb * (0.72 + 0.8 * max(light, 0.0))
    red, green, blue = np.clip(mixed, 0, 1)
    return float(red), float(green), float(blue), alpha
