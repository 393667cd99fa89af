"""A finished run of VASP, taken from its own files alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.finished import FinishedRun, without_forces
from nzsp_surfaces.engines.vasp.reading.names import runs_in
from nzsp_surfaces.engines.vasp.reading.run import VaspRun, read_run
from nzsp_surfaces.engines.vasp.reading.verdict import allowed_steps

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.engines.vasp.reading.header import Header

_FUNCTIONALS = {"PE": "PBE", "PS": "PBEsol", "RP": "RPBE", "91": "PW91", "CA": "LDA", "RE": "revPBE", "AM": "AM05"}
"""What people call GGA's values."""


def finished_vasp_run(folder: Path) -> FinishedRun:
    """The run of a folder: of several that follow one another, the end of the last and the start of the first.

    Raises:
        UserError: there is no run in it, it is damaged, or it holds no whole step.
    """
    run = read_run(folder)
    return FinishedRun(
        path=folder,
        first=_beginning(folder, run),
        calculation=without_forces(_calculation(run)),
        reason=run.verdict.reason,
        static=_is_static(run.header),
        is_dft=run.header.program.lower() == "vasp",
        mesh=None if run.mesh_lengths is None else tuple(float(length) for length in run.mesh_lengths),
        held=_held(run.header),
        charge=float(run.settings["charge"]),
    )


def _beginning(folder: Path, run: VaspRun) -> Structure:
    """Of the first run of a chain where it can be read and has the same atoms."""
    earliest = runs_in(folder)[-1:]
    if not earliest or earliest[0] == run.path:
        return run.first
    try:
        first = read_run(earliest[0]).first
    except UserError:
        return run.first
    return first if first.species == run.first.species else run.first


def _calculation(run: VaspRun) -> Calculation:
    return Calculation(
        structure=run.structure,
        energy=run.energy,
        forces=run.forces,
        converged=run.verdict.good,
        max_force=run.max_force,
        steps=run.n_ionic_steps,
        engine=_identity(run),
        settings=_settings(run),
        notes=run.notes,
    )


def _identity(run: VaspRun) -> EngineIdentity:
    """Program, functional and release: patches of a release compute the same."""
    release = ".".join(run.header.version.split(".")[:2])
    return EngineIdentity(run.header.program.lower() or "unknown", _functional(run.settings), release)


def _functional(settings: dict[str, Any]) -> str:
    named = settings.get("METAGGA") or settings.get("GGA") or "unknown functional"
    hybrid = " hybrid" if settings.get("LHFCALC") else ""
    return f"{_FUNCTIONALS.get(str(named), named)}{hybrid}"


def _settings(run: VaspRun) -> dict[str, Any]:
    """What runs must agree in; potentials by element, since a film's compound has fewer; the charge stands apart."""
    agreeing = {name: value for name, value in run.settings.items() if name not in ("POTCAR", "charge")}
    elements = run.header.types or tuple(dict.fromkeys(run.header.elements))
    return {**agreeing, "potentials": dict(zip(elements, run.header.potcars, strict=False))}


def _is_static(header: Header) -> bool:
    return allowed_steps(header) == 0 or int(header.tag("IBRION", -1)) == -1


def _held(header: Header) -> tuple[int, ...]:
    if header.free is None:
        return ()
    return tuple(int(number) for number in np.flatnonzero(~header.free.all(axis=1)))
