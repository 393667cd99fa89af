"""VASP in legs: each has a folder of its own and begins where the one before ended, so that no step is lost with a job.

A task's folder holds leg_01, leg_02, ...; a leg that broke off counts as far as it came.
"""

from __future__ import annotations

import gzip
import logging
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nzsp_surfaces.base.calculation import Matrix
from nzsp_surfaces.base.errors import OutOfTime, Unfinished, UserError
from nzsp_surfaces.engines.queues import WallTime, job_cores, wall_time
from nzsp_surfaces.engines.vasp.custody import Commands, Custody, custody, end_orphan, run_custodian
from nzsp_surfaces.engines.vasp.inputs import VaspInputs, advised, element_order, write_inputs
from nzsp_surfaces.engines.vasp.reading.agreeing import AGREEING
from nzsp_surfaces.engines.vasp.reading.header import Header
from nzsp_surfaces.engines.vasp.reading.restart import RestartState, same_place
from nzsp_surfaces.engines.vasp.reading.run import VaspRun, read_run, restart_state, trace
from nzsp_surfaces.engines.vasp.settings import comparable_settings

if TYPE_CHECKING:
    from pymatgen.core import Structure

log = logging.getLogger(__name__)

WHOLE_JOB = 0.8
"""Part of the wall time; a leg that began with more of it left had the job for itself."""
_IDLE = 3
"""Legs without a new step after which no further one is begun."""
COMPRESSED = ("vasprun.xml", "OUTCAR", "XDATCAR", "vasp.out", "LOCPOT")
"""Files that grow with the number of steps or the cell, kept as .gz once a leg is over."""


@dataclass(frozen=True)
class Leg:
    """One run of VASP, as far as it came.

    Attributes:
        folder: that it ran in.
        run: its last whole step; None where there is none.
        custody: what custodian did.
        repeats: it began with the very geometry that the leg before ended with, which it computed once more.
    """

    folder: Path
    run: VaspRun | None
    custody: Custody
    repeats: bool = False

    @property
    def steps(self) -> int:
        """Number of whole ionic steps at geometries that no leg before has computed."""
        return self.run.n_ionic_steps - self.repeats if self.run else 0


@dataclass(frozen=True)
class LegsSoFar:
    """The legs that a task has behind it, and where the next begins.

    Attributes:
        structure: in our order, atoms not wrapped.
        velocities: (n, 3) Å/fs in our order; None where none are known.
        legs: those behind that hold a whole step.
        trace: (n, 3) time in fs, temperature in K, potential energy in eV, of every whole step of dynamics.
        computed: the structure is the geometry of the last step, with which the next leg begins again.
    """

    structure: Structure
    velocities: Matrix | None
    legs: tuple[Leg, ...]
    trace: Matrix
    computed: bool = False

    @property
    def behind(self) -> int:
        """Number of steps that the next leg need not compute."""
        return self.steps - self.computed

    @property
    def steps(self) -> int:
        """Number of whole ionic steps of all legs; a geometry that two legs share counts once."""
        return sum(leg.steps for leg in self.legs)

    @property
    def last(self) -> VaspRun | None:
        """Run of the last leg; None where there is no leg."""
        return self.legs[-1].run if self.legs else None

    @property
    def corrections(self) -> tuple[str, ...]:
        """What custodian changed in all legs, one line each."""
        return tuple(line for leg in self.legs for line in leg.custody.corrections)


def legs_so_far(start: Structure, folder: Path) -> LegsSoFar:
    """What earlier launches left of a task that began with a structure."""
    so_far = LegsSoFar(start, None, (), np.empty((0, 3)))
    for leg_folder in leg_folders(folder):
        so_far = _with_leg(so_far, read_leg(leg_folder))
    return so_far


def leg_folders(folder: Path) -> list[Path]:
    """The folders of a task's legs, in their order."""
    return sorted((p for p in folder.glob("leg_*") if p.name[4:].isdigit()), key=lambda p: int(p.name[4:]))


def end_orphans(folder: Path) -> None:
    """End a VASP that outlived its worker, on this machine.

    Whoever holds the folder is its only worker; another VASP would write on into a leg that the next has read.
    """
    for leg_folder in leg_folders(folder):
        end_orphan(leg_folder)


def next_leg(
    so_far: LegsSoFar, inputs: VaspInputs, folder: Path, commands: Commands, waves: Path | None = None
) -> LegsSoFar:
    """Run VASP for one more leg.

    Args:
        waves: wave functions from which it begins; None for none.

    Raises:
        OutOfTime: the job has too little time left, or VASP was stopped before its end.
        UserError: potentials are missing, VASP failed, or it gave no whole step.
    """
    time = wall_time()
    if time is not None and time.over:
        raise OutOfTime(f"{folder}: the job's wall time is over; the next job goes on after {so_far.steps} steps")
    leg_folder = folder / f"leg_{1 + max((int(p.name[4:]) for p in leg_folders(folder)), default=0):02d}"
    cores = job_cores()
    write_inputs(advised(inputs, cores.total, cores.node) if cores else inputs, leg_folder)
    if waves is not None:
        shutil.copy(waves, leg_folder / "WAVECAR")
    log.info("VASP begins in %s after %d steps", leg_folder, so_far.steps)
    for line in inputs.warnings:
        _told(line)
    (leg_folder / "POTCAR").chmod(0o600)  # licensed, and not for everyone who may read results
    try:
        complaint = run_custodian(leg_folder, commands, time, dynamics=inputs.incar.get("IBRION") == 0)
    finally:
        (leg_folder / "POTCAR").unlink(missing_ok=True)
    leg = read_leg(leg_folder)
    _say(leg, complaint)
    check_leg(leg, complaint, time)
    _compress(leg_folder)
    return _with_leg(so_far, leg)


@cache
def _told(line: str) -> None:
    """Say it once in a process: most of what is odd about inputs holds for all of a study's."""
    log.warning(line)


def _say(leg: Leg, complaint: str | None) -> None:
    """What became of a leg, for the log."""
    log.info("VASP ended in %s with %d whole steps", leg.folder, leg.run.n_ionic_steps if leg.run else 0)
    for line in (*leg.custody.corrections, *([complaint] if complaint else [])):
        log.warning("%s: %s", leg.folder, line)


def check_leg(leg: Leg, complaint: str | None, time: WallTime | None) -> None:
    """Whether a leg that has ended leads on.

    Raises:
        OutOfTime: it was stopped before its first whole step.
        UserError: it gave no whole step, not even in a whole job; or it broke off.
    """
    if leg.run is None and leg.custody.stopped and time is not None:
        if time.left > WHOLE_JOB * time.total:
            raise UserError(f"{leg.folder}: no ionic step fits into {time.total:.0f} s; give jobs a longer wall time")
        raise OutOfTime(f"{leg.folder}: stopped before its first step was whole; the next job begins it again")
    if leg.run is None:
        raise UserError(f"{leg.folder}: VASP ended without a whole step; see vasp.out and std_err.txt")
    if complaint and not leg.run.finished and not leg.custody.stopped:
        raise UserError(f"{leg.folder}: {complaint}; see vasp.out and std_err.txt there")


def stop_where_told(so_far: LegsSoFar) -> None:
    """End this launch where the last leg was ended by STOPCAR.

    Raises:
        OutOfTime: it was.
        UserError: the last legs brought no new step, so that another would bring none.
    """
    if so_far.legs and so_far.legs[-1].custody.stopped:
        raise OutOfTime(f"{so_far.legs[-1].folder}: stopped before the wall time; the next job goes on from here")
    # Two may be right: a cell that is relaxed again with the plane waves of its end.
    if len(so_far.legs) >= _IDLE and not any(leg.steps for leg in so_far.legs[-_IDLE:]):
        raise UserError(f"{so_far.legs[-1].folder}: VASP ended {_IDLE} times without a new step; see OUTCAR there")


def read_leg(leg_folder: Path) -> Leg:
    """A run of VASP in its folder, as far as it came."""
    with suppress(UserError):
        return Leg(leg_folder, read_run(leg_folder), custody(leg_folder))
    return Leg(leg_folder, None, custody(leg_folder))


def _with_leg(so_far: LegsSoFar, leg: Leg) -> LegsSoFar:
    """The legs with one more; a leg without a whole step changes nothing."""
    if leg.run is None:
        return so_far
    # VASP leaves its last step in CONTCAR, others one beyond: the first geometry tells.
    before, run = so_far.last, leg.run
    leg = replace(leg, repeats=before is not None and same_place(before.structure, run.first))
    order = list(element_order([site.specie.symbol for site in so_far.structure]))
    moves = run.header.tag("IBRION", -1) == 0
    state = restart_state(leg.folder) if moves else None
    structure = _unwrapped(so_far.structure, state.structure if state else run.structure, order)
    rows = np.vstack([so_far.trace, _trace(leg, len(so_far.trace))]) if moves else so_far.trace
    # VASP computes the geometry that it is given; other programs may list only what comes after it.
    lists_start = same_place(so_far.structure, _unwrapped(so_far.structure, run.first, order))
    computed = lists_start and (state is None or same_place(run.structure, state.structure))
    return LegsSoFar(structure, _velocities(state, order), (*so_far.legs, leg), rows, computed)


def _velocities(state: RestartState | None, order: list[int]) -> Matrix | None:
    if state is None or state.velocities is None:
        return None
    ours = np.empty_like(state.velocities)
    ours[order] = state.velocities
    return ours


def _unwrapped(before: Structure, after: Structure, order: list[int]) -> Structure:
    """The positions that VASP lists, in our order and each in the cell nearest to where it was."""
    from pymatgen.core import Structure as Pymatgen

    listed, ours = after.frac_coords, np.empty((len(order), 3))
    ours[order] = listed
    moved = ours - before.frac_coords
    points = before.frac_coords + moved - np.round(moved)
    # VASP prints eight decimals: a cell that did not change keeps its own.
    same = np.allclose(before.lattice.matrix, after.lattice.matrix, rtol=0.0, atol=1e-7)
    return Pymatgen(
        before.lattice if same else after.lattice, before.species, points, site_properties=before.site_properties
    )


def _trace(leg: Leg, done: int) -> Matrix:
    """(n, 3) of the new steps of a leg, their time counted from the first step of all."""
    assert leg.run is not None
    found = trace(leg.folder)[:, :3]
    found[:, 0] += (done - leg.repeats) * leg.run.header.timestep
    return found[leg.repeats :]


def settings_used(leg: Leg, inputs: VaspInputs) -> dict[str, Any]:
    """What slab and bulk must agree in, as VASP ran with it: custodian may have changed INCAR and KPOINTS.

    Raises:
        Unfinished: the leg holds no step.
    """
    from pymatgen.io.vasp import Incar

    if leg.run is None:
        raise Unfinished(f"{leg.folder}: holds no whole step")
    apart = {"POTCAR", "LDAU", "LDAUTYPE"}  # compared by element, since a film's compound has fewer
    told = {name for name in AGREEING if leg.run.header.tag(name, None) is not None} - apart
    if leg.run.header.tag("LDAU", None) is None:
        apart.add("hubbard_u")  # a stand-in that says nothing did as it was asked
    used = {n: v for n, v in leg.run.settings.items() if n in told or n not in {*AGREEING, *apart}}
    asked: dict[str, Any] = comparable_settings(dict(Incar.from_file(leg.folder / "INCAR")))
    # Tighter than asked for is as good.
    asked["EDIFF"] = max(asked["EDIFF"], inputs.comparable["EDIFF"])
    mesh = {"kpoint_length": "changed"} if any("KPOINTS" in line for line in leg.custody.corrections) else {}
    return {
        **inputs.comparable,
        **asked,
        **used,
        **mesh,
        "potentials": _potentials(leg.run.header, inputs),
    }


def _potentials(header: Header, inputs: VaspInputs) -> dict[str, str]:
    """By element of the structure: the title that VASP printed, else the name that was asked for."""
    elements = dict.fromkeys(header.elements)
    return {**dict(zip(elements, inputs.symbols, strict=True)), **dict(zip(elements, header.potcars, strict=False))}


def _compress(leg_folder: Path) -> None:
    """Each file's compressed copy is whole before the file goes."""
    for path in _present(leg_folder):
        aside = path.with_name(f".{path.name}.gz")
        with path.open("rb") as plain, gzip.open(aside, "wb", compresslevel=6) as packed:
            shutil.copyfileobj(plain, packed)
        aside.replace(path.with_name(f"{path.name}.gz"))
        path.unlink()


def _present(leg_folder: Path) -> Iterator[Path]:
    yield from (path for name in COMPRESSED if (path := leg_folder / name).is_file())
