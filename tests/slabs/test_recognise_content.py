"""What lies on a slab, or is missing from it, is told from what it is made of."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Structure

from nzsp_surfaces.films.compound import film_compound
from nzsp_surfaces.films.cover import CappedSlab, cap
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import SlabCut
from nzsp_surfaces.slabs.recognise import recognise, termination_of
from nzsp_surfaces.slabs.recognise_content import content_of
from support.crystals import PLANES, USUAL, ionic, mobile, polyanions, slabs_of
from support.disguise import relaxed, rewritten

COVERED = [(name, plane) for name in ("NZP", "NZS") for plane in PLANES]
each_covered = pytest.mark.parametrize(("name", "plane"), COVERED)


def slab_cut(name: str, plane: tuple[int, ...]) -> SlabCut:
    """The first slab of a plane."""
    return slabs_of(name, plane)[0][0]


def covered(name: str, plane: tuple[int, ...]) -> CappedSlab:
    """A slab of the paper with a layer of Na3PO4 on both faces."""
    film, cut = film_compound("Na3PO4", ionic("Na3PO4")), slab_cut(name, plane)
    return cap(cut, ionic(name), polyanions(name), mobile(name), film, 1, USUAL.vacuum, 1)


@each_covered
def test_a_film_is_told_from_the_slab_below(name: str, plane: tuple[int, ...]) -> None:
    """Its atoms, its formula units, and the faces below it, though its groups lie where the crystal's would."""
    slab, cut = covered(name, plane), slab_cut(name, plane)
    found = recognise(ionic(name), slab.structure, ionic("Na3PO4"), mobile(name))
    assert (found.reason, found.excess, found.other_atoms) == (None, {}, ())
    assert (found.formula_units, found.film_units) == (cut.formula_units, slab.film_units)
    assert found.film_atoms == tuple(range(len(cut.sites), len(slab.structure)))
    assert found.termination == termination_of(ionic(name), cut)
    assert found.faces_alike


@each_covered
def test_a_film_that_has_relaxed_leaves_the_framework_its_name(name: str, plane: tuple[int, ...]) -> None:
    """Which sodium is the film's is then a matter of taste; where the crystal was cut is not."""
    slab, cut = covered(name, plane), slab_cut(name, plane)
    moved = rewritten(relaxed(slab.structure, np.random.default_rng(1)), 1)
    found = recognise(ionic(name), moved, ionic("Na3PO4"), mobile(name))
    assert (found.formula_units, found.film_units) == (cut.formula_units, slab.film_units)
    assert found.framework == termination_of(ionic(name), cut, mobile(name))


def test_a_film_on_one_face_makes_faces_unlike() -> None:
    """However thick it is against the slab, that is found below it."""
    slab = covered("NZP", PLANES[0])
    whole, bare = slab.structure.copy(), len(slab_cut("NZP", PLANES[0]).sites)
    whole.remove_sites([n for n in range(bare, len(whole)) if slab.lower[n]])
    found = recognise(ionic("NZP"), whole, ionic("Na3PO4"), mobile("NZP"))
    assert found.termination == termination_of(ionic("NZP"), slab_cut("NZP", PLANES[0]))
    assert 2 * found.film_units == slab.film_units
    assert not found.faces_alike


def test_a_molecule_far_above_does_not_hide_the_slab() -> None:
    """What has left the face counts as an excess."""
    found = recognise(ionic("MgO"), magnesia(("O", (0, 0, 9.0)), ("H", (0.76, 0, 9.6)), ("H", (-0.76, 0, 9.6))))
    assert found.excess == {"H": 2, "O": 1}
    assert found.termination == recognise(ionic("MgO"), magnesia()).termination


def test_a_film_that_nobody_asked_about_is_an_excess() -> None:
    """Without its compound, the atoms of a film are that many too many."""
    slab = covered("NZP", PLANES[0])
    found = recognise(ionic("NZP"), slab.structure)
    assert found.formula_units == 4
    assert found.excess == {e: n * slab.film_units for e, n in {"Na": 3, "P": 1, "O": 4}.items()}
    assert found.film_units == 0


def magnesia(*more: tuple[str, tuple[float, float, float]]) -> Structure:
    """MgO (100) with atoms at places above a magnesium of its upper face, Å."""
    slab = build(slabs_of("MgO", (1, 0, 0))[0][0], ionic("MgO"), USUAL.vacuum) * (2, 2, 1)
    top = max((site for site in slab if site.specie.symbol == "Mg"), key=lambda site: site.z)
    for element, above in more:
        slab.append(element, top.coords + np.array(above), coords_are_cartesian=True)
    return slab


def test_molecules_on_a_slab_are_none_of_its_atoms() -> None:
    """Water and carbon dioxide keep their oxygen, be it where the crystal's next would be; the face keeps its name."""
    clean = recognise(ionic("MgO"), magnesia())
    water = magnesia(("O", (0, 0, 2.15)), ("H", (0.76, 0, 2.7)), ("H", (-0.76, 0, 2.7)))
    dioxide = magnesia(("O", (0, 0, 2.15)), ("C", (0, 0, 3.3)), ("O", (0, 0, 4.45)))
    for slab, excess in ((water, {"H": 2, "O": 1}), (dioxide, {"C": 1, "O": 2})):
        found = recognise(ionic("MgO"), slab)
        assert found.excess == excess
        assert found.other_atoms == tuple(range(len(slab) - 3, len(slab)))
        assert (found.termination, found.formula_units) == (clean.termination, clean.formula_units)
        assert not found.faces_alike


def test_an_adatom_or_a_vacancy_is_another_face() -> None:
    """Oxygen on the site of the next layer, or missing from the last one, gives one face another name."""
    clean = recognise(ionic("MgO"), magnesia()).termination
    lacking = magnesia()
    lacking.remove_sites([max(range(len(lacking)), key=lambda n: lacking[n].z * (lacking[n].specie.symbol == "O"))])
    for slab, excess in ((magnesia(("O", (0, 0, 2.1))), 1), (lacking, -1)):
        found = recognise(ionic("MgO"), slab)
        assert found.excess == {"O": excess}
        assert clean in found.termination.split("/")
        assert len(found.termination.split("/")) == 2
        assert not found.faces_alike
        assert not found.stoichiometric


@pytest.mark.parametrize(
    ("counts", "film", "units", "film_units", "excess"),
    [
        ({"Na": 4, "Zr": 8, "P": 12, "O": 48}, None, 4, 0, {}),
        ({"Na": 16, "Zr": 8, "P": 16, "O": 64}, "Na3PO4", 4, 4, {}),
        ({"Na": 4, "Zr": 8, "P": 12, "O": 48}, "Na3PO4", 4, 0, {}),
        ({"Na": 4, "Zr": 8, "P": 12, "O": 47}, None, 4, 0, {"O": -1}),
        ({"Na": 6, "Zr": 8, "P": 12, "O": 49, "H": 3}, None, 4, 0, {"H": 3, "Na": 2, "O": 1}),
        ({"Na": 14, "Zr": 8, "P": 16, "O": 64}, "Na3PO4", 4, 4, {"Na": -2}),
    ],
)
def test_formula_units_are_what_accounts_for_most(
    counts: dict[str, int], film: str | None, units: int, film_units: int, excess: dict[str, int]
) -> None:
    """Of NaZr2(PO4)3 and a film, with the atoms that are left over or lacking."""
    found = content_of(counts, ionic("NZP"), ionic(film) if film else None)
    assert (found.units, found.film_units, found.excess) == (units, film_units, excess)
