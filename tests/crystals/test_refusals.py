"""What nobody means to be cut is refused before it is sought in, with the true reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.io import write
from pymatgen.core import Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals import material as materials
from nzsp_surfaces.crystals import reading
from nzsp_surfaces.crystals.material import material
from nzsp_surfaces.crystals.molecules import molecule_of
from nzsp_surfaces.crystals.reading import load_structure
from support.crystals import structure


def packed(name: str, apart: float, count: int) -> Structure:
    """Molecules on a grid, each turned its own way."""
    random, found = np.random.default_rng(0), Atoms(cell=[apart * count] * 3, pbc=True)
    for corner in np.ndindex(count, count, count):
        one = molecule(name)
        one.rotate(float(random.uniform(0, 360)), random.normal(size=3))
        one.translate(apart * np.array(corner) + apart / 2)
        found += one
    return Structure(found.cell.array, found.get_chemical_symbols(), found.positions, coords_are_cartesian=True)


@pytest.mark.parametrize(("name", "apart"), [("C6H6", 7.2), ("H2O", 3.1), ("CO2", 4.5)])
def test_molecules_are_told_before_symmetry_and_charges_are_sought(
    name: str, apart: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five hundred atoms of benzene took a minute to be called unbalanced."""
    monkeypatch.setattr(materials, "crystal", pytest.fail)
    with pytest.raises(UserError, match=f"separate molecules, {name};"):
        material("x", packed(name, apart, 4), None, None, None, "x.cif")


@pytest.mark.parametrize("name", ["NZP", "calcite", "MgO", "wurtzite"])
def test_no_ionic_crystal_is_taken_for_molecules(name: str) -> None:
    """Bonds that go on without end, and metals, hold a crystal together."""
    assert molecule_of(structure(name)) is None


def test_a_salt_of_molecular_ions_is_no_molecular_crystal() -> None:
    """NH4Cl has pieces of two kinds, which attract each other."""
    atoms = Atoms("Cl", cell=[3.9] * 3, pbc=True) + Atoms(
        "NH4", positions=1.95 + 0.6 * np.array([[0, 0, 0], [1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]])
    )
    salt = Structure(atoms.cell.array, atoms.get_chemical_symbols(), atoms.positions, coords_are_cartesian=True)
    assert molecule_of(salt) is None


@pytest.mark.parametrize("name", ["big.cif", "big.vasp"])
def test_a_cell_of_thousands_of_atoms_is_counted_not_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading 17,576 atoms took minutes."""
    salt = bulk("NaCl", "rocksalt", a=5.64, cubic=True) * (9, 9, 9)
    write(tmp_path / name, salt)
    for reader in ("_by_pymatgen", "_by_gemmi", "_poscar"):
        monkeypatch.setattr(reading, reader, pytest.fail)
    with pytest.raises(UserError, match="has 5832 atoms, more than a bulk cell"):
        load_structure(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.cif", b"%PDF-1.7\n\x00\xff\xfe"),
        ("a.cif", b"PK\x03\x04"),
        ("POSCAR", b"x\n1.0\n1 0 0\n0 1 0\n0 0 1\nNa\n1000000000\nDirect\n0 0 0\n"),
        ("POSCAR", b"\x00\x01\x02" * 99),
        ("a.xyz", b""),
        ("a.cif", b"data_x\nloop_\n_atom_site_label\n_atom_site_fract_x\n"),
    ],
)
def test_what_is_no_crystal_is_one_line(name: str, content: bytes, tmp_path: Path) -> None:
    """Another kind of file, a header that promises too much, nothing at all."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        load_structure(tmp_path / name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("garbled", ["7999999999999998", "1e-7"])
def test_a_garbled_cell_is_refused_before_neighbours_are_sought(
    garbled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A digit that was lost made a cell of 10^16 Å, and whoever looked for neighbours ask for 10^17 bytes."""
    monkeypatch.setattr(reading, "_refuse_overlap", pytest.fail)
    lines = structure("MgO").to(fmt="poscar").splitlines()
    lines[3] = lines[3].replace(lines[3].split()[1], garbled)
    (tmp_path / "POSCAR").write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match="mend its vectors"):
        load_structure(tmp_path / "POSCAR")
