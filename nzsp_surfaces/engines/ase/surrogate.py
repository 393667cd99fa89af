"""A quick potential that walks ahead of a dear engine: it settles the start and lends its Hessian.

Measured on five slabs of NaZr2(PO4)3 (benchmarks/relaxation.py): 4 to 7 evaluations of the dear engine, BFGS 24 to 60.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.content import DIGITS, content, digest
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import set_aside, write_atomically
from nzsp_surfaces.engines.ase.curvature import believed, free_displacements, hessian
from nzsp_surfaces.engines.ase.moving import held_as_asked, largest, plain_bfgs, reporting
from nzsp_surfaces.engines.base import Ask, RelaxSettings

if TYPE_CHECKING:
    from ase import Atoms

    from nzsp_surfaces.crystals.flip import Flip
    from nzsp_surfaces.engines.base import ChosenEngine, Report

log = logging.getLogger(__name__)
Matrix = npt.NDArray[np.float64]

SETTLING = 400
"""Steps of the surrogate at most: its minimum is a start, and near to it is as good."""


@dataclass(frozen=True)
class Lent:
    """What the surrogate lends.

    Attributes:
        positions: (n, 3) Å, of its minimum.
        cell: (3, 3) Å, of its minimum.
        hessian: eV/Å² there, positive definite, of all rows that an optimiser moves.
    """

    positions: Matrix
    cell: Matrix
    hessian: Matrix


def lend(
    surrogate: ChosenEngine, atoms: Atoms, settings: RelaxSettings, flip: Flip | None, folder: Path, report: Report
) -> Lent | None:
    """What the surrogate lends for a relaxation; None, with a line in the log, where it does not know an element.

    Args:
        atoms: the start; left as they are.
        folder: of the task; what was lent is kept beside it, for a run that goes on and for all that need the same.
    """
    if not _knows(surrogate, atoms):
        return None
    key = _key(surrogate, atoms, settings, flip)
    path = _shelf(folder) / f"{key}.npz"
    lent = _kept(path, key)
    if lent is None:
        lent = _computed(surrogate, atoms.copy(), settings, flip, report)
        _keep(path, key, lent)
    return lent


def foretold(surrogate: ChosenEngine, atoms: Atoms, forces: Matrix, folder: Path) -> float | None:
    """What relaxing the atoms would still gain, eV: F H⁻¹ F / 2 with the surrogate's Hessian where they stand.

    None, with a line in the log, where the surrogate does not know an element.

    Args:
        atoms: left as they are.
        forces: (n, 3) eV/Å, of the dear engine.
        folder: of the task; the Hessian is kept beside it.
    """
    if not _knows(surrogate, atoms):
        return None
    still = RelaxSettings(force=0.0, max_steps=0)
    key = _key(surrogate, atoms, still, None)
    path = _shelf(folder) / f"{key}.npz"
    lent = _kept(path, key)
    if lent is None:
        log.info("the Hessian of %s, by %s, where it stands", atoms.get_chemical_formula(), surrogate.name)
        copy = atoms.copy()
        copy.calc = surrogate.make({}).calculator  # type: ignore[attr-defined]  # every quick engine is ASE's
        lent = _displaced(copy, still, None, lambda _step, _force: None)
        _keep(path, key, lent)
    return float(forces.ravel() @ np.linalg.solve(lent.hessian, forces.ravel())) / 2


def _shelf(folder: Path) -> Path:
    """Beside the folders of tasks: one Hessian serves all that ask for it, whatever engine goes on from it."""
    return folder.absolute().parent / "hessians"


def _knows(surrogate: ChosenEngine, atoms: Atoms) -> bool:
    """Whether the surrogate is here and knows the elements; said where it does not."""
    try:
        surrogate.check(set(atoms.get_chemical_symbols()), "surrogate")
    except UserError as error:
        log.warning("%s: done without it", error)
        return False
    return True


def _key(surrogate: ChosenEngine, atoms: Atoms, settings: RelaxSettings, flip: Flip | None) -> str:
    """What decides what is lent, so that nothing is taken from a folder that held another slab."""
    start = [atoms.get_chemical_symbols(), np.round(atoms.cell.array, DIGITS), np.round(atoms.positions, DIGITS)]
    turned = None if flip is None else [np.round(flip.rotation, DIGITS), np.round(flip.translation, DIGITS)]
    asked = Ask.CELL if settings.cell else Ask.SLAB
    return digest(content([surrogate.content([asked]), start, settings.force, settings.cell, settings.held, turned]))


def _computed(
    surrogate: ChosenEngine, atoms: Atoms, settings: RelaxSettings, flip: Flip | None, report: Report
) -> Lent:
    """Settle the atoms with the surrogate, then displace them one by one."""
    atoms.calc = surrogate.make({}).calculator  # type: ignore[attr-defined]  # every quick engine is ASE's
    optimiser = plain_bfgs(held_as_asked(atoms, settings, flip))
    optimiser.attach(reporting(optimiser, atoms, report))
    optimiser.run(fmax=settings.force, steps=SETTLING)
    return _displaced(atoms, settings, flip, report)


def _displaced(atoms: Atoms, settings: RelaxSettings, flip: Flip | None, report: Report) -> Lent:
    """Where the atoms stand, and the Hessian there."""
    movable = held_as_asked(atoms, replace(settings, held=()), None)
    basis = free_displacements(len(movable.get_positions()), len(atoms), flip, settings.held)
    positions, cell = atoms.positions.copy(), atoms.cell.array.copy()
    curvature = hessian(movable, basis, lambda number: report(number, largest(atoms.get_forces())))
    return Lent(positions, cell, believed(curvature, basis))


def _kept(path: Path, key: str) -> Lent | None:
    """What an earlier try lent for the same, if it is whole; the archive has a check of every array."""
    if not path.exists():
        return None
    try:
        with np.load(path) as kept:
            same = str(kept["key"]) == key
            return Lent(kept["positions"], kept["cell"], kept["hessian"]) if same else None
    except Exception as error:  # whatever a damaged archive makes its readers raise
        told = f"{type(error).__name__}: {error}".splitlines()[0]
        log.warning("%s: is damaged (%s); set aside as %s, and computed again", path, told, set_aside(path).name)
        return None


def _keep(path: Path, key: str, lent: Lent) -> None:
    path.parent.mkdir(exist_ok=True)
    file = io.BytesIO()
    np.savez_compressed(file, key=key, positions=lent.positions, cell=lent.cell, hessian=lent.hessian)
    write_atomically(path, file.getvalue())
