"""`nzsp slabs CRYSTAL --max-index N`: every plane of a crystal, without a study."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.cli.main import main
from nzsp_surfaces.crystals.crystal import distinct_planes, equivalent_planes, hkl
from support.crystals import ionic, noisy, published, structure


@pytest.mark.parametrize("name", ["NZP", "calcite", "NaCl", "wurtzite"])
def test_every_plane_belongs_to_exactly_one_form(name: str) -> None:
    """The forms of the distinct planes are disjoint and hold every coprime index up to the limit."""
    crystal, limit = ionic(name), 2
    forms = [equivalent_planes(crystal, plane) for plane in distinct_planes(crystal, limit)]
    span = range(-limit, limit + 1)
    coprime = {i for i in itertools.product(span, repeat=3) if math.gcd(*i) == 1}
    assert sum(len(form) for form in forms) == len(frozenset().union(*forms))
    assert coprime <= frozenset().union(*forms)


def test_the_planes_of_a_crystal_without_inversion_come_in_two_senses() -> None:
    """(0001) and (000-1) of wurtzite are two planes, those of calcite one."""
    both = {(0, 0, 1), (0, 0, -1)}
    assert len(both & {hkl(p) for p in distinct_planes(ionic("wurtzite"), 1)}) == 2
    assert len(both & {hkl(p) for p in distinct_planes(ionic("calcite"), 1)}) == 1


@pytest.mark.parametrize("name", ["calcite", "NaCl"])
def test_the_slabs_of_a_crystal_are_admissible(name: str, tmp_path: Path) -> None:
    """Each listed slab is symmetric, nonpolar, whole in formula units, and as thick and as far apart as asked."""
    structure(name).to(filename=str(tmp_path / "crystal.cif"))
    assert main(["slabs", str(tmp_path / "crystal.cif"), "--max-index", "1", "-o", str(tmp_path / "out")]) == 0
    rows = json.loads((tmp_path / "out/slabs.json").read_text())
    units = len(structure(name)) // structure(name).composition.get_integer_formula_and_factor()[1]
    assert rows
    for row in rows:
        assert row["symmetric"]
        assert abs(row["dipole"]) < 1e-6
        assert row["n_atoms"] == units * row["n_formula_units"]
        assert row["thickness"] >= 10
        assert row["vacuum"] == pytest.approx(15)
        assert (tmp_path / "out" / row["structure"]).exists()


@pytest.mark.parametrize(("setting", "standard"), [("file", [0, 0, 1]), ("standard", [1, 0, 0])])
def test_the_plane_of_a_file_with_other_axes_has_both_names(
    setting: str, standard: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rutile with its fourfold axis along a: (100) is (001) of the standard cell, unless that is asked for."""
    cell = published("rutile").crystal.structure
    turned = Structure(Lattice(cell.lattice.matrix[[2, 0, 1]]), cell.species, cell.frac_coords[:, [2, 0, 1]])
    turned.to(filename=str(tmp_path / "POSCAR"))
    call = ["slabs", str(tmp_path / "POSCAR"), "--plane", "1,0,0", "--setting", setting, "-o", str(tmp_path / "out")]
    assert main(call) == 0
    assert "a = c', b = a', c = b'" in " ".join(capsys.readouterr().out.split())
    rows = json.loads((tmp_path / "out/slabs.json").read_text())
    assert {(tuple(row["miller"]), tuple(row["miller_standard"])) for row in rows} == {((1, 0, 0), tuple(standard))}
    first = (tmp_path / "out" / rows[0]["structure"]).read_text().splitlines()[0]
    other = "on standard axes (0 0 1)" if setting == "file" else "on the file's axes (0 1 0)"
    assert first == f"TiO2 (1 0 0), {other}, as cut"
    assert rows[0]["miller_file"] == ([1, 0, 0] if setting == "file" else [0, 1, 0])
    survey = json.loads((tmp_path / "out/survey.json").read_text())
    assert survey["file_axes"] == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert (survey["axes"] == survey["file_axes"]) is (setting == "file")


def test_slabs_are_cut_from_the_crystal_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Noisy calcite has the planes of R-3c, and every bond of a slab is as long as one of the file."""
    rough = noisy(structure("calcite").get_primitive_structure(), 0.02, 1)
    rough.to(filename=str(tmp_path / "POSCAR"))
    assert main(["slabs", str(tmp_path / "POSCAR"), "--plane", "1,0,-1,4", "-o", str(tmp_path / "out")]) == 0
    assert "R-3c used." in " ".join(capsys.readouterr().out.split())
    survey = json.loads((tmp_path / "out/survey.json").read_text())
    assert survey["space_group"] == "R-3c (167)"
    assert survey["symprec"] > 0.01
    assert 0.01 < survey["moved"] < 0.03
    (row,) = json.loads((tmp_path / "out/slabs.json").read_text())
    slab = Structure.from_file(tmp_path / "out" / row["structure"])
    assert row["area"] == pytest.approx(slab.lattice.a * slab.lattice.b, rel=0.01)
    known, cut = bonds(rough), bonds(slab)
    assert np.ptp(known) > 0.01
    assert np.abs(cut[:, None] - known[None, :]).min(axis=1).max() < 1e-5


def bonds(cell: Structure) -> np.ndarray:
    """Lengths of all bonds of carbon, Å."""
    return np.array([float(near.nn_distance) for site in cell if site.specie.symbol == "C"
                     for near in cell.get_neighbors(site, 1.6)])  # fmt: skip


def test_a_crystal_needs_its_largest_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A CIF without --max-index is taken for a study, and one line says what is wrong."""
    structure("NaCl").to(filename=str(tmp_path / "crystal.cif"))
    assert main(["slabs", str(tmp_path / "crystal.cif"), "-o", str(tmp_path / "out")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_terminal_shows_ten_slabs_or_the_best_of_each_plane(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says how many more there are; planes that have none for one reason share a line; the files hold all."""
    structure("calcite").to(filename=str(tmp_path / "crystal.cif"))
    call = ["slabs", str(tmp_path / "crystal.cif"), "--max-index", "2", "-o", str(tmp_path / "out")]
    assert main(call) == 0
    rows, told = json.loads((tmp_path / "out/slabs.json").read_text()), capsys.readouterr().out
    assert f"... and {len(rows) - 10} more in slabs.json" in told
    assert main([*call, "--best"]) == 0
    best = capsys.readouterr().out
    planes = {tuple(row["miller"]) for row in rows}
    assert "more in slabs.json" not in best
    assert sum(line.startswith(" (") for line in best.splitlines()) == len(planes)
    assert sum("no admissible slab" in line for line in best.splitlines()) <= 2
