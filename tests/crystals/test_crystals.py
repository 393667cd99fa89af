"""Crystals: indices and planes, symmetry, the bridge to ASE, and refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pymatgen.core import Composition, Lattice, Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.crystal import (
    ase_atoms,
    crystal,
    equivalent_planes,
    hkil,
    hkl,
    primitive_indices,
    pymatgen_structure,
)
from nzsp_surfaces.crystals.planes import stack, surface_basis
from nzsp_surfaces.crystals.reading import load_structure
from support.crystals import ionic, polyanions, structure

INDEX = st.integers(-4, 4)


def one_line(error: pytest.ExceptionInfo[UserError], *words: str) -> None:
    """The message is one line that holds the words."""
    text = str(error.value)
    assert "\n" not in text
    for word in words:
        assert word in text


def repeat(name: str, plane: tuple[int, ...]) -> float:
    """Å between lattice planes."""
    return stack(ionic(name), plane, polyanions(name), frozenset()).repeat


def test_the_plane_1_1_0_2_of_nzp_is_h_k_l_1_1_2() -> None:
    """(1-102) is (h k l) = (1, -1, 2): reflections obey -h + k + l = 3n, and its lattice planes are 6.33 Å apart."""
    assert hkl((1, -1, 0, 2)) == (1, -1, 2)
    assert repeat("NZP", (1, -1, 0, 2)) == pytest.approx(6.334, abs=0.001)


def test_the_plane_1_0_2_is_another_one() -> None:
    """(1 0 2) is extinct in the obverse setting, so its lattice planes are thrice as dense and of another form."""
    assert repeat("NZP", (1, 0, 2)) == pytest.approx(repeat("NZP", (1, -1, 2)) / 3)
    assert not equivalent_planes(ionic("NZP"), (1, 0, 2)) & equivalent_planes(ionic("NZP"), (1, -1, 2))


@pytest.mark.parametrize("name", ["NZP", "NZS", "calcite"])
def test_forms_have_the_faces_of_the_crystals_own_point_group(name: str) -> None:
    """-3m gives {1-102} 6 faces, {10-14} 6, {11-20} 6, {0001} 2; the lattice's 6/mmm would double the first two."""
    planes = [(1, -1, 0, 2), (1, 0, -1, 4), (1, 1, -2, 0), (0, 0, 0, 1)]
    assert [len(equivalent_planes(ionic(name), plane)) for plane in planes] == [6, 6, 6, 2]


def test_the_faces_of_a_polar_form_are_not_each_others_opposites() -> None:
    """6mm has no operation that turns c over: (0001) of wurtzite is alone."""
    assert equivalent_planes(ionic("wurtzite"), (0, 0, 0, 1)) == {(0, 0, 1)}


def test_nzp_is_r_3c_with_two_formula_units() -> None:
    """36 atoms in the primitive cell, 6 + 6 operations, charges that balance."""
    nzp = ionic("NZP")
    assert (nzp.number, nzp.formula_units, len(nzp.structure), len(nzp.operations)) == (167, 2, 36, 12)
    assert nzp.charges == {"Na": 1, "Zr": 4, "P": 5, "O": -2}
    assert nzp.conventional_lattice == pytest.approx(
        Lattice.hexagonal(*structure("NZP").lattice.abc[1:]).matrix, abs=1e-3
    )


@given(INDEX, INDEX, INDEX)
def test_three_and_four_indices_name_the_same_plane(h: int, k: int, l: int) -> None:
    """hkl undoes hkil."""
    assume(h or k or l)
    assert hkl(hkil((h, k, l))) == (h, k, l)


@given(st.tuples(INDEX, INDEX, INDEX, INDEX))
def test_the_third_of_four_indices_is_minus_the_sum_of_two(plane: tuple[int, int, int, int]) -> None:
    """Every other i is refused, with the right one in the message."""
    h, k, i, l = plane
    assume(i != -(h + k))
    with pytest.raises(UserError) as error:
        hkl(plane)
    one_line(error, str([h, k, -(h + k), l]))


@pytest.mark.parametrize("plane", [(0, 0, 0), (0, 0, 0, 0), (1, 2), (1, 0, -1, 0, 0)])
def test_what_is_no_plane_is_refused(plane: tuple[int, ...]) -> None:
    """Neither all zero nor a wrong number of indices."""
    with pytest.raises(UserError) as error:
        hkl(plane)
    one_line(error, str(list(plane)))


@given(INDEX, INDEX, INDEX)
def test_the_plane_vectors_and_the_step_to_the_next_plane_span_the_lattice(h: int, k: int, l: int) -> None:
    """For coprime indices n: n.u = n.v = 0, n.w = 1 and det(u, v, w) = 1, so area x repeat is the cell's volume."""
    assume(h or k or l)
    cell = ionic("NZP")
    indices = primitive_indices(cell, (h, k, l))
    basis = surface_basis(cell.structure.lattice.matrix, indices)
    assert (basis @ indices).tolist() == [0, 0, 1]
    assert round(np.linalg.det(basis)) == 1
    view = stack(cell, (h, k, l), (), frozenset())
    assert view.area * view.repeat == pytest.approx(cell.structure.volume)


@given(INDEX, INDEX, INDEX)
def test_the_normal_of_a_plane_is_the_reciprocal_vector_of_its_indices(h: int, k: int, l: int) -> None:
    """Primitive and conventional cell agree on the direction of h a* + k b* + l c*."""
    assume(h or k or l)
    cell = ionic("NZS")
    conventional = np.linalg.inv(cell.conventional_lattice) @ [h, k, l]
    primitive = np.linalg.inv(cell.structure.lattice.matrix) @ primitive_indices(cell, (h, k, l))
    assert np.cross(conventional, primitive) == pytest.approx(np.zeros(3), abs=1e-9)
    assert conventional @ primitive > 0


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_the_bridge_to_ase_and_back_loses_nothing(seed: int) -> None:
    """Order, elements, cell and unwrapped positions survive."""
    start = structure("NZP").copy()
    shifts = np.random.default_rng(seed).normal(scale=20, size=(len(start), 3))
    start = Structure(start.lattice, start.species, start.cart_coords + shifts, coords_are_cartesian=True)
    end = pymatgen_structure(ase_atoms(start))
    assert [s.specie.symbol for s in end] == [s.specie.symbol for s in start]
    assert end.lattice.matrix == pytest.approx(start.lattice.matrix)
    assert end.cart_coords == pytest.approx(start.cart_coords)


def test_charges_must_balance() -> None:
    """Given charges that do not sum to zero, or miss an element, are refused with the sum or the element."""
    with pytest.raises(UserError) as error:
        crystal(structure("NaCl"), {"Na": 2, "Cl": -1}, "study.yaml: materials: NaCl")
    one_line(error, "study.yaml: materials: NaCl", "+4" if len(ionic("NaCl").structure) > 2 else "+1")
    with pytest.raises(UserError) as error:
        crystal(structure("NaCl"), {"Na": 1})
    one_line(error, "Cl", "charges")


def test_a_formula_without_balance_is_refused() -> None:
    """Sodium with two chlorines has no formal charges to guess."""
    with pytest.raises(UserError) as error:
        crystal(Structure(Lattice.cubic(5), ["Na", "Cl", "Cl"], np.diag([0, 0.5, 0.5])), None, "x.cif")
    one_line(error, "x.cif", "charge-balanced", "charges")


def test_a_metal_has_no_charges() -> None:
    """An alloy's elements are neutral."""
    assert crystal(structure("CuAu")).charges == {"Cu": 0, "Au": 0}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path is in the message."""
    with pytest.raises(UserError) as error:
        load_structure(tmp_path / "none.cif")
    one_line(error, "none.cif", "CIF")


@pytest.mark.parametrize("content", ["", "not a crystal\n", "data_x\n_cell_length_a 3\n", "\x00\x01"])
def test_an_unreadable_file_is_named(tmp_path: Path, content: str) -> None:
    """Whatever the parser raises, the user sees one line."""
    path = tmp_path / "broken.cif"
    path.write_text(content)
    with pytest.raises(UserError) as error:
        load_structure(path)
    one_line(error, "broken.cif")


def test_disorder_is_refused(tmp_path: Path) -> None:
    """A site shared by two elements or partly empty has no one structure."""
    mixed = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(5), [Composition("Na0.5K0.5"), "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    mixed.to(filename=str(tmp_path / "mixed.cif"))
    with pytest.raises(UserError) as error:
        load_structure(tmp_path / "mixed.cif")
    one_line(error, "mixed.cif", "disordered", "ordered")


def test_overlapping_atoms_are_refused(tmp_path: Path) -> None:
    """Two sites 0.1 Å apart are named with their distance."""
    double = Structure(Lattice.cubic(5), ["Na", "Cl", "Cl"], [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, 0.5, 0.52]])
    double.to(filename=str(tmp_path / "POSCAR"))
    with pytest.raises(UserError) as error:
        load_structure(tmp_path / "POSCAR")
    one_line(error, "sites 2 Cl and 3 Cl", "0.10 Å")
