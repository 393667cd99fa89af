"""What a slab's run says of the vacuum beside it and of its spins: levels of both sides, field, Fermi level, moment."""

from __future__ import annotations

import gzip
import re
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from nzsp_surfaces.base.calculation import Matrix, VacuumLevels

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.engines.vasp.inputs import VaspInputs

FIELD = 0.01
"""eV/Å in the vacuum; more is a dipole that was not corrected, or vacuum too thin."""
STEP = 0.05
"""eV; levels of faces that are to be alike must not differ by more."""
MOMENT = 0.1
"""µB of a cell that began without any."""
SIDES = ((0.125, 0.375), (0.625, 0.875))
"""Parts of the vacuum that the levels above and below a slab are taken from: off the atoms, and off the middle, where a
dipole correction puts its step."""
_FERMI = re.compile(rb"E-fermi :\s*(-?\d+\.\d+)")
_MOMENT = re.compile(rb"number of electron\s+\S+\s+magnetization\s+(-?\d+\.\d+)")


@dataclass(frozen=True)
class Aftermath:
    """What a slab's run leaves besides energy and forces.

    Attributes:
        vacuum: levels beside the slab; None where no LOCPOT lies there.
        moment: µB of the cell; None where OUTCAR does not say.
        notes: what a person should look at.
    """

    vacuum: VacuumLevels | None
    moment: float | None
    notes: tuple[str, ...]


def aftermath(folder: Path, inputs: VaspInputs) -> Aftermath:
    """Look into the files of a slab's run.

    Args:
        folder: of the run.
        inputs: that it began with.
    """
    fermi, moment = _last_words(folder)
    try:
        vacuum, notes = _levels(folder, fermi), list[str]()
    except (ValueError, IndexError, OSError, EOFError, zlib.error) as error:
        vacuum, notes = None, [f"LOCPOT cannot be read ({error}); no vacuum level"]
    started = inputs.incar.get("MAGMOM", ())
    if moment is not None and abs(moment) >= MOMENT and isinstance(started, tuple) and not any(started):
        notes.append(f"ends with a moment of {moment:.2f} µB, though it began with none; see where it sits")
    if vacuum is not None:
        notes += _complaints(vacuum, alike="LDIPOL" not in inputs.incar)
    return Aftermath(vacuum, moment, tuple(notes))


def vacuum_levels(average: Matrix, structure: Structure, fermi: float | None) -> VacuumLevels:
    """Levels of both sides of a slab from the average of the potential over its planes.

    Args:
        average: (n,) eV, of planes at equal distances along the third vector, the first at 0.
        structure: slab, third vector along the normal.
        fermi: eV.

    Raises:
        ValueError: the vacuum holds too few planes.
    """
    heights = np.sort(structure.frac_coords[:, 2] % 1.0)
    gaps = np.diff(np.append(heights, heights[0] + 1.0))
    start, gap = heights[int(gaps.argmax())], float(gaps.max())
    into = ((np.arange(len(average)) / len(average) - start) % 1.0) / gap
    found = []
    for low, high in SIDES:
        inside = (low <= into) & (into <= high)
        if inside.sum() < 2:
            raise ValueError("fewer than two planes on a side of the vacuum")
        depth = into[inside] * gap * structure.lattice.c
        found.append((float(average[inside].mean()), abs(float(np.polyfit(depth, average[inside], 1)[0]))))
    (top, above), (bottom, below) = found
    return VacuumLevels(bottom, top, max(above, below), fermi)


def _levels(folder: Path, fermi: float | None) -> VacuumLevels | None:
    from pymatgen.io.vasp import Locpot

    path = next((file for name in ("LOCPOT", "LOCPOT.gz") if (file := folder / name).is_file()), None)
    if path is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen asks for a POTCAR beside it
        potential = Locpot.from_file(str(path))
    average = np.asarray(potential.get_average_along_axis(2))
    return vacuum_levels(average, cast("Structure", potential.structure), fermi)


def _complaints(vacuum: VacuumLevels, *, alike: bool) -> Iterator[str]:
    if vacuum.field > FIELD:
        yield f"a field of {vacuum.field:.3f} eV/Å is left in the vacuum; widen it, or look for a dipole"
    if alike and abs(vacuum.top - vacuum.bottom) > STEP:
        yield f"its vacuum levels differ by {abs(vacuum.top - vacuum.bottom):.2f} eV, though its faces should be alike"


def _last_words(folder: Path) -> tuple[float | None, float | None]:
    """Fermi level in eV and moment in µB, as OUTCAR says them last."""
    fermi = moment = None
    try:
        for line in _lines(folder):
            if b"E-fermi" in line and (found := _FERMI.search(line)):
                fermi = float(found[1])
            elif b"magnetization" in line and (found := _MOMENT.search(line)):
                moment = float(found[1])
    except (OSError, EOFError, zlib.error):
        return None, None
    return fermi, moment


def _lines(folder: Path) -> Iterator[bytes]:
    if (folder / "OUTCAR").is_file():
        with (folder / "OUTCAR").open("rb") as plain:
            yield from plain
    elif (folder / "OUTCAR.gz").is_file():
        with gzip.open(folder / "OUTCAR.gz") as packed:
            yield from cast("BinaryIO", packed)
