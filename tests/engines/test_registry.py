"""The registry: what every entry promises, how keys choose an engine, and one line for each mistake."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import asdict, make_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from nzsp_surfaces.base.calculation import Calculation
from nzsp_surfaces.base.content import digest
from nzsp_surfaces.base.errors import Incomparable, UserError
from nzsp_surfaces.base.yaml import read_text
from nzsp_surfaces.energies.surface import surface_energy
from nzsp_surfaces.engines import devices
from nzsp_surfaces.engines.ase.potential import PotentialEntry
from nzsp_surfaces.engines.base import Ask, ChosenEngine
from nzsp_surfaces.engines.entry import EngineEntry, EngineKeys
from nzsp_surfaces.engines.registry import DEFAULT, choose, engines

POTENTIALS = [entry for entry in engines() if isinstance(entry, PotentialEntry)]


def some(entry: EngineEntry) -> ChosenEngine:
    """An engine of the entry, whatever keys that takes."""
    if isinstance(entry, PotentialEntry):
        return choose(EngineKeys(entry.name, modal=next(iter(entry.modals), None)), {}, "test")
    return choose("ase.calculators.lj:LennardJones" if "calculator" in entry.keys else entry.name, {}, "test")


@pytest.mark.parametrize("entry", engines(), ids=lambda entry: entry.name)
def test_a_chosen_engine_keeps_what_its_entry_promises(entry: EngineEntry) -> None:
    """It goes to another process and stays the same, and its content is plain data with its identity."""
    engine = some(entry)
    again = pickle.loads(pickle.dumps(engine))
    content = engine.content(frozenset(Ask))
    assert json.loads(json.dumps(content)) == again.content(frozenset(Ask)) == content
    assert content["engine"] == asdict(engine.identity)
    assert engine.name == engine.identity.name
    assert (again.identity, again.is_dft, again.parallel) == (engine.identity, entry.is_dft, engine.parallel)
    assert engine.abilities <= entry.abilities
    assert engine.device()


def test_names_are_given_once_and_the_default_is_among_them() -> None:
    """A name leads to one engine."""
    names = [entry.name for entry in engines()]
    assert len(set(names)) == len(names)
    assert DEFAULT in names


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("sevenet", ["unknown engine 'sevenet'", "sevennet-0"]),
        ("sevennet-mf0", ["needs a 'modal'", "PBE or R2SCAN", "{name: sevennet-mf0, modal: PBE}"]),
        (EngineKeys("sevennet-mf0", "SCAN"), ["no modal 'SCAN'", "PBE or R2SCAN"]),
        (EngineKeys("sevennet-0", "PBE"), ["'sevennet-0' takes no 'modal'"]),
        (EngineKeys("vasp", "PBE"), ["'vasp' takes no 'modal' (it takes settings, surrogate, magmom, hubbard_u)"]),
        (EngineKeys("emt", settings=Path("inputs/vasp")), ["'emt' takes no 'settings'"]),
        (EngineKeys("emt", arguments={"asap_cutoff": True}), ["'emt' takes no 'arguments'"]),
        (EngineKeys("vasp", settings=Path("/nowhere")), ["/nowhere: no such folder"]),
        ("numpy.linalg", ["unknown engine 'numpy.linalg'"]),
        ("a b:C", ["must be written package.module:Class"]),
        ("a.b:", ["must be written package.module:Class"]),
    ],
)
def test_a_mistake_in_the_keys_is_one_line(given: str | EngineKeys, words: list[str]) -> None:
    """What is wrong, and what there is instead."""
    with pytest.raises(UserError) as error:
        choose(given, {}, "study.yaml: engine")
    assert "\n" not in str(error.value)
    assert all(word in str(error.value) for word in words), error.value


def test_an_engine_that_is_not_installed_says_how_to_install_it() -> None:
    """The missing module and the extra are named, whether it is checked or asked for."""
    lacking = replace(POTENTIALS[0], needs=("no_such_module",), extra="sevennet", package="no_such_package")
    engine = lacking.choose(EngineKeys(lacking.name), "test")
    assert engine.identity.version == "not installed"
    for ask in (lambda: engine.check(["O"], "study.yaml"), lambda: engine.make({})):
        with pytest.raises(UserError, match=r"no_such_module is missing.*pip install 'nzsp-surfaces\[sevennet\]'"):
            ask()


@pytest.mark.parametrize("entry", POTENTIALS, ids=lambda entry: entry.name)
def test_an_element_that_a_potential_does_not_know_is_told_before_anything_runs(entry: PotentialEntry) -> None:
    """By name, and the others pass."""
    if entry.missing:
        pytest.skip(f"{entry.name} is not installed")
    engine = some(entry)
    engine.check(["O", "Cu"], "study.yaml")
    with pytest.raises(UserError, match=r"study.yaml: engine '.*' does not know Og, Po;"):
        engine.check(["O", "Po", "Og"], "study.yaml")


@pytest.mark.parametrize("model", ["7net-0", pytest.param("7net-l3i5", marks=pytest.mark.slow), "7net-mf-0"])
def test_elements_and_modals_are_those_of_the_checkpoint(model: str) -> None:
    """What the registry says without loading a model is what the model says."""
    util = pytest.importorskip("sevenn.util")
    from ase.data import chemical_symbols

    config = util.load_checkpoint(model).config
    (entry,) = (entry for entry in POTENTIALS if entry.model == model)
    assert {chemical_symbols[number] for number in config["_type_map"]} == entry.elements
    assert set(config.get("_modal_map") or ()) == set(entry.modals)


def test_two_modals_are_two_engines() -> None:
    """Another identity, another content; and their energies are never subtracted."""
    pbe, r2scan = (choose(EngineKeys("sevennet-mf0", modal), {}, "test") for modal in ("PBE", "R2SCAN"))
    assert pbe.name == r2scan.name
    assert pbe.identity != r2scan.identity
    assert digest(pbe.content([Ask.SLAB])) != digest(r2scan.content([Ask.SLAB]))


def test_the_settings_of_calculators_are_compared(copper: Calculation) -> None:
    """Energies of one engine with other settings are refused, whichever engine it is; the setting is named."""
    assert surface_energy(copper, copper, 10.0).gamma == 0
    other = replace(copper, settings={**copper.settings, "model": "another"})
    with pytest.raises(Incomparable, match="model: EMT and another"):
        surface_energy(copper, other, 10.0)


@pytest.fixture
def copper(tmp_path: Path) -> Calculation:
    """Energy of copper by EMT."""
    from support.crystals import structure

    return choose("emt", {}, "test").make({}).single_point(structure("Cu"), tmp_path)


@pytest.mark.parametrize("name", ["nothing", "/dev/null"])
def test_the_device_is_what_torch_says_where_torch_is_asked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a driver torch need not be loaded to know it."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(devices, "DRIVERS", (name,))
    monkeypatch.setattr(devices, "version", lambda _: "2.4.1")
    devices.torch_device.cache_clear()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert devices.torch_device() == ("cuda" if name == "/dev/null" else "cpu")
    devices.torch_device.cache_clear()


def test_the_list_of_engines_loads_no_model() -> None:
    """`nzsp engines` tells everything without torch on a machine without a graphics processor."""
    code = "import sys; from nzsp_surfaces.cli.main import main; main(['engines']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *table, loaded = done.stdout.split()
    assert all(word in table for word in ("device", "abilities", "DFT", "sevennet-mf0", "chgnet-r2scan", "vasp"))
    assert loaded == str(devices.torch_device() == "cuda")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("engine: emt", "emt"),
        ("engine: {name: sevennet-mf0, modal: PBE}", EngineKeys("sevennet-mf0", "PBE")),
        (
            "engine:\n  calculator: a.b:C\n  arguments: {n: 2, x: 1e-3, on: true, no: NO, none: ~, all: [1, {a: .5}]}",
            EngineKeys(
                calculator="a.b:C",
                arguments={"n": 2, "x": 1e-3, "on": True, "no": "NO", "none": None, "all": [1, {"a": 0.5}]},
            ),
        ),
        ("engine: {name: vasp, settings: mine}", EngineKeys("vasp", settings=Path("inputs/mine"))),
    ],
)
def test_a_study_says_a_name_or_keys(text: str, keys: Any) -> None:
    """Short or in full; arguments are plain data, each of its own type."""
    assert read_text(text, _study(), Path("inputs/study.yaml")).engine == keys


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("engine: 3", ":1: 'engine' must be text (in quotes if it looks like a number), not 3"),
        ("engine: [emt]", ":1: 'engine' must be text (in quotes if it looks like a number) or a mapping (key: value)"),
        ("engine:\n  nme: emt", ":2: unknown key 'nme' in 'engine'; did you mean 'name'?"),
        ("engine:\n  modal: PBE", ":1: engine: give either 'name', as sevennet-0, or 'calculator'"),
        ("engine: {name: emt, calculator: 'a:B'}", ":1: engine: give either 'name', as sevennet-0, or 'calculator'"),
        ("engine:\n  calculator: a:B\n  arguments: [1]", ":3: 'engine.arguments' must be a mapping"),
        (
            "engine:\n  calculator: a:B\n  arguments:\n    x: 1e999",
            ":4: 'engine.arguments.x' must be a number, not 1e999",
        ),
        (
            "engine:\n  calculator: a:B\n  arguments:\n    x: !!python/name:os.system y",
            ":4: 'engine.arguments.x' must be plain data",
        ),
        ("engine:\n  calculator: a:B\n  arguments:\n    x: {1: 2}", ":4: a key must be text, not 1"),
        ("engine:\n  calculator: a:B\n  arguments:\n    x: &a [*a]", ": nested too deeply"),
        ("engine:\n  calculator: a:B\n  arguments:\n    x: {a: 1, a: 2}", ":4: key 'a' given twice"),
    ],
)
def test_a_mistake_in_the_keys_names_its_line(text: str, message: str) -> None:
    """As for every key of a study."""
    with pytest.raises(UserError) as error:
        read_text(text, _study(), Path("inputs/study.yaml"))
    assert str(error.value).startswith(f"inputs/study.yaml{message}")


def _study() -> type[Any]:
    """A study that has nothing but an engine."""
    return make_dataclass("Study", [("engine", str | EngineKeys), ("anneal_engine", str | EngineKeys | None, None)])
