"""CP2K as a study chooses it: its settings, what it lacks, and what it refuses before anything runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.base.content import digest
from nzsp_surfaces.base.errors import Incomparable, UserError
from nzsp_surfaces.energies.surface import surface_energy
from nzsp_surfaces.engines.base import Ask, ChosenEngine
from nzsp_surfaces.engines.cp2k.calculator import repeats
from nzsp_surfaces.engines.cp2k.cost import check_memory
from nzsp_surfaces.engines.cp2k.data import data_folder
from nzsp_surfaces.engines.cp2k.settings import Cp2kSettings, read_settings
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose, engines
from support.crystals import structure

INPUTS = Path(__file__).parents[3] / "inputs" / "cp2k"


def chosen(settings: Path | None = None) -> ChosenEngine:
    """CP2K with the settings of a folder."""
    return choose(EngineKeys("cp2k", settings=settings), {}, "study.yaml")


def has_data() -> bool:
    """Whether CP2K's data is here."""
    try:
        return data_folder().is_dir()
    except UserError:
        return False


needs_data = pytest.mark.skipif(not has_data(), reason="CP2K's data is not here: apt-get install cp2k-data")


def test_the_files_of_inputs_can_be_read_and_the_fine_one_says_the_defaults() -> None:
    """A user copies them."""
    assert read_settings(INPUTS / "fine") == Cp2kSettings() == read_settings(None)
    assert read_settings(INPUTS / "quick").basis == "DZVP-MOLOPT-SR-GTH"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cutof: 400", ["cp2k.yaml:1", "cutof", "cutoff"]),
        ("basis: SZV", ["cp2k.yaml:1", "SZV", "DZVP-MOLOPT-SR-GTH"]),
        ("cutoff: -1", ["cp2k.yaml:1", "'cutoff' must be positive"]),
        ("solver: magic", ["cp2k.yaml:1", "magic", "diagonalisation"]),
    ],
)
def test_a_mistake_in_the_settings_is_one_line_with_its_place(text: str, words: list[str], tmp_path: Path) -> None:
    """File, line, key, and what there is instead."""
    (tmp_path / "cp2k.yaml").write_text(text)
    with pytest.raises(UserError) as error:
        chosen(tmp_path)
    assert "\n" not in str(error.value)
    assert all(word in str(error.value) for word in words), error.value


def test_a_folder_without_settings_is_refused(tmp_path: Path) -> None:
    """A mistyped folder must not mean the defaults."""
    with pytest.raises(UserError, match=r"holds no cp2k.yaml; write one"):
        chosen(tmp_path)


def test_settings_are_part_of_the_key_and_of_each_calculation() -> None:
    """Another cutoff is another key, and slab and bulk of unlike cutoffs are never subtracted."""
    fine, quick = chosen(), chosen(INPUTS / "quick")
    assert digest(fine.content([Ask.SLAB])) != digest(quick.content([Ask.SLAB]))
    crystal, settings = structure("MgO"), Cp2kSettings()
    forces = np.zeros((len(crystal), 3))
    identity = EngineIdentity("cp2k", "PBE, GTH", "2023.1")
    one = Calculation(crystal, -1.0, forces, True, 0.0, 1, identity, settings.compared)
    assert surface_energy(one, one, 10.0).gamma == 0
    with pytest.raises(Incomparable, match=r"cutoff: 500.0 and 400.0"):
        surface_energy(one, replace(one, settings=replace(settings, cutoff=400.0).compared), 10.0)


def test_the_way_to_a_density_is_not_compared() -> None:
    """A remedy leads to the same ground state."""
    assert replace(Cp2kSettings(), solver="ot", max_scf=7).compared == Cp2kSettings().compared


def test_a_missing_program_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the list of engines, when a study is checked, and before a run begins."""
    monkeypatch.setenv("NZSP_CP2K_CMD", "no_such_cp2k -s")
    (entry,) = (entry for entry in engines() if entry.name == "cp2k")
    assert entry.missing == ("no_such_cp2k -s",)
    assert entry.version is None
    engine = chosen()
    assert engine.identity.version == "not installed"
    for ask in (lambda: engine.check(["O"], "study.yaml"), lambda: engine.ready({}), lambda: engine.make({})):
        with pytest.raises(UserError, match=r"no_such_cp2k -s.*apt-get install cp2k cp2k-data"):
            ask()


def test_the_command_of_a_worker_comes_first() -> None:
    """A cluster's worker names its own."""
    with pytest.raises(UserError, match="'mine' is not found"):
        chosen().ready({"cp2k_cmd": "mine"})


@needs_data
def test_elements_without_basis_or_potential_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything runs, and the others pass."""
    monkeypatch.setenv("NZSP_CP2K_CMD", "true")
    chosen().check(["Na", "Zr", "P", "Si", "O"], "study.yaml")
    with pytest.raises(UserError, match=r"study.yaml: engine 'cp2k' has no TZVP-MOLOPT-PBE-GTH .* for Lr, Og;"):
        chosen().check(["O", "Og", "Lr"], "study.yaml")


def test_data_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the variable that says where it is."""
    monkeypatch.setenv("CP2K_DATA_DIR", str(tmp_path))
    with pytest.raises(UserError, match=r"POTENTIAL_UZH.*cp2k-data.*CP2K_DATA_DIR"):
        data_folder()


@pytest.mark.parametrize("length", [0.0, 4.0, 8.0, 11.0])
def test_a_cell_is_repeated_until_its_planes_are_far_enough_apart_and_no_further(length: float) -> None:
    """Spacings of lattice planes count, not lengths: a slanted cell is longer than it is thick."""
    primitive = bulk("MgO", "rocksalt", a=4.21)
    counts = np.array(repeats(primitive, length))
    spacings = 1 / np.linalg.norm(primitive.cell.reciprocal(), axis=1)
    assert (counts * spacings >= length - 1e-6).all()
    assert ((counts == 1) | ((counts - 1) * spacings < length)).all()


def test_what_evidently_does_not_fit_into_memory_is_refused() -> None:
    """Before it begins, with how much it needs."""
    huge = Atoms("Na", cell=[2000.0] * 3, pbc=True)
    with pytest.raises(UserError, match=r"1 atoms need about \d+ GB, and this machine has"):
        check_memory(huge, Cp2kSettings())
    check_memory(bulk("MgO", "rocksalt", a=4.21), Cp2kSettings())
