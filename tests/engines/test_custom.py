"""Bring your own calculator: identity by content, and one line for everything that it may lack."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nzsp_surfaces.base.content import digest
from nzsp_surfaces.base.errors import Incomparable, UserError
from nzsp_surfaces.energies.surface import surface_energy
from nzsp_surfaces.engines.base import Ask, ChosenEngine, DynamicsSettings, Engine, RelaxSettings
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose
from support.crystals import structure

LENNARD_JONES = "ase.calculators.lj:LennardJones"

MODULE = """
import numpy as np
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT

class Plain(EMT):
    def __init__(self, weights=None, depth=1):
        super().__init__()
        self.weights = weights and open(weights).read()

class NoStress(Calculator):
    implemented_properties = ["energy", "forces"]
    def calculate(self, atoms, properties, changes):
        super().calculate(atoms, properties, changes)
        self.results = {"energy": 0.0, "forces": np.zeros((len(atoms), 3))}

class NoForces(Calculator):
    implemented_properties = ["energy"]

class Undeclared(Calculator):
    pass

class NotANumber(Calculator):
    implemented_properties = ["energy", "forces", "stress"]
    def __init__(self, energy=0.0, force=0.0):
        super().__init__()
        self.values = float(energy), float(force)
    def calculate(self, atoms, properties, changes):
        super().calculate(atoms, properties, changes)
        energy, force = self.values
        self.results = {"energy": energy, "forces": np.full((len(atoms), 3), force), "stress": np.zeros(6)}

def factory(**given):
    return EMT()

def nothing():
    return {}

def stumbles():
    raise RuntimeError("no weights\\nhere")

number = 7
"""

Own = Callable[..., ChosenEngine]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Own:
    """Chooses a calculator of a module that lies beside the study; every test has its own module."""
    name = f"own_{digest(str(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / f"broken_{name}.py").write_text("import no_such_library")
    (tmp_path / f"wrong_{name}.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(str(tmp_path))

    def chosen(calculator: str, **arguments: object) -> ChosenEngine:
        return choose(EngineKeys(calculator=calculator.replace("own", name), arguments=arguments), {}, "study.yaml")

    return chosen


def silent(_step: int, _value: float) -> None:
    """No report."""


def test_any_calculator_of_ase_is_an_engine(tmp_path: Path) -> None:
    """By its path alone or with arguments; identity, content and results say both."""
    bare = choose(LENNARD_JONES, {}, "test")
    given = choose(EngineKeys(calculator=LENNARD_JONES, arguments={"sigma": 2.3, "epsilon": 0.4}), {}, "test")
    from ase import __version__

    assert (given.identity.name, given.identity.version) == (LENNARD_JONES, __version__)
    assert (bare.identity.model, given.identity.model) == ("no arguments", "sigma=2.3, epsilon=0.4")
    assert digest(bare.content([Ask.SLAB])) != digest(given.content([Ask.SLAB]))
    given.check(["Cu"], "study.yaml")
    given.ready({})
    done = given.make({}).relax(structure("Cu"), RelaxSettings(0.05, 200, cell=True), tmp_path, silent)
    assert done.converged
    assert done.engine == given.identity
    assert done.settings == {"calculator": LENNARD_JONES, "argument sigma": 2.3, "argument epsilon": 0.4}
    assert given.make({}) is given.make({})


def test_an_argument_with_another_value_makes_energies_incomparable(own: Own, tmp_path: Path) -> None:
    """Also where only one of both gives it, and however deep it lies."""
    one, other = (own("own:factory", table=table).make({}) for table in ({"a": {"b": 1}}, {"a": {"b": 2}}))
    found = [engine.single_point(structure("Cu"), tmp_path) for engine in (one, other)]
    assert found[0].settings != found[1].settings
    with pytest.raises(Incomparable):
        surface_energy(found[0], found[1], 10.0)


def test_a_file_counts_by_its_content_wherever_it_lies(own: Own, tmp_path: Path) -> None:
    """Moved and renamed it is the same engine, edited it is another."""
    first, second = tmp_path / "a.pt", tmp_path / "elsewhere.pt"
    first.write_text("weights")
    second.write_text("weights")
    before, moved = (own("own:Plain", weights=str(path)) for path in (first, second))
    assert before.content([Ask.SLAB]) == moved.content([Ask.SLAB])
    assert before.identity == moved.identity
    assert str(tmp_path) not in str(before.content([Ask.SLAB]))
    was = before.content([Ask.SLAB]), before.identity
    first.write_text("other weights")
    assert before.content([Ask.SLAB]) != was[0]
    assert before.identity != was[1]


def test_a_file_is_found_from_another_folder(own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was chosen from one folder is made in another."""
    (tmp_path / "weights.pt").write_text("weights")
    monkeypatch.chdir(tmp_path)
    engine = own("own:Plain", weights="weights.pt")
    os.chdir("/")
    assert engine.make({}).single_point(structure("Cu"), tmp_path).energy


def test_an_edited_module_is_another_engine(own: Own, tmp_path: Path) -> None:
    """A file of the user's own has no version: its text counts."""
    before = own("own:Plain").identity
    assert before.version.startswith("unversioned, sha256:")
    (module,) = tmp_path.glob("own_*.py")
    module.write_text(MODULE + "# edited")
    assert own("own:Plain").identity != before


@pytest.mark.parametrize(
    ("calculator", "arguments", "words"),
    [
        ("no_such_package.calculators:C", {}, ["no module 'no_such_package' here", "PYTHONPATH"]),
        ("broken_own:C", {}, ["no module 'no_such_library' here"]),
        ("wrong_own:C", {}, ["fails with ZeroDivisionError: division by zero"]),
        ("own:Missing", {}, ["has no 'Missing'"]),
        ("own:number", {}, ["neither a class nor a function"]),
        ("own:Plain", {"wights": "a"}, ["'wights'", "it takes weights, depth"]),
        ("own:nothing", {"a": 1}, ["'a'", "takes no arguments"]),
        ("own:NoForces", {}, ["gives no forces"]),
    ],
)
def test_what_is_wrong_with_a_calculator_is_one_line_before_anything_runs(
    own: Own, calculator: str, arguments: dict[str, object], words: list[str]
) -> None:
    """With the study's name, and how to mend it."""
    with pytest.raises(UserError) as error:
        own(calculator, **arguments).check(["Cu"], "study.yaml")
    assert str(error.value).startswith("study.yaml: ")
    assert "\n" not in str(error.value)
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize(
    ("calculator", "word"),
    [("own:nothing", "makes a dict, which is no ASE calculator"), ("own:stumbles", "no weights here")],
)
def test_a_calculator_that_cannot_be_made_is_told_before_anything_runs(own: Own, calculator: str, word: str) -> None:
    """`ready` makes it once."""
    engine = own(calculator)
    engine.check(["Cu"], "study.yaml")
    with pytest.raises(UserError, match=word) as error:
        engine.ready({})
    assert "\n" not in str(error.value)


def test_without_stress_no_cell_is_relaxed(own: Own, tmp_path: Path) -> None:
    """Zero stress would pass for a relaxed cell; slabs need none."""
    engine = own("own:NoStress")
    assert engine.abilities == frozenset(Ask) - {Ask.CELL}
    assert own("own:factory").abilities == frozenset(Ask)
    made = engine.make({})
    assert made.relax(structure("Cu"), RelaxSettings(0.05, 5), tmp_path, silent).converged
    with pytest.raises(UserError, match="gives no stress, which the relaxation of a cell needs"):
        made.relax(structure("Cu"), RelaxSettings(0.05, 5, cell=True), tmp_path / "..", silent)


def test_what_only_shows_when_asked_is_one_line(own: Own, tmp_path: Path) -> None:
    """A class that declares nothing and computes nothing."""
    with pytest.raises(UserError, match=r"gives no forces \(forces property not implemented\); choose"):
        own("own:Undeclared").make({}).single_point(structure("Cu"), tmp_path)


def asked(engine: Engine, ask: Ask, folder: Path) -> None:
    """Ask an engine for one thing."""
    crystal = structure("Cu")
    if ask is Ask.POINT:
        engine.single_point(crystal, folder)
    elif ask is Ask.DYNAMICS:
        engine.dynamics(crystal, DynamicsSettings(temperature=300, duration=4), folder, silent)
    else:
        engine.relax(crystal, RelaxSettings(0.05, 5, cell=ask is Ask.CELL), folder, silent)


@pytest.mark.parametrize("arguments", [{"energy": "nan"}, {"force": "nan"}, {"energy": "-inf"}, {"force": "inf"}])
@pytest.mark.parametrize("ask", Ask)
def test_what_is_not_a_number_is_no_result(own: Own, ask: Ask, arguments: dict[str, str], tmp_path: Path) -> None:
    """Whatever is asked for: an error instead of a result, and nothing on record to go on from."""
    engine = own("own:NotANumber", **arguments).make({})
    with pytest.raises(UserError, match="not a number"):
        asked(engine, ask, tmp_path)
    assert not any(path.name in ("evaluations.bin", "segment.json") for path in tmp_path.iterdir())


@pytest.mark.parametrize(("arguments", "device"), [({"device": "cuda:1"}, "cuda"), ({"device": "cpu"}, "cpu")])
def test_a_device_among_the_arguments_is_the_device(own: Own, arguments: dict[str, str], device: str) -> None:
    """It decides no result's identity by itself: an argument like others."""
    assert own("own:factory", **arguments).device() == device
