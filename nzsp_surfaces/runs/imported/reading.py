"""From a place to what its run was, and never an exception: whatever is wrong with its files becomes a sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nzsp_surfaces.base.content import digest, structure_to_json
from nzsp_surfaces.base.errors import Damaged, UserError
from nzsp_surfaces.crystals.extent import kind_of
from nzsp_surfaces.engines.finished import FinishedRun, without_forces
from nzsp_surfaces.runs.imported.places import RESULT, Maker, Place, signature

log = logging.getLogger(__name__)

OTHER = "other"
"""Kind of what is neither a crystal nor a slab, a chain or a molecule, because it could not be read."""
CHANGED = "changed while it was read, so it may still be running; import again"
_LIKE = 4
"""Digits of vectors (Å) and fractional positions by which two copies of one run are known."""
_LIKE_ENERGY = 6
"""Digits of energies, eV: VASP's files round one energy apart by less."""


@dataclass(frozen=True)
class Read:
    """What came of a place, without its geometries.

    Attributes:
        path: of the place.
        kind: bulk, slab, molecule, chain or other.
        formula: reduced; None where nothing could be read.
        counts: element -> atoms.
        energy: eV of the cell.
        force: eV/Å, the largest that is left.
        twin: the same for copies of one run.
        reason: why it is no result; None where it is one.
    """

    path: str
    kind: str = OTHER
    formula: str | None = None
    counts: dict[str, int] | None = None
    energy: float | None = None
    force: float | None = None
    twin: str = ""
    reason: str | None = None

    @property
    def units(self) -> int:
        """Formula units of the cell."""
        return int(np.gcd.reduce(list((self.counts or {"": 1}).values())))

    @property
    def energy_per_unit(self) -> float:
        """eV per formula unit."""
        return (self.energy or 0.0) / self.units

    def to_json(self) -> dict[str, Any]:
        """Plain data from which `Read(**data)` is equal."""
        return asdict(self)


def read_place(place: Place) -> tuple[Read, FinishedRun | None]:
    """What came of a place, and its run where there is one."""
    if place.maker is None:
        return Read(str(place.path), reason=place.reason), None
    try:
        run = READERS[place.maker](place.path)
        if signature_of(place) != place.signature:
            return Read(str(place.path), reason=CHANGED), None
        return _summary(run), run
    except UserError as error:
        return Read(str(place.path), reason=_sentence(str(error), place.path)), None
    except Exception as error:  # whatever strange files make a library raise
        log.debug("%s: not read", place.path, exc_info=error)
        told = f"{type(error).__name__}: {error}".splitlines()[0]
        return Read(str(place.path), reason=f"cannot be read ({told})"), None


def signature_of(place: Place) -> str:
    """Of a place as it is now, by the files that its maker's runs consist of."""
    return signature(place.path / RESULT if place.maker is Maker.OURS else place.path)


def _sentence(text: str, path: Path) -> str:
    """An error without the path that stands in the same row."""
    return text.removeprefix(f"{path}: ").replace(f"{path}/", "")


def _summary(run: FinishedRun) -> Read:
    composition = run.last.composition
    return Read(
        path=str(run.path),
        kind=kind_of(run.last),
        formula=composition.reduced_formula,
        counts={str(element): int(number) for element, number in composition.items()},
        energy=run.calculation.energy,
        force=run.calculation.max_force,
        twin=_twin(run),
        reason=run.reason,
    )


def _twin(run: FinishedRun) -> str:
    """Of energy, last geometry and what was computed, however the folder is called."""
    exact, calculation = structure_to_json(run.last), run.calculation
    places = (np.round(np.array(exact["fractions"]) % 1.0, _LIKE) % 1.0 + 0.0).tolist()
    cell = (np.round(exact["lattice"], _LIKE) + 0.0).tolist()
    energy = round(calculation.energy, _LIKE_ENERGY)
    return digest([exact["elements"], places, cell, energy, asdict(calculation.engine), calculation.settings])


def _vasp(path: Path) -> FinishedRun:
    from nzsp_surfaces.engines.vasp.finished import finished_vasp_run

    return finished_vasp_run(path)


def _extended_xyz(path: Path) -> FinishedRun:
    from nzsp_surfaces.engines.ase.finished import finished_extended_xyz

    return finished_extended_xyz(path)


def _ours(path: Path) -> FinishedRun:
    """A task of ours, by any engine.

    Raises:
        Damaged: the file holds no such task.
    """
    from nzsp_surfaces.runs.store import read_result

    result = read_result(path / RESULT)
    if result is None:
        raise Damaged(f"{path}: {RESULT} is gone")
    if result.calculation is None:
        raise Damaged(f"{path}: dynamics, which ends at no minimum")
    found = result.calculation
    left = f"not relaxed: {found.max_force:.3f} eV/Å left after {found.steps} steps"
    return FinishedRun(
        path=path,
        first=result.start or found.structure,
        calculation=without_forces(found),
        reason=None if found.converged else left,
        is_dft=_is_dft(found.engine.name),
    )


def _is_dft(engine: str) -> bool:
    from nzsp_surfaces.engines.registry import engines

    return any(entry.is_dft for entry in engines() if entry.name == engine)


READERS: dict[Maker, Callable[[Path], FinishedRun]] = {
    Maker.VASP: _vasp,
    Maker.XYZ: _extended_xyz,
    Maker.OURS: _ours,
}
"""What reads the files of each maker."""
