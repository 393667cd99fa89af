"""Chemical potentials: where crystals are stable, and what their terminations cost there."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.thermochemistry import IdealGasThermo
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.units import joule_per_square_metre
from nzsp_surfaces.energies.along import shapes_along
from nzsp_surfaces.energies.construction import construction
from nzsp_surfaces.energies.diagram import grid
from nzsp_surfaces.energies.potentials import Phase, Region, Termination, lowest_ranges, oxygen
from nzsp_surfaces.energies.wulff import wulff_shape

SR, TI, O = Phase("Sr", {"Sr": 1}, -1.0), Phase("Ti", {"Ti": 1}, -2.0), Phase("O2", {"O": 2}, -6.0)
SRO, TIO2 = Phase("SrO", {"Sr": 1, "O": 1}, -10.0), Phase("TiO2", {"Ti": 1, "O": 2}, -18.0)
SRTIO3 = Phase("SrTiO3", {"Sr": 1, "Ti": 1, "O": 3}, -29.0)
REGION = Region(SRTIO3, (SR, TI, O, SRO, TIO2))


def test_a_crystal_is_stable_between_its_elements() -> None:
    """Of a binary with its elements the bounds follow by hand: from the energy less the other element to its own."""
    region = Region(Phase("MgO", {"Mg": 1, "O": 1}, -12.0), (Phase("Mg", {"Mg": 2}, -3.0), O))
    metal, oxide = region.bounds()
    assert [metal.lower, metal.upper] == pytest.approx([-9.0, -1.5])
    assert [oxide.lower, oxide.upper] == pytest.approx([-10.5, -3.0])


def test_competing_phases_narrow_the_bounds() -> None:
    """At every point of a path all phases lie above; beyond the bounds there is none, and what has no bound is open."""
    bounds = {bound.element: bound for bound in REGION.bounds()}
    low, high = bounds["O"].lower, bounds["O"].upper
    assert low is not None
    assert high is not None
    assert high == pytest.approx(-3.0)
    inside = REGION.path("O", np.linspace(low, high, 5).tolist())
    assert all(point is not None and REGION.holds(point) for point in inside)
    assert REGION.path("O", [low - 0.1, high + 0.1]) == [None, None]
    lacking = Region(SRTIO3, (SR, SRO))
    assert [b.lower for b in lacking.bounds() if b.element == "Ti"] == [None]
    with pytest.raises(UserError, match="potentials are open"):
        lacking.path("O", [-4.0])


def test_a_crystal_that_falls_apart_is_refused_with_its_products() -> None:
    """And by how much."""
    region = Region(Phase("SrTiO3", SRTIO3.counts, -27.5), REGION.competing)
    with pytest.raises(UserError, match=r"SrTiO3: not stable, 100 meV an atom above SrO \+ TiO2"):
        region.bounds()


def test_a_stoichiometric_termination_does_not_depend_on_potentials() -> None:
    """A pair off stoichiometry does, and its sum does not, since each lacks what the other has over."""
    even = Termination("even", {"Sr": 2, "Ti": 2, "O": 6}, -56.0, 15.0)
    one = Termination("SrO", {"Sr": 3, "Ti": 2, "O": 7}, -66.0, 15.0)
    other = Termination("TiO2", {"Sr": 2, "Ti": 3, "O": 8}, -73.0, 15.0)
    path = [point for point in REGION.path("O", [-6.0, -4.0, -3.0]) if point]
    assert len(path) == 3
    wanted = joule_per_square_metre((-56.0 + 58.0) / 30.0)
    assert [even.gamma(point) for point in path] == pytest.approx([wanted] * 3)
    sums = [one.gamma(point) + other.gamma(point) for point in path]
    assert sums == pytest.approx([sums[0]] * 3)
    assert one.excess(SRTIO3, "Ti") == {"Sr": 1, "O": 1}
    assert other.excess(SRTIO3, "Sr") == {"Ti": 1, "O": 2}


def test_the_phase_diagram_names_what_is_lowest_where() -> None:
    """What is lowest nowhere is not named."""
    lines = {"a": [0.0, 1.0, 2.0, 3.0], "b": [1.5, 1.5, 1.5, 1.5], "c": [4.0, 4.0, 4.0, 4.0]}
    assert lowest_ranges([-3.0, -2.0, -1.0, 0.0], lines) == {"a": (-3.0, -2.0), "b": (-1.0, 0.0)}


def test_a_diagram_in_two_potentials_ends_where_the_crystal_falls_apart() -> None:
    """At each point inside all phases lie above, outside none is lowest; SrO wins where its parts are dear."""
    made = grid(REGION, ("O", "Sr"))
    inside = [(x, y) for y, row in enumerate(made.points) for x, point in enumerate(row) if point]
    assert all(REGION.holds(made.points[y][x] or {}) for x, y in inside)
    assert 0 < len(inside) < len(made.values[0]) * len(made.values[1])
    one = Termination("SrO", {"Sr": 3, "Ti": 2, "O": 7}, -66.0, 15.0)
    other = Termination("TiO2", {"Sr": 2, "Ti": 3, "O": 8}, -74.0, 15.0)
    lowest = made.lowest([one, other])
    for x, y in inside:
        gammas = [each.gamma(made.points[y][x] or {}) for each in (one, other)]
        assert gammas[lowest[y][x] or 0] == pytest.approx(min(gammas))
    assert {n for row in lowest for n in row} == {None, 0, 1}


def test_two_elements_have_no_diagram_in_two_potentials() -> None:
    """One potential fixes the other; nor has an element that the crystal does not hold."""
    with pytest.raises(UserError, match="fixes that of the other"):
        grid(Region(Phase("MgO", {"Mg": 1, "O": 1}, -12.0), (Phase("Mg", {"Mg": 2}, -3.0), O)), ("Mg", "O"))
    with pytest.raises(UserError, match="SrTiO3: holds no Na"):
        grid(REGION, ("O", "Na"))


def test_a_shape_follows_the_lowest_termination_of_each_plane() -> None:
    """Where a plane's best one falls, its share grows; where a surface energy is not above zero, there is no shape."""
    cube = Structure(Lattice.cubic(4.2), ["Mg", "O"], [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
    made = construction(cube, [((1, 0, 0), 1.0), ((1, 1, 0), 1.3)])
    lines = [((1, 0, 0), (1.0,) * 4), ((1, 1, 0), (1.3,) * 4), ((1, 1, 0), (1.5, 1.2, 0.9, -0.1))]
    along = shapes_along(made, "O", (-3.0, -2.0, -1.0, 0.0), lines)
    assert [at.potential for at in along.shapes] == [-3.0, -2.0, -1.0]
    assert [at.shape.facets[1].gamma for at in along.shapes] == [1.3, 1.2, 0.9]
    first, second, third = (at.shape.facets[1].area_fraction for at in along.shapes)
    assert 0 < first < second < third
    whole = wulff_shape(cube, [((1, 0, 0), 1.0), ((1, 1, 0), 0.9)])
    assert third == pytest.approx(whole.facets[1].area_fraction)


@pytest.mark.parametrize("temperature", [200.0, 300.0, 600.0, 900.0, 1500.0])
@pytest.mark.parametrize("pressure", [1e-10, 1.0])
def test_oxygen_is_an_ideal_gas_of_rigid_rotors(temperature: float, pressure: float) -> None:
    """Within 10 meV of statistical mechanics with the molecule's bond length and frequency (1580 /cm, 1.2075 Å)."""
    frequency = 1580.0 / 8065.54
    gas = IdealGasThermo(
        vib_energies=[frequency], geometry="linear", spin=1, symmetrynumber=2,
        atoms=Atoms("O2", [[0, 0, 0], [0, 0, 1.2075]]),
    )  # fmt: skip
    free = gas.get_gibbs_energy(temperature, pressure * 1e5, verbose=False) - 0.5 * frequency
    assert oxygen(temperature, pressure) == pytest.approx(0.5 * free, abs=0.01)


def test_oxygen_agrees_with_the_table_of_reuter_and_scheffler() -> None:
    """Table I of Phys. Rev. B 65, 035406 (2001), at 1 atm."""
    table = {200: -0.17, 300: -0.27, 500: -0.50, 800: -0.85, 1000: -1.10}
    assert [oxygen(t, 1.01325) for t in table] == pytest.approx(list(table.values()), abs=0.006)


def test_oxygen_outside_its_tables_is_refused() -> None:
    """Temperature and pressure."""
    for temperature, pressure in ((50.0, 1.0), (3000.0, 1.0), (300.0, 0.0)):
        with pytest.raises(UserError, match="100 to 2000 K"):
            oxygen(temperature, pressure)
