"""A VASP run from vaspout.h5, which VASP 6 writes where it was built with HDF5.

Written after the published layout of the file; none of VASP's own hand was at hand to try it on. So nothing here is
guessed in favour of a run: what the file does not tell is not converged, and what it may tell in two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.calculation import Matrix
from nzsp_surfaces.base.errors import Damaged, UserError
from nzsp_surfaces.base.units import EV_PER_K
from nzsp_surfaces.engines.vasp.reading.header import Header, checked
from nzsp_surfaces.engines.vasp.reading.steps import Energies, Step
from nzsp_surfaces.engines.vasp.reading.stream import CutOff, chunks, is_bomb

_MOTION = "intermediate/ion_dynamics"
_NEEDED = ("energies", "forces", "position_ions", "lattice_vectors")
_BLOCK = 64
"""Number of steps that are read at once."""
_FREE = ("free energy TOTEN", "ion-electron TOTEN")
"""Names of the free energy F: at rest, and in dynamics."""


@dataclass(frozen=True)
class H5Run:
    """What vaspout.h5 says before and beside its steps.

    Attributes:
        path: of the file.
        header: of the settings only those that were given, since the file holds no defaults.
        n_steps: of which energies, forces and geometry are all there.
        loops: (n,) steps of each electronic loop, 0 where the file does not tell.
        met: (n,) whether each loop met its limit as the file says; None where it does not.
    """

    path: Path
    header: Header
    n_steps: int
    loops: tuple[int, ...]
    met: tuple[bool, ...] | None

    def steps(self, first: int = 0) -> Iterator[Step]:
        """Whole steps one by one, in memory that does not grow with their number.

        Raises:
            Damaged: energies cannot be told apart, or arrays are of other atoms.
        """
        with _opened(self.path) as file:
            for begin in range(first, self.n_steps, _BLOCK):
                yield from self._block(file[_MOTION], begin, min(begin + _BLOCK, self.n_steps))

    def _block(self, motion: Any, begin: int, end: int) -> Iterator[Step]:
        scale = float(np.ravel(motion["scale"][()])[0]) if "scale" in motion else 1.0
        energies = self._energies(motion, begin, end)
        lattices, positions, forces = (
            self._finite(motion[name][begin:end], name) for name in ("lattice_vectors", "position_ions", "forces")
        )
        shape = (end - begin, len(self.header.elements), 3)
        if positions.shape != shape or forces.shape != shape or lattices.shape != (end - begin, 3, 3):
            raise Damaged(f"{self.path}: its arrays are of other atoms than it names; give vasprun.xml instead")
        stress = motion["stress"][begin:end] if "stress" in motion and len(motion["stress"]) >= end else None
        for number, row in enumerate(energies):
            yield Step(
                **vars(row),
                lattice=scale * lattices[number],
                positions=positions[number],
                forces=forces[number],
                stress=None if stress is None else self._finite(stress[number], "stress"),
                electronic=self.loops[begin + number],
            )

    def trace(self) -> Matrix:
        """(n, 4): time fs, temperature K, potential energy eV, total energy eV; arrays of atoms are not read."""
        with _opened(self.path) as file:
            rows = self._energies(file[_MOTION], 0, self.n_steps)
        found = [(row.temperature, row.energy, row.total) for row in rows]
        time = self.header.timestep * np.arange(self.n_steps)
        return np.column_stack([time, np.array(found, float).reshape(-1, 3)])

    def _energies(self, motion: Any, begin: int, end: int) -> list[Energies]:
        names = [" ".join(_text(name).split()) for name in motion["energies_tags"][()]]
        values = self._finite(motion["energies"][begin:end], "energies")
        if values.ndim != 2 or values.shape[1] != len(names):
            raise Damaged(f"{self.path}: has other energies than names of them; give vasprun.xml instead")
        return [self._energy(dict(zip(names, row.tolist(), strict=True))) for row in values]

    def _energy(self, said: dict[str, float]) -> Energies:
        """Of a step. In dynamics the file holds no E0, and F stands for it."""
        free = next((said[name] for name in _FREE if name in said), None)
        moving = self.header.tag("IBRION", -1) == 0
        energy = said.get("energy(sigma->0)", free if moving else None)
        if free is None or energy is None:
            raise Damaged(f"{self.path}: names no energy that is known ({', '.join(said)}); give vasprun.xml instead")
        kinetic = said.get("kinetic energy EKIN")
        heat = None if kinetic is None or not moving else 2 * kinetic / (self.header.freedoms * EV_PER_K)
        return Energies(
            energy=energy,
            free_energy=free,
            kinetic=kinetic,
            total=said.get("total energy ETOTAL", free + (kinetic or 0.0)),
            temperature=heat,
        )

    def _finite(self, values: npt.NDArray[Any], name: str) -> Matrix:
        numbers = np.asarray(values, float)
        if not np.isfinite(numbers).all():
            raise Damaged(f"{self.path}: {name} holds infinite numbers; look at OUTCAR")
        return numbers


def read_h5(path: Path) -> H5Run:
    """Read what vaspout.h5 says, without the numbers of its steps.

    Raises:
        UserError: h5py is not installed.
        Damaged: VASP did not close it, it lacks what VASP writes, or energies in it may mean two things.
    """
    with _opened(path) as file:
        _check_sizes(file, path)
        if _MOTION not in file or any(name not in file[_MOTION] for name in (*_NEEDED, "energies_tags")):
            raise Damaged(f"{path}: lacks energies, forces or positions of its steps; give vasprun.xml instead")
        header, motion = checked(_header(file, path), path), file[_MOTION]
        # What falls to the pressure, and which step a geometry belongs to, would be guesses.
        for tag, usual in (("PSTRESS", 0), ("NBLOCK", 1)):
            if header.tag(tag, usual) != usual:
                raise Damaged(f"{path}: was written with {tag}, which is read from vasprun.xml only; give that file")
        # Written one after the other, so that a crash leaves some of them a step longer.
        steps = min(len(motion[name]) for name in _NEEDED)
        loops = _loops(motion, steps)
        return H5Run(path, header, steps, loops or (0,) * steps, _met(motion, loops, steps, header))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        import h5py
    except ImportError as error:
        raise UserError(f"{path}: needs h5py to be read; pip install 'nzsp_surfaces[hdf5]'") from error
    try:
        with _plain(path) as content, h5py.File(content, "r") as file:
            yield file
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
        told = " ".join(str(error).split())
        raise Damaged(f"{path}: VASP did not close it, or it is damaged ({told}); give vasprun.xml instead") from error


@contextmanager
def _plain(path: Path) -> Iterator[Path | IO[bytes]]:
    """The file, unpacked on the disk for as long as it is read where it is compressed."""
    if path.suffix == ".h5":
        yield path
        return
    with TemporaryFile() as unpacked:
        try:
            unpacked.writelines(chunks(path))
        except CutOff:
            raise Damaged(f"{path}: ends too early; copy it again, or give vasprun.xml instead") from None
        yield unpacked


def _check_sizes(file: Any, path: Path) -> None:
    """Refuse arrays that claim far more than the file holds: what was never written reads as zeros without end."""

    def look(name: str, entry: Any) -> None:
        if hasattr(entry, "nbytes") and is_bomb(entry.nbytes, entry.id.get_storage_size()):
            raise Damaged(f"{path}: {name} claims {entry.nbytes >> 20} MB that are not in the file; copy it again")

    file.visititems(look)


def _loops(motion: Any, steps: int) -> tuple[int, ...]:
    """Electronic steps of each loop; empty where the file does not tell of every one."""
    if "oszicar" not in motion or "oszicar_label" not in motion:
        return ()
    names = [_text(name) for name in motion["oszicar_label"][()]]
    counted = motion["oszicar"][:, names.index("N")].astype(int)
    starts = np.flatnonzero(counted == 1)
    if len(starts) < steps:
        return ()
    return tuple(np.diff([*starts, len(counted)])[:steps].tolist())


def _met(motion: Any, loops: tuple[int, ...], steps: int, header: Header) -> tuple[bool, ...] | None:
    """By VASP's own flag, 0 where a loop met its limit, since 6.5; else by how long the loops were."""
    flags = motion.get("electronic_step_converged")
    if flags is not None and len(flags) >= steps:
        return tuple(bool(flag == 0) for flag in np.reshape(flags[()], (len(flags), -1))[:steps, 0])
    limit = int(header.tag("NELM", 60))
    return tuple(loop < limit for loop in loops) if loops else None


# --- what is said beside the steps


def _header(file: Any, path: Path) -> Header:
    place = next((file[name] for name in ("results/positions", "input/poscar") if f"{name}/ion_types" in file), None)
    if place is None:
        raise Damaged(f"{path}: names no atoms; give vasprun.xml instead")
    counts = np.ravel(place["number_ion_types"][()]).tolist()
    if sum(counts) != file[_MOTION]["position_ions"].shape[1]:
        raise Damaged(f"{path}: its arrays are of other atoms than it names; give vasprun.xml instead")
    # VASP names a type by its potential, too.
    kinds = [re.split("[_/]", _text(kind))[0] for kind in place["ion_types"][()]]
    potcar = _said(file, "input/potcar/content") or _said(file, "original/potcar/content")
    valences = [float(count) for count in re.findall(r"ZVAL\s*=\s*([\d.]+)", potcar)]
    masses = [float(mass) for mass in re.findall(r"POMASS\s*=\s*([\d.]+)", potcar)]
    return Header(
        program="vasp",
        version=".".join(str(int(file[f"version/{part}"][()])) for part in ("major", "minor", "patch")),
        incar=_incar(file),
        parameters={},
        kpoints=_mesh(file),
        elements=tuple(np.repeat(kinds, counts).tolist()),
        masses=np.repeat(masses if len(masses) == len(kinds) else [np.nan] * len(kinds), counts),
        potcars=tuple(" ".join(title.split()) for title in re.findall(r"TITEL\s*=(.*)", potcar)),
        free=_free(place),
        types=tuple(kinds),
        neutral=float(np.dot(valences, counts)) if len(valences) == len(counts) else None,
    )


def _incar(file: Any) -> dict[str, Any]:
    """Tags that were given, the cutoff by the name it has in vasprun.xml."""
    found = {name.upper(): _value(entry[()]) for name, entry in file.get("input/incar", {}).items()}
    return {"ENMAX" if name == "ENCUT" else name: value for name, value in found.items()}


def _value(value: Any) -> Any:
    plain = np.asarray(value).tolist()
    return _text(plain) if isinstance(plain, bytes | str) else plain


def _mesh(file: Any) -> dict[str, Any]:
    divisions = [_value(file[f"input/kpoints/nkp{axis}"][()]) for axis in "xyz" if f"input/kpoints/nkp{axis}" in file]
    return {"scheme": _said(file, "input/kpoints/mode"), "divisions": divisions} if divisions else {}


def _free(place: Any) -> npt.NDArray[np.bool_] | None:
    found = place.get("selective_dynamics_ions")
    return None if found is None else np.asarray(found[()], bool)


def _said(file: Any, name: str) -> str:
    return _text(file[name][()]) if name in file else ""


def _text(value: Any) -> str:
    plain = np.asarray(value).tolist()
    return (plain.decode("latin-1") if isinstance(plain, bytes) else str(plain)).strip()
