"""VASP as an entry of the registry: what its results depend on, and inputs written as a run would use them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymatgen.core import SETTINGS, Structure

from nzsp_surfaces.base.content import digest
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.engines.base import Ask, DynamicsSettings, Engine, RelaxSettings
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose
from nzsp_surfaces.engines.vasp.entry import ANSWERED_BY, ChosenVasp
from nzsp_surfaces.engines.vasp.settings import PURPOSES, VaspSettings, changed, default_settings, other_than_default
from nzsp_surfaces.engines.vasp.writer import InputsWriter
from support.crystals import structure
from support.vasp_commands import command, library

MOVE = DynamicsSettings(temperature=400, duration=20, timestep=2, seed=7)


def silent(_step: int, _value: float) -> None:
    """No report."""


def test_the_defaults_are_no_part_of_the_content() -> None:
    """Only identity and rules are left: a new setting, at its default, invalidates no result."""
    assert set(choose("vasp", {}, "test").content(Ask)) == {"engine", "rules"}


def test_a_default_is_not_changed_without_a_word() -> None:
    """Results are kept by what differs from the defaults: who changes one of these raises the number
    of VASP's rules.
    """
    pinned = {purpose: digest(vars(default_settings(purpose))) for purpose in PURPOSES}
    assert pinned == PINNED


PINNED = {
    "bulk": "d901e152daff3aede957",
    "slab": "f60cfa79c19f215760ac",
    "aimd": "caf13216793dba7c0c9b",
    "static": "fcba446e4c72320ff659",
}


@pytest.mark.parametrize("ask", Ask)
def test_a_result_depends_on_the_settings_that_its_question_is_answered_with(ask: Ask, tmp_path: Path) -> None:
    """A tag in the file of another purpose leaves it as it was."""
    own = ANSWERED_BY[ask]
    for purpose in PURPOSES:
        folder = tmp_path / purpose
        folder.mkdir()
        (folder / f"{purpose}.yaml").write_text(f"kind: {purpose}\nincar: {{ALGO: All, NELMIN: null}}\n")
        content = choose("vasp", {"vasp": folder}, "test").content([ask])
        assert json.loads(json.dumps(content)) == content
        assert content.get(own) == ({"incar": {"ALGO": "All", "NELMIN": None}} if purpose == own else None)


OTHERS: list[dict[str, Any]] = [
    {"kpoint_length": 30.0},
    {"gamma_only": True},
    {"potentials": {"Na": "Na_pv"}},
    {"functional": "PBE_54"},
    {"magmom": {"Fe": 5.0}},
    {"hubbard_u": {"Fe": 5.3}},
    {"incar": {"ENCUT": 520.0}},
]


def test_every_setting_can_be_seen_in_the_content() -> None:
    """Each field of the settings, changed, stands there; the purpose is the key that it stands under."""
    assert {name for other in OTHERS for name in other} == {f.name for f in fields(VaspSettings)} - {"purpose"}
    for other in OTHERS:
        said = other_than_default(replace(default_settings("bulk"), **other))
        assert set(said) == set(other)


def test_a_folder_among_the_keys_comes_before_the_study_s(tmp_path: Path) -> None:
    """The key 'settings' of an engine wins."""
    for name, cutoff in (("one", 520), ("other", 540)):
        (tmp_path / name).mkdir()
        for purpose in ("bulk", "slab"):
            (tmp_path / name / f"{purpose}.yaml").write_text(f"kind: {purpose}\nincar: {{ENCUT: {cutoff}}}\n")
    given = EngineKeys("vasp", settings=tmp_path / "other")
    found = choose(given, {"vasp": tmp_path / "one"}, "test").content([Ask.SLAB])
    assert found["slab"] == {"incar": {"ENCUT": 540.0}}


def test_missing_potentials_and_commands_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` looks for potentials, `ready` for the command."""
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(library(tmp_path / "potentials")))
    monkeypatch.delenv("NZSP_VASP_CMD", raising=False)
    engine = choose("vasp", {}, "test")
    engine.check(["Cu"], "study.yaml")
    with pytest.raises(UserError, match="no potential"):
        engine.check(["Cu", "U"], "study.yaml")
    engine.ready({"vasp_cmd": command()})
    with pytest.raises(UserError, match="NZSP_VASP_CMD"):
        engine.ready({})


def slab() -> Structure:
    """Copper with a free face on either side, a layer moved."""
    cell = structure("Cu")
    side = 3.61 + 1 / 3e6  # more digits than VASP prints of a cell
    box = [[side, 0, 0], [0, side, 0], [0, 0, 15.0]]
    thin = Structure(box, cell.species, cell.cart_coords, coords_are_cartesian=True)
    thin.translate_sites([0], [0.0, 0.0, 0.003])
    return thin


def questions(engine: Engine, folder: Path) -> Iterator[Path]:
    """Ask for everything, and give the folder whose first leg holds the inputs of each."""
    engine.relax(structure("Cu"), RelaxSettings(0.05, 60, cell=True), folder / "cell", silent)
    yield folder / "cell"
    engine.relax(slab(), RelaxSettings(0.05, 50, held=(1,)), folder / "polar", silent)
    yield folder / "polar"
    engine.relax(slab(), RelaxSettings(0.04, 50), folder / "alike", silent, identity_flip(len(slab())))
    yield folder / "alike"
    engine.single_point(slab(), folder / "point")
    yield folder / "point"
    engine.dynamics(structure("Cu"), MOVE, folder / "move", silent)
    yield folder / "move/eased"
    yield folder / "move/dynamics"


def identity_flip(atoms: int) -> Flip:
    """Tells that the faces are alike, which is all that VASP is told of it."""
    return Flip(np.eye(3), np.zeros(3), np.arange(atoms))


@pytest.mark.filterwarnings("ignore")
def test_the_inputs_that_are_written_are_those_that_a_run_begins_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same questions to the writer and to VASP: byte by byte the same files in each first leg."""
    pytest.importorskip("vpmdk_core", reason="vpmdk is not installed: pip install 'nzsp-surfaces[test]'")
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(library(tmp_path / "potentials")))
    tags = {"NELMIN": 5}
    chosen = ChosenVasp({purpose: changed(default_settings(purpose), tags) for purpose in PURPOSES})
    writer = chosen.writer()
    folders = list(questions(chosen.make({"vasp_cmd": command()}), tmp_path / "run"))
    assert len(list(questions(writer, tmp_path / "written"))) == len(writer.asked)
    assert not (tmp_path / "written").exists()
    for folder, noted in zip(folders, writer.asked, strict=True):
        for name, text in noted.inputs.files.items():
            assert (folder / "leg_01" / name).read_text() == text, f"{folder.name}: {name}"
    assert ["LDIPOL" in noted.inputs.incar for noted in writer.asked] == [False, True, False, False, False, False]
    purposes = [noted.inputs.settings.purpose for noted in writer.asked]
    assert purposes == ["bulk", "slab", "slab", "static", "aimd", "aimd"]


def test_a_writer_s_answers_are_the_questions() -> None:
    """The structure as it came and nothing gained; dynamics say which thermostat VASP would have."""
    writer = InputsWriter({purpose: default_settings(purpose) for purpose in PURPOSES})
    found = writer.relax(slab(), RelaxSettings(0.05, 50), Path(), silent)
    assert (found.structure, found.energy, found.converged, found.max_force) == (slab(), 0.0, True, 0.0)
    assert found.forces.shape == (len(slab()), 3)
    moved = writer.dynamics(slab(), MOVE, Path(), silent)
    assert (moved.structure, moved.settings, moved.thermostat) == (slab(), MOVE, "Langevin, friction 10 /ps")
    assert moved.trace.shape[1] == 3
