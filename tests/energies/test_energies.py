"""Surface energies: the formula, and when there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition, Lattice, Structure

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.base.errors import Asymmetric, Incomparable, OffStoichiometry
from nzsp_surfaces.base.units import joule_per_square_metre
from nzsp_surfaces.energies.surface import (
    capped_surface_energy,
    formula_units,
    grand_surface_energy,
    stacked_surface_energy,
    surface_energy,
    thickness_fit,
)

ENGINE = EngineIdentity("sevennet-0", "7net-0", "0.13")
ENERGY = st.floats(-1000, 1000)
AREA = st.floats(5, 500)
UNITS = st.integers(1, 12)
close = pytest.approx


def calculation(formula: str, energy: float) -> Calculation:
    """A converged result; positions play no part in energies."""
    species = [e for e, n in Composition(formula).items() for _ in range(int(n))]
    points = [[i / len(species), 0, 0] for i in range(len(species))]
    structure = Structure(Lattice.cubic(50), species, points)
    forces = np.zeros((len(species), 3))
    return Calculation(structure, energy, forces, True, 0.01, 9, ENGINE, {"encut": 500})


def test_the_unit_factor_is_the_elementary_charge() -> None:
    """1 eV/Å² = 16.02176634 J/m², exactly, by the definition of the electronvolt."""
    assert joule_per_square_metre(1.0) == close(16.02176634, rel=1e-12)


@given(ENERGY, AREA, UNITS, UNITS)
def test_gamma_is_half_the_excess_over_the_area(excess: float, area: float, n: int, cell: int) -> None:
    """E_slab = n E_bulk + 2 A gamma, whatever number of formula units the bulk's cell holds."""
    bulk = calculation(f"Na{cell}Cl{cell}", -3.5 * cell)
    found = surface_energy(calculation(f"Na{n}Cl{n}", -3.5 * n + excess), bulk, area)
    assert found.gamma == close(16.02176634 * excess / (2 * area), abs=1e-9)
    assert (found.formula_units, found.film_units, found.area) == (n, 0, area)
    assert "E_slab" in found.formula


@given(ENERGY, AREA, UNITS, st.integers(2, 4))
def test_gamma_of_a_repeated_surface_cell_is_the_same(excess: float, area: float, n: int, times: int) -> None:
    """Twice the cell has twice the excess and twice the area."""
    bulk = calculation("Na2Cl2", -7)
    one = surface_energy(calculation(f"Na{n}Cl{n}", -3.5 * n + excess), bulk, area)
    many = surface_energy(calculation(f"Na{n * times}Cl{n * times}", times * (-3.5 * n + excess)), bulk, times * area)
    assert many.gamma == close(one.gamma, abs=1e-8)
    assert many.formula_units == times * one.formula_units


@given(ENERGY, ENERGY, AREA, UNITS)
def test_gamma_does_not_depend_on_the_zero_of_energy(shift: float, excess: float, area: float, n: int) -> None:
    """A constant added for each formula unit cancels between slab and bulk."""
    plain = surface_energy(calculation(f"Na{n}Cl{n}", n * -3.5 + excess), calculation("NaCl", -3.5), area)
    moved = surface_energy(
        calculation(f"Na{n}Cl{n}", n * (shift - 3.5) + excess), calculation("NaCl", shift - 3.5), area
    )
    assert moved.gamma == close(plain.gamma, abs=1e-7)


@given(ENERGY, AREA, UNITS)
def test_a_film_of_no_units_is_a_bare_face(excess: float, area: float, n: int) -> None:
    """The capped formula with m = 0 is the bare one."""
    slab, bulk, film = calculation(f"Na{n}Cl{n}", excess), calculation("NaCl", -3.5), calculation("Na3PO4", -40)
    assert capped_surface_energy(slab, bulk, film, 0, area).gamma == surface_energy(slab, bulk, area).gamma


@given(ENERGY, AREA, UNITS, UNITS)
def test_the_film_counts_as_part_of_the_surface(excess: float, area: float, n: int, m: int) -> None:
    """E_slab = n E_bulk + m E_film + 2 A gamma; both counts come with the value."""
    film, bulk = calculation("Na6P2O8", -80), calculation("Na2Zr4P6O24", -500)
    content = Composition("NaZr2P3O12") * n + Composition("Na3PO4") * m
    slab = calculation(content.formula.replace(" ", ""), -250.0 * n - 40.0 * m + excess)
    found = capped_surface_energy(slab, bulk, film, m, area)
    assert found.gamma == close(16.02176634 * excess / (2 * area), abs=1e-7)
    assert (found.formula_units, found.film_units) == (n, m)


@given(ENERGY, AREA, UNITS, UNITS, UNITS)
def test_each_film_of_a_stack_counts_at_its_own_crystal(excess: float, area: float, n: int, m: int, k: int) -> None:
    """E_slab = n E_bulk + m E_1 + k E_2 + 2 A gamma; in any order; and what is not there does not count."""
    film, metal, bulk = calculation("Na6P2O8", -80), calculation("Na2", -2.6), calculation("Na2Zr4P6O24", -500)
    content = Composition("NaZr2P3O12") * n + Composition("Na3PO4") * m + Composition("Na") * k
    slab = calculation(content.formula.replace(" ", ""), -250.0 * n - 40.0 * m - 1.3 * k + excess)
    found = stacked_surface_energy(slab, bulk, [(film, m), (metal, k)], area)
    assert found.gamma == close(16.02176634 * excess / (2 * area), abs=1e-7)
    assert (found.formula_units, found.units_beneath, found.film_units) == (n, m, k)
    assert stacked_surface_energy(slab, bulk, [(metal, k), (film, m)], area).gamma == close(found.gamma, abs=1e-9)
    for wrong in ([(film, m + 1), (metal, k)], [(film, m), (metal, k + 1)], [(film, m)]):
        with pytest.raises(OffStoichiometry):
            stacked_surface_energy(slab, bulk, wrong, area)


@given(ENERGY, AREA, UNITS, UNITS, UNITS)
def test_a_film_on_a_film_of_its_own_compound_is_a_thicker_film(
    excess: float, area: float, n: int, m: int, k: int
) -> None:
    """Units add up; and no units on top are the film alone."""
    film, bulk = calculation("Na6P2O8", -80), calculation("Na2Zr4P6O24", -500)
    content = Composition("NaZr2P3O12") * n + Composition("Na3PO4") * (m + k)
    slab = calculation(content.formula.replace(" ", ""), -250.0 * n - 40.0 * (m + k) + excess)
    one = capped_surface_energy(slab, bulk, film, m + k, area).gamma
    assert stacked_surface_energy(slab, bulk, [(film, m), (film, k)], area).gamma == close(one, abs=1e-9)
    assert stacked_surface_energy(slab, bulk, [(film, m + k), (film, 0)], area).gamma == one


def test_a_film_that_a_slab_does_not_hold_is_refused() -> None:
    """Also where none of its elements is there."""
    slab, bulk, film = calculation("Na4Cl4", -1), calculation("NaCl", -3.5), calculation("MgO", -6)
    with pytest.raises(OffStoichiometry, match="holds less than 1 MgO"):
        capped_surface_energy(slab, bulk, film, 1, 10.0)


@given(ENERGY, AREA, UNITS, ENERGY)
def test_reservoirs_that_add_up_to_the_bulk_give_the_stoichiometric_value(
    excess: float, area: float, n: int, sodium: float
) -> None:
    """With mu_Na + mu_Cl = E_bulk the potentials of single elements cancel."""
    slab = calculation(f"Na{n}Cl{n}", -3.5 * n + excess)
    grand = grand_surface_energy(slab, {"Na": sodium, "Cl": -3.5 - sodium}, area)
    assert grand.gamma == close(surface_energy(slab, calculation("NaCl", -3.5), area).gamma, abs=1e-7)


def test_off_stoichiometry_gamma_falls_with_the_potential_of_what_is_in_excess() -> None:
    """d gamma / d mu = -(surplus) / 2A: a slab rich in sodium is stable where sodium is plentiful."""
    slab = calculation("Na5Cl4", -16.0)
    low, high = (grand_surface_energy(slab, {"Na": mu, "Cl": -3.5 - mu}, 20.0).gamma for mu in (-2.0, -1.0))
    assert high - low == close(-joule_per_square_metre(1.0 / 40.0))


@given(st.floats(0.01, 5), st.floats(-500, 500), AREA, st.lists(UNITS, min_size=2, max_size=6, unique=True))
def test_the_thickness_fit_is_exact_for_a_straight_line(
    gamma: float, bulk: float, area: float, units: list[int]
) -> None:
    """E(n) = 2 A gamma + n E_bulk gives both back with no residual."""
    energies = [2 * area * gamma / 16.02176634 + n * bulk for n in units]
    fit = thickness_fit(units, energies, area)
    assert fit.gamma == close(gamma, abs=1e-6)
    assert fit.bulk_energy == close(bulk, abs=1e-7)
    assert fit.residual < 1e-7


def test_the_thickness_fit_is_free_of_a_wrong_bulk() -> None:
    """With a bulk energy off by 10 meV the plain formula drifts with thickness; the fit does not, and tells."""
    area, units = 20.0, [4, 6, 8]
    energies = [2 * area * 0.05 - 3.5 * n for n in units]
    wrong = calculation("NaCl", -3.49)
    plain = [
        surface_energy(calculation(f"Na{n}Cl{n}", e), wrong, area).gamma for n, e in zip(units, energies, strict=True)
    ]
    assert plain[0] > plain[1] > plain[2]
    fit = thickness_fit(units, energies, area)
    assert fit.gamma == close(16.02176634 * 0.05)
    assert fit.bulk_energy == close(-3.5)


def test_a_bent_line_leaves_a_residual() -> None:
    """Slabs too thin to have a bulk inside show."""
    assert thickness_fit([2, 4, 6], [0.0, 1.0, 0.0], 10.0).residual > 0.1


UNLIKE: list[tuple[str, Callable[[Calculation], Calculation]]] = [
    ("chgnet", lambda c: replace(c, engine=EngineIdentity("chgnet", "0.3.0", "0.4"))),
    ("0.12", lambda c: replace(c, engine=replace(c.engine, version="0.12"))),
    ("encut", lambda c: replace(c, settings={"encut": 400})),
    ("ismear", lambda c: replace(c, settings={"encut": 500, "ismear": 0})),
    ("changed by Handler", lambda c: replace(c, settings={"encut": 400}, corrections=("Handler: INCAR encut=400",))),
    ("not converged", lambda c: replace(c, converged=False)),
]


@pytest.mark.parametrize(("word", "change"), UNLIKE)
def test_results_of_unlike_calculations_are_not_subtracted(
    word: str, change: Callable[[Calculation], Calculation]
) -> None:
    """Another engine, version, setting, or no convergence: refused in one line, either way round."""
    slab, bulk, film = calculation("Na3PO4", -40), calculation("Na3PO4", -40), calculation("Na3PO4", -40)
    calls: tuple[Callable[[], object], ...] = (
        lambda: surface_energy(change(slab), bulk, 10.0),
        lambda: surface_energy(slab, change(bulk), 10.0),
        lambda: capped_surface_energy(slab, bulk, change(film), 0, 10.0),
        lambda: capped_surface_energy(slab, change(bulk), film, 0, 10.0),
    )
    for call in calls:
        with pytest.raises(Incomparable) as error:
            call()
        assert word in str(error.value)
        assert "\n" not in str(error.value)


def test_a_correction_that_changes_no_setting_that_matters_is_no_reason_to_refuse() -> None:
    """Another algorithm leads to the same ground state; it is on record all the same."""
    mended = replace(calculation("Na3PO4", -40), corrections=("Handler: INCAR ALGO=All",))
    assert surface_energy(mended, calculation("Na3PO4", -40), 10.0).gamma == pytest.approx(0)


def test_tables_by_element_agree_in_the_elements_of_both() -> None:
    """A film's compound lacks elements of the slab that it covers."""
    slab, film = calculation("Na3PO4", -40), calculation("Na3PO4", -40)
    slab = replace(slab, settings={"potentials": {"Na": "Na 1", "Zr": "Zr 1"}})
    surface_energy(slab, replace(film, settings={"potentials": {"Na": "Na 1", "P": "P 1"}}), 10.0)
    with pytest.raises(Incomparable, match="Na 2"):
        surface_energy(slab, replace(film, settings={"potentials": {"Na": "Na 2"}}), 10.0)


def test_unconverged_slabs_have_no_grand_potential_either() -> None:
    """Reservoirs do not mend a residual force."""
    with pytest.raises(Incomparable):
        grand_surface_energy(replace(calculation("NaCl", 0), converged=False), {"Na": 0, "Cl": 0}, 10.0)


def test_unlike_faces_have_a_cleavage_energy_only() -> None:
    """An asymmetric slab gets no gamma, bare, covered or off stoichiometry."""
    one = calculation("NaCl", -3.5)
    calls: tuple[Callable[[], object], ...] = (
        lambda: surface_energy(one, one, 10.0, symmetric=False),
        lambda: capped_surface_energy(one, one, one, 0, 10.0, symmetric=False),
        lambda: grand_surface_energy(one, {"Na": 0, "Cl": 0}, 10.0, symmetric=False),
    )
    for call in calls:
        with pytest.raises(Asymmetric, match="cleavage"):
            call()


@pytest.mark.parametrize("slab", ["Na5Cl4", "Na4", "Na4Cl4O", "K4Cl4"])
def test_a_slab_that_is_no_multiple_of_the_bulk_is_refused(slab: str) -> None:
    """Scaling by the number of atoms would be silently wrong."""
    with pytest.raises(OffStoichiometry, match="grand_surface_energy"):
        surface_energy(calculation(slab, -1), calculation("NaCl", -3.5), 10.0)


def test_film_units_must_match_the_slab() -> None:
    """One Na3PO4 too many or too few leaves no whole formula units of the crystal."""
    slab, bulk, film = calculation("Na7Zr4P8O32", -1), calculation("NaZr2P3O12", -1), calculation("Na3PO4", -1)
    for units in (0, 1, 3, 9):
        with pytest.raises(OffStoichiometry):
            capped_surface_energy(slab, bulk, film, units, 10.0)


def test_every_element_needs_a_reservoir() -> None:
    """The missing one is named."""
    with pytest.raises(OffStoichiometry, match="Cl"):
        grand_surface_energy(calculation("NaCl", 0), {"Na": -1.0}, 10.0)


@given(UNITS, UNITS)
def test_formula_units_are_counted_by_composition(n: int, cell: int) -> None:
    """n times the formula unit is n units, whatever the bulk's cell."""
    unit = Composition("NaZr2P3O12")
    assert formula_units(unit * n, unit * cell) == n
