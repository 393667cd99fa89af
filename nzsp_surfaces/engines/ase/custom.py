"""Bring your own calculator: any class or factory of an ASE calculator, named by its module."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.ase.potential import loaded
from nzsp_surfaces.engines.base import Ask, ChosenEngine
from nzsp_surfaces.engines.devices import torch_device
from nzsp_surfaces.engines.entry import EngineEntry, EngineKeys, plain_options

if TYPE_CHECKING:
    from nzsp_surfaces.engines.ase.engine import AseEngine

LONGEST_DESCRIPTION = 80
"""Characters of the arguments in the name of a model; all of them stand in the settings of each calculation."""


@dataclass(frozen=True, kw_only=True)
class CustomEntry(EngineEntry):
    """The entry for every calculator that this package does not know by name."""

    def answers(self, keys: EngineKeys) -> bool:
        """Whether a calculator is given instead of a name."""
        return keys.calculator is not None

    def choose(self, keys: EngineKeys, where: str) -> ChosenEngine:
        """The calculator with its arguments; files among them by their whole path.

        Raises:
            UserError: the calculator is not written as package.module:Class.
        """
        module, _, name = (keys.calculator or "").partition(":")
        if not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
            raise UserError(
                f"{where}: calculator '{keys.calculator}' must be written package.module:Class, "
                "as ase.calculators.lj:LennardJones"
            )
        return CustomCalculator(f"{module}:{name}", with_files(keys.arguments, lambda path: str(path.absolute())))

    def device(self) -> str:
        """The calculator's own choice, known once one is chosen."""
        return "its own"


@dataclass(frozen=True)
class CustomCalculator:
    """A calculator of the user's as a study chooses it.

    Attributes:
        path: of the class or factory, as package.module:Class.
        arguments: that it is called with.
    """

    path: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    parallel: int | None = None
    is_dft: bool = False

    @property
    def name(self) -> str:
        """The path: two packages may have classes of one name."""
        return self.path

    @property
    def identity(self) -> EngineIdentity:
        """Class, arguments and version; a file among the arguments stands for its content, wherever it lies."""
        said = ", ".join(f"{name}={_written(value)}" for name, value in with_files(self.arguments, _brief).items())
        shortened = said if len(said) <= LONGEST_DESCRIPTION else f"{said[: LONGEST_DESCRIPTION - 3]}..."
        return EngineIdentity(self.name, shortened or "no arguments", _version(self.path.partition(":")[0]))

    @property
    def abilities(self) -> frozenset[Ask]:
        """Everything, or no relaxation of cells where the class says that it has no stress."""
        stress_is_known_to_lack = "stress" not in (_properties(self.path) or ("stress",))
        return frozenset(Ask) - {Ask.CELL} if stress_is_known_to_lack else frozenset(Ask)

    def content(self, asks: Iterable[Ask] = ()) -> dict[str, Any]:
        """Class, version and arguments, with the SHA-256 of files; the same whatever is asked for."""
        hashed = with_files(self.arguments, _sha256)
        return {"engine": asdict(self.identity), "calculator": self.path, **plain_options({"arguments": hashed})}

    def check(self, elements: Collection[str], where: str) -> None:
        """Look whether the calculator can be imported, takes the arguments and gives forces; nothing is loaded.

        Raises:
            UserError: it cannot, does not, or gives none.
        """
        made = _imported(self.path, where)
        try:
            inspect.signature(made).bind(**self.arguments)
        except TypeError as error:
            raise self._other_arguments(made, error, where) from error
        except ValueError:
            pass  # a factory in another language, which says what it takes when it is called
        if "forces" not in (_properties(self.path) or ("forces",)):
            raise UserError(f"{where}: calculator {self.path} gives no forces; choose one whose properties have them")

    def ready(self, worker: Mapping[str, str]) -> None:
        """Make the calculator once: what it refuses is told before anything is computed.

        Raises:
            UserError: it cannot be made.
        """
        self.make({})

    def make(self, worker: Mapping[str, str]) -> AseEngine:
        """The engine, loaded once in a process.

        Raises:
            UserError: the calculator cannot be imported, refuses its arguments, or is none.
        """
        return loaded(self.content(), self.identity, self._settings, self._calculator)

    def device(self) -> str:
        """The device among the arguments; else cpu where torch could use nothing else, or the calculator's choice."""
        given = self.arguments.get("device")
        if isinstance(given, str):
            return given.partition(":")[0]
        return "cpu" if torch_device() == "cpu" else "its own"

    @property
    def _settings(self) -> dict[str, Any]:
        """One value an argument, since tables in the settings of two calculations are compared in what both have."""
        hashed = with_files(self.arguments, _sha256)
        return {"calculator": self.path, **{f"argument {name}": _written(value) for name, value in hashed.items()}}

    def _calculator(self) -> Any:
        where = "engine"
        made = _imported(self.path, where)
        try:
            calculator = made(**self.arguments)
        except TypeError as error:
            raise self._other_arguments(made, error, where) from error
        except Exception as error:
            raise UserError(f"{where}: calculator {self.path} cannot be made: {_one_line(error)}") from error
        if not all(hasattr(calculator, method) for method in ("get_potential_energy", "get_forces")):
            raise UserError(f"{where}: {self.path} makes a {type(calculator).__name__}, which is no ASE calculator")
        return calculator

    def _other_arguments(self, made: Any, error: TypeError, where: str) -> UserError:
        return UserError(f"{where}: calculator {self.path}: {_one_line(error)}; {_known_arguments(made)}")


def with_files(arguments: Mapping[str, Any], change: Callable[[Path], Any]) -> dict[str, Any]:
    """Arguments of a calculator in which each text that is the path of an existing file is changed.

    Args:
        change: what takes the place of the path, also within lists and mappings.
    """

    def changed(value: Any) -> Any:
        if isinstance(value, str) and _is_file(value):
            return change(Path(value))
        if isinstance(value, Mapping):
            return {name: changed(each) for name, each in value.items()}
        return [changed(each) for each in value] if isinstance(value, list | tuple) else value

    return {name: changed(value) for name, value in arguments.items()}


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a path, or with a zero byte
        return False


def _sha256(path: Path) -> str:
    state = path.stat()
    return _sha256_of(path, state.st_mtime_ns, state.st_size)


@cache
def _sha256_of(path: Path, _changed: int, _size: int) -> str:
    """The sum of a file's content, taken once while the file stays as it is: weights are large."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _brief(path: Path) -> str:
    """Two files of one calculator are two models, and one file is one model wherever it lies."""
    return f"file {_sha256(path)[7:15]}"


def _written(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _imported(path: str, where: str) -> Any:
    """The class or factory.

    Raises:
        UserError: the module cannot be imported, or has no such name.
    """
    module, _, names = path.partition(":")
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UserError(
            f"{where}: calculator {path}: no module '{error.name}' here; install it, or add its folder to PYTHONPATH"
        ) from error
    except Exception as error:
        told = f"{type(error).__name__}: {_one_line(error)}"
        raise UserError(f"{where}: calculator {path}: importing {module} fails with {told}") from error
    for name in names.split("."):
        if not hasattr(found, name):
            raise UserError(
                f"{where}: calculator {path}: '{module}' has no '{names}'; correct the name after the colon"
            )
        found = getattr(found, name)
    if not callable(found):
        raise UserError(
            f"{where}: calculator {path} is neither a class nor a function; name one that makes a calculator"
        )
    return found


def _properties(path: str) -> tuple[str, ...] | None:
    """What the class says that it computes; None where it cannot be known before it is made."""
    try:
        found = _imported(path, "engine")
    except UserError:
        return None
    declared = getattr(found, "implemented_properties", None) if inspect.isclass(found) else None
    return tuple(declared) if isinstance(declared, list | tuple) and declared else None


def _known_arguments(made: Any) -> str:
    """The names of the arguments that a class or factory takes, in words."""
    try:
        parameters = inspect.signature(made).parameters.values()
    except ValueError:
        return "see its documentation for what it takes"
    open_ended = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    names = [p.name for p in parameters if p.kind not in open_ended]
    names += [name for name in getattr(made, "default_parameters", {}) if name not in names]
    return f"it takes {', '.join(names)}" if names else "it takes no arguments by name"


_distributions = cache(packages_distributions)
"""Which distributions bring a top-level package; all that are installed have to be looked through."""


def _version(module: str) -> str:
    """Version of the distribution that brings a module; of a file of the user's own, the SHA-256 of its text."""
    found = _distributions().get(module.partition(".")[0])
    if found:
        return version(found[0])
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError, AttributeError):
        spec = None
    source = Path(spec.origin) if spec and spec.origin and _is_file(spec.origin) else None
    return f"unversioned, {_sha256(source)}" if source else "not installed"


ENTRIES = (
    CustomEntry(
        name="package.module:Class",
        model="its arguments",
        about="bring your own ASE calculator, as {calculator: mace.calculators:mace_mp, arguments: {model: small}}",
        needs=("ase",),
        keys=("calculator", "arguments", "surrogate"),
    ),
)
