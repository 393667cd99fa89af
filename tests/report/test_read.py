"""Results directories back in Python, and what is said of damaged ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.report.read import load_results
from nzsp_surfaces.report.rows.study import LAYOUT
from support.results import CAPPED, COMPUTED, PLANES, energies


def change(path: Path, number: int | None, **keys: Any) -> None:
    """Put other values into a document, or into a row of it; Ellipsis takes a key away."""
    data = json.loads(path.read_text())
    row = data if number is None else data[number]
    for key, value in keys.items():
        if value is ...:
            del row[key]
        else:
            row[key] = value
    path.write_text(json.dumps(data))


def test_rows_come_back_as_they_were(written: Path) -> None:
    """Energies, provenance and shapes are those that were written, and rows know their structures and traces."""
    results = load_results(str(written))
    assert results.surface_energies == tuple(row for name in ("NZP", "NZS") for row in energies(name))
    assert results.name == "Table 1"
    assert results.provenance is not None
    assert results.provenance.device == "cpu"
    shape = results.wulff["NZP+Na3PO4"]
    assert [facet.gamma for facet in shape.facets] == [CAPPED["NZP"][0], *COMPUTED["NZP"][1:]]
    assert [facet.miller for facet in shape.facets] == PLANES
    structure = results.structure(results.surface_energies[0])
    assert structure is not None
    assert len(structure) == 108
    trace = results.trace(results.dynamics[0])
    assert trace is not None
    assert trace.target == 500
    assert len(trace.time) == 250


def test_what_is_not_there_is_none(directory: Path) -> None:
    """Missing structures, traces and documents are no mistake."""
    (directory / "provenance.json").unlink()
    results = load_results(directory)
    assert results.provenance is None
    assert results.survey is None
    assert results.alternatives == ()
    assert results.structure(results.slabs[0]) is None
    assert results.trace(results.dynamics[0]) is None


def test_keys_of_newer_versions_are_ignored(directory: Path) -> None:
    """A column that this version does not know changes nothing."""
    before = load_results(directory)
    change(directory / "surface_energies.json", 2, colour="red")
    change(directory / "provenance.json", None, mood="good")
    assert load_results(directory) == before


@pytest.mark.parametrize(
    ("name", "number", "keys", "message"),
    [
        ("surface_energies.json", 2, {"gamma": ...}, "surface_energies.json: row 3 has no gamma; write it again"),
        ("surface_energies.json", 0, {"gamma": "0.6"}, "row 1: gamma must be a number, not a text"),
        ("surface_energies.json", 0, {"miller": None}, "row 1: miller must be a list, not nothing"),
        ("surface_energies.json", 0, {"converged": 1}, "row 1: converged must be true or false, not a number"),
        ("surface_energies.json", 0, {"n_film_units": True}, "must be a whole number, not a truth value"),
        ("slabs.json", 1, {"broken_bonds": [{"cation": "Zr"}]}, "row 2: broken_bonds has no anion"),
        ("slabs.json", 1, {"surface_coordination": {"Zr": "x"}}, "row 2: surface_coordination.Zr must be a whole"),
        ("wulff.json", None, {"NZP": {"facets": []}}, "wulff.json: NZP has no mean_gamma"),
        ("provenance.json", None, {"engine": ...}, "provenance.json has no engine"),
        ("study.json", None, {"resolved": []}, "study.json: resolved must be a mapping, not a list"),
    ],
)
def test_damaged_rows_are_named(
    directory: Path, name: str, number: int | None, keys: dict[str, Any], message: str
) -> None:
    """A missing or wrong value is one line with file, row and column, and how it is mended."""
    change(directory / name, number, **keys)
    with pytest.raises(UserError) as caught:
        load_results(directory)
    assert message in str(caught.value)
    assert str(caught.value).endswith("write it again with nzsp run")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["study", "surface_energies", "slabs", "films", "provenance", "wulff"])
@pytest.mark.parametrize("text", ["", "null", "3", "[", '[{"a": 1}, null]', '{"a": null}'])
def test_damaged_files_are_one_line(directory: Path, name: str, text: str) -> None:
    """Whatever a file holds instead of its document, one line names it."""
    (directory / f"{name}.json").write_text(text)
    with pytest.raises(UserError, match=rf"^[^\n]*{name if name != 'study' else directory.name}[^\n]*$"):
        load_results(directory)


@pytest.mark.parametrize("layout", [..., LAYOUT + 1])
def test_another_layout_is_one_line(directory: Path, layout: Any) -> None:
    """Files of another layout are not read half: the message says which version made them and what to do."""
    change(directory / "study.json", None, layout=layout, version="0.1.7")
    with pytest.raises(UserError, match=r"^[^\n]*layout[^\n]*0\.1\.7; run the study again[^\n]*$"):
        load_results(directory)


def test_the_oldest_files_name_no_version(directory: Path) -> None:
    """Where study.json names none, the version of the provenance is said."""
    change(directory / "study.json", None, layout=..., version=...)
    with pytest.raises(UserError, match=r"made by nzsp_surfaces 0\.2\.0"):
        load_results(directory)


@pytest.mark.parametrize(
    "text", ["", "time_fs,temperature_K,potential_energy_eV\n", "a\n1,2\n", "a\n1,2,x\n", "a\n1,2,3\n4"]
)
def test_a_damaged_trace_is_one_line(directory: Path, text: str) -> None:
    """A trace without steps or with other columns is named when it is asked for, and not before."""
    (directory / "traces").mkdir()
    (directory / "traces/anneal.csv").write_text(text)
    results = load_results(directory)
    with pytest.raises(UserError, match=r"^[^\n]*anneal\.csv: cannot be read as a trace[^\n]*$"):
        results.trace(results.dynamics[0])


def test_a_damaged_structure_is_one_line(directory: Path) -> None:
    """So is a POSCAR that is none."""
    (directory / "structures").mkdir()
    (directory / "structures/NZP.vasp").write_text("nothing\n")
    results = load_results(directory)
    with pytest.raises(UserError, match=r"^[^\n]*NZP\.vasp: cannot be read as POSCAR[^\n]*$"):
        results.structure(results.slabs[0])
