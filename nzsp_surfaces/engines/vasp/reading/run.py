"""A VASP run read as a result: a relaxation, a static run, or where dynamics goes on."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity, Matrix
from nzsp_surfaces.base.errors import Damaged, Unfinished
from nzsp_surfaces.engines.vasp.reading.h5 import H5Run, best_source
from nzsp_surfaces.engines.vasp.reading.header import Header
from nzsp_surfaces.engines.vasp.reading.steps import Pass, RawStep, Step, trace_of
from nzsp_surfaces.engines.vasp.reading.witness import Witness, witness

if TYPE_CHECKING:
    from pymatgen.core import Structure

AGREEING = (
    *("PREC", "ENMAX", "GGA", "METAGGA", "IVDW", "LASPH", "LREAL", "ADDGRID", "ISMEAR", "SIGMA", "ISPIN"),
    *("LHFCALC", "AEXX", "HFSCREEN", "LDAU", "LDAUTYPE", "LSORBIT"),
)
"""Parameters that energies depend on, whatever the cell: slab and bulk must agree in them."""
_STALE = 0.5
"""Distance in Å: a CONTCAR in which an atom is farther from the last step belongs to another run."""


@dataclass(frozen=True)
class VaspRun:
    """A run of VASP as far as it came.

    Attributes:
        path: of vasprun.xml or vaspout.h5.
        header: program, settings and atoms.
        structure: geometry of the last whole step, to which energy and forces belong. A run that moves on, dynamics or
            a relaxation out of steps, leaves atoms one step beyond it in CONTCAR.
        energy: eV, E0 of the last step: extrapolated to no smearing, without pressure times volume.
        free_energy: eV, F of the last step, without pressure times volume.
        forces: (n, 3) eV/Å.
        stress: (3, 3) kB as VASP prints it; None where it was not computed.
        finished: the document is whole, and OUTCAR, where there is one, ends with its timing; of vaspout.h5, which has
            no end to be seen, OUTCAR must.
        electronic_converged: the electronic loop of the last step met its limit.
        ionic_converged: nothing to relax, or relaxed to the limit; False for dynamics.
        n_ionic_steps: whole ones.
        unconverged_steps: numbers, from 0, of steps whose electronic loop did not meet its limit.
    """

    path: Path
    header: Header
    structure: Structure
    energy: float
    free_energy: float
    forces: Matrix
    stress: Matrix | None
    finished: bool
    electronic_converged: bool
    ionic_converged: bool
    n_ionic_steps: int
    unconverged_steps: tuple[int, ...]

    @property
    def max_force(self) -> float:
        """Largest force on coordinates that may move, eV/Å."""
        moving = self.forces if self.header.free is None else np.where(self.header.free, self.forces, 0.0)
        return float(np.linalg.norm(moving, axis=1).max())

    @property
    def settings(self) -> dict[str, Any]:
        """The settings in which slab and bulk must agree."""
        used = {name: self.header.tag(name, None) for name in AGREEING}
        # VASP echoes words as they were typed: normal, Normal.
        given = {name: was.upper() if isinstance(was, str) else was for name, was in used.items() if was is not None}
        return {**given, "POTCAR": sorted(self.header.potcars), "program": self.header.program}


@dataclass(frozen=True)
class RestartState:
    """The moment from which dynamics goes on.

    Attributes:
        structure: of CONTCAR where the velocities come from there, else of the last whole step.
        velocities: (n, 3) Å/fs; None after a single step without CONTCAR.
        source: where the velocities come from: CONTCAR, positions, or nowhere.
        steps: whole ones behind.
        time: fs behind, the first step at 0.
    """

    structure: Structure
    velocities: Matrix | None
    source: str
    steps: int
    time: float


def read_run(source: Path) -> VaspRun:
    """The last whole step of a run, with flags for all that keeps it from being a result.

    Args:
        source: a folder with vasprun.xml, vasprun.xml.gz or vaspout.h5, OUTCAR beside it or not; or the file.

    Raises:
        UserError: there is no such file.
        Damaged: it is malformed before its end, or lacks what VASP writes.
        Unfinished: it holds no whole step.
    """
    return best_source(source, _xml_run, _h5_run)


def _xml_run(source: Path) -> tuple[VaspRun, int, bool]:
    pass_ = Pass(source)
    last, loops = None, []
    for last in pass_.steps():
        loops.append(last.electronic)
    if last is None:
        raise Unfinished(f"{pass_.path}: holds no whole ionic step; run VASP again")
    outcar = witness(pass_.path)
    failed = _failed_loops(last.header, loops, outcar)
    finished = pass_.whole and (outcar is None or outcar.finished)
    relaxed = pass_.whole and _relaxed(last.header, len(loops), outcar)
    run = _run(pass_.path, last.header, last.step(), failed, n_steps=len(loops), finished=finished, relaxed=relaxed)
    return run, len(loops), pass_.whole


def _h5_run(found: H5Run) -> VaspRun:
    """Converged where all that tells says so: OUTCAR, and the file itself."""
    outcar, count = witness(found.path), found.n_steps
    told = [met for met in (found.met, outcar.loops if outcar else None) if met and len(met) == count]
    good = [bool(told) and all(met[number] for met in told) for number in range(count)]
    if outcar and outcar.stopped:
        good[-1] = False
    failed = tuple(number for number, met in enumerate(good) if not met)
    finished = outcar is not None and outcar.finished
    relaxed = finished and _relaxed(found.header, count, outcar)
    last = next(found.steps(count - 1))
    return _run(found.path, found.header, last, failed, n_steps=count, finished=finished, relaxed=relaxed)


def trace(source: Path) -> Matrix:
    """(n, 4): time fs, temperature K, potential energy E0 eV, total energy eV of each whole step.

    The first step is at time 0; temperature is NaN outside dynamics. Of dynamics vaspout.h5 holds F instead of E0.

    Raises:
        UserError: there is no such file.
        Damaged: it is malformed before its end.
    """
    return best_source(source, _xml_trace, lambda found: found.trace())


def _xml_trace(source: Path) -> tuple[Matrix, int, bool]:
    pass_ = Pass(source)
    rows = trace_of(pass_)
    return rows, len(rows), pass_.whole


def calculation(run: VaspRun, identity: EngineIdentity) -> Calculation:
    """What other energies may be compared with: E0 and the geometry it belongs to.

    Raises:
        Unfinished: the run broke off, or its last electronic loop did not meet its limit.
    """
    if not run.finished:
        raise Unfinished(f"{run.path}: broken off after {run.n_ionic_steps} ionic steps; go on from CONTCAR")
    if not run.electronic_converged:
        raise Unfinished(f"{run.path}: the electronic loop of the last step did not converge; raise NELM, change ALGO")
    return Calculation(
        structure=run.structure,
        energy=run.energy,
        forces=run.forces,
        converged=run.ionic_converged,
        max_force=run.max_force,
        steps=run.n_ionic_steps,
        engine=identity,
        settings=run.settings,
    )


def _run(
    path: Path, header: Header, last: Step, failed: tuple[int, ...], *, n_steps: int, finished: bool, relaxed: bool
) -> VaspRun:
    return VaspRun(
        path=path,
        header=header,
        structure=last.structure(header.elements),
        energy=last.energy,
        free_energy=last.free_energy,
        forces=last.forces,
        stress=last.stress,
        finished=finished,
        electronic_converged=n_steps - 1 not in failed,
        ionic_converged=relaxed,
        n_ionic_steps=n_steps,
        unconverged_steps=failed,
    )


def _failed_loops(header: Header, loops: list[int], outcar: Witness | None) -> tuple[int, ...]:
    """Steps whose loop used up NELM, unless OUTCAR says of each step whether it met its limit."""
    if outcar and len(outcar.loops) == len(loops):
        good = list(outcar.loops)
    elif header.tag("ML_LMLFF", None):
        good = [True] * len(loops)
    else:
        limit = int(header.tag("NELM", 60))
        good = [0 < loop < limit for loop in loops]
    if outcar and outcar.stopped:
        good[-1] = False
    return tuple(number for number, met in enumerate(good) if not met)


def _relaxed(header: Header, steps: int, outcar: Witness | None) -> bool:
    """Static, or fewer steps than allowed; where VASP's OUTCAR is there, only if that says so."""
    allowed, mover = int(header.tag("NSW", 0)), int(header.tag("IBRION", -1))
    if allowed == 0 or mover == -1:
        return True
    if mover == 0:
        return False
    # A stand-in for VASP writes OUTCAR without VASP's verdict.
    if outcar is None or header.program.lower() != "vasp":
        return steps < allowed
    return outcar.relaxed


def restart_state(source: Path) -> RestartState:
    """Where dynamics goes on after its last whole step, whatever follows that in the file.

    Positions and velocities are those of CONTCAR, one step on, if it is of the same atoms and near the last step; else
    those of the last whole step, with its displacement over the time step, which lags half a step.

    Raises:
        UserError: there is no such file.
        Unfinished: it holds no whole step.
    """
    return best_source(source, _xml_restart, _h5_restart)


def _xml_restart(source: Path) -> tuple[RestartState, int, bool]:
    """Counted as no step where the file is damaged, so that the same file is chosen as for the run itself."""
    pass_, ends, damaged = Pass(source), deque[RawStep](maxlen=2), False
    # Blocks lost with the machine often come back as zeros; what was written before them is good.
    try:
        ends.extend(pass_.steps())
    except Damaged:
        damaged = True
    if not ends:
        raise Unfinished(f"{pass_.path}: holds no whole ionic step; start again")
    last = ends[-1]
    state = _restart(pass_.path, last.header, [raw.step() for raw in ends], last.number + 1)
    return state, 0 if damaged else state.steps, pass_.whole


def _h5_restart(found: H5Run) -> RestartState:
    return _restart(found.path, found.header, list(found.steps(max(0, found.n_steps - 2))), found.n_steps)


def _restart(path: Path, header: Header, ends: list[Step], count: int) -> RestartState:
    """After so many steps, of which the last ones are given."""
    structure, time = ends[-1].structure(header.elements), header.timestep * (count - 1)
    written = _written(path.parent / "CONTCAR", structure)
    if written is not None:
        return RestartState(*written, "CONTCAR", count, time)
    velocities = _last_displacement(ends, header.timestep)
    return RestartState(structure, velocities, "positions" if len(ends) > 1 else "nowhere", count, time)


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


def _written(contcar: Path, structure: Structure) -> tuple[Structure, Matrix] | None:
    """Positions, and velocities (n, 3) Å/fs; None where the file is missing, torn, or of other atoms or times."""
    from pymatgen.io.vasp import Poscar

    try:
        poscar = Poscar.from_str(_blank_before_velocities(contcar.read_text()))
        velocities = np.array(poscar.velocities, float)
    except (OSError, ValueError, IndexError, TypeError, KeyError, Warning):
        # pymatgen raises a warning as an error where coordinates are torn.
        return None
    if velocities.shape != (len(structure), 3) or poscar.structure.species != structure.species:
        return None
    moved = poscar.structure.frac_coords - structure.frac_coords
    moved = (moved - np.round(moved)) @ structure.lattice.matrix
    good = np.isfinite(velocities).all() and np.linalg.norm(moved, axis=1).max() < _STALE
    return (poscar.structure, velocities) if good else None
