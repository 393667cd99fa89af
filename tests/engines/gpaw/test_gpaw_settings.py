"""GPAW as a study chooses it: its settings, what it lacks, and what it refuses before anything runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from nzsp_surfaces.base.content import digest
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.base import Ask, ChosenEngine
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.gpaw.calculator import kpoints
from nzsp_surfaces.engines.gpaw.cost import check_memory, cost
from nzsp_surfaces.engines.gpaw.entry import ENTRY
from nzsp_surfaces.engines.gpaw.settings import GpawSettings, read_settings
from nzsp_surfaces.engines.registry import choose

INPUTS = Path(__file__).parents[3] / "inputs" / "gpaw"


def chosen(settings: Path | None = None) -> ChosenEngine:
    """GPAW with the settings of a folder."""
    return choose(EngineKeys("gpaw", settings=settings), {}, "study.yaml")


def test_the_files_of_inputs_can_be_read_and_the_fine_one_says_the_defaults() -> None:
    """A user copies them."""
    assert read_settings(INPUTS / "fine") == GpawSettings() == read_settings(None)
    assert read_settings(INPUTS / "quick").cutoff == 500


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cutof: 400", ["gpaw.yaml:1", "cutof", "cutoff"]),
        ("cutoff: -1", ["gpaw.yaml:1", "'cutoff' must be positive"]),
        ("smearing: -0.1", ["gpaw.yaml:1", "'smearing' must not be negative"]),
    ],
)
def test_a_mistake_in_the_settings_is_one_line_with_its_place(text: str, words: list[str], tmp_path: Path) -> None:
    """File, line, key, and what there is instead."""
    (tmp_path / "gpaw.yaml").write_text(text)
    with pytest.raises(UserError) as error:
        chosen(tmp_path)
    assert "\n" not in str(error.value)
    assert all(word in str(error.value) for word in words), error.value


def test_settings_are_part_of_the_key_but_not_the_way_to_a_density() -> None:
    """Another cutoff is another key; a remedy leads to the same ground state."""
    fine, quick = chosen(), chosen(INPUTS / "quick")
    assert digest(fine.content([Ask.SLAB])) != digest(quick.content([Ask.SLAB]))
    assert replace(GpawSettings(), max_scf=7).compared == GpawSettings().compared
    assert replace(GpawSettings(), length=8).compared != GpawSettings().compared


def test_a_command_that_is_not_there_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the list of engines, when a study is checked, and before a run begins."""
    monkeypatch.setenv("NZSP_GPAW_CMD", "no_such_launcher -n 4 python")
    assert ENTRY.missing == ("no_such_launcher -n 4 python",)
    assert ENTRY.version is None
    for ask in (lambda: chosen().check(["O"], "study.yaml"), lambda: chosen().ready({}), lambda: chosen().make({})):
        with pytest.raises(UserError, match=r"no_such_launcher.*CC=g\+\+ pip install gpaw gpaw-data"):
            ask()


@pytest.mark.skipif(bool(ENTRY.missing), reason=f"GPAW is not here: {ENTRY.install}")
def test_elements_without_a_potential_are_refused_by_name() -> None:
    """Before anything runs, and the others pass."""
    chosen().check(["Na", "Zr", "P", "Si", "O"], "study.yaml")
    with pytest.raises(UserError, match=r"study.yaml: engine 'gpaw' has no PBE potential for Lr, Og;"):
        chosen().check(["O", "Og", "Lr"], "study.yaml")


def test_k_points_follow_vasps_rule_for_an_automatic_mesh() -> None:
    """The reciprocal vectors count, not the lengths: fcc Na3PO4 needs 5 where its vectors would give 4."""
    assert kpoints(bulk("NaCl", "rocksalt", 7.4), 20.0) == (5, 5, 5)
    slab = Atoms("H", cell=[9.0, 9.2, 28.0], pbc=True)
    assert kpoints(slab, 8.0) == (1, 1, 1)
    assert kpoints(slab, 20.0) == (3, 3, 1)


def test_cost_grows_with_the_cell_and_what_does_not_fit_into_memory_is_refused() -> None:
    """Before it begins, with how much it needs."""
    atoms, settings = Atoms("Na72", positions=np.zeros((72, 3)), cell=[9.0, 9.2, 21.0], pbc=True), GpawSettings()
    one, mesh = cost(atoms, settings, (1, 1, 1)), cost(atoms, settings, (2, 2, 1))
    assert one.memory < mesh.memory
    assert one.seconds < mesh.seconds
    check_memory(atoms, settings, (1, 1, 1))
    with pytest.raises(UserError, match=r"72 atoms need about \d+ GB, and this machine has"):
        check_memory(Atoms("Na72", positions=np.zeros((72, 3)), cell=[900.0] * 3, pbc=True), settings, (1, 1, 1))
