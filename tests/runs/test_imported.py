"""Runs that exist become surface energies: told by their atoms alone, compared where they may be, never touched."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.base.units import joule_per_square_metre
from nzsp_surfaces.cli.main import main
from nzsp_surfaces.crystals.crystal import Crystal, ase_atoms, equivalent_planes, hkl
from nzsp_surfaces.crystals.extent import free_slab
from nzsp_surfaces.crystals.material import material
from nzsp_surfaces.films.compound import film_compound
from nzsp_surfaces.films.cover import cap
from nzsp_surfaces.runs.imported import reading
from nzsp_surfaces.runs.imported.importing import crystal_of_file, find_runs, import_runs
from nzsp_surfaces.runs.imported.judging import Options
from nzsp_surfaces.runs.imported.shelf import open_shelf
from nzsp_surfaces.runs.imported.write import write_imported
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.series import thickness_series
from nzsp_surfaces.slabs.survey import survey_plane
from support.crystals import PLANES, USUAL, ionic, mobile, perovskite, polyanions, rewritten, slabs_of
from support.disguise import rotated, shifted, skewed
from support.vasp_folders import Ran, write_run

UNIT = -12.0
"""eV a formula unit of MgO, as good as any."""
GAMMA = {(1, 0, 0): 0.9, (1, 1, 0): 2.2}
"""J/m² that slabs are given."""


@dataclass(frozen=True)
class Home:
    """A tree of runs and where it is imported to."""

    runs: Path
    results: Path

    def imported(self, **options: Any) -> dict[str, dict[str, Any]]:
        """The rows of runs.json by the names of folders; without pictures and page, which take their time."""
        self.results.mkdir(exist_ok=True)
        with open_shelf(self.results) as shelf:
            found = find_runs([self.runs], self.results, shelf, 1, lambda *_: None)
            done = import_runs(found, None, Options(**options), shelf.run, lambda *_: None)
            write_imported(done, self.results)
        return self.rows()

    def told(self, *options: str) -> int:
        """The exit status of the command."""
        return main(["import", str(self.runs), "-o", str(self.results), *options])

    def rows(self) -> dict[str, dict[str, Any]]:
        """What runs.json holds."""
        rows = json.loads((self.results / "runs.json").read_text())
        return {Path(row["path"]).name: row for row in rows}

    def energies(self) -> list[dict[str, Any]]:
        """The rows of surface_energies.json."""
        found: list[dict[str, Any]] = json.loads((self.results / "surface_energies.json").read_text())
        return found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """With a bulk of MgO in it."""
    crystal = ionic("MgO").structure
    write_run(tmp_path / "runs" / "k3", crystal, crystal, UNIT * len(crystal) / 2)
    return Home(tmp_path / "runs", tmp_path / "results")


def slab(plane: tuple[int, ...] = (1, 0, 0), repeats: int = 1) -> Structure:
    """A slab of MgO."""
    cut = slabs_of("MgO", plane)[0][0]
    thicker = thickness_series(cut, ionic("MgO"), (), frozenset(), repeats)[-1]
    return build(thicker, ionic("MgO"), 15.0)


def written_otherwise(one: Structure, seed: int) -> Structure:
    """Turned in space, with tilted vectors and other axes, across the border of its cell, atoms in another order."""
    random = np.random.default_rng(seed)
    return skewed(shifted(rotated(one, random), random), random)


def energy(structure: Structure, gamma: float) -> float:
    """eV, of a slab of MgO with that surface energy."""
    found = free_slab(structure)
    assert found
    area = found.area
    return UNIT * len(structure) / 2 + 2 * area * gamma / joule_per_square_metre(1.0)


def put(home: Home, name: str, structure: Structure | None = None, gamma: float = 0.9, ran: Ran | None = None) -> Path:
    """A slab's folder."""
    one = structure or slab()
    return write_run(home.runs / name, one, one, energy(one, gamma), ran)


def test_planes_and_energies_come_back_from_folders_of_any_name(home: Home) -> None:
    """However the cells are written; the shape follows, and every run has a row."""
    for number, (plane, gamma) in enumerate(GAMMA.items()):
        put(home, f"x{number}", written_otherwise(slab(plane), number), gamma)
    assert home.told() == 0
    rows = home.rows()
    assert {tuple(row["miller"]): row["gamma"] for row in home.energies()} == pytest.approx(GAMMA, abs=1e-4)
    assert [rows[name]["kind"] for name in ("k3", "x0", "x1")] == ["bulk", "slab", "slab"]
    assert all(row["used"] and row["reason"] is None and row["converged"] for row in rows.values())
    assert set(json.loads((home.results / "wulff.json").read_text())) == {"MgO"}
    assert "Imported runs" in (home.results / "report.html").read_text()


def of_table_1(material: str) -> Iterator[tuple[tuple[int, ...], bool, Structure]]:
    """Plane, whether it is covered, and the slab, of the paper's table; the film is a layer of Na3PO4."""
    for plane in PLANES:
        yield plane, False, build(slabs_of(material, plane)[0][0], ionic(material), 15.0)
    film, plane = film_compound("Na3PO4", ionic("Na3PO4")), PLANES[0]
    cut, parts = slabs_of(material, plane)[0][0], (polyanions(material), mobile(material))
    yield plane, True, cap(cut, ionic(material), *parts, film, 1, 15.0, 1).structure


def test_table_1_comes_back_from_folders_of_any_name(tmp_path: Path) -> None:
    """Planes, films and energies of ten slabs whose atoms have moved, with three crystals in between."""
    here, random = Home(tmp_path / "runs", tmp_path / "results"), np.random.default_rng(5)
    unit = {"NZP": -140.0, "NZS": -150.0, "Na3PO4": -50.0}
    for name, energy in unit.items():
        crystal = ionic(name)
        write_run(
            here.runs / f"{random.random()}", crystal.structure, crystal.structure, energy * crystal.formula_units
        )
    wanted = {}
    for name in ("NZP", "NZS"):
        for plane, covered, one in of_table_1(name):
            gamma, layers = float(random.uniform(0.4, 1.3)), one.composition.as_dict()
            area = float(np.linalg.norm(np.cross(*one.lattice.matrix[:2])))
            n = layers["Zr"] / 2
            m = (layers.get("P", 0) - (3 * n if name == "NZP" else 0)) if covered else 0
            total = n * unit[name] + m * unit["Na3PO4"] + 2 * area * gamma / joule_per_square_metre(1.0)
            moved = one.copy()
            moved.perturb(0.1)
            write_run(here.runs / f"{random.random()}", one, moved, total)
            wanted[ionic(name).formula, hkl(plane), covered] = gamma
    here.imported()
    found = {}
    for row in here.energies():
        name = next(name for name in ("NZP", "NZS") if ionic(name).formula == row["material"])
        plane = next(p for p in PLANES if hkl(tuple(row["miller"])) in form(ionic(name), p))
        found[row["material"], hkl(plane), row["film"] == "Na3PO4"] = row["gamma"]
    assert found == pytest.approx(wanted, abs=1e-4)
    assert all(row["used"] for row in here.rows().values())


def form(crystal: Crystal, plane: tuple[int, ...]) -> frozenset[tuple[int, int, int]]:
    """All planes that are equivalent to one or to its opposite."""
    return equivalent_planes(crystal, plane) | equivalent_planes(crystal, tuple(-i for i in plane))


def test_a_series_of_thicknesses_is_fitted(home: Home) -> None:
    """Free of the bulk, whose energy is made wrong here."""
    for repeats in (1, 2, 3):
        put(home, f"t{repeats}", slab(repeats=repeats), 0.9)
    wrong = ionic("MgO").structure
    write_run(home.runs / "k3", wrong, wrong, (UNIT + 0.004) * len(wrong) / 2)
    home.imported()
    (row,) = home.energies()
    assert row["gamma"] == pytest.approx(0.9, abs=1e-4)
    assert "fit over 3 thicknesses" in row["notes"][0]


BAD: dict[str, tuple[Ran, str]] = {
    "not finished": (Ran(relaxed=False, force=0.3), "not relaxed: .* 0.300 eV/Å left"),
    "electronic loop": (Ran(tags={"NELM": 2}), "electronic loop .* used up NELM = 2"),
    "cutoff": (Ran(tags={"ENMAX": 400.0}), "other settings: ENMAX = 400.0, the bulk's 500.0"),
    "spin": (Ran(tags={"ISPIN": 2}), "other settings: ISPIN = 2"),
    "potential": (Ran(titles={"O": "PAW_PBE O_s 07Sep2000"}), "other potentials: .*O_s"),
    "functional": (Ran(tags={"GGA": "PS"}), "other program, functional or release: vasp PBEsol 5.4"),
    "mesh": (Ran(length=45.0), "other density of k-points"),
    "charge": (Ran(extra=-1.0), r"charged: \+1 e"),
    "one face": (Ran(held=(0, 1)), "one face was held"),
    "static": (Ran(tags={"NSW": 0, "IBRION": -1}, steps=1, force=0.4), "static run, with 0.400 eV/Å left"),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_may_not_be_compared_is_refused_with_the_reason(home: Home, fault: str) -> None:
    """One row, no surface energy, and the plane told all the same."""
    how, reason = BAD[fault]
    one = slab()
    held = tuple(np.argsort(one.frac_coords[:, 2])[: len(how.held)].tolist())
    put(home, "s", one, ran=replace(how, held=held))
    row = home.imported()["s"]
    assert not row["used"]
    assert re.search(reason, row["reason"]), row["reason"]
    assert row["miller"] == [1, 0, 0]
    assert all(each["gamma"] is None and each["reason"] for each in home.energies())


def strained(one: Structure) -> Structure:
    return Structure(Lattice(one.lattice.matrix * np.array([[1.006], [1.006], [1.0]])), one.species, one.frac_coords)


def lopsided(one: Structure) -> Structure:
    """With one face doubled: MgO moved from one side to the other would be a thicker slab, so an island of a pair."""
    wide = one * (2, 2, 1)
    order = np.argsort(wide.frac_coords[:, 2])
    pair = [next(i for i in order if wide[i].specie.symbol == e) for e in ("Mg", "O")]
    return Structure.from_sites([site for i, site in enumerate(wide) if i not in pair])


def oxidised(one: Structure) -> Structure:
    """An oxygen more on each face, on the next site of the crystal."""
    top, bottom = one.cart_coords[:, 2].max(), one.cart_coords[:, 2].min()
    more = one.copy()
    for height, step in ((top, 2.1), (bottom, -2.1)):
        below = next(site for site in one if site.specie.symbol == "Mg" and abs(site.coords[2] - height) < 0.1)
        more.append("O", below.coords + np.array([0, 0, step]), coords_are_cartesian=True)
    return more


def watered(one: Structure) -> Structure:
    more, top = one.copy(), one.cart_coords[:, 2].max()
    for element, x, z in (("O", 0.0, 2.2), ("H", 0.8, 2.8), ("H", -0.8, 2.8)):
        more.append(element, [x, 0.3, top + z], coords_are_cartesian=True)
    return more


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (strained, "strained by 0.6"),
        (lopsided, "faces differ"),
        (oxidised, "off stoichiometry .*O"),
        (watered, "adsorbate"),
    ],
)
def test_what_is_no_surface_of_the_bulk_is_refused(home: Home, change: Callable[[Any], Any], reason: str) -> None:
    """A strained plane, unlike faces, too much oxygen, water on one side."""
    put(home, "s", change(slab()))
    row = home.imported()["s"]
    assert not row["used"]
    assert re.search(reason, row["reason"]), row["reason"]


def test_chemical_potentials_serve_other_compositions(home: Home) -> None:
    """gamma = (E - sum n mu) / 2A, with the potential of the last element from the bulk."""
    one = oxidised(slab())
    area = float(np.linalg.norm(np.cross(*one.lattice.matrix[:2])))
    write_run(
        home.runs / "s", one, one, UNIT * (len(one) - 2) / 2 + 2 * -4.0 + 2 * area * 1.1 / joule_per_square_metre(1.0)
    )
    home.imported(potentials={"O": -4.0})
    (row,) = home.energies()
    assert row["gamma"] == pytest.approx(1.1, abs=1e-4)


def test_a_copy_counts_once_and_the_lowest_bulk_counts(home: Home) -> None:
    """Of two that are equally low the first by its name, and the other says so."""
    put(home, "s")
    shutil.copytree(home.runs / "s", home.runs / "t" / "deep")
    crystal = ionic("MgO").structure
    for name, above in (("high", 0.05), ("k4", 5e-5)):
        write_run(home.runs / name, crystal, crystal, (UNIT + above) * len(crystal) / 2)
    rows = home.imported()
    assert rows["deep"]["reason"].startswith("the same run as ")
    assert "meV a formula unit above" in rows["high"]["reason"]
    assert rows["k4"]["reason"].startswith("as low as ")
    assert rows["k3"]["used"]


def test_only_what_changed_is_read_again(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is written where the runs lie."""
    put(home, "s")
    before = {path: path.stat().st_mtime_ns for path in home.runs.rglob("*")}
    assert home.told() == 0
    capsys.readouterr()
    assert home.told() == 0
    assert "2 runs, 2 unchanged" in capsys.readouterr().out
    assert before == {path: path.stat().st_mtime_ns for path in home.runs.rglob("*")}
    put(home, "s", gamma=1.0)
    assert home.told() == 0
    assert "2 runs, 1 unchanged" in capsys.readouterr().out
    assert home.energies()[0]["gamma"] == pytest.approx(1.0, abs=1e-4)


def test_whatever_lies_in_a_tree_has_a_row_and_no_traceback(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    """Loops of links, torn and strange files, bombs, inputs that have not been run."""
    put(home, "s")
    (home.runs / "loop").symlink_to(home.runs)
    (home.runs / "nowhere").symlink_to(home.runs / "gone")
    whole = (home.runs / "s" / "vasprun.xml").read_bytes()
    levels = [f'<!ENTITY a{n} "{f"&a{n - 1};" * 4}">' for n in range(1, 20)]
    bomb = f'<!DOCTYPE b [<!ENTITY a0 "aaaaaaaaaa">{"".join(levels)}]><modeling><generator>&a19;</generator></modeling>'
    contents = {
        "torn": whole[: len(whole) // 2],
        "empty": b"",
        "noise": bytes(range(256)) * 50,
        "bomb": bomb.encode(),
        "packed": gzip.compress(bytes(40_000_000)),
        "words": b"<modeling></modeling>",
    }
    for name, content in contents.items():
        (home.runs / name).mkdir()
        (home.runs / name / ("vasprun.xml.gz" if name == "packed" else "vasprun.xml")).write_bytes(content)
    for name, files in {"inputs": ("INCAR", "POSCAR"), "old": ("OUTCAR",)}.items():
        (home.runs / name).mkdir()
        for file in files:
            (home.runs / name / file).write_text("x\n")
    assert home.told() == 0
    rows = home.rows()
    strange = {*contents, "inputs", "old"}
    assert all(rows[name]["kind"] == "other" and rows[name]["reason"] for name in strange - {"torn"})
    assert all(not rows[name]["used"] for name in strange)
    assert "broken off" in rows["torn"]["reason"] or rows["torn"]["kind"] == "other"
    assert len(rows) == 2 + len(strange)
    assert "Traceback" not in capfd.readouterr().err


def test_a_folder_that_changes_while_it_is_read_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """And read again the next time."""
    put(home, "s")
    with monkeypatch.context() as changed:
        changed.setattr(reading, "signature", lambda _: "another")
        assert "changed while it was read" in home.imported()["s"]["reason"]
    assert home.imported()["s"]["used"]


def test_a_bulk_elsewhere_is_left_out_where_its_folder_is_named(home: Home, tmp_path: Path) -> None:
    """--bulk DIR: the lower one outside does not count, and says why."""
    put(home, "s")
    crystal = ionic("MgO").structure
    write_run(tmp_path / "bulks" / "mine", crystal, crystal, (UNIT + 0.02) * len(crystal) / 2)
    assert home.told("--bulk", str(tmp_path / "bulks")) == 0
    rows = home.rows()
    assert rows["s"]["bulk"] == str(tmp_path / "bulks" / "mine")
    assert "not among the bulks of" in rows["k3"]["reason"]


def test_planes_are_named_on_the_axes_of_a_given_crystal(tmp_path: Path) -> None:
    """SrZrO3 in Pbnm: the bulk's run has a primitive-like cell of other axes, the file its own."""
    here = Home(tmp_path / "runs", tmp_path / "results")
    own = perovskite()
    turned = rewritten(own, ((0, 1, 0), (0, 0, 1), (1, 0, 0)))
    write_run(here.runs / "bulk", turned, turned, UNIT * len(own) / 5)
    own.to(filename=str(tmp_path / "own.cif"))
    known = material("SrZrO3", own, None, None, None, "SrZrO3")
    cut = survey_plane(known, (0, 0, 1), USUAL).surfaces[0].cut
    one = build(cut, known.crystal, 15.0)
    write_run(here.runs / "s", one, one, UNIT * len(one) / 5 + 10.0)
    assert here.imported()["s"]["miller"] != [0, 0, 1]
    assert here.imported(named_by=crystal_of_file(tmp_path / "own.cif"))["s"]["miller"] == [0, 0, 1]


def test_a_slab_of_an_unknown_bulk_says_so(tmp_path: Path) -> None:
    """A tree with nothing but a slab gives a row, no energy and the status that says so; an empty one no row."""
    here = Home(tmp_path / "runs", tmp_path / "results")
    here.runs.mkdir()
    assert here.told() == 2
    put(here, "s")
    assert here.told() == 1
    assert "no bulk that MgO may be a slab of" in here.rows()["s"]["reason"]


def test_extended_xyz_with_energies_and_forces_goes_the_same_way(tmp_path: Path) -> None:
    """So do results of any program that writes it; a run whose forces are not small has not converged."""
    here = Home(tmp_path / "runs", tmp_path / "results")
    here.runs.mkdir()
    crystal = ionic("MgO").structure
    for name, one, total, force in (
        ("bulk", crystal, UNIT * len(crystal) / 2, 0.0),
        ("slab", slab(), energy(slab(), 1.3), 0.01),
        ("loose", slab((1, 1, 0)), energy(slab((1, 1, 0)), 1.3), 0.5),
    ):
        atoms = ase_atoms(one)
        forces = np.zeros((len(atoms), 3))
        forces[0, 0] = force
        atoms.calc = SinglePointCalculator(atoms, energy=total, forces=forces)
        atoms.info |= {"program": "CP2K", "functional": "PBE", "is_dft": True}
        write(here.runs / f"{name}.xyz", atoms, format="extxyz")
    rows = here.imported()
    known = [row for row in here.energies() if row["gamma"] is not None]
    assert [(row["miller"], row["engine"], row["model"]) for row in known] == [([1, 0, 0], "CP2K", "PBE")]
    assert known[0]["gamma"] == pytest.approx(1.3, abs=1e-4)
    assert not rows["loose.xyz"]["converged"]
    assert "0.500 eV/Å left" in rows["loose.xyz"]["reason"]


def test_a_directory_of_other_results_is_not_overwritten(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2 and one line."""
    home.results.mkdir()
    (home.results / "thesis.tex").write_text("x")
    assert home.told() == 2
    assert "holds something else than imported runs" in capsys.readouterr().err
