"""Where dynamics goes on after a run: positions and velocities of one moment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.calculation import Matrix
from nzsp_surfaces.base.errors import Damaged
from nzsp_surfaces.engines.vasp.reading.header import Header
from nzsp_surfaces.engines.vasp.reading.names import beside
from nzsp_surfaces.engines.vasp.reading.steps import Step
from nzsp_surfaces.engines.vasp.reading.stream import CutOff, chunks

if TYPE_CHECKING:
    from pymatgen.core import Structure

_SAME = 1e-4
"""Å; positions that only the digits of a file tell apart."""
_CURVED = 0.1
"""Å by which a step of dynamics departs from its velocity times the time: 5 eV/Å on hydrogen for 2 fs.

A CONTCAR farther from the last step belongs to another run.
"""


@dataclass(frozen=True)
class RestartState:
    """The moment from which dynamics goes on.

    Attributes:
        structure: of CONTCAR where the velocities come from there, else of the last whole step.
        velocities: (n, 3) Å/fs, of the same moment; None after a single step without CONTCAR.
        source: where the velocities come from: CONTCAR, positions, or nowhere.
        steps: whole ones behind.
        time: fs of the structure, the first step at 0. VASP writes its last step into CONTCAR; other programs, and some
            of its thermostats, one step beyond.
    """

    structure: Structure
    velocities: Matrix | None
    source: str
    steps: int
    time: float


def restarted(path: Path, header: Header, ends: list[Step], count: int) -> RestartState:
    """After so many steps, of which the last ones are given."""
    structure, time = ends[-1].structure(header.elements), header.timestep * (count - 1)
    for contcar in beside(path, "CONTCAR"):
        written = _written(contcar, structure, header.timestep)
        if written is not None:
            beyond = not same_place(structure, written[0])
            return RestartState(*written, "CONTCAR", count, time + beyond * header.timestep)
    velocities = _last_displacement(ends, header.timestep)
    return RestartState(structure, velocities, "positions" if len(ends) > 1 else "nowhere", count, time)


def same_place(one: Structure, other: Structure) -> bool:
    """Whether all atoms of two structures of the same atoms are where they were, but for the digits of a file."""
    lattices = np.abs(one.lattice.matrix - other.lattice.matrix).max()
    return bool(lattices < _SAME and _distances(one, other).max() < _SAME)


def _distances(one: Structure, other: Structure) -> Matrix:
    return np.asarray(np.linalg.norm(_displacements(one, other), axis=1))


def _displacements(one: Structure, other: Structure) -> Matrix:
    """(n, 3) Å, by the shortest way."""
    moved = other.frac_coords - one.frac_coords
    return np.asarray((moved - np.round(moved)) @ one.lattice.matrix)


def _last_displacement(ends: list[Step], timestep: float) -> Matrix | None:
    """(n, 3) Å/fs, of the last two steps; None where there is one."""
    if len(ends) < 2 or timestep <= 0:
        return None
    moved = ends[1].positions - ends[0].positions
    moved -= np.round(moved)
    return np.asarray(moved @ ends[1].lattice / timestep)


def _blank_before_velocities(text: str) -> str:
    """Some programs put the kind of coordinates there, which VASP reads and pymatgen does not."""
    head, line, tail = text.rpartition("\nCartesian\n")
    return f"{head}\n\n{tail}" if line and "irect" in head else text


def _written(contcar: Path, structure: Structure, timestep: float) -> tuple[Structure, Matrix] | None:
    """Positions, and velocities (n, 3) Å/fs; None where the file is torn, or of other atoms or another run."""
    from pymatgen.io.vasp import Poscar

    try:
        text = b"".join(chunks(contcar)).decode("latin-1")
        poscar = Poscar.from_str(_blank_before_velocities(text))
        velocities = np.array(poscar.velocities, float)
    except (OSError, ValueError, IndexError, TypeError, KeyError, Warning, CutOff, Damaged):
        # pymatgen raises a warning as an error where coordinates are torn.
        return None
    if velocities.shape != (len(structure), 3) or poscar.structure.species != structure.species:
        return None
    good = np.isfinite(velocities).all() and _goes_on(structure, poscar.structure, velocities * timestep)
    return (poscar.structure, velocities) if good else None


def _goes_on(last: Structure, written: Structure, step: Matrix) -> bool:
    """Whether atoms are where they were in the last step, as VASP leaves them, or one step on by their velocities."""
    moved = _displacements(last, written)
    beyond = np.linalg.norm(moved - step, axis=1)
    return same_place(last, written) or bool(beyond.max() < _CURVED)
