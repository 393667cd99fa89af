"""Traces of dynamics as CSV, and back."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.crystals.crystal import ase_atoms, pymatgen_structure

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core import Structure

    from nzsp_surfaces.engines.base import Trajectory

Vectors = npt.NDArray[np.float64]

HEADER = "time_fs,temperature_K,potential_energy_eV"


@dataclass(frozen=True, slots=True)
class Trace:
    """A molecular dynamics run against time.

    Attributes:
        time: (n,) fs.
        temperature: (n,) K.
        potential_energy: (n,) eV, of the whole cell.
        target: temperature of the thermostat, K.
    """

    time: Vectors
    temperature: Vectors
    potential_energy: Vectors
    target: float

    def thinned(self, points: int) -> Trace:
        """Every n-th entry, so that at most `points` are left."""
        step = -(-len(self.time) // points)
        return Trace(self.time[::step], self.temperature[::step], self.potential_energy[::step], self.target)


@dataclass(frozen=True, slots=True)
class Frames:
    """Moments of a molecular dynamics run.

    Attributes:
        structure: the first.
        positions: (k, n, 3) Å, not wrapped.
        times: (k,) fs.
    """

    structure: Structure
    positions: Vectors
    times: Vectors

    def thinned(self, count: int) -> Frames:
        """At most so many of them at even steps, and at least the first."""
        step = max(1, -(-len(self.times) // max(1, count)))
        return Frames(self.structure, self.positions[::step], self.times[::step])


def write_trace(trace: Vectors, directory: Path, name: str) -> str:
    """Write (n, 3) times in fs, temperatures in K and energies in eV; return the path within the directory."""
    lines = [HEADER, *(f"{time:g},{temperature:.2f},{energy:.6f}" for time, temperature, energy in trace)]
    (directory / "traces").mkdir(exist_ok=True)
    write_atomically(directory / "traces" / f"{name}.csv", "\n".join(lines) + "\n")
    return f"traces/{name}.csv"


def write_frames(start: Structure, run: Trajectory, directory: Path, name: str) -> str | None:
    """Write the frames of dynamics as extended XYZ, not wrapped; return the path, None where there are none.

    Args:
        start: the first structure.
    """
    from ase.io.extxyz import write_extxyz

    if not len(run.frames):
        return None
    text, stride = io.StringIO(), run.settings.stride
    write_extxyz(text, [_image(start, frame, run.trace[n * stride]) for n, frame in enumerate(run.frames)])
    (directory / "traces").mkdir(exist_ok=True)
    write_atomically(directory / "traces" / f"{name}.xyz", text.getvalue())
    return f"traces/{name}.xyz"


def _image(start: Structure, frame: Vectors, moment: Vectors) -> Atoms:
    atoms = ase_atoms(start)
    atoms.positions = frame
    atoms.info = dict(zip(HEADER.split(","), (float(x) for x in moment), strict=True))
    return atoms


def read_frames(path: Path) -> Frames:
    """The frames of dynamics from extended XYZ.

    Raises:
        UserError: the file is missing or damaged.
    """
    from ase.io.extxyz import read_xyz

    try:
        with path.open(encoding="utf-8") as file:
            images = list(read_xyz(file, slice(None)))
        times = np.array([float(image.info[HEADER.split(",")[0]]) for image in images])
        return Frames(pymatgen_structure(images[0]), np.array([image.positions for image in images]), times)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise UserError(f"{path}: cannot be read as a trajectory ({error}); write it again with nzsp run") from error


def read_trace(path: Path, target: float) -> Trace:
    """A trace from CSV.

    Args:
        target: temperature of the thermostat, K.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        with path.open(encoding="utf-8") as file:
            lines = file.read().splitlines()[1:]
        time, temperature, energy = np.array([[float(x) for x in line.split(",")] for line in lines]).T
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as a trace ({error}); write it again with nzsp run") from error
    return Trace(time, temperature, energy, target)
