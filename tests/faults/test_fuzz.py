"""Whatever files and command lines hold: one line, no traceback, nothing written elsewhere, no code run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nzsp_surfaces.base.errors import Damaged, UserError
from nzsp_surfaces.cli.main import COMMANDS, main
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.energies.tables import read_table
from nzsp_surfaces.report.read import load_results
from nzsp_surfaces.runs.fireworks.access import access
from nzsp_surfaces.runs.imported.places import Maker
from nzsp_surfaces.runs.imported.reading import READERS
from nzsp_surfaces.runs.store import read_result
from nzsp_surfaces.study.bundle import Bundle, unpack
from nzsp_surfaces.study.study import load_study
from support.alloy import STUDY, write
from support.crystals import structure
from support.faults import tell
from support.fuzz import INPUTS, NASTY, garbled, mutated, tried
from support.in_process import runs_in_this_process
from support.results import write_results
from support.vasp_folders import write_run, write_vaspout

TABLE = "material,miller,film,gamma (J/m^2)\nNZP,1 -1 0 2,,0.69\nNZP,1 0 -1 4,Na3PO4,0.4\n"
ROWS = json.dumps([{"material": "NZP", "miller": [1, -1, 0, 2], "film": None, "gamma": 0.69}])
LAUNCHPAD = (
    "host: localhost\nport: 27017\nname: nzsp\nusername: me\npassword: geheim\nmongoclient_kwargs: {tls: true}\n"
)
POSCAR = structure("CuAu").to(fmt="poscar")
CIF = structure("MgO").to(fmt="cif")


@pytest.fixture(scope="module", autouse=True)
def _figures() -> Iterator[None]:
    """How many inputs of each kind ended as they should."""
    yield
    tell("inputs", INPUTS)


def _put(folder: str, name: str, content: str | bytes) -> Path:
    path = Path(folder) / name
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return path


@tried(40)
@given(mutated(STUDY))
def test_study_files(text: str) -> None:
    """A study, or one line."""
    with TemporaryDirectory() as folder, suppress(UserError):
        write(Path(folder))
        load_study(_put(folder, "study.yaml", text))
    assert not Path("fuzzed").exists()


@tried(40)
@given(mutated(POSCAR) | mutated(CIF), st.sampled_from(["POSCAR", "a.vasp", "a.cif", "a.xyz"]))
def test_structure_files(text: str, name: str) -> None:
    """A structure, or one line."""
    with TemporaryDirectory() as folder, suppress(UserError):
        load_structure(_put(folder, name, text))


@tried(150)
@given(mutated(TABLE) | mutated(ROWS), st.sampled_from([".csv", ".json", ".yaml", ".txt", ".xlsx"]))
def test_energy_tables(text: str, suffix: str) -> None:
    """A table, or one line."""
    with TemporaryDirectory() as folder, suppress(UserError):
        read_table(_put(folder, f"energies{suffix}", text))
    assert not Path("fuzzed").exists()


@tried(150)
@given(mutated(LAUNCHPAD))
def test_launchpad_files(text: str) -> None:
    """Arguments, or one line without the password."""
    with TemporaryDirectory() as folder:
        try:
            access(_put(folder, "my_launchpad.yaml", text))
        except UserError as error:
            said = str(error)
            assert "geheim" not in said
    assert not Path("fuzzed").exists()


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of a result, without its check, so that more than the check is tried."""
    folder = tmp_path_factory.mktemp("fuzz")
    with runs_in_this_process():
        assert main(["run", str(write(folder)), "-o", str(folder / "results")]) == 0
    data = json.loads(next(folder.glob("results/calculations/*/result.json")).read_text())
    del data["check"]
    return json.dumps(data)


@tried(100)
@given(data=st.data())
def test_result_files(result: str, data: st.DataObject) -> None:
    """A result, or damaged."""
    with TemporaryDirectory() as folder, suppress(Damaged):
        read_result(_put(folder, "result.json", data.draw(mutated(result))))


@pytest.fixture(scope="module")
def vasp(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of a run of VASP: name -> text."""
    crystal = structure("MgO")
    folder = write_run(tmp_path_factory.mktemp("vasp"), crystal, crystal, -12.0)
    return {path.name: path.read_text("latin-1") for path in folder.iterdir()}


@tried(60)
@given(st.sampled_from(["vasprun.xml", "OUTCAR"]), st.data())
def test_folders_of_vasp(vasp: dict[str, str], name: str, data: st.DataObject) -> None:
    """A run, or one line."""
    with TemporaryDirectory() as folder, suppress(UserError):
        for each, text in (vasp | {name: data.draw(mutated(vasp[name]))}).items():
            _put(folder, each, text)
        READERS[Maker.VASP](Path(folder))


@pytest.fixture(scope="module")
def vaspout(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a vaspout.h5."""
    return write_vaspout(tmp_path_factory.mktemp("vaspout") / "vaspout.h5", 2, 2).read_bytes()


@tried(60)
@given(data=st.data())
def test_files_of_hdf5(vaspout: bytes, data: st.DataObject) -> None:
    """A run, or one line."""
    with TemporaryDirectory() as folder, suppress(UserError):
        _put(folder, "vaspout.h5", data.draw(garbled(vaspout)))
        READERS[Maker.VASP](Path(folder))


WORDS = st.sampled_from([row.name for row in COMMANDS]) | st.sampled_from(
    ("-o", "out", "-l", "study.yaml", "CuAu.vasp", "none.yaml", "--miller", "1,0,0", "--format", "csv", "--plane",
     "--log", "--engine", "emt", "--debug", "-vv", "--fix", "--workers", "1", "--max-index", "--profile", "paper",
     *NASTY)
)  # fmt: skip


@tried(60)
@given(st.lists(WORDS, max_size=6))
def test_command_lines(words: list[str]) -> None:
    """Status 0, 1 or 2, nothing written but below the folder where it was called."""
    with TemporaryDirectory() as folder, runs_in_this_process():
        write(Path(folder) / "inside")
        before, here = _names(Path(folder)), Path.cwd()
        os.chdir(Path(folder) / "inside")
        try:
            assert main([word.replace("\0", "") for word in words]) in (0, 1, 2)
        finally:
            os.chdir(here)
        assert {name for name in _names(Path(folder)) if not name.startswith("inside")} <= before


def _names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("name", ["../out.yaml", "/tmp/nzsp_out.yaml", "a/../../out.yaml"])
def test_no_bundle_writes_outside_its_folder(name: str, tmp_path: Path) -> None:
    """A document of the database may hold any name."""
    with pytest.raises(UserError, match="outside"):
        unpack(Bundle("x", "x", "quick", "emt", {name: "text"}), tmp_path / "deep" / "folder")
    assert not list(tmp_path.rglob("*.yaml"))
    assert not Path("/tmp/nzsp_out.yaml").exists()


def test_no_script_comes_into_a_report(tmp_path: Path) -> None:
    """Every text of every row and document holds one; none stands in the page as such."""
    script = "<script>alert(1)</script>"
    write_results(tmp_path)
    for path in tmp_path.glob("*.json"):
        path.write_text(json.dumps(_with(script, json.loads(path.read_text()), path.name)))
    assert script in json.dumps([row.material for row in load_results(tmp_path).surface_energies])
    assert main(["report", str(tmp_path)]) == 0
    assert script not in (tmp_path / "report.html").read_text()


def _with(script: str, data: object, name: str) -> object:
    """The same with the script in texts that people choose."""
    if isinstance(data, list):
        return [_with(script, part, name) for part in data]
    if not isinstance(data, dict):
        return data
    free = ("name", "material", "film", "note", "reason", "model", "command", "reference", "id")
    return {
        key: f"{value}{script}" if key in free and isinstance(value, str) else _with(script, value, name)
        for key, value in data.items()
    }
