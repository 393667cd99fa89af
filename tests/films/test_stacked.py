"""A film on a film: upon any slab whose faces are alike, whole, in proportion, and touching nothing."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.crystals.crystal import crystal
from nzsp_surfaces.crystals.material import Material
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.films.compound import FilmCompound, all_charges, film_compound, kept_by_all
from nzsp_surfaces.films.cover import Beneath, CappedSlab, cap, cap_again
from nzsp_surfaces.films.laying import Laying
from nzsp_surfaces.films.matching import Face, best_sheet
from nzsp_surfaces.slabs.going_on import flip_found
from nzsp_surfaces.slabs.supercell import wide
from support.crystals import PLANES, STRUCTURES, framework, ionic, mobile, polyanions, slabs_of

NZP, VACUUM = ionic("NZP"), 15.0
SODIUM = crystal(load_structure(STRUCTURES / "Na.cif"))
METAL = film_compound("Na", SODIUM)
PHOSPHATE = film_compound("Na3PO4", ionic("Na3PO4"), polyanions("Na3PO4"))
VOLUME = ionic("Na3PO4").structure.volume / ionic("Na3PO4").formula_units


@cache
def capped() -> CappedSlab:
    """(1-102) of NaZr2(PO4)3 under a layer of Na3PO4."""
    cut = slabs_of("NZP", PLANES[0])[0][0]
    return cap(cut, NZP, polyanions("NZP"), mobile("NZP"), PHOSPHATE, 1, VACUUM, 1)


def beneath() -> Beneath:
    """The same as what another film is to lie on."""
    groups = kept_by_all([PHOSPHATE], NZP, polyanions("NZP"))
    return Beneath("Na3PO4", capped().structure, all_charges([PHOSPHATE], NZP), groups)


def checked(slab: CappedSlab, film: FilmCompound) -> None:
    """Whole, symmetric, nonpolar, the lower slab's atoms first and where they were, nothing too near."""
    films = [PHOSPHATE, film]
    found = certify(
        slab.structure, all_charges(films, NZP), kept_by_all(films, NZP, polyanions("NZP")), framework("NZP")
    )
    assert found.failure is None
    assert found.vacuum == pytest.approx(VACUUM)
    own = len(slab.structure) - slab.film_units * film.atoms
    lower = capped().structure.cart_coords
    if own == len(lower):
        away = slab.structure.cart_coords[:own] - lower
        assert np.ptp(away, axis=0) == pytest.approx(np.zeros(3), abs=1e-6)
    across = slab.structure.distance_matrix[:own, own:]
    assert 1.6 < across.min() < 3.5


@pytest.mark.parametrize("cells", [((1, 0), (0, 1)), ((2, 0), (0, 1))])
def test_sodium_lies_on_the_phosphate_of_both_faces(cells: tuple[tuple[int, int], tuple[int, int]]) -> None:
    """On the cell of the slab beneath, or on a wider one that holds it twice."""
    cut = slabs_of("NZP", PLANES[0])[0][0]
    sheet = best_sheet(Material("Na", SODIUM, (), frozenset()), Face(cut, NZP, 1, 0.05), 6.0, None)
    laying = Laying("matched", sheet=sheet)
    if cells != sheet.cells:
        fractions = [(x / 2, y, z) for x, y, z in sheet.places]
        both = (*fractions, *((x + 0.5, y, z) for x, y, z in fractions))
        widened = type(sheet)(sheet.miller, sheet.elements * 2, both, 2 * sheet.units, sheet.strain, cells)
        laying = Laying("matched", sheet=widened)
    slab = cap_again(beneath(), METAL, 2, VACUUM, 1, laying)
    checked(slab, METAL)
    assert slab.film_units == 2 * sheet.units * laying.count
    assert len(slab.structure) == laying.count * (len(capped().structure) + 2 * sheet.units)


def test_phosphate_is_melted_onto_phosphate() -> None:
    """As many units as a layer of its crystal holds, since no crystal is left that says how many."""
    slab = cap_again(beneath(), PHOSPHATE, 1, VACUUM, 1, Laying("melted", volume=VOLUME))
    checked(slab, PHOSPHATE)
    area = slab.structure.volume / slab.structure.lattice.c
    assert slab.film_units == 2 * round(area * VOLUME ** (-2 / 3))


def test_every_placement_is_another_and_each_the_same_again() -> None:
    """By its seed."""
    laying = Laying("melted", units=1, volume=VOLUME)
    first, again, other = (cap_again(beneath(), PHOSPHATE, 1, VACUUM, seed, laying).structure for seed in (1, 1, 2))
    assert first == again
    assert np.abs(first.cart_coords - other.cart_coords).max() > 0.1


def test_a_slab_with_unlike_faces_is_not_covered_again() -> None:
    """One energy could not serve both."""
    moved = capped().structure.copy()
    moved.translate_sites([len(moved) - 1], [0.0, 0.0, 0.6], frac_coords=False)
    unlike = Beneath("Na3PO4", moved, beneath().charges, beneath().polyanions)
    with pytest.raises(UserError, match="film Na3PO4 on Na3PO4: the faces of the slab differ"):
        cap_again(unlike, PHOSPHATE, 1, VACUUM, 1, Laying("melted", units=1, volume=VOLUME))


def test_the_flip_of_a_finished_slab_leaves_it_where_it_is() -> None:
    """It holds in a cell with another vacuum, too; and a wider slab is the same slab."""
    slab = capped().structure
    flip = flip_found(slab)
    assert flip is not None
    images = slab.cart_coords @ flip.rotation.T + flip.translation
    assert np.sort(images[:, 2]) == pytest.approx(np.sort(slab.cart_coords[:, 2]), abs=1e-3)
    twice = wide(slab, ((1, 0), (0, 2)))
    assert len(twice) == 2 * len(slab)
    assert flip_found(twice) is not None
