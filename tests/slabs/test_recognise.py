"""A slab is recognised by its atoms, however it is written down."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure
from pymatgen.core.surface import SlabGenerator

from nzsp_surfaces.crystals.crystal import Crystal, equivalent_planes, hkl, standard_miller
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import SlabCut
from nzsp_surfaces.slabs.recognise import Recognised, identity_of, recognise, termination_of
from nzsp_surfaces.slabs.series import thickness_series
from nzsp_surfaces.slabs.survey import survey_plane
from support.crystals import CRYSTALS, PLANES, USUAL, ionic, mobile, polyanions, published, slabs_of, surveyed
from support.disguise import disguised, rewritten

Case = tuple[str, tuple[int, ...]]
HOUSE: list[Case] = [(name, plane) for name in ("NZP", "NZS") for plane in PLANES] + [
    ("MgO", (1, 0, 0)),
    ("MgO", (1, 1, 0)),
    ("MgO", (2, 1, 0)),
    ("calcite", (1, 0, -1, 4)),
    ("wurtzite", (1, 0, -1, 0)),
    ("wurtzite", (1, 1, -2, 0)),
    ("Cu", (1, 1, 1)),
    ("Cu", (1, 0, 0)),
    ("Cu", (1, 1, 0)),
]
PUBLISHED: list[Case] = [
    ("lifepo4", (0, 1, 0)),
    ("lifepo4", (2, 0, 1)),
    ("lifepo4", (1, 0, 1)),
    ("rutile", (1, 1, 0)),
    ("rutile", (1, 0, 0)),
    ("rutile", (1, 0, 1)),
    ("rutile", (0, 0, 1)),
    ("aragonite", (0, 1, 0)),
    ("quartz", (1, 0, -1, 0)),
    ("ceria", (1, 1, 1)),
]
each_case = pytest.mark.parametrize(("name", "plane"), HOUSE + PUBLISHED)


def bulk(name: str) -> Crystal:
    """The crystal of a case."""
    return ionic(name) if (name, PLANES[0]) in HOUSE or name in dict(HOUSE) else published(name).crystal


@cache
def cuts(name: str, plane: tuple[int, ...]) -> tuple[SlabCut, ...]:
    """Its slabs."""
    if name in dict(HOUSE):
        return slabs_of(name, plane)[0]
    return tuple(surface.cut for surface in survey_plane(published(name), plane, USUAL).surfaces)


def check(found: Recognised, crystal: Crystal, cut: SlabCut, cells: int = 1) -> None:
    """What was recognised is what was cut."""
    assert found.reason is None
    assert hkl(found.miller) in same_form(crystal, cut.miller)
    assert found.standard_miller == standard_miller(crystal, found.miller)
    assert found.termination == termination_of(crystal, cut)
    assert found.faces_alike
    assert found.stoichiometric
    assert found.formula_units == cells * cut.formula_units


@pytest.mark.parametrize(("name", "plane"), [("nzp", (1, -1, 0, 2)), *PUBLISHED])
def test_a_slab_has_the_identity_of_its_cut(name: str, plane: tuple[int, ...]) -> None:
    """In disguise too, the whole slab has the name that the house gives to its own."""
    material = published(name)
    for number, surface in enumerate(survey_plane(material, plane, USUAL).surfaces[:3]):
        slab = build(surface.cut, material.crystal, USUAL.vacuum)
        assert identity_of(material, recognise(material.crystal, rewritten(slab, number))) == surface.identity[:10]


def same_form(crystal: Crystal, plane: tuple[int, ...]) -> frozenset[tuple[int, int, int]]:
    """The form of a plane and of its opposite."""
    opposite = tuple(-i for i in plane)
    return equivalent_planes(crystal, plane) | equivalent_planes(crystal, opposite)


@each_case
def test_a_slab_of_the_house_is_recognised(name: str, plane: tuple[int, ...]) -> None:
    """As built, every cut has its plane, its faces, its area, and no strain."""
    crystal = bulk(name)
    assert cuts(name, plane)
    for cut in cuts(name, plane):
        slab = build(cut, crystal, USUAL.vacuum)
        found = recognise(crystal, slab)
        check(found, crystal, cut)
        assert found.misfit < 1e-6
        assert found.strain < 1e-6
        assert found.area == pytest.approx(float(np.linalg.norm(np.cross(*slab.lattice.matrix[:2]))))


@each_case
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_disguise_hides_a_slab(name: str, plane: tuple[int, ...], seed: int) -> None:
    """Turned, mirrored, tilted, shuffled, shifted, strained by 0.3 % and relaxed, it is what it was."""
    crystal, cut = bulk(name), cuts(name, plane)[seed % len(cuts(name, plane))]
    slab = build(cut, crystal, USUAL.vacuum)
    other = disguised(slab, seed)
    check(recognise(crystal, other), crystal, cut, len(other) // len(slab))


@pytest.mark.parametrize(("name", "plane"), [case for case in HOUSE if case[0] in ("NZP", "NZS", "calcite")])
def test_a_termination_has_one_name_at_all_thicknesses(name: str, plane: tuple[int, ...]) -> None:
    """Thicker slabs with the same faces have the same name, and other terminations others."""
    crystal, first = bulk(name), cuts(name, plane)[0]
    names = {termination_of(crystal, cut) for cut in cuts(name, plane)}
    assert len(names) == len(cuts(name, plane))
    for cut in thickness_series(first, crystal, polyanions(name), mobile(name), 3):
        found = recognise(crystal, build(cut, crystal, USUAL.vacuum))
        check(found, crystal, cut)
        assert found.termination == termination_of(crystal, first)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(yaml.safe_load(CRYSTALS.read_text(encoding="utf-8"))))
def test_every_slab_of_every_crystal_is_recognised(name: str) -> None:
    """All planes up to index 1, as built and in disguise; no two cuts of a plane have one name."""
    material = published(name)
    for found in surveyed(name):
        named = {termination_of(material.crystal, each.cut) for each in found.surfaces}
        assert len(named) == len({each.identity for each in found.surfaces})
        for seed, cut in enumerate(each.cut for each in found.surfaces):
            slab = build(cut, material.crystal, USUAL.vacuum)
            other = disguised(slab, seed)
            check(recognise(material.crystal, slab), material.crystal, cut)
            check(recognise(material.crystal, other), material.crystal, cut, len(other) // len(slab))


GENERATED: list[Any] = [
    ("MgO", (1, 1, 1)),
    ("MgO", (2, 1, 1)),
    ("Cu", (3, 1, 1)),
    ("wurtzite", (0, 0, 1)),
    ("rutile", (1, 1, 0)),
    ("lifepo4", (0, 1, 0)),
    pytest.param("NZP", (0, 1, 2), marks=pytest.mark.slow),
    pytest.param("calcite", (1, 0, 4), marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "plane"), GENERATED)
@pytest.mark.parametrize("primitive", [True, False])
def test_the_slabs_of_pymatgen_are_recognised(name: str, plane: tuple[int, int, int], primitive: bool) -> None:
    """Its slabs have the plane that it was asked for, and as many names as it finds terminations or fewer."""
    crystal = bulk(name)
    standard = Structure(
        crystal.conventional_lattice,
        *_filled(crystal),  # the cell that the indices refer to
    )
    made = SlabGenerator(standard, plane, 10, 12, center_slab=True, primitive=primitive, in_unit_planes=False)
    for slab in made.get_slabs(symmetrize=False):
        found = recognise(crystal, slab)
        assert found.reason is None
        assert hkl(found.miller) in same_form(crystal, plane)
        assert found.misfit < 1e-3
        assert found.area == pytest.approx(slab.surface_area, rel=1e-3)


def _filled(crystal: Crystal) -> tuple[list[str], np.ndarray]:
    """Elements and fractional coordinates of the atoms of the conventional cell."""
    change = np.rint(crystal.conventional_multiples).astype(int)
    whole = crystal.structure.copy()
    whole.make_supercell(change, to_unit_cell=True)
    return [site.specie.symbol for site in whole], whole.frac_coords


def test_what_is_no_slab_of_the_crystal_has_a_reason() -> None:
    """The bulk itself, and the slab of another crystal."""
    assert "no vacuum" in str(recognise(ionic("MgO"), ionic("MgO").structure).reason)
    slab = build(cuts("calcite", (1, 0, -1, 4))[0], ionic("calcite"), USUAL.vacuum)
    assert "no plane" in str(recognise(ionic("MgO"), slab).reason)
