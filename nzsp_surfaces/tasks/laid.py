"""How a film fits what it is laid on, found in the geometry of the study's files before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from nzsp_surfaces.crystals.material import Material
from nzsp_surfaces.films.cations import NoRoom
from nzsp_surfaces.films.laying import Laying, Way
from nzsp_surfaces.films.matching import Face, Sheet, best_sheet
from nzsp_surfaces.slabs.supercell import widened
from nzsp_surfaces.tasks.building import Arrangement, arrangements
from nzsp_surfaces.tasks.covering import Covering

if TYPE_CHECKING:
    from nzsp_surfaces.films.cover import CappedSlab
    from nzsp_surfaces.study.study import Film
    from nzsp_surfaces.tasks.beneath import Ground
    from nzsp_surfaces.tasks.draft import Draft


def fitting(draft: Draft, ground: Ground, film: Film, way: Way) -> tuple[Covering, CappedSlab]:
    """The first laying for which there is room, and the slab that it gives.

    Raises:
        UserError: there is none.
    """
    for laying in _layings(ground, film, way):
        covering = _covering(draft, ground, film, laying)
        try:
            return covering, _planned(ground, covering)
        except NoRoom as error:
            failure = error
    raise failure


def _planned(ground: Ground, covering: Covering) -> CappedSlab:
    if ground.slab is not None:
        return covering.upon(ground.slab.structure, 1)
    return covering.start(1, 1, ground.plane.material.crystal.structure)


def _layings(ground: Ground, film: Film, way: Way) -> Iterator[Laying]:
    """Grown in the crystal's places, else spread out to the density of its compound; the other ways are one each."""
    if way == "matched":
        yield Laying(way, film.units, sheet=_sheet(ground, film))
        return
    if way == "grown":
        yield Laying(way, film.units)
    yield Laying(way, film.units, film.volume)


def _sheet(ground: Ground, film: Film) -> Sheet:
    """The film's own crystal matched to a plane; a layer is as thick as a formula unit would be as a cube."""
    compound, settings = film.compound, film.settings
    mobile = frozenset(compound.cations if compound.anions else ())
    own = Material(film.name, film.reference, compound.polyanions, mobile)
    face = Face(ground.cut, ground.plane.material.crystal, settings.cells, settings.strain)
    return best_sheet(own, face, film.layers * film.volume ** (1 / 3), film.units)


def _covering(draft: Draft, ground: Ground, film: Film, laying: Laying) -> Covering:
    """Of the bare slabs, on the cells that the laying needs; or that of the film beneath with this one upon it."""
    if ground.covering is not None:
        return replace(
            ground.covering, compound=film.compound, layers=film.layers, laying=laying, under=ground.covering
        )
    material, settings, cuts = ground.plane.material, draft.study.settings, ground.plane.cuts
    return Covering(
        material.crystal,
        tuple(Arrangement(each.number, widened(each.cut, laying.cells)) for each in arrangements(cuts)),
        material.polyanions,
        material.mobile,
        film.compound,
        film.layers,
        settings.slabs.vacuum,
        settings.seed,
        laying,
    )
