"""Slabs of a film's own crystal laid on a face: matched, strained onto its cell, whole, and touching nothing."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.crystals.crystal import crystal
from nzsp_surfaces.crystals.material import Material
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.films.compound import film_compound, kept_by_all
from nzsp_surfaces.films.cover import CappedSlab, cap
from nzsp_surfaces.films.laying import Laying
from nzsp_surfaces.films.matching import Face, Sheet, best_sheet, strain_of
from nzsp_surfaces.slabs.build import build, flip_of
from nzsp_surfaces.slabs.supercell import ITSELF, keeps_flip, widened
from support.crystals import PLANES, STRUCTURES, framework, ionic, mobile, polyanions, slabs_of

FILM = film_compound("Na3PO4", ionic("Na3PO4"), polyanions("Na3PO4"))
PHOSPHATE = Material("Na3PO4", ionic("Na3PO4"), polyanions("Na3PO4"), frozenset({"Na"}))
MAGNESIA = Material("MgO", ionic("MgO"), (), frozenset())
VACUUM = 15.0


@cache
def sheet_on(name: str, plane: tuple[int, ...], cells: int = 2, thickness: float = 4.0) -> Sheet:
    """Sodium phosphate on a plane of NaSICON."""
    face = Face(slabs_of(name, plane)[0][0], ionic(name), cells, 0.05)
    return best_sheet(PHOSPHATE, face, thickness, None)


def covered(name: str, plane: tuple[int, ...], sheet: Sheet, seed: int) -> CappedSlab:
    """Both faces of the widened slab covered by a sheet."""
    cut = widened(slabs_of(name, plane)[0][0], sheet.cells)
    laying = Laying("matched", sheet=sheet)
    return cap(cut, ionic(name), polyanions(name), mobile(name), FILM, 1, VACUUM, seed, laying)


@pytest.mark.parametrize(
    ("name", "plane", "cells"), [("NZS", PLANES[1], 2), ("NZP", PLANES[2], 2), ("NZP", PLANES[0], 3)]
)
def test_a_matched_film_is_whole_and_alike_on_both_faces(name: str, plane: tuple[int, ...], cells: int) -> None:
    """Certified, in proportion, within the strain, and nothing of it nearer to the slab than ions are."""
    sheet = sheet_on(name, plane, cells)
    slab = covered(name, plane, sheet, 1)
    groups = kept_by_all((FILM,), ionic(name), polyanions(name))
    found = certify(slab.structure, ionic(name).charges | FILM.charges, groups, framework(name))
    assert found.failure is None
    assert 0 < sheet.strain <= 0.05
    unit = ionic(name).structure.composition.reduced_composition
    film = ionic("Na3PO4").structure.composition.reduced_composition
    bare = sheet.count * slabs_of(name, plane)[0][0].formula_units
    assert slab.structure.composition == unit * bare + film * 2 * sheet.units
    symbols, own = np.array([site.specie.symbol for site in slab.structure]), round(bare * unit.num_atoms)
    across = slab.structure.distance_matrix[:own, own:]
    assert across[np.ix_(symbols[:own] == "Na", symbols[own:] == "O")].min() > 2.1
    assert across.min() > 2.1
    assert across.min() < 3.5


def test_a_thicker_matched_film_has_more_units() -> None:
    """On the same cell, twice as thick, twice as many."""
    one, two = sheet_on("NZS", PLANES[1]), sheet_on("NZS", PLANES[1], thickness=8.0)
    assert (two.cells, two.units) == (one.cells, 2 * one.units)
    assert two.strain == pytest.approx(one.strain)


def test_every_placement_is_shifted_otherwise() -> None:
    """And the same again with the same seed."""
    sheet = sheet_on("NZS", PLANES[1])
    first, again, other = (covered("NZS", PLANES[1], sheet, seed).structure for seed in (1, 1, 2))
    assert first == again
    assert np.abs(first.frac_coords - other.frac_coords).max() > 0.01


def test_a_crystal_matches_itself_without_strain() -> None:
    """Magnesia on magnesia (100), on one cell."""
    face = Face(slabs_of("MgO", (1, 0, 0))[0][0], ionic("MgO"), 2, 0.02)
    sheet = best_sheet(MAGNESIA, face, 4.0, None)
    assert sheet.strain == pytest.approx(0.0, abs=1e-6)
    assert (sheet.cells, sheet.miller) == (ITSELF, (1, 0, 0))
    assert sheet.units == len(sheet.elements) / 2


def test_a_metal_is_matched_and_nothing_else() -> None:
    """Sodium on NaSICON: no charge of its own, and nothing to grow from."""
    sodium = crystal(load_structure(STRUCTURES / "Na.cif"))
    metal = film_compound("Na", sodium)
    assert (metal.anions, metal.atoms, metal.charges) == (0, 1, {"Na": 0.0})
    cut = slabs_of("NZP", PLANES[0])[0][0]
    args = (cut, ionic("NZP"), polyanions("NZP"), mobile("NZP"), metal, 1, VACUUM, 1)
    with pytest.raises(UserError, match="a metal has no anions"):
        cap(*args)
    own = Material("Na", sodium, (), frozenset())
    sheet = best_sheet(own, Face(cut, ionic("NZP"), 1, 0.05), 4.0, None)
    slab = cap(*args, Laying("matched", sheet=sheet))
    assert slab.film_units == 2 * sheet.units == 2 * len(sheet.elements)
    assert certify(slab.structure, ionic("NZP").charges, polyanions("NZP"), framework("NZP")).failure is None


def test_what_does_not_fit_says_how_much_strain_it_would_need() -> None:
    """And so does a number of units that no sheet has."""
    face = Face(slabs_of("NZS", PLANES[0])[0][0], ionic("NZS"), 2, 0.05)
    with pytest.raises(UserError, match=r"fits 2 cells .* within a strain of 5% \(the best needs 10\.\d%\)"):
        best_sheet(PHOSPHATE, face, 4.0, None)
    fits = Face(slabs_of("NZS", PLANES[1])[0][0], ionic("NZS"), 1, 0.05)
    with pytest.raises(UserError, match="no matched slab has 5 formula units on a cell; there are 6"):
        best_sheet(PHOSPHATE, fits, 4.0, 5)


@settings(max_examples=50, deadline=None)
@given(st.floats(-3.1, 3.1), st.floats(0.8, 1.2), st.floats(0.8, 1.2), st.floats(-3.1, 3.1))
def test_strain_does_not_depend_on_how_a_film_is_turned(before: float, one: float, other: float, after: float) -> None:
    """Rotations before and after a stretch change nothing."""

    def turn(angle: float) -> np.ndarray:
        return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    stretch = turn(before) @ np.diag([one, other]) @ turn(after)
    assert strain_of(stretch) == pytest.approx(max(abs(one - 1), abs(other - 1)), abs=1e-9)


@pytest.mark.parametrize("cells", [((2, 0), (0, 1)), ((1, 1), (-1, 1)), ((3, 1), (0, 2))])
def test_a_wider_slab_is_the_same_slab(cells: tuple[tuple[int, int], tuple[int, int]]) -> None:
    """As many times the atoms on as many times the area, and it turns over."""
    crystal, cut = ionic("NZP"), slabs_of("NZP", PLANES[0])[0][0]
    assert keeps_flip(cut, cells)
    wide, narrow = widened(cut, cells), build(cut, crystal, VACUUM)
    made = build(wide, crystal, VACUUM)
    count = abs(round(np.linalg.det(cells)))
    assert len(made) == count * len(narrow)
    assert made.volume == pytest.approx(count * narrow.volume)
    flip_of(wide, crystal, made)
    near = [len(s.get_neighbors(s[0], 3.0)) for s in (made, narrow)]
    assert near[0] == near[1]
