"""Slabs of a plane before anything is relaxed: its arrangements, built from the relaxed bulk and shaken a little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.crystal import Crystal, relaxed
from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.slabs.build import build, flip_of
from nzsp_surfaces.slabs.cut import Cut, SlabCut
from nzsp_surfaces.slabs.placing import middle_atoms

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.tasks.draft import Draft

SHAKE = 0.05
"""Å, standard deviation of the displacements that break a cut's accidental symmetry."""


@dataclass(frozen=True)
class Arrangement:
    """One way of sharing the mobile ions of a plane, and the number that it has among them."""

    number: int
    cut: Cut


@dataclass(frozen=True)
class SlabStart:
    """A slab before its relaxation.

    Attributes:
        structure: shaken a little.
        flip: turns it over.
        held: numbers of the atoms that are not to move.
    """

    structure: Structure
    flip: Flip
    held: tuple[int, ...]


@dataclass(frozen=True)
class SlabBuilding:
    """How the slabs of a material are built from its relaxed bulk.

    Attributes:
        crystal: before the relaxation; its sites name those of the cuts.
        vacuum: Å.
        frozen: Å in the middle that stay as in the bulk.
        seed: of the shaking.
    """

    crystal: Crystal
    vacuum: float
    frozen: float
    seed: int

    def start(self, arrangement: Arrangement, bulk: Structure, shake: float = SHAKE) -> SlabStart:
        """A slab cut from the relaxed bulk, shaken a little but alike on both faces.

        Without the shaking a face keeps symmetry that its ions would rather break, and stops at a saddle.

        Args:
            shake: Å, standard deviation of the displacements.
        """
        crystal = relaxed(self.crystal, bulk)
        structure = build(arrangement.cut, crystal, self.vacuum)
        flip = flip_of(arrangement.cut, crystal, structure)
        still = middle_atoms(structure, self.frozen)
        shifts = self._shifts(arrangement.number, flip, still, shake)
        for site, shift in zip(structure, shifts, strict=True):
            site.coords = site.coords + shift
        return SlabStart(structure, flip, tuple(int(i) for i in np.flatnonzero(still)))

    def _shifts(self, number: int, flip: Flip, still: npt.NDArray[np.bool_], shake: float) -> npt.NDArray[np.float64]:
        random = np.random.default_rng([self.seed, number]).normal(0.0, shake, (len(still), 3))
        return np.where(still[:, None], 0.0, flip.average(random))


def arrangements(cuts: tuple[SlabCut, ...]) -> tuple[Arrangement, ...]:
    """Cuts of a plane with their numbers, from 1."""
    return tuple(Arrangement(number, cut.alone) for number, cut in enumerate(cuts, start=1))


def slab_building(draft: Draft, material: Material) -> SlabBuilding:
    """How a study builds the slabs of a material."""
    options = draft.study.settings.slabs
    return SlabBuilding(material.crystal, options.vacuum, options.frozen, draft.study.settings.seed)
