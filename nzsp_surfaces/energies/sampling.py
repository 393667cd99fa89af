"""Wulff shapes of surface energies that are known within a spread: which forms are sure to appear, and how large."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nzsp_surfaces.energies.construction import Construction, Miller, Vectors
from nzsp_surfaces.energies.wulff import SLIVER

SURE = 0.95
"""Probability from which on an order of two planes counts as safe; intervals hold as much of the shapes."""
LEAST = 0.05
"""Of a surface energy: sampled values are not taken below, since a shape needs positive ones."""


@dataclass(frozen=True, slots=True)
class SampledForm:
    """A form of a crystal in many shapes.

    Attributes:
        miller: indices as they were given.
        area_fraction: mean share of the surface, 0 to 1.
        interval: that holds 95 % of the shares.
        appears: probability that the form is there at all.
        spread: J/m² that its surface energy was varied by; None where it is not known, and it was held.
    """

    miller: Miller
    area_fraction: float
    interval: tuple[float, float]
    appears: float
    spread: float | None


@dataclass(frozen=True, slots=True)
class SampledShapes:
    """Many shapes of one crystal.

    Attributes:
        count: how many.
        forms: one for each plane, in the order of the table.
        alike: pairs of planes whose order in energy is not safe.
    """

    count: int
    forms: tuple[SampledForm, ...]
    alike: tuple[tuple[Miller, Miller], ...]

    def as_dict(self) -> dict[str, Any]:
        """The entry of one crystal in ``wulff_spread.json``."""
        return {
            "count": self.count,
            "forms": [
                {
                    "miller": list(form.miller),
                    "area_fraction": form.area_fraction,
                    "interval": list(form.interval),
                    "appears": form.appears,
                    "spread": form.spread,
                }
                for form in self.forms
            ],
            "alike": [[list(one), list(other)] for one, other in self.alike],
        }


def sampled_shapes(
    given: Construction, spreads: Mapping[Miller, float], *, count: int = 1000, seed: int = 1
) -> SampledShapes:
    """Shapes whose surface energies are drawn from normal distributions about their values.

    Args:
        given: values, planes and symmetry.
        spreads: J/m², standard deviation by plane as it was given; planes that are missing are held.
        count: of shapes.
        seed: of the draw.
    """
    planes, random = list(given.table), np.random.default_rng(seed)
    values = np.array([given.table[plane] for plane in planes])
    widths = np.array([spreads.get(plane, 0.0) for plane in planes])
    drawn = np.maximum(values + widths * random.standard_normal((count, len(planes))), LEAST * values)
    faces = given.forms.values()
    normals = np.vstack(list(faces))
    owners = np.repeat(np.arange(len(planes)), [len(form) for form in faces])
    shares = np.array([area_shares(normals, owners, energies) for energies in drawn])
    return SampledShapes(count, _forms(planes, shares, spreads), _alike(planes, values, widths))


def area_shares(normals: Vectors, owners: Any, energies: Vectors) -> Vectors:
    """(n_forms,) shares of the surface of the shape bounded by faces at the distances of their energies.

    Args:
        normals: (n, 3) unit normals of all faces.
        owners: (n,) number of each face's form.
        energies: (n_forms,) J/m², above 0.
    """
    from scipy.spatial import ConvexHull, HalfspaceIntersection

    bounds = np.hstack([normals, -energies[owners][:, None]])
    hull = ConvexHull(HalfspaceIntersection(bounds, np.zeros(3)).intersections, qhull_options="Qt")
    corners = hull.points[hull.simplices]
    areas = 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    nearest = np.argmax(hull.equations[:, :3] @ normals.T, axis=1)
    found: Vectors = np.bincount(owners[nearest], areas, len(energies)) / areas.sum()
    return found


def _forms(planes: list[Miller], shares: Vectors, spreads: Mapping[Miller, float]) -> tuple[SampledForm, ...]:
    low, high = np.quantile(shares, [0.5 - SURE / 2, 0.5 + SURE / 2], axis=0)
    mean, there = shares.mean(axis=0), (shares > SLIVER).mean(axis=0)
    return tuple(
        SampledForm(plane, float(mean[n]), (float(low[n]), float(high[n])), float(there[n]), spreads.get(plane))
        for n, plane in enumerate(planes)
    )


def _alike(planes: list[Miller], values: Vectors, widths: Vectors) -> tuple[tuple[Miller, Miller], ...]:
    """Pairs of planes, the lower first, whose order turns with more than 5 % probability."""
    order = np.argsort(values)
    pairs = itertools.combinations(order, 2)
    return tuple(
        (planes[one], planes[other])
        for one, other in pairs
        if order_is_safe(float(values[other] - values[one]), math.hypot(widths[one], widths[other])) < SURE
    )


def order_is_safe(difference: float, width: float) -> float:
    """Probability that a difference whose standard deviation is `width` is truly above zero.

    >>> round(order_is_safe(0.1, 0.0), 3), round(order_is_safe(0.1, 0.1), 3)
    (1.0, 0.841)
    """
    return 0.5 * (1 + math.erf(difference / (width * math.sqrt(2)))) if width > 0 else float(difference > 0)
