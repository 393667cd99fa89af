"""Runs side by side: surfaces are matched by crystal and symmetry, whatever a run calls them."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from nzsp_surfaces import load_results
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.cli.main import main
from nzsp_surfaces.report.compare import compare
from support.results import COMPUTED, PLANES, write_results


def other_engine(directory: Path, more: float = 0.1) -> Path:
    """The same results by another engine, all energies higher, materials and the first plane under other names."""
    write_results(directory)
    for name in ("surface_energies.json", "bulk.json", "wulff.json"):
        text = (directory / name).read_text()
        for old, new in (('"NZP', '"phosphate'), ('"NZS', '"silicate')):
            text = text.replace(old, new)
        (directory / name).write_text(text)
    rows = json.loads((directory / "surface_energies.json").read_text())
    for row in rows:
        row["gamma"] += more
        row["engine"], row["model"] = "vasp", "PBE"
        row["miller"] = [0, 1, -1, 2] if row["miller"] == list(PLANES[0]) else row["miller"]
    (directory / "surface_energies.json").write_text(json.dumps(rows))
    return directory


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Results of two engines."""
    folder = tmp_path_factory.mktemp("runs")
    return write_results(folder / "one"), other_engine(folder / "two")


def test_surfaces_are_matched_by_formula_and_symmetry(two: tuple[Path, Path]) -> None:
    """(1 -1 0 2) of NZP is (0 1 -1 2) of the other's phosphate; the spread is what was added."""
    found = compare([load_results(path) for path in two])
    assert found.names == ("sevennet SevenNet-0", "vasp PBE")
    assert len(found.surfaces) == 10
    assert [surface.spread for surface in found.surfaces] == pytest.approx([0.1] * 10)
    first = found.surfaces[0]
    assert (first.miller, first.gammas["sevennet SevenNet-0"]) == (PLANES[0], COMPUTED["NZP"][0])


def test_the_range_over_engines_is_a_part_of_its_own(two: tuple[Path, Path], tmp_path: Path) -> None:
    """Half of it, beside what runs say of themselves; two runs of one engine tell nothing of engines."""
    again = shutil.copytree(two[0], tmp_path / "again")
    apart, alike = (compare([load_results(path) for path in (two[0], other)]) for other in (two[1], again))
    bare, film = apart.surfaces[0], apart.surfaces[4]
    assert dict(bare.parts) == pytest.approx({"thickness": 0.03, "engines": 0.05})
    assert (bare.mean, bare.margin) == pytest.approx((COMPUTED["NZP"][0] + 0.05, (0.03**2 + 0.05**2) ** 0.5))
    assert dict(film.parts) == pytest.approx({"engines": 0.05})
    assert dict(alike.surfaces[0].parts) == {"thickness": 0.03}
    assert alike.surfaces[4].margin is None


def test_shapes_bear_the_same_names_of_planes(two: tuple[Path, Path]) -> None:
    """So that a colour means one plane."""
    found = compare([load_results(path) for path in two])
    assert len(found.shapes) == 8
    assert {facet.miller for shape in found.shapes.values() for facet in shape.facets} == set(PLANES)


def test_a_run_twice_has_no_spread_and_two_names(two: tuple[Path, Path]) -> None:
    """Engines alike are told apart by their directories."""
    found = compare([load_results(two[0]), load_results(write_results(two[0].parent / "three"))])
    assert found.names == ("sevennet SevenNet-0, one", "sevennet SevenNet-0, three")
    assert all(surface.spread == 0.0 for surface in found.surfaces)


def test_the_command_writes_tables_a_picture_and_a_page(two: tuple[Path, Path], tmp_path: Path) -> None:
    """A line for each surface in the CSV, a column for each run."""
    assert main(["compare", *map(str, two), "-o", str(tmp_path)]) == 0
    rows = list(csv.DictReader((tmp_path / "comparison.csv").open()))
    assert {row["vasp PBE"] for row in rows if row["material"] == "NaZr2(PO4)3" and row["miller"] == "1 -1 0 2"}
    assert len(rows) == len(json.loads((tmp_path / "comparison.json").read_text())) == 10
    assert (tmp_path / "pictures" / "comparison.png").stat().st_size > 10_000
    page = (tmp_path / "comparison.html").read_text()
    assert "vasp PBE" in page
    assert "Order of the planes" in page


def test_what_has_nothing_in_common_is_refused(two: tuple[Path, Path], tmp_path: Path) -> None:
    """One directory, or crystals that differ."""
    with pytest.raises(UserError, match="at least two"):
        compare([load_results(two[0])])
    write_results(tmp_path / "other")
    for name in ("bulk.json", "surface_energies.json"):
        path = tmp_path / "other" / name
        path.write_text(path.read_text().replace("NaZr2(PO4)3", "KZr2(PO4)3").replace("Na4Zr2(SiO4)3", "K4Zr2(SiO4)3"))
    with pytest.raises(UserError, match="no two of these runs have a surface in common"):
        compare([load_results(two[0]), load_results(tmp_path / "other")])
