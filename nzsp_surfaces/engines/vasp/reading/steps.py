"""Ionic steps of a VASP run in one pass over its file; a step counts when its end has come."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.calculation import Matrix
from nzsp_surfaces.base.errors import Damaged
from nzsp_surfaces.base.units import EV_PER_A3_PER_KBAR, EV_PER_K
from nzsp_surfaces.engines.vasp.reading.arrays import matrices
from nzsp_surfaces.engines.vasp.reading.header import Header, read_header
from nzsp_surfaces.engines.vasp.reading.names import located
from nzsp_surfaces.engines.vasp.reading.stream import HEADER, CutOff, attribute, elements

if TYPE_CHECKING:
    from pymatgen.core import Structure

_ENERGY = re.compile(rb"""<i name\s*=\s*["']\s*(e_fr_energy|e_0_energy|kinetic|total)\s*["'][^>]*>([^<]*)<""")
_NEEDED = {b"structure", b"forces", b"energy"}
"""Elements that a result needs."""
_BEFORE = b"the step before"
"""Under which name the last step but one of an electronic loop is kept."""
_TOGETHER = 16
"""Steps whose arrays are read in one go: more are no faster, and as much text is kept."""


@dataclass(frozen=True)
class Energies:
    """Energies of one ionic step.

    Attributes:
        energy: eV, E0: extrapolated to no smearing, without pressure times volume.
        free_energy: eV, F, whose gradient the forces are; without pressure times volume.
        kinetic: eV of the atoms; None outside dynamics.
        total: eV, potential and kinetic and, where VASP adds it up, thermostat; the free energy outside dynamics.
        temperature: K; None outside dynamics.
    """

    energy: float
    free_energy: float
    kinetic: float | None
    total: float
    temperature: float | None


@dataclass(frozen=True)
class Step(Energies):
    """Energies, geometry and forces of one ionic step.

    Attributes:
        lattice: (3, 3) Å, rows.
        positions: (n, 3) fractions.
        forces: (n, 3) eV/Å.
        stress: (3, 3) kB as VASP prints it, positive where the cell would expand; None where it was not computed.
        electronic: steps of the electronic loop.
    """

    lattice: Matrix
    positions: Matrix
    forces: Matrix
    stress: Matrix | None
    electronic: int

    def structure(self, species: tuple[str, ...]) -> Structure:
        """The structure of this step, for the elements of its atoms."""
        from pymatgen.core import Structure

        return Structure(self.lattice, species, self.positions)


@dataclass(frozen=True)
class RawStep:
    """A whole ionic step as text; numbers are read when asked for.

    Attributes:
        path: of the file.
        header: what the file says before its steps.
        number: from 0.
        text: of its elements by name, of arrays by their own; of the electronic loop the last two steps.
        electronic: steps of the electronic loop.
    """

    path: Path
    header: Header
    number: int
    text: dict[bytes, bytes]
    electronic: int

    @property
    def time(self) -> float:
        """Time of the step in fs, the first at 0."""
        return self.header.timestep * self.number

    def energies(self) -> Energies:
        """Energies of the step without pressure times volume, which VASP adds to them but not in its electronic loop.

        E0 is F of the step plus E0 - F of the loop: VASP writes a wrong E0 at the end of a step, while the loop knows
        nothing of dispersion corrections.
        """
        said, loop = self._named(b"energy"), self._named(b"scstep")
        if "e_fr_energy" not in said:
            raise Damaged(f"{self.path}: a step has no 'e_fr_energy'; run VASP again")
        free, kinetic = said["e_fr_energy"] - self._pressure_work(), said.get("kinetic")
        return Energies(
            energy=free + loop.get("e_0_energy", 0.0) - loop.get("e_fr_energy", 0.0),
            free_energy=free,
            kinetic=kinetic,
            total=said.get("total", free + (kinetic or 0.0)),
            temperature=_temperature(kinetic, self.header),
        )

    def change(self) -> float | None:
        """Last change of the free energy in the electronic loop, eV; None after a single step."""
        now, before = self._named(b"scstep").get("e_fr_energy"), self._named(_BEFORE).get("e_fr_energy")
        return None if now is None or before is None else now - before

    def step(self) -> Step:
        """The step with all of its numbers."""
        return self.read(matrices(self.arrays(), self.path))

    def arrays(self) -> list[bytes]:
        """Text of its lattice, positions and forces, and of its stress where there is one."""
        inner = self._inner()
        found = [inner.get(b"basis", b""), inner.get(b"positions", b""), self.text[b"forces"]]
        return [*found, self.text[b"stress"]] if b"stress" in self.text else found

    def read(self, numbers: Sequence[Matrix]) -> Step:
        """The step with the numbers of its arrays."""
        lattice, positions, forces, *stress = numbers
        if not len(positions) == len(forces) == len(self.header.elements) or len(lattice) != 3:
            raise Damaged(f"{self.path}: a step has {len(forces)} forces on {len(positions)} atoms; run VASP again")
        return Step(
            **vars(self.energies()),
            lattice=lattice,
            positions=positions,
            forces=forces,
            stress=stress[0] if stress else None,
            electronic=self.electronic,
        )

    def _named(self, name: bytes) -> dict[str, float]:
        """Energies by name; none where there is no such element."""
        found = _ENERGY.findall(self.text.get(name, b""))
        try:
            return {label.decode(): float(value) for label, value in found}
        except ValueError as error:
            raise Damaged(f"{self.path}: an energy is no number ({error}); look at OUTCAR") from error

    def _pressure_work(self) -> float:
        pressure = self.header.tag("PSTRESS", 0.0)
        if not pressure:
            return 0.0
        (lattice,) = matrices([self._inner().get(b"basis", b"")], self.path)
        return float(pressure * EV_PER_A3_PER_KBAR * abs(np.linalg.det(lattice)))

    def _inner(self) -> dict[bytes, bytes]:
        """Arrays in the structure by name, as text."""
        text, found = self.text[b"structure"], dict[bytes, bytes]()
        start = text.find(b"<varray")
        while start >= 0:
            end = text.find(b"</varray>", start)
            array = text[start:end]
            found[attribute(array)] = array
            start = text.find(b"<varray", end)
        return found


def _temperature(kinetic: float | None, header: Header) -> float | None:
    if kinetic is None or header.tag("IBRION", 0) != 0:
        return None
    return 2 * kinetic / (header.freedoms * EV_PER_K)


class Pass:
    """One pass over a file: its whole steps, and whether it came to its end."""

    def __init__(self, source: Path) -> None:
        self.path, self.whole = located(source), False
        self._said: dict[bytes, bytes] = {}
        self._begin(inside=False)

    def _begin(self, *, inside: bool) -> None:
        """A new step, inside a calculation or not."""
        self._text: dict[bytes, bytes] = {}
        self._loops, self._inside = 0, inside

    def steps(self) -> Iterator[RawStep]:
        """The whole steps that have come so far."""
        header, number = None, 0
        try:
            for name, element in elements(self.path):
                if self._take(name, element):
                    header = header or read_header(self._said, self.path)
                    yield self._finished(header, number)
                    number += 1
            self.whole = True
        except CutOff:
            return

    def _take(self, name: bytes, element: bytes) -> bool:
        """Whether a step is complete with this element."""
        if name in HEADER:
            self._said[name] = element
        elif name == b"structure" and (label := attribute(element)):
            self._said[label] = element
        elif name == b"calculation":
            self._begin(inside=True)
        # After the energies come elements of linear response, which do not count.
        elif name != b"/calculation" and b"energy" not in self._text:
            if name == b"scstep":
                self._loops += element.count(b"</scstep>")
                element = self._last_of_loop(element)
            self._text[attribute(element) if name == b"varray" else name] = element
        # Dynamics with a learned field writes no calculation around its steps; their energies come last.
        flat = name == b"energy" and not self._inside and self._text.keys() >= _NEEDED
        return flat or name == b"/calculation"

    def _last_of_loop(self, element: bytes) -> bytes:
        """The last step of a loop, the one before it noted."""
        last = element.rfind(b"<scstep")
        before = element.rfind(b"<scstep", 0, last)
        self._text[_BEFORE] = element[before:last] if before >= 0 else self._text.get(b"scstep", b"")
        return element[last:]

    def _finished(self, header: Header, number: int) -> RawStep:
        if not self._text.keys() >= _NEEDED:
            raise Damaged(f"{self.path}: a step lacks its positions, forces or energies; give a run that has them")
        step = RawStep(self.path, header, number, self._text, self._loops)
        self._begin(inside=False)
        return step


def ionic_steps(source: Path) -> Iterator[Step]:
    """Whole steps one by one; a file that is cut off ends with its last whole one.

    Raises:
        UserError: there is no such file.
        Damaged: it is malformed before its end; the whole steps before have been given.
    """
    for raws in _batches(Pass(source).steps()):
        yield from _together(raws)


def _batches(raws: Iterator[RawStep]) -> Iterator[list[RawStep]]:
    """One step at first, then more and more at once; before the file's damage is told, those that wait."""
    waiting, enough = list[RawStep](), 1
    try:
        for raw in raws:
            waiting.append(raw)
            if len(waiting) >= enough:
                yield waiting
                waiting, enough = [], min(2 * enough, _TOGETHER)
    except Damaged:
        yield waiting
        raise
    yield waiting


def _together(raws: list[RawStep]) -> Iterator[Step]:
    """Steps whose arrays are read in one go; of damaged ones those before."""
    texts = [raw.arrays() for raw in raws]
    try:
        numbers = iter(matrices([text for step in texts for text in step], raws[0].path if raws else Path()))
    except Damaged:
        yield from (raw.step() for raw in raws)
    else:
        yield from (raw.read(list(islice(numbers, len(text)))) for raw, text in zip(raws, texts, strict=True))


def trace_of(run: Pass) -> Matrix:
    """(n, 4): time fs, temperature K, potential energy E0 eV, total energy eV of each whole step.

    The first step is at time 0. Temperature is NaN outside dynamics. Arrays of atoms are not read.

    Raises:
        Damaged: the file is malformed before its end.
    """
    found = ((raw.time, raw.energies()) for raw in run.steps())
    rows = [(time, now.temperature, now.energy, now.total) for time, now in found]
    return np.array(rows, float).reshape(-1, 4)
