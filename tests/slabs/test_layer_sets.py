"""Polar planes whose layers hold several kinds of ions: what is halved balances itself, and nothing else changes."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from pymatgen.core import Structure

from nzsp_surfaces.crystals.bonds import crystal_bonds
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.crystals.contacts import Bond, find_bonds
from nzsp_surfaces.crystals.material import material
from nzsp_surfaces.crystals.planes import gaps, stack
from nzsp_surfaces.slabs import cutting
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.layer_sets import can_be_mended
from nzsp_surfaces.slabs.series import thickness_series
from nzsp_surfaces.slabs.survey import PlaneSurvey, survey_plane
from support.crystals import USUAL, known_material, published

VACUUM = 15.0
POLAR: list[tuple[str, tuple[int, ...]]] = [
    ("argyrodite", (1, 0, 0)),
    ("KNbO3", (0, 0, 1)),
    ("LaAlO3", (0, 0, 1)),
    ("pyrope", (1, 0, 0)),
    ("grossular", (1, 0, 0)),
    ("llzo", (0, 0, 1)),
    ("spinel", (2, 1, 0)),
]
"""Planes that have no slab unless layers of several kinds are halved, save that of spinel, for which one kind does."""

each_plane = pytest.mark.parametrize(("name", "plane"), POLAR)


@cache
def surveyed(name: str, plane: tuple[int, ...], options: SlabOptions = USUAL) -> PlaneSurvey:
    """The slabs of a plane."""
    return survey_plane(known_material(name), plane, options)


@each_plane
def test_slabs_are_stoichiometric_neutral_whole_and_alike_on_both_faces(name: str, plane: tuple[int, ...]) -> None:
    """Whole formula units, no charge, no dipole, polyanions uncut, an operation of its own turns each slab over."""
    known = known_material(name)
    formula = known.crystal.structure.composition.reduced_composition
    assert surveyed(name, plane).surfaces
    for each in surveyed(name, plane).surfaces:
        slab = build(each.cut, known.crystal, VACUUM)
        found = certify(slab, known.crystal.charges, known.polyanions, known.framework)
        assert slab.composition == formula * each.cut.formula_units
        assert sum(known.crystal.charges[site.specie.symbol] for site in slab) == pytest.approx(0.0)
        assert found.failure is None
        assert abs(found.dipole) < 1e-6


@each_plane
def test_no_ion_has_more_neighbours_than_in_the_bulk(name: str, plane: tuple[int, ...]) -> None:
    """Units are shared out among the places that they have in the bulk, and each place is taken once."""
    known = known_material(name).crystal
    whole = ends(crystal_bonds(known), len(known.structure))
    for each in surveyed(name, plane).surfaces:
        slab = build(each.cut, known, VACUUM)
        found = ends(find_bonds(slab, known.charges), len(slab))
        assert (found <= whole[[site for site, _ in each.cut.sites]]).all()


def ends(bonds: tuple[Bond, ...], sites: int) -> npt.NDArray[np.int64]:
    """(sites,) how many bonds end at each."""
    return np.bincount(list(itertools.chain(*((b.cation, b.anion) for b in bonds))), minlength=sites)


def test_argyrodite_shares_sulphur_with_the_lithium_that_balances_it() -> None:
    """(100) of Li6PS5Cl: one S of two and four Li of eight stay on each face; 78 atoms on 97.2 Å²."""
    first = surveyed("argyrodite", (1, 0, 0)).surfaces[0]
    slab = build(first.cut, known_material("argyrodite").crystal, VACUUM)
    assert len(slab) == 78
    assert slab.volume / slab.lattice.c == pytest.approx(97.2, abs=0.01)
    assert first.cut.shared == "4 of 8 Li, 1 of 2 S"


@each_plane
def test_sets_come_in_the_order_of_broken_bonds_then_of_electrostatics(name: str, plane: tuple[int, ...]) -> None:
    """The first of each termination breaks no fewer bonds than that of the one before; within one, energies rise."""
    cuts = [each.cut for each in surveyed(name, plane).surfaces]
    first = [cut.broken for cut in cuts if cut.arrangement == 1]
    assert first == sorted(first)
    for _, ways in itertools.groupby(cuts, key=lambda cut: cut.termination):
        energies = [cut.electrostatic for cut in ways]
        assert np.diff(energies).min(initial=0.0) > -1e-6


@pytest.mark.parametrize(("name", "plane"), POLAR[:4])
def test_thicker_slabs_keep_the_faces_that_several_kinds_share(name: str, plane: tuple[int, ...]) -> None:
    """Each member of a series holds one more repeat in its middle and is a good slab too."""
    known = known_material(name)
    for each in surveyed(name, plane).surfaces[:2]:
        series = thickness_series(each.cut, known.crystal, known.polyanions, known.mobile, 3)
        sizes = [len(cut.sites) for cut in series]
        assert sizes[2] - sizes[1] == sizes[1] - sizes[0] > 0
        for cut in series[1:]:
            slab = build(cut, known.crystal, VACUUM)
            assert certify(slab, known.crystal.charges, known.polyanions, known.framework).failure is None


@pytest.mark.parametrize(("name", "plane"), POLAR[:4])
def test_what_is_halved_does_not_depend_on_how_the_crystal_is_written(name: str, plane: tuple[int, ...]) -> None:
    """Other axes, origin and order of atoms give the same slabs, those included whose faces are turned otherwise."""
    known = known_material(name)
    large = known.crystal.structure.copy() * [[1, 0, 1], [1, 1, 1], [0, 1, 1]]
    order = np.random.default_rng(2).permutation(len(large))
    fractions = large.frac_coords[order] + np.array([0.1, 0.2, 0.3])
    moved = Structure(large.lattice, [large[int(i)].specie for i in order], fractions)
    other = material(name, moved, known.crystal.charges, known.polyanions, tuple(known.mobile), name, "standard")
    found = survey_plane(other, plane, USUAL).surfaces
    assert sorted(each.identity for each in found) == sorted(e.identity for e in surveyed(name, plane).surfaces)


@pytest.mark.parametrize(
    ("name", "plane"), [("srtio3", (0, 0, 1)), ("li3ocl", (0, 0, 1)), ("zincite", (0, 0, 0, 1)), ("rutile", (1, 1, 0))]
)
def test_layers_are_left_whole_where_halving_them_mends_no_charge(name: str, plane: tuple[int, ...]) -> None:
    """A plane with a nonpolar cut, or one that nothing turns over, is not asked for sets of layers."""
    known = published(name)
    view = stack(known.crystal, plane, known.polyanions, known.mobile)
    assert not can_be_mended(view, gaps(view))


def test_a_bound_that_is_hit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where more sets of layers are possible than are tried, a rejection says how many there are."""
    known, whole = known_material("llzo"), surveyed("llzo", (0, 0, 1))  # kept for all tests, so before the change
    monkeypatch.setattr(cutting, "MOST_SETS", 1)
    found, refused = cutting.cut_slabs(known.crystal, (0, 0, 1), known.polyanions, known.mobile, USUAL)
    assert {cut.shared for cut in found} < {each.cut.shared for each in whole.surfaces}
    assert "1 of 2 layers of several kinds were halved" in refused[-1].reason
