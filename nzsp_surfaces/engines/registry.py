"""The engines by name: what each needs, and how it is loaded."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nzsp_surfaces.engines.ase.engine import AseEngine
    from nzsp_surfaces.engines.vasp.engine import VaspEngine
    from nzsp_surfaces.engines.vasp.settings import Kind, VaspSettings

VASP = "vasp"
DEFAULT = "sevennet-0"


@dataclass(frozen=True, slots=True)
class Entry:
    """An engine that a study can name.

    Attributes:
        name: in studies and on the command line.
        model: weights or parameters.
        package: of the Python package index, whose version counts; empty for a program that the worker names.
        needs: modules that must be importable.
        extra: of this package that installs them; empty where nothing more is needed.
        load: makes the ASE calculator.
        about: one line for people.
        potential: True for machine-learned potentials, whose weights ship inside their wheels.
    """

    name: str
    model: str
    package: str
    needs: tuple[str, ...]
    extra: str
    load: Callable[[], Any]
    about: str
    potential: bool = True

    @property
    def missing(self) -> tuple[str, ...]:
        """Modules that are not installed here."""
        return tuple(module for module in self.needs if importlib.util.find_spec(module) is None)

    @property
    def version(self) -> str | None:
        """Of the installed package."""
        try:
            return version(self.package) if self.package else None
        except PackageNotFoundError:
            return None


def _sevennet_0() -> Any:
    return _sevennet("7net-0")


def _sevennet_l3i5() -> Any:
    return _sevennet("7net-l3i5")


def _sevennet(model: str) -> Any:
    import torch

    if torch.cuda.is_available():
        from sevenn.calculator import SevenNetCalculator

        return SevenNetCalculator(model, device="cuda")
    from nzsp_surfaces.engines.ase.sevennet_cpu import fast_sevennet_calculator

    return fast_sevennet_calculator(model)


def _chgnet() -> Any:
    from chgnet.model.dynamics import CHGNetCalculator

    return CHGNetCalculator()


def _emt() -> Any:
    from ase.calculators.emt import EMT

    return EMT()


def _no_calculator() -> Any:
    raise TypeError("VASP is no ASE calculator here; see vasp_engine")


ENGINES = {
    entry.name: entry
    for entry in (
        Entry("sevennet-0", "7net-0", "sevenn", ("torch", "sevenn", "numba"), "sevennet", _sevennet_0,
              "universal potential, 3 to 9 % below the published surface energies; the default"),
        Entry("sevennet-l3i5", "7net-l3i5", "sevenn", ("torch", "sevenn", "numba"), "sevennet", _sevennet_l3i5,
              "universal potential, larger sibling of the default"),
        Entry("chgnet", "CHGNet 0.3.0", "chgnet", ("torch", "chgnet"), "chgnet", _chgnet,
              "universal potential, about 18 % below the published surface energies"),
        Entry("emt", "EMT", "ase", ("ase",), "", _emt,
              "effective medium theory for Al, Cu, Ag, Au, Ni, Pd, Pt: for tests", potential=False),
        Entry(VASP, "PBE", "", ("custodian",), "", _no_calculator,
              "density functional theory, under custodian; NZSP_VASP_CMD starts it", potential=False),
    )
}  # fmt: skip


def entry(name: str, where: str = "engine") -> Entry:
    """An installed engine.

    Raises:
        UserError: unknown, or not installed here.
    """
    found = _known(name, where)
    if found.missing:
        raise UserError(
            f"{where}: engine '{name}' is not installed here, {', '.join(found.missing)} is missing; "
            f"run: pip install 'nzsp-surfaces[{found.extra}]'"
        )
    return found


def _known(name: str, where: str) -> Entry:
    if name not in ENGINES:
        raise UserError(f"{where}: unknown engine '{name}'; known are {', '.join(ENGINES)}")
    return ENGINES[name]


def identity(name: str) -> EngineIdentity:
    """Name, model and version of an engine, without loading it; slabs can be built where it is not installed.

    Raises:
        UserError: unknown.
    """
    found = _known(name, "engine")
    return EngineIdentity(found.name, found.model, found.version or ("not installed" if found.package else "as found"))


def load(name: str) -> AseEngine:
    """An engine ready to compute, one thread."""
    from nzsp_surfaces.engines.ase.engine import AseEngine

    return AseEngine(identity(name), entry(name).load())


def vasp_engine(settings: Mapping[Kind, VaspSettings], worker: Mapping[str, str]) -> VaspEngine:
    """VASP with a study's settings and a worker's commands; see `custody.vasp_commands`.

    Raises:
        UserError: no command, or its program is not found.
    """
    from nzsp_surfaces.engines.vasp.custody import vasp_commands
    from nzsp_surfaces.engines.vasp.engine import VaspEngine

    return VaspEngine(identity(VASP), settings, vasp_commands(worker))
