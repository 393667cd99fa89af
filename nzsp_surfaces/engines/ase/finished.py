"""A finished run of any program as extended XYZ: geometries with energies and forces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.base.errors import Damaged
from nzsp_surfaces.crystals.crystal import pymatgen_structure
from nzsp_surfaces.engines.finished import FinishedRun, without_forces

if TYPE_CHECKING:
    from ase import Atoms

PROGRAMS = ("engine", "program", "code", "calculator")
"""Keys of the comment line that name who computed it; the first that is there counts."""
MODELS = ("functional", "xc", "model")
"""Keys that name the functional or the weights."""
SETTINGS = ("settings", "cutoff", "basis", "kpts", "kpoints", "grid", "spin", "dispersion")
"""Keys that runs must agree in."""


def finished_extended_xyz(path: Path) -> FinishedRun:
    """The first and the last geometry of a file, with what its comment line says of how they were computed.

    Raises:
        Damaged: it cannot be read, or holds no cell, energy or forces.
    """
    first, last = _frames(path)
    if not last.cell.rank == 3:
        raise Damaged(f"{path}: holds no cell; write it with Lattice in its second line")
    info = first.info | last.info
    forces = np.asarray(last.get_forces(), float)
    return FinishedRun(
        path=path,
        first=pymatgen_structure(first),
        calculation=without_forces(_calculation(last, forces, info)),
        static=True,
        judged=False,
        is_dft=bool(info.get("is_dft", False)),
        held=tuple(int(i) for constraint in last.constraints for i in getattr(constraint, "index", ())),
        charge=float(info.get("charge", 0.0)),
    )


def _frames(path: Path) -> tuple[Atoms, Atoms]:
    from ase.io import read

    try:
        first, last = read(path, index=0, format="extxyz"), read(path, index=-1, format="extxyz")
        last.get_potential_energy(), last.get_forces()
    except Exception as error:  # readers raise whatever comes
        raise Damaged(f"{path}: no extended XYZ with energies and forces ({error}); write it with ase.io") from error
    return first, last


def _calculation(atoms: Atoms, forces: np.ndarray[Any, Any], info: dict[str, Any]) -> Calculation:
    largest = float(np.linalg.norm(forces, axis=1).max())
    settings = {name: _plain(info[name]) for name in SETTINGS if name in info}
    named = EngineIdentity(_first(info, PROGRAMS), _first(info, MODELS), str(info.get("version", "")))
    energy = float(atoms.get_potential_energy())
    return Calculation(pymatgen_structure(atoms), energy, forces, True, largest, 1, named, settings)  # noqa: FBT003


def _first(info: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((str(info[name]) for name in names if name in info), "unknown")


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
