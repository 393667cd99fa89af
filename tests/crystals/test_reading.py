"""What was read is what the file means: its formula, its setting, its cell; else it is refused with the true reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.vasp import Poscar

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.material import material
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.survey import survey
from support.crystals import STRUCTURES, USUAL, structure

CELL = """\
data_{name}
_cell_length_a {a}
_cell_length_b {b}
_cell_length_c {c}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma {gamma}
_symmetry_space_group_name_H-M '{symbol}'
"""
SITES = "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"


def cif(
    folder: Path, lengths: tuple[float, float, float], symbol: str, sites: str, said: str = "", gamma: float = 90
) -> Path:
    """A CIF without listed operations, with what it says of itself, and its sites, one a line."""
    a, b, c = lengths
    head = CELL.format(name="crystal", a=a, b=b, c=c, gamma=gamma, symbol=symbol)
    path = folder / "crystal.cif"
    path.write_text(head + said + SITES + sites)
    return path


def refused(path: Path, *words: str) -> None:
    """One line with the words and the file."""
    with pytest.raises(UserError) as caught:
        load_structure(path)
    text = str(caught.value)
    assert "\n" not in text
    assert path.name in text
    for word in words:
        assert word in text


GOETHITE = "Fe1 Fe 0.1459 0.25 0.9511\nO1 O 0.8011 0.25 0.288\nO2 O 0.947 0.25 0.802\n"


def test_hydrogens_that_the_formula_counts_must_be_there(tmp_path: Path) -> None:
    """Refused by name; taken as it was read where that is asked for."""
    path = cif(tmp_path, (9.9134, 3.0128, 4.58), "P n m a", GOETHITE, "_chemical_formula_sum 'Fe H O2'\n")
    refused(path, "Fe1 H1 O2", "has H", "--as-read")
    assert load_structure(path, as_read=True).composition.reduced_formula == "FeO2"


def test_formula_units_and_density_must_fit(tmp_path: Path) -> None:
    """A cell with twice the atoms that the file means, or half of them, is another crystal."""
    sites = "Na1 Na 0 0 0\nCl1 Cl 0.5 0.5 0.5\n"
    for said, words in (
        ("_chemical_formula_sum 'Cl Na'\n_cell_formula_units_Z 8\n", ("8 formula units", "give 4")),
        ("_exptl_crystal_density_diffrn 4.3(1)\n", ("density", "4.3", "2.16")),
        ("_chemical_formula_sum 'Cl2 Na'\n", ("Cl2 Na1", "NaCl")),
    ):
        refused(cif(tmp_path, (5.64, 5.64, 5.64), "F m -3 m", sites, said), *words)
    good = "_chemical_formula_sum 'Cl Na'\n_cell_formula_units_Z 4\n_exptl_crystal_density_diffrn 2.165\n"
    assert len(load_structure(cif(tmp_path, (5.64, 5.64, 5.64), "F m -3 m", sites, good))) == 8


@pytest.mark.parametrize("symbol", ["I 41/a m d :2", "I41/amd:2"])
def test_the_second_origin_choice_is_read_without_operations(tmp_path: Path, symbol: str) -> None:
    """Anatase has twelve atoms in its cell and six bonds at each titanium."""
    path = cif(tmp_path, (3.7845, 3.7845, 9.5143), symbol, "Ti1 Ti 0 0.75 0.125\nO1 O 0 0.75 0.3334\n")
    found = load_structure(path)
    assert found.composition.formula == "Ti4 O8"
    assert len(found.get_neighbors(found[0], 2.1)) == 6


def test_the_first_origin_choice_is_the_same_crystal(tmp_path: Path) -> None:
    """Written in either choice, anatase has the same distances."""
    second = cif(tmp_path, (3.7845, 3.7845, 9.5143), "I 41/a m d :2", "Ti1 Ti 0 0.75 0.125\nO1 O 0 0.75 0.3334\n")
    distances = [np.sort(load_structure(second).distance_matrix.ravel())]
    first = cif(tmp_path, (3.7845, 3.7845, 9.5143), "I 41/a m d :1", "Ti1 Ti 0 0 0\nO1 O 0 0 0.2084\n")
    distances.append(np.sort(load_structure(first).distance_matrix.ravel()))
    assert distances[0] == pytest.approx(distances[1], abs=1e-3)


def test_full_symbols_are_known_and_unknown_ones_refused(tmp_path: Path) -> None:
    """F 4/m -3 2/m is F m -3 m."""
    sites = "Na1 Na 0 0 0\nCl1 Cl 0.5 0.5 0.5\n"
    assert len(load_structure(cif(tmp_path, (5.64, 5.64, 5.64), "F 4/m -3 2/m", sites))) == 8
    refused(cif(tmp_path, (5.64, 5.64, 5.64), "F 9/m q", sites), "F 9/m q", "operations")


@pytest.mark.parametrize("operation", ["'x, y'", "'x, y, 1:30'", "'x, y, w'", "'é, y, z'", "x, y, z"])
def test_what_is_no_symmetry_operation_is_refused(operation: str, tmp_path: Path) -> None:
    """Libraries raise errors of their own at it; without quotation marks each of its parts is taken for one."""
    text = structure("MgO").to(fmt="cif")
    (tmp_path / "MgO.cif").write_text(text.replace("'x, y, z'", operation))
    refused(tmp_path / "MgO.cif", operation.strip("'").split()[0], "is no symmetry operation")


def test_three_digits_of_a_special_position_are_one_atom(tmp_path: Path) -> None:
    """0.667 for 2/3 gives nine atoms of quartz's structure, not fifteen with some on top of others."""
    sites = "Ge1 Ge 0.451 0 0.667\nO1 O 0.397 0.302 0.758\n"
    found = load_structure(cif(tmp_path, (4.985, 4.985, 5.648), "P 32 2 1", sites, gamma=120))
    assert found.composition.formula == "Ge3 O6"


def test_two_blocks_with_atoms_are_two_crystals(tmp_path: Path) -> None:
    """Which one is meant, only the user knows."""
    path = cif(tmp_path, (5.64, 5.64, 5.64), "F m -3 m", "Na1 Na 0 0 0\nCl1 Cl 0.5 0.5 0.5\n")
    path.write_text(path.read_text() + path.read_text().replace("data_crystal", "data_other"))
    refused(path, "crystal, other", "keep the one")


def test_two_atoms_on_one_site_are_refused(tmp_path: Path) -> None:
    """Each of them is said to be there wholly."""
    path = cif(tmp_path, (5.64, 5.64, 5.64), "P 1", "Na1 Na 0 0 0\nK1 K 0 0 0\nCl1 Cl 0.5 0.5 0.5\n")
    refused(path, "0.00 Å apart")


POSCAR = "MgO\n{scale}\n1 0 0\n0 1 0\n0 0 1\n{names}4 4\n{kind}\n{rows}"
ROWS = "0 0 0\n0 .5 .5\n.5 0 .5\n.5 .5 0\n.5 .5 .5\n.5 0 0\n0 .5 0\n0 0 .5\n"


@pytest.mark.parametrize("name", ["MgO.cif", "POSCAR"])
@pytest.mark.parametrize("number", ["1e999", "1e12"])
def test_what_is_no_position_is_refused(name: str, number: str, tmp_path: Path) -> None:
    """Whoever looks for neighbours there fails, or fills the memory."""
    path = tmp_path / name
    path.write_text(structure("MgO").to(path).replace("0.5000", number, 1))
    refused(path, "site 2 Mg", "coordinate")


@pytest.mark.parametrize("kind", ["Cartesian", "Direct"])
@pytest.mark.parametrize("scale", ["-73.77", "4.194"])
def test_a_negative_scale_is_the_volume_of_the_cell(tmp_path: Path, kind: str, scale: str) -> None:
    """Both ways of writing give magnesia with a = 4.194 Å, neighbours half of that apart."""
    path = tmp_path / "POSCAR"
    path.write_text(POSCAR.format(scale=scale, names="Mg O\n", kind=kind, rows=ROWS))
    found = load_structure(path)
    assert found.lattice.abc == pytest.approx([4.194] * 3, abs=1e-3)
    assert len(found.get_neighbors(found[0], 2.2)) == 6


def test_a_poscar_without_elements_is_refused(tmp_path: Path) -> None:
    """Guessed elements are another crystal."""
    path = tmp_path / "POSCAR"
    path.write_text(POSCAR.format(scale="4.194", names="", kind="Direct", rows=ROWS))
    refused(path, "no elements")


def test_a_slab_is_not_cut_again(tmp_path: Path) -> None:
    """Its vacuum gives it away; a layered crystal has no such gap."""
    bulk = structure("MgO") * (1, 1, 2)
    a, b, c = bulk.lattice.matrix
    slab = Structure(Lattice([a, b, c * 3]), bulk.species, bulk.cart_coords, coords_are_cartesian=True)
    slab.to(filename=str(tmp_path / "POSCAR"), fmt="poscar")
    refused(tmp_path / "POSCAR", "without atoms along c", "--as-read")
    assert len(load_structure(tmp_path / "POSCAR", as_read=True)) == len(slab)


@pytest.mark.parametrize("name", ["NaZr2P3O12.cif", "Na4Zr2Si3O12.cif", "Na3PO4.cif"])
def test_the_crystals_of_the_paper_are_read_as_before(name: str) -> None:
    """Nothing contradicts them, so they are pymatgen's, site by site."""
    assert load_structure(STRUCTURES / name) == Structure.from_file(STRUCTURES / name)


@pytest.mark.parametrize("name", ["MgO", "NZP", "calcite"])
def test_what_programs_write_is_read_back(name: str, tmp_path: Path) -> None:
    """pymatgen's CIF gives the content of the cell as formula, ASE's none; POSCARs have the elements in a line."""
    from ase.io import write

    from nzsp_surfaces.crystals.crystal import ase_atoms

    known = structure(name)
    known.to(filename=str(tmp_path / "pymatgen.cif"))
    known.to(filename=str(tmp_path / "POSCAR"), fmt="poscar")
    write(tmp_path / "ase.cif", ase_atoms(known))
    for file in ("pymatgen.cif", "POSCAR", "ase.cif"):
        assert load_structure(tmp_path / file).composition == known.composition, file


def test_a_left_handed_cell_is_the_same_crystal(tmp_path: Path) -> None:
    """Two vectors exchanged, as some programs write them: the same slabs, in right-handed cells."""
    found, crystal = [], structure("NZP")
    for axes in ([0, 1, 2], [1, 0, 2]):
        path = tmp_path / f"POSCAR_{axes[0]}"
        lattice, fractions = crystal.lattice.matrix[axes], crystal.frac_coords[:, axes]
        Poscar(Structure(lattice, crystal.species, fractions)).write_file(path)
        read = material("NZP", load_structure(path), None, None, None, path.name)
        (plane,) = survey(read, ((1, -1, 0, 2),), USUAL)
        slabs = [build(surface.cut, read.crystal, 15.0) for surface in plane.surfaces]
        assert all(np.linalg.det(slab.lattice.matrix) > 0 for slab in slabs)
        found.append({surface.identity for surface in plane.surfaces})
    assert found[0]
    assert found[0] == found[1]
