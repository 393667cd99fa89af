"""Films of any amount on every plane: whole, in proportion, alike on both faces, and nothing too close."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.films.cations import NoRoom
from nzsp_surfaces.films.compound import FilmCompound, film_compound, kept_by_all
from nzsp_surfaces.films.cover import CappedSlab, cap
from nzsp_surfaces.films.laying import Laying
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.cutting import cut_slabs
from support.crystals import PLANES, framework, ionic, mobile, polyanions, published, slabs_of

FILM = film_compound("Na3PO4", ionic("Na3PO4"), polyanions("Na3PO4"))
VOLUME = ionic("Na3PO4").structure.volume / ionic("Na3PO4").formula_units
VACUUM = 15.0
WAYS = ("grown", "melted")


@cache
def covered(
    name: str, plane: tuple[int, ...], layers: int, way: str, seed: int = 1, units: int | None = None
) -> CappedSlab:
    """A slab with a film that is spread out to the density of its compound."""
    laying = Laying("grown" if way == "grown" else "melted", units, VOLUME)
    cut = slabs_of(name, plane)[0][0]
    return cap(cut, ionic(name), polyanions(name), mobile(name), FILM, layers, VACUUM, seed, laying)


def least(slab: CappedSlab, one: str, other: str) -> float:
    """Å, the least distance between ions of two elements."""
    symbols = np.array([site.specie.symbol for site in slab.structure])
    distances = slab.structure.distance_matrix + 99 * np.eye(len(symbols))
    return float(distances[np.ix_(symbols == one, symbols == other)].min())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("name", ["NZP", "NZS"])
def test_a_film_of_any_thickness_lies_on_every_plane(name: str, plane: tuple[int, ...], layers: int, way: str) -> None:
    """Twenty-four combinations, each in two ways: certified, stoichiometric, in proportion, and nothing too close."""
    slab, cut = covered(name, plane, layers, way), slabs_of(name, plane)[0][0]
    groups = kept_by_all((FILM,), ionic(name), polyanions(name))
    found = certify(slab.structure, ionic(name).charges | FILM.charges, groups, framework(name))
    assert found.failure is None
    assert found.vacuum == pytest.approx(VACUUM)
    unit = ionic(name).structure.composition.reduced_composition
    film = ionic("Na3PO4").structure.composition.reduced_composition
    assert slab.structure.composition == unit * cut.formula_units + film * slab.film_units
    assert slab.film_units == layers * covered(name, plane, 1, way).film_units
    assert least(slab, "Na", "O") > 2.0
    assert least(slab, "Na", "Na") > 2.7
    assert least(slab, "P", "P") > 3.4
    if way == "grown":
        assert set(found.coordination.values()) == {6}


@pytest.mark.parametrize("way", WAYS)
def test_a_film_is_the_same_every_time_and_another_with_another_seed(way: str) -> None:
    """To the last bit; another seed moves it."""
    laying = Laying("grown" if way == "grown" else "melted", None, VOLUME)
    cut, plane = slabs_of("NZP", PLANES[0])[0][0], PLANES[0]
    again = cap(cut, ionic("NZP"), polyanions("NZP"), mobile("NZP"), FILM, 2, VACUUM, 1, laying)
    assert (again.structure.cart_coords == covered("NZP", plane, 2, way).structure.cart_coords).all()
    other = covered("NZP", plane, 2, way, seed=2).structure.cart_coords
    assert np.abs(other - again.structure.cart_coords).max() > 0.3


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("units", [1, 2, 3, 5])
def test_any_number_of_units_is_a_film(units: int, way: str) -> None:
    """A series of coverages, not only whole layers."""
    slab = covered("NZP", PLANES[0], 1, way, units=units)
    assert slab.film_units == 2 * units
    assert certify(slab.structure, ionic("NZP").charges, polyanions("NZP"), framework("NZP")).failure is None


def test_no_units_are_the_bare_slab() -> None:
    """To the last bit."""
    cut = slabs_of("NZP", PLANES[0])[0][0]
    slab = cap(cut, ionic("NZP"), polyanions("NZP"), mobile("NZP"), FILM, 1, VACUUM, 1, Laying(units=0))
    bare = build(cut, ionic("NZP"), VACUUM)
    assert slab.film_units == 0
    assert slab.structure == bare


def carbonate() -> FilmCompound:
    """Li2CO3."""
    return film_compound("Li2CO3", published("li2co3").crystal)


def test_a_carbonate_covers_a_garnet_without_polyanions() -> None:
    """Carbonates hang from the oxygens that zirconium and lanthanum lack, far enough apart."""
    garnet, film = published("llzo"), carbonate()
    cuts, _ = cut_slabs(garnet.crystal, (0, 1, 0), garnet.polyanions, garnet.mobile, SlabOptions(thickness=5))
    volume = published("li2co3").crystal.structure.volume / published("li2co3").crystal.formula_units
    for laying in (Laying(units=4, volume=volume), Laying("melted", 4, volume)):
        slab = cap(cuts[0], garnet.crystal, garnet.polyanions, garnet.mobile, film, 1, VACUUM, 1, laying)
        groups = kept_by_all((film,), garnet.crystal, garnet.polyanions)
        found = certify(slab.structure, garnet.crystal.charges | film.charges, groups, garnet.framework)
        assert found.failure is None
        assert slab.film_units == 8
        assert slab.structure.composition["C"] == 8


@pytest.mark.parametrize("way", WAYS)
def test_an_oxide_covers_an_oxide(way: str) -> None:
    """Magnesia on rutile (110): single anions in the places of single anions."""
    rutile, magnesia = published("rutile"), published("periclase")
    film = film_compound("MgO", magnesia.crystal)
    assert (film.polyanion, film.elements, film.cations) == (None, ["O"], {"Mg": 1})
    cut = cut_slabs(rutile.crystal, (1, 1, 0), rutile.polyanions, rutile.mobile, SlabOptions())[0][0]
    volume = magnesia.crystal.structure.volume / magnesia.crystal.formula_units
    laying = Laying("grown" if way == "grown" else "melted", 2, volume)
    slab = cap(cut, rutile.crystal, rutile.polyanions, rutile.mobile, film, 1, VACUUM, 1, laying)
    found = certify(slab.structure, rutile.crystal.charges | film.charges, rutile.polyanions, rutile.framework)
    assert found.failure is None
    assert slab.structure.composition["Mg"] == slab.film_units == 4


def test_a_film_that_has_no_place_to_grow_from_says_so_and_melts_on() -> None:
    """Brucite's (0001) breaks no bond."""
    brucite, film = published("brucite"), carbonate()
    cut = cut_slabs(brucite.crystal, (0, 0, 0, 1), brucite.polyanions, brucite.mobile, SlabOptions(max_cell=9))[0][0]
    args = (cut, brucite.crystal, brucite.polyanions, brucite.mobile, film, 1, VACUUM, 1)
    with pytest.raises(UserError, match="no broken bond"):
        cap(*args)
    melted = cap(*args, Laying("melted", volume=59.0))
    groups = kept_by_all((film,), brucite.crystal, brucite.polyanions)
    charges = brucite.crystal.charges | film.charges
    assert certify(melted.structure, charges, groups, brucite.framework).failure is None
    assert melted.film_units >= 2


def test_too_many_units_in_the_crystals_places_say_so() -> None:
    """Without room to spread they are refused, in a line."""
    cut = slabs_of("NZP", PLANES[3])[0][0]
    with pytest.raises(NoRoom, match="no room for Na"):
        cap(cut, ionic("NZP"), polyanions("NZP"), mobile("NZP"), FILM, 3, VACUUM, 1)


def test_a_unit_of_several_anions_stays_neutral() -> None:
    """Three magnesium for two borates: never one and a half."""
    found = film_compound("kotoite", published("kotoite").crystal)
    assert (found.anions, found.cations, found.atoms) == (2, {"Mg": 3}, 11)
