"""A VASP run read as a result: a relaxation, a static run, or where dynamics goes on."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity, Matrix
from nzsp_surfaces.base.errors import Damaged, Unfinished
from nzsp_surfaces.engines.vasp.reading import verdict as judged
from nzsp_surfaces.engines.vasp.reading.agreeing import agreeing_settings, mesh_lengths
from nzsp_surfaces.engines.vasp.reading.choice import best_source
from nzsp_surfaces.engines.vasp.reading.h5 import H5Run
from nzsp_surfaces.engines.vasp.reading.header import Header
from nzsp_surfaces.engines.vasp.reading.restart import RestartState, restarted
from nzsp_surfaces.engines.vasp.reading.steps import Pass, RawStep, Step, trace_of
from nzsp_surfaces.engines.vasp.reading.verdict import Loop, Verdict
from nzsp_surfaces.engines.vasp.reading.witness import Witness, witness_of

if TYPE_CHECKING:
    from pymatgen.core import Structure


@dataclass(frozen=True)
class VaspRun:
    """A run of VASP as far as it came.

    Attributes:
        path: of vasprun.xml or vaspout.h5.
        header: program, settings and atoms.
        structure: geometry of the last whole step, to which energy and forces belong.
        first: geometry of the first whole step.
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
        ending: why it is not finished, in a sentence; None where it is.
        last_loop: the electronic loop of the last step.
        notes: what is strange about its files, one sentence each.
    """

    path: Path
    header: Header
    structure: Structure
    first: Structure
    energy: float
    free_energy: float
    forces: Matrix
    stress: Matrix | None
    finished: bool
    electronic_converged: bool
    ionic_converged: bool
    n_ionic_steps: int
    unconverged_steps: tuple[int, ...]
    ending: str | None
    last_loop: Loop
    notes: tuple[str, ...]

    @property
    def max_force(self) -> float:
        """Largest force on coordinates that may move, eV/Å."""
        return _largest(self.forces, self.header)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings in which slab and bulk must agree."""
        return agreeing_settings(self.header)

    @property
    def mesh_lengths(self) -> Matrix | None:
        """(3,) Å: how dense the mesh is along each reciprocal vector, whatever the cell; None where it is no mesh."""
        return mesh_lengths(self.header, self.structure.lattice.matrix)

    @property
    def verdict(self) -> Verdict:
        """What the run is worth, with the reason where it is no result."""
        excluded = judged.excluded(self.header, self.energy)
        reason = f"not the energy of a ground state: {excluded}" if excluded else self.ending
        if reason is None and not self.electronic_converged:
            reason = judged.electronic_reason(self.header, self.last_loop)
        if reason is None and not self.ionic_converged:
            reason = judged.ionic_reason(self.header, self.n_ionic_steps, self.max_force)
        force = self.max_force
        return Verdict(self.electronic_converged, self.ionic_converged, force, excluded, reason, self.notes)


def _largest(forces: Matrix, header: Header) -> float:
    moving = forces if header.free is None else np.where(header.free, forces, 0.0)
    return float(np.linalg.norm(moving, axis=1).max())


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
    first, last, loops = None, None, list[Loop]()
    for last in pass_.steps():
        first = first or last
        loops.append(Loop(last.electronic))
    if first is None or last is None:
        raise Unfinished(f"{pass_.path}: holds no whole ionic step; run VASP again")
    loops[-1] = Loop(last.electronic, last.change())
    end = last.step()
    outcar, note = witness_of(pass_.path, first.energies().energy, end.energy)
    ending = _cut_off(pass_, len(loops)) or _outcar_cut_off(outcar)
    found = _Evidence(tuple(loops), outcar, ending, note, seen_to_end=pass_.whole)
    return _run(pass_.path, last.header, (first.step(), end), found), len(loops), pass_.whole


def _cut_off(pass_: Pass, steps: int) -> str | None:
    return None if pass_.whole else f"{pass_.path.name} is broken off after {steps} ionic steps"


def _outcar_cut_off(outcar: Witness | None) -> str | None:
    return None if outcar is None or outcar.finished else f"{outcar.path.name} ends before its timing: broken off"


def _h5_run(found: H5Run) -> VaspRun:
    """Converged where all that tells says so: OUTCAR, and the file itself."""
    count = found.n_steps
    first, last = next(found.steps()), next(found.steps(count - 1))
    outcar, note = witness_of(found.path, first.energy, last.energy)
    told = [met for met in (found.met, outcar.loops if outcar else None) if met and len(met) == count]
    good = [bool(told) and all(met[number] for met in told) for number in range(count)]
    if outcar and outcar.stopped:
        good[-1] = False
    unseen = "vaspout.h5 does not say whether VASP came to its end, and no OUTCAR of this run lies beside it"
    ending = _outcar_cut_off(outcar) if outcar else unseen
    evidence = _Evidence(tuple(map(Loop, found.loops)), outcar, ending, note, seen_to_end=ending is None)
    run = _run(found.path, found.header, (first, last), evidence)
    failed = tuple(number for number, met in enumerate(good) if not met)
    return replace(run, unconverged_steps=failed, electronic_converged=good[-1])


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
        Unfinished: the run broke off, its last electronic loop did not meet its limit, or it is no ground state's.
    """
    verdict = run.verdict
    if verdict.excluded:
        raise Unfinished(f"{run.path}: {verdict.reason}; repeat it without, or leave it out")
    if run.ending:
        raise Unfinished(f"{run.path}: {run.ending}; {_mend(run)}")
    if not run.electronic_converged:
        raise Unfinished(f"{run.path}: {verdict.reason}; raise NELM, change ALGO")
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


def _mend(run: VaspRun) -> str:
    return "put OUTCAR beside it, or give vasprun.xml" if "vaspout.h5" in (run.ending or "") else "go on from CONTCAR"


@dataclass(frozen=True)
class _Evidence:
    """What tells how a run ended.

    Attributes:
        ending: why it is not finished; None where it is.
        note: about an OUTCAR of another run.
        seen_to_end: the file with the steps is whole.
    """

    loops: tuple[Loop, ...]
    outcar: Witness | None
    ending: str | None
    note: str | None
    seen_to_end: bool


def _run(path: Path, header: Header, ends: tuple[Step, Step], found: _Evidence) -> VaspRun:
    """Of the first and the last whole step."""
    first, last = ends
    steps, force = len(found.loops), _largest(last.forces, header)
    failed = judged.failed_loops(header, found.loops, found.outcar)
    return VaspRun(
        path=path,
        header=header,
        structure=last.structure(header.elements),
        first=first.structure(header.elements),
        energy=last.energy,
        free_energy=last.free_energy,
        forces=last.forces,
        stress=last.stress,
        finished=found.ending is None,
        electronic_converged=steps - 1 not in failed,
        ionic_converged=found.seen_to_end and judged.relaxed(header, steps, force, found.outcar),
        n_ionic_steps=steps,
        unconverged_steps=failed,
        ending=found.ending,
        last_loop=found.loops[-1],
        notes=(found.note,) if found.note else (),
    )


def restart_state(source: Path) -> RestartState:
    """Where dynamics goes on after its last whole step, whatever follows that in the file.

    Positions and velocities are those of CONTCAR if it is of the last step, or of one beyond by its velocities; else
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
    state = restarted(pass_.path, last.header, [raw.step() for raw in ends], last.number + 1)
    return state, 0 if damaged else state.steps, pass_.whole


def _h5_restart(found: H5Run) -> RestartState:
    return restarted(found.path, found.header, list(found.steps(max(0, found.n_steps - 2))), found.n_steps)
