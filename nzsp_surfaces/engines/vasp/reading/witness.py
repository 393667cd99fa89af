"""OUTCAR as a witness: whether a run came to its end, and whether its loops met their limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nzsp_surfaces.base.errors import Damaged
from nzsp_surfaces.engines.vasp.reading.names import beside
from nzsp_surfaces.engines.vasp.reading.stream import CutOff, chunks

_LOOP = re.compile(rb"aborting loop (because EDIFF is reached|EDIFF was not reached)")
_ENERGY = re.compile(rb"energy  without entropy\s*=\s*\S+\s+energy\(sigma->0\)\s*=\s*(-?\d+\.\d+)")
"""At the end of an ionic step; within electronic loops 'energy' and 'without' are one blank apart."""
_SAYINGS = (b"General timing and accounting", b"reached required accuracy", b"hard stop encountered")
_SAME = 2e-5
"""eV; OUTCAR and vasprun.xml round one energy apart by less."""


@dataclass(frozen=True)
class Witness:
    """What OUTCAR says of a run's end.

    Attributes:
        path: of the file.
        finished: it ends with its timing.
        relaxed: it says that the required accuracy was reached.
        stopped: at once, by STOPCAR, within an electronic loop.
        loops: whether each electronic loop met its limit, in VASP's words.
        energies: E0 of each ionic step, eV.
    """

    path: Path
    finished: bool
    relaxed: bool
    stopped: bool
    loops: tuple[bool, ...]
    energies: tuple[float, ...]

    def saw(self, first: float, last: float) -> bool:
        """Whether it is of the run with these energies E0 of its first and last whole step, eV.

        It may have come further than vasprun.xml, or less far; without energies nothing speaks against it.
        """
        if not self.energies or any(abs(energy - last) < _SAME for energy in self.energies):
            return True
        return not self.finished and abs(self.energies[0] - first) < _SAME


def witness_of(path: Path, first: float, last: float) -> tuple[Witness | None, str | None]:
    """The OUTCAR beside a run that is of the same run, and a sentence where one is of another.

    Args:
        first, last: E0 of its first and last whole step, eV.
    """
    notes = list[str]()
    for file in beside(path, "OUTCAR"):
        try:
            found = _read(file)
        except Damaged as error:
            notes.append(str(error))
            continue
        if found.saw(first, last):
            return found, None
        notes.append(f"{file} is of another run: it ends at {found.energies[-1]:.6f} eV, {path.name} at {last:.6f} eV")
    return None, "; ".join(notes) or None


def last_energies(path: Path) -> tuple[float, ...]:
    """E0 in eV at the end of each OUTCAR beside a run."""
    found = list[float]()
    for file in beside(path, "OUTCAR"):
        try:
            found.extend(_read(file).energies[-1:])
        except Damaged:
            continue
    return tuple(found)


def is_among(energy: float, energies: Sequence[float]) -> bool:
    """Whether an energy is one of those, as far as VASP's files round alike."""
    return any(abs(energy - other) < _SAME for other in energies)


def _read(path: Path) -> Witness:
    said, loops, energies = set[bytes](), list[bool](), list[float]()
    try:
        for lines in _lines(path):
            said.update(saying for saying in _SAYINGS if saying in lines)
            loops.extend(b"because" in verdict for verdict in _LOOP.findall(lines))
            energies.extend(map(float, _ENERGY.findall(lines)))
    except CutOff:
        said.discard(_SAYINGS[0])
    finished, relaxed, stopped = (saying in said for saying in _SAYINGS)
    return Witness(path, finished, relaxed, stopped, tuple(loops), tuple(energies))


def _lines(path: Path) -> Iterator[bytes]:
    """Whole lines, many at a time."""
    rest = b""
    for chunk in chunks(path):
        lines, newline, rest = (rest + chunk).rpartition(b"\n")
        yield lines + newline
    yield rest
