"""Slabs: every accepted one is whole, stoichiometric, symmetric and nonpolar; every rejected one says why."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.bonds import Polyanion, coordination
from nzsp_surfaces.crystals.certificate import Certificate, certify, turns_over
from nzsp_surfaces.crystals.crystal import crystal
from nzsp_surfaces.crystals.planes import gaps, stack
from nzsp_surfaces.slabs.arrangements import arrangements
from nzsp_surfaces.slabs.build import build, flip_of
from nzsp_surfaces.slabs.cut import SlabCut, SlabOptions
from nzsp_surfaces.slabs.cutting import cut_slabs
from nzsp_surfaces.slabs.terminations import terminations
from support.crystals import CHARGES, ENOUGH, PLANES, framework, ionic, mobile, polyanions, slabs_of, structure

VACUUM = 15.0
MATERIALS = ["NZP", "NZS"]
CASES: list[tuple[str, tuple[int, ...]]] = [(name, plane) for name in MATERIALS for plane in PLANES]
REMAINING: dict[tuple[int, ...], int] = dict(zip(PLANES, (5, 4, 5, 3), strict=True))
OTHERS: list[tuple[str, tuple[int, ...]]] = [
    ("calcite", (1, 0, -1, 4)),
    ("NaCl", (0, 0, 1)),
    ("MgO", (1, 1, 0)),
    ("wurtzite", (1, 0, -1, 0)),
]
"""Crystals of other kinds and planes of theirs that cleave."""

each_plane = pytest.mark.parametrize(("name", "plane"), CASES)
each_slab = pytest.mark.parametrize(("name", "plane"), CASES + OTHERS)


def cuts(name: str, plane: tuple[int, ...]) -> tuple[SlabCut, ...]:
    """Accepted cuts with the usual options."""
    return slabs_of(name, plane)[0]


def certificate(name: str, cut: SlabCut) -> Certificate:
    """What a slab of the material is checked for."""
    return certify(build(cut, ionic(name), VACUUM), ionic(name).charges, polyanions(name), framework(name))


@each_slab
def test_every_slab_is_whole_symmetric_and_nonpolar(name: str, plane: tuple[int, ...]) -> None:
    """No polyanion is cut, an operation turns the slab over, and formal charges have no moment along the normal."""
    assert cuts(name, plane)
    for cut in cuts(name, plane):
        found = certificate(name, cut)
        assert found.failure is None
        assert found.whole
        assert found.symmetric
        assert abs(found.dipole) < 1e-9


@each_slab
def test_every_slab_is_stoichiometric(name: str, plane: tuple[int, ...]) -> None:
    """It holds a whole number of formula units."""
    unit = ionic(name).structure.composition.reduced_composition
    for cut in cuts(name, plane):
        assert build(cut, ionic(name), VACUUM).composition == unit * cut.formula_units


@each_plane
def test_zirconium_keeps_the_neighbours_that_the_paper_states(name: str, plane: tuple[int, ...]) -> None:
    """Five, four, five and three oxygens on (1-102), (10-14), (11-20) and (0003)."""
    for cut in cuts(name, plane):
        assert certificate(name, cut).coordination == {"Zr": REMAINING[plane]}


@each_slab
def test_broken_bonds_are_what_the_faces_lack(name: str, plane: tuple[int, ...]) -> None:
    """The cations of both faces together lack, compared with the bulk, every bond that crosses the cut, once."""
    cell, cut = ionic(name), cuts(name, plane)[0]
    slab = build(cut, cell, VACUUM)
    lacking = bonds(cell.structure, name) * cut.formula_units / cell.formula_units - bonds(slab, name)
    area = certificate(name, cut).area
    assert lacking == pytest.approx(cut.broken * area)


def bonds(slab: Structure, name: str) -> int:
    """Bonds of framework cations, or of all where every cation is mobile."""
    counts, frame = coordination(slab, ionic(name).charges), framework(name) or mobile(name)
    return sum(int(n) for site, n in zip(slab, counts, strict=True) if site.specie.symbol in frame)


@each_plane
def test_the_inside_of_a_slab_is_bulk(name: str, plane: tuple[int, ...]) -> None:
    """Zirconium has six oxygens and a polyanion's centre four, save Zr within 3.5 Å of a face."""
    slab = build(cuts(name, plane)[0], ionic(name), VACUUM)
    counts = coordination(slab, ionic(name).charges)
    heights = slab.cart_coords[:, 2]
    depth = np.minimum(heights - heights.min(), heights.max() - heights)
    inner = [int(n) for site, n, d in zip(slab, counts, depth, strict=True) if site.specie.symbol == "Zr" and d > 3.5]
    assert inner
    assert set(inner) == {6}


@each_slab
def test_the_third_vector_is_the_normal(name: str, plane: tuple[int, ...]) -> None:
    """It stands upright on the other two, the first lies along x, and the slab sits in the middle of the cell."""
    for cut in cuts(name, plane):
        slab = build(cut, ionic(name), VACUUM)
        a, b, c = slab.lattice.matrix
        assert (c @ a, c @ b) == pytest.approx((0, 0), abs=1e-9)
        assert a[1:] == pytest.approx([0, 0], abs=1e-9)
        heights = slab.cart_coords[:, 2]
        assert (heights.max() + heights.min()) / 2 == pytest.approx(c[2] / 2)
        assert c[2] - np.ptp(heights) == pytest.approx(VACUUM)


@each_plane
def test_the_surface_cell_times_the_repeat_is_the_primitive_cell(name: str, plane: tuple[int, ...]) -> None:
    """Each is the smallest: one primitive cell, and two only on (0003), where an odd number of Na must be shared."""
    cut, view = cuts(name, plane)[0], stack(ionic(name), plane, polyanions(name), mobile(name))
    size = 2 if plane == (0, 0, 0, 1) else 1
    assert certificate(name, cut).area * view.repeat == pytest.approx(size * ionic(name).structure.volume)


def maps_onto_itself(slab: Structure, rotation: npt.NDArray[np.float64], shift: npt.NDArray[np.float64]) -> bool:
    """Whether x -> R x + t takes every atom to one of its element."""
    images = slab.lattice.get_fractional_coords(slab.cart_coords @ rotation.T + shift)
    distances = slab.lattice.get_all_distances(images, slab.frac_coords)
    partners = distances.argmin(axis=1)
    alike = all(slab[i].specie == slab[int(j)].specie for i, j in enumerate(partners))
    return alike and len(set(partners.tolist())) == len(slab) and distances.min(axis=1).max() < 0.02


@each_slab
def test_the_recorded_flip_turns_the_slab_onto_itself(name: str, plane: tuple[int, ...]) -> None:
    """It is a rigid motion that reverses the normal and takes every atom to one of its kind."""
    for cut in cuts(name, plane):
        slab = build(cut, ionic(name), VACUUM)
        flip = flip_of(cut, ionic(name), slab)
        assert flip.rotation @ flip.rotation.T == pytest.approx(np.eye(3), abs=1e-3)
        assert flip.rotation[2] == pytest.approx([0, 0, -1], abs=1e-6)
        assert maps_onto_itself(slab, flip.rotation, flip.translation)


def test_a_flip_that_is_no_involution_gives_symmetric_slabs_too() -> None:
    """-3 done twice is a rotation by 120 degrees, which moves single ions of a ring; no slab may lose by it."""
    cell, plane = ionic("rings"), (0, 0, 0, 1)
    view = stack(cell, plane, (), mobile("rings"))
    term = terminations(view, gaps(view)[0], 10.0, 1)[0]
    twice = [term.group[flip][term.group[flip]].tolist() for flip in term.flips]
    assert any(move != list(range(len(move))) for move in twice)
    for choice in arrangements(term):
        cut = replace(cuts("rings", plane)[0], sites=term.fixed + choice.sites, flip=choice.flip)
        slab = build(cut, cell, VACUUM)
        flip = flip_of(cut, cell, slab)
        assert maps_onto_itself(slab, flip.rotation, flip.translation)


HERMITE = st.tuples(*[st.integers(1, 2)] * 3, *[st.integers(-1, 1)] * 3)


@settings(max_examples=8, deadline=None)
@given(
    HERMITE,
    st.integers(0, 2**32 - 1),
    st.sampled_from([("NZS", (1, -1, 0, 2)), ("NZP", (1, 0, -1, 4)), ("calcite", (1, 0, -1, 4))]),
)
def test_slabs_do_not_depend_on_the_setting_of_the_bulk(
    cell: tuple[int, ...], seed: int, case: tuple[str, tuple[int, ...]]
) -> None:
    """Another cell, origin, orientation and order of atoms gives the same atoms, area, broken bonds and energies."""
    name, plane = case
    other = crystal(another_setting(ionic(name).structure, cell, seed), ionic(name).charges)
    found, rejected = cut_slabs(other, plane, polyanions(name), mobile(name), SlabOptions())
    assert [law_of(cut, other) for cut in found] == [
        pytest.approx(law_of(c, ionic(name)), abs=1e-3) for c in cuts(name, plane)
    ]
    assert sorted(r.reason for r in rejected) == sorted(r.reason for r in slabs_of(name, plane)[1])


def law_of(cut: SlabCut, cell: object) -> list[float]:
    """What no setting changes: atoms, area, broken bonds, number of arrangements, energy."""
    slab = build(cut, cell, VACUUM)  # type: ignore[arg-type]
    return [len(slab), slab.volume / slab.lattice.c, cut.broken, cut.n_arrangements, cut.electrostatic]


def another_setting(start: Structure, cell: tuple[int, ...], seed: int) -> Structure:
    """A supercell, shifted, turned and shuffled."""
    from scipy.spatial.transform import Rotation

    rng = np.random.default_rng(seed)
    a, b, c, d, e, f = cell
    large = start.copy() * [[a, d, e], [0, b, f], [0, 0, c]]
    turn = Rotation.random(random_state=seed).as_matrix()
    order = rng.permutation(len(large))
    fractions = (large.frac_coords + rng.random(3))[order]
    return Structure(large.lattice.matrix @ turn.T, [large[int(i)].specie for i in order], fractions)


@settings(max_examples=25, deadline=None)
@given(st.floats(3, 30), st.floats(5, 40), st.sampled_from(CASES[:4] + OTHERS))
def test_thickness_and_vacuum_are_as_asked(thickness: float, vacuum: float, case: tuple[str, tuple[int, ...]]) -> None:
    """The framework is at least as thick as asked, the vacuum exact; two repeats less would be too thin or nothing."""
    name, plane = case
    cut = slabs_of(name, plane, SlabOptions(thickness=thickness))[0][0]
    slab = build(cut, ionic(name), vacuum)
    inner = [s.coords[2] for s in slab if s.specie.symbol not in mobile(name)]
    assert np.ptp(inner) > thickness - 1e-3
    assert slab.lattice.c - np.ptp(slab.cart_coords[:, 2]) == pytest.approx(vacuum)
    view = stack(ionic(name), plane, polyanions(name), mobile(name))
    assert np.ptp(inner) - 2 * view.repeat < thickness


@pytest.mark.parametrize(
    ("name", "plane", "count"), [("NZS", (1, -1, 0, 2), 20), ("NZS", (1, 0, -1, 4), 6), ("NZP", (1, -1, 0, 2), 2)]
)
def test_arrangements_are_all_and_each_once(name: str, plane: tuple[int, ...], count: int) -> None:
    """Every way of sharing Na that spglib finds symmetric is listed, up to congruence, and once."""
    view = stack(ionic(name), plane, polyanions(name), mobile(name))
    gap = next(gap for gap in gaps(view) if abs(gap.middle % 1 * view.repeat - cuts(name, plane)[0].position) < 1e-3)
    term = terminations(view, gap, SlabOptions().thickness, 4)[0]
    listed = {congruence(na_slab(name, plane, term.fixed + choice.sites)) for choice in arrangements(term)}
    assert len(listed) == len(arrangements(term))
    halves = [list(itertools.combinations(face, term.kept["Na"])) for face in (term.lower, term.upper)]
    chosen = (tuple(itertools.chain(*a, *b)) for a, b in itertools.product(*halves))
    every = (na_slab(name, plane, term.fixed + sites) for sites in chosen)
    assert {congruence(slab) for slab in every if turns_over(slab, 0.02)} == listed


def na_slab(name: str, plane: tuple[int, ...], sites: tuple[tuple[int, tuple[int, int, int]], ...]) -> Structure:
    """A slab with other sites."""
    return build(replace(cuts(name, plane)[0], sites=sites), ionic(name), VACUUM)


def congruence(slab: Structure) -> tuple[float, ...]:
    """A number for each atom that no rigid motion changes: its distances to all others, of each element, combined."""
    weight = np.array([site.specie.Z for site in slab])
    near = slab.lattice.get_all_distances(slab.frac_coords, slab.frac_coords)
    return tuple(np.round(np.sort(weight * (np.exp(-near / 3) @ weight**1.5)), 4).tolist())


@each_plane
def test_arrangements_come_lowest_electrostatic_energy_first(name: str, plane: tuple[int, ...]) -> None:
    """The first is the zero, ranks count from one, and as many as asked are kept."""
    energies = [cut.electrostatic for cut in cuts(name, plane)]
    assert energies[0] == pytest.approx(0)
    assert energies == sorted(energies)
    assert [cut.arrangement for cut in cuts(name, plane)] == list(range(1, len(energies) + 1))
    assert len(energies) == min(SlabOptions().arrangements, cuts(name, plane)[0].n_arrangements)


def test_electrostatic_energies_are_those_of_separate_ewald_sums() -> None:
    """Differences from the one shared matrix equal differences between Ewald sums of the finished slabs."""
    from pymatgen.analysis.ewald import EwaldSummation

    found = slabs_of("NZS", (1, -1, 0, 2), ENOUGH)[0]
    energies = []
    for cut in (found[0], found[3]):
        slab = build(cut, ionic("NZS"), VACUUM)
        # One cell for both: the shared sum was taken with the vacuum above all sites.
        tall = Structure(
            [*slab.lattice.matrix[:2], [0, 0, 40]], slab.species, slab.cart_coords, coords_are_cartesian=True
        )
        tall.add_oxidation_state_by_element({e: float(q) for e, q in ionic("NZS").charges.items()})
        energies.append(EwaldSummation(tall, acc_factor=8).total_energy)
    area = certificate("NZS", found[0]).area
    assert (energies[1] - energies[0]) / area == pytest.approx(found[3].electrostatic, abs=2e-3)


@each_plane
def test_every_rejected_cut_has_a_reason(name: str, plane: tuple[int, ...]) -> None:
    """The reason names a requirement, the position lies within the repeat, and no cut is both accepted and rejected."""
    accepted, rejected = slabs_of(name, plane)
    height = stack(ionic(name), plane, polyanions(name), mobile(name)).repeat
    assert rejected
    for rejection in rejected:
        assert rejection.reason.startswith(("not stoichiometric", "not symmetric", "breaks more bonds"))
        assert 0 <= rejection.position <= height
        assert all(abs(rejection.position - cut.position) > 0.1 for cut in accepted)


@pytest.mark.parametrize(
    ("name", "plane", "reason"),
    [
        ("SrTiO3", (0, 0, 1), "not stoichiometric"),
        ("wurtzite", (0, 0, 0, 1), "not symmetric"),
    ],
)
def test_planes_without_an_admissible_slab_say_so(name: str, plane: tuple[int, ...], reason: str) -> None:
    """SrO and TiO2 layers cannot end both faces alike at once; wurtzite is polar along c."""
    accepted, rejected = slabs_of(name, plane)
    assert accepted == ()
    assert rejected
    assert all(r.reason.startswith(reason) for r in rejected)


def test_calcite_and_rock_salt_cleave_where_minerals_do() -> None:
    """(10-14) of calcite and (001) of rock salt leave every cation one bond short."""
    assert certificate("calcite", cuts("calcite", (1, 0, -1, 4))[0]).coordination == {"Ca": 5}
    assert certificate("MgO", slabs_of("MgO", (0, 0, 1))[0][0]).coordination == {"Mg": 5}
    salt = build(cuts("NaCl", (0, 0, 1))[0], ionic("NaCl"), VACUUM)
    assert sorted(set(coordination(salt, ionic("NaCl").charges).tolist())) == [0, 5, 6]


@pytest.mark.parametrize("text", ["thickness", "vacuum", "max_cell", "arrangements"])
def test_options_are_positive(text: str) -> None:
    """Zero and less mean nothing."""
    for value in (0, -1):
        with pytest.raises(ValueError, match=text):
            replace(SlabOptions(), **{text: value})


def test_a_polyanion_that_does_not_occur_is_refused() -> None:
    """PO4 in a silicate, and PO3 in a phosphate, are told with what is there."""
    for name, polyanion, word in (("NZS", Polyanion("P", "O", 4), "no"), ("NZP", Polyanion("P", "O", 3), "[4]")):
        with pytest.raises(UserError) as error:
            cut_slabs(ionic(name), (0, 0, 0, 1), (polyanion,), mobile(name), SlabOptions())
        assert word in str(error.value)
        assert "\n" not in str(error.value)


def test_a_broken_polyanion_a_polar_and_a_lopsided_slab_fail_the_certificate() -> None:
    """The check is by coordinates alone and sees what the construction would never do."""
    slab = build(cuts("NZP", (1, -1, 0, 2))[0], ionic("NZP"), VACUUM)
    oxygen = max((i for i, s in enumerate(slab) if s.specie.symbol == "O"), key=lambda i: slab[i].coords[2])
    torn = slab.copy()
    torn.remove_sites([oxygen])
    lopsided = slab.copy()
    sodium = max((i for i, s in enumerate(slab) if s.specie.symbol == "Na"), key=lambda i: slab[i].coords[2])
    lopsided.translate_sites([sodium], [0, 0, 1.0], frac_coords=False)
    charges, groups = ionic("NZP").charges, polyanions("NZP")
    assert certify(torn, charges, groups, {"Zr"}).failure == "polyanions are cut"
    found = certify(lopsided, charges, groups, {"Zr"})
    assert found.failure == "not symmetric: its faces differ"
    assert found.dipole == pytest.approx(1.0 / found.area)


def test_charged_rings_stay_what_they_are() -> None:
    """The made-up crystal balances."""
    counts = structure("rings").composition
    assert sum(CHARGES["rings"][str(e)] * n for e, n in counts.items()) == 0
