"""Every plane of a crystal: its slabs with their description, what was rejected, and what else there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.crystal import coprime, distinct_planes, equivalent_planes, hexagonal_within
from nzsp_surfaces.crystals.material import Material
from nzsp_surfaces.crystals.planes import stack
from nzsp_surfaces.slabs.alternatives import Alternative, alternatives
from nzsp_surfaces.slabs.cut import Rejection, SlabCut, SlabOptions
from nzsp_surfaces.slabs.cutting import cut_slabs
from nzsp_surfaces.slabs.faces import (
    BrokenBonds,
    LostCoordination,
    Tasker,
    broken_by_kind,
    lost_bonds,
    lost_coordination,
    lost_hydrogen_bonds,
    mobile_density,
    tasker_class,
)
from nzsp_surfaces.slabs.identity import slab_identity
from nzsp_surfaces.slabs.terminations import SHARING_DEPTHS


@dataclass(frozen=True)
class Surface:
    """A slab and what its faces are like.

    Attributes:
        cut: the slab.
        identity: the same however the bulk was written down; slabs of a plane that it does not tell apart get numbers.
        broken: bonds that a face has lost, by pair of elements.
        lost: ions of a face that lack neighbours.
        mobile: ions of each mobile element within 2 Å of the cut, per Å² of one face.
        tasker: I, II or III; None where nothing is charged.
    """

    cut: SlabCut
    identity: str
    broken: tuple[BrokenBonds, ...]
    lost: tuple[LostCoordination, ...]
    mobile: dict[str, float]
    tasker: Tasker | None


@dataclass(frozen=True)
class PlaneSurvey:
    """A plane's slabs, best first, its rejected cuts, and alternatives where there is no slab."""

    miller: tuple[int, ...]
    surfaces: tuple[Surface, ...]
    rejected: tuple[Rejection, ...]
    alternatives: tuple[Alternative, ...]


def survey(material: Material, planes: tuple[tuple[int, ...], ...], options: SlabOptions) -> Iterator[PlaneSurvey]:
    """Every slab of each plane, one plane at a time.

    Args:
        planes: on the conventional cell; all of them up to an index by `crystals.distinct_planes`.

    Raises:
        UserError: wrong indices.
    """
    for miller in planes:
        yield survey_plane(material, miller, options)


def survey_plane(material: Material, miller: tuple[int, ...], options: SlabOptions) -> PlaneSurvey:
    """The slabs of one plane.

    Raises:
        UserError: wrong indices.
    """
    crystal, polyanions = material.crystal, material.polyanions
    cuts, rejected = cut_slabs(crystal, miller, polyanions, material.mobile, options)
    surfaces = _told_apart([surface(material, cut) for cut in cuts])
    instead = () if cuts else alternatives(crystal, miller, polyanions, material.mobile, options)
    return PlaneSurvey(miller, surfaces, rejected, instead)


def _told_apart(surfaces: list[Surface]) -> tuple[Surface, ...]:
    """The same, with a number where an earlier slab of the plane has the same identity."""
    seen: Counter[str] = Counter()
    told = []
    for each in surfaces:
        seen[each.identity] += 1
        number = f".{seen[each.identity]}" if seen[each.identity] > 1 else ""
        told.append(replace(each, identity=each.identity + number))
    return tuple(told)


def every_plane(material: Material, max_index: int) -> tuple[tuple[int, ...], ...]:
    """All distinct planes of a material up to an index, densest first.

    Raises:
        UserError: `max_index` is not between 1 and 9.
    """
    return distinct_planes(material.crystal, max_index)


def checked_planes(material: Material, planes: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """The planes as given, each form once.

    Raises:
        UserError: indices that are no plane, four of them for a crystal that is not hexagonal, or one form twice.
    """
    forms: dict[frozenset[tuple[int, int, int]], tuple[int, ...]] = {}
    for plane in planes:
        if len(plane) == 4 and not material.crystal.hexagonal:
            within = hexagonal_within(material.crystal)
            hint = f", or --symprec {within[0]:g}, with which it is {within[1]}" if within else ""
            raise UserError(
                f"plane {list(plane)}: {material.crystal.formula} is not hexagonal; give three indices{hint}"
            )
        form = equivalent_planes(material.crystal, coprime(plane))
        if form in forms:
            raise UserError(f"planes {list(forms[form])} and {list(plane)} are the same; remove one")
        forms[form] = plane
    return planes


def surface(material: Material, cut: SlabCut) -> Surface:
    """Describe a slab's faces."""
    view = stack(material.crystal, cut.miller, material.polyanions, material.mobile)
    in_plane = np.array(cut.in_plane)
    area = float(np.linalg.norm(np.cross(*(in_plane @ material.crystal.structure.lattice.matrix))))
    lost = lost_bonds(view, in_plane, cut.sites)
    return Surface(
        cut=cut,
        identity=slab_identity(view, in_plane, cut.sites),
        broken=broken_by_kind(view, lost + lost_hydrogen_bonds(view, in_plane, cut.sites), area),
        lost=lost_coordination(view, cut.sites, lost),
        mobile=mobile_density(view, cut.sites, cut.bottom, SHARING_DEPTHS[0], area),
        tasker=tasker_class(view, cut.bottom),
    )
