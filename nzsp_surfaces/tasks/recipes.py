"""How each kind of task is carried out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.calculation import Calculation, calculation_from_json, structure_from_json, structure_to_json
from nzsp_surfaces.crystals.crystal import Crystal, relaxed
from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.crystals.material import Material
from nzsp_surfaces.engines.base import DynamicsSettings, Engine, RelaxSettings
from nzsp_surfaces.films.cover import CappedSlab, cap, mirrored
from nzsp_surfaces.slabs.cut import SlabCut, build, flip_of
from nzsp_surfaces.slabs.placing import middle_atoms
from nzsp_surfaces.study.study import CappingFilm, Study
from nzsp_surfaces.tasks.plan import PLACE_STEPS, Plan, Task, anneal_time

if TYPE_CHECKING:
    from pymatgen.core import Structure

REFERENCE_ATOMS = 32
"""An annealed cell of a film's compound holds at least so many atoms, so that polyanions may turn independently."""


SHAKE = 0.05
"""Å, standard deviation of the displacements that break a cut's accidental symmetry."""


@dataclass(frozen=True)
class Result:
    """What a task leaves.

    Attributes:
        task: its id.
        key: its content identity.
        calculation: energy, forces and final structure; absent for dynamics.
        start: the structure it began with.
        end: the last structure of dynamics.
        trace: (n, 3) time in fs, temperature in K, potential energy in eV, of dynamics.
        notes: choices made on the way.
        seconds: that the task took; after a kill, since it was taken up again.
    """

    task: str
    key: str
    calculation: Calculation | None = None
    start: Structure | None = None
    end: Structure | None = None
    trace: npt.NDArray[np.float64] | None = None
    notes: dict[str, Any] | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain data that `result_from_json` turns into an equal result."""
        return {
            "task": self.task,
            "key": self.key,
            "calculation": self.calculation and self.calculation.to_json(),
            "start": self.start and structure_to_json(self.start),
            "end": self.end and structure_to_json(self.end),
            "trace": None if self.trace is None else self.trace.tolist(),
            "notes": self.notes or {},
            "seconds": self.seconds,
        }


def result_from_json(data: dict[str, Any]) -> Result:
    """The inverse of `Result.to_json`."""
    return Result(
        task=data["task"],
        key=data["key"],
        calculation=data["calculation"] and calculation_from_json(data["calculation"]),
        start=data["start"] and structure_from_json(data["start"]),
        end=data["end"] and structure_from_json(data["end"]),
        trace=None if data["trace"] is None else np.array(data["trace"], float),
        notes=data["notes"],
        seconds=float(data["seconds"]),
    )


@dataclass
class Outcome:
    """What a run leaves.

    Attributes:
        results: by task id.
        failures: task id -> why, of tasks that failed or lack a parent.
        repeated: how many results were on disk already.
        computed: how many were computed now.
    """

    results: dict[str, Result] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    repeated: int = 0
    computed: int = 0


@dataclass(frozen=True)
class Bench:
    """What a recipe works with.

    Attributes:
        study, plan, task: what to do.
        results: of the parents, by id.
        engine: gives an engine by name.
        folder: for checkpoints.
        report: told how far the task is, with a text.
    """

    study: Study
    plan: Plan
    task: Task
    results: Mapping[str, Result]
    engine: Callable[[str], Engine]
    folder: Path
    report: Callable[[int, str], None]

    @property
    def own(self) -> Engine:
        """The engine of the task."""
        return self.engine(self.task.engine)

    def forces(self, step: int, force: float) -> None:
        """Tell the largest force of a relaxation step."""
        self.report(step, f"{force:.3f} eV/Å")

    def heat(self, step: int, temperature: float) -> None:
        """Tell the temperature of a time step."""
        self.report(step, f"{temperature:.0f} K")

    @property
    def number(self) -> int:
        """Of the task among its like."""
        assert self.task.number is not None, f"{self.task.id} is the only one"
        return self.task.number

    def material(self) -> Material:
        """The task's material."""
        return next(m for m in self.study.materials if m.name == self.task.subject.material)

    def film(self) -> CappingFilm:
        """The task's film."""
        return next(f for f in self.study.films if f.name == self.task.subject.film)

    def bulk(self) -> Crystal:
        """The relaxed bulk of the material."""
        return relaxed(self.material().crystal, _calculation(self.parents("bulk")[0]).structure)

    def parents(self, kind: str) -> list[Result]:
        """Results of the parents of a kind."""
        return [result for name, result in self.results.items() if self.plan.by_id[name].kind == kind]


def carry_out(bench: Bench) -> Result:
    """Carry a task out, going on from what an earlier try left in its folder."""
    began = time.perf_counter()
    result = RECIPES[bench.task.kind](bench)
    return replace(result, seconds=time.perf_counter() - began)


def _calculation(result: Result) -> Calculation:
    assert result.calculation is not None, f"{result.task} holds no energy"
    return result.calculation


def _relaxed(
    bench: Bench, start: Structure, flip: Flip | None = None, *, held: tuple[int, ...] = (), **notes: Any
) -> Result:
    profile = bench.study.profile
    settings = RelaxSettings(profile.slab_force, profile.max_steps, held=held)
    calculation = bench.own.relax(start, settings, bench.folder, bench.forces, flip)
    return Result(bench.task.id, bench.task.key, calculation, start, notes=notes)


def _bulk(bench: Bench) -> Result:
    """Relax the crystal with its cell, no symmetry imposed."""
    return _relaxed_cell(bench, bench.material().crystal.structure)


def _relaxed_cell(bench: Bench, start: Structure, trace: npt.NDArray[np.float64] | None = None) -> Result:
    profile = bench.study.profile
    settings = RelaxSettings(profile.bulk_force, profile.max_steps, cell=True)
    calculation = bench.own.relax(start, settings, bench.folder, bench.forces)
    return Result(bench.task.id, bench.task.key, calculation, start, trace=trace)


def _reference(bench: Bench) -> Result:
    """The film's compound: the given cell relaxed, or a larger one annealed first."""
    film = bench.film()
    cell = film.reference.structure
    if bench.number == 0:
        return _relaxed_cell(bench, cell)
    large = cell.copy()
    large.make_supercell(_repeats(film, bench.number))
    settings = dynamics_settings(bench.study, film, bench.number)
    run = bench.engine(bench.study.anneal_engine).dynamics(large, settings, bench.folder, bench.heat)
    return _relaxed_cell(bench, run.structure, run.trace)


def _repeats(film: CappingFilm, number: int) -> npt.NDArray[np.int64]:
    """The conventional cell, doubled along one axis for every second reference, where that is what 32 atoms need."""
    matrix = np.rint(np.linalg.inv(film.reference.setting)).astype(np.int64)
    atoms = len(film.reference.structure) * round(abs(float(np.linalg.det(matrix))))
    factors = np.ones(3, np.int64)
    while atoms * int(factors.prod()) < REFERENCE_ATOMS:
        factors[int(np.argmin(factors))] += 1
    return np.asarray(np.diag(factors) @ matrix)


def dynamics_settings(study: Study, film: CappingFilm, number: int) -> DynamicsSettings:
    """The anneal of a film's start, or of a cell of its compound, by number."""
    return DynamicsSettings(
        temperature=film.settings.temperature,
        duration=anneal_time(study, film),
        timestep=study.settings.timestep,
        seed=1000 * study.settings.seed + number,
    )


def _screen(bench: Bench) -> Result:
    """A few steps of relaxation, enough to rank arrangements of the mobile ions."""
    start = _built(bench, bench.number)
    settings = RelaxSettings(bench.study.profile.slab_force, bench.study.profile.screen_steps, held=start.held)
    calculation = bench.own.relax(start.structure, settings, bench.folder, bench.forces, start.flip)
    return Result(bench.task.id, bench.task.key, calculation, start.structure, notes={"arrangement": bench.number})


def _bare(bench: Bench) -> Result:
    """Relax a cut of the relaxed bulk, or go on with one of the lowest that were screened."""
    rank = bench.number
    screened = sorted(bench.parents("screen"), key=lambda r: _calculation(r).energy)
    number = int((screened[rank - 1].notes or {})["arrangement"]) if screened else rank
    built = _built(bench, number)
    start = _calculation(screened[rank - 1]).structure if screened else built.structure
    return _relaxed(bench, start, built.flip, held=built.held, arrangement=number)


@dataclass(frozen=True)
class _Start:
    """A slab before its relaxation, its flip, and the atoms that are not to move."""

    structure: Structure
    flip: Flip
    held: tuple[int, ...]


def _built(bench: Bench, number: int) -> _Start:
    """A slab cut from the relaxed bulk, shaken a little but alike on both faces.

    Without the shaking a face keeps symmetry that its ions would rather break, and stops at a saddle.
    """
    cut, bulk, options = _cuts(bench)[number - 1], bench.bulk(), bench.study.settings.slabs
    structure = build(cut, bulk, options.vacuum)
    flip = flip_of(cut, bulk, structure)
    still = middle_atoms(structure, options.frozen)
    random = np.random.default_rng([bench.study.settings.seed, number]).normal(0.0, SHAKE, (len(structure), 3))
    shifts = np.where(still[:, None], 0.0, flip.average(random))
    for site, shift in zip(structure, shifts, strict=True):
        site.coords = site.coords + shift
    return _Start(structure, flip, tuple(int(i) for i in np.flatnonzero(still)))


def _cuts(bench: Bench) -> tuple[SlabCut, ...]:
    """The cuts of the task's plane."""
    subject = bench.task.subject
    assert subject.material is not None
    assert subject.miller is not None
    return bench.plan.cuts[subject.material, subject.miller]


def _place(bench: Bench) -> Result:
    """Cover the best bare slab and relax a few steps, enough to rank placements of the film's cations."""
    capped = capped_slab(bench, _best_arrangement(bench), bench.number)
    settings = RelaxSettings(bench.study.profile.slab_force, PLACE_STEPS)
    calculation = bench.own.relax(capped.structure, settings, bench.folder, bench.forces, capped.flip)
    return Result(bench.task.id, bench.task.key, calculation, capped.structure, notes={"placement": bench.number})


def _anneal(bench: Bench) -> Result:
    """Cover the best bare slab, or take one of the best placements, and run the dynamics."""
    arrangement, places = _best_arrangement(bench), bench.parents("place")
    best = sorted(places, key=lambda r: _calculation(r).energy)[bench.number - 1] if places else None
    placement = int((best.notes or {})["placement"]) if best else bench.number
    capped = capped_slab(bench, arrangement, placement)
    start = _calculation(best).structure if best else capped.structure
    run = bench.own.dynamics(start, dynamics_settings(bench.study, bench.film(), placement), bench.folder, bench.heat)
    notes = {"arrangement": arrangement, "film_units": capped.film_units, "placement": placement}
    return Result(bench.task.id, bench.task.key, None, start, run.structure, run.trace, notes)


def _best_arrangement(bench: Bench) -> int:
    """Number of the bare cut with the lowest energy; all have the same atoms and area."""
    best = min(bench.parents("bare"), key=lambda r: _calculation(r).energy)
    return int((best.notes or {})["arrangement"])


def capped_slab(bench: Bench, arrangement: int, placement: int) -> CappedSlab:
    """A slab covered by one placement of a film; the same every time."""
    film, material = bench.film(), bench.material()
    cut = _cuts(bench)[arrangement - 1]
    seed = 1000 * bench.study.settings.seed + placement
    vacuum = bench.study.settings.slabs.vacuum
    return cap(cut, bench.bulk(), material.polyanions, material.mobile, film.film, film.settings.layers, vacuum, seed)


def _quench(bench: Bench) -> Result:
    """Relax what the dynamics left."""
    (annealed,) = bench.parents("anneal")
    assert annealed.end is not None
    return _relaxed(bench, annealed.end)


def _alike(bench: Bench) -> Result:
    """Make both faces like the better one, and relax again."""
    (annealed,), (quench,) = bench.parents("anneal"), bench.parents("quench")
    quenched, notes = _calculation(quench), annealed.notes or {}
    capped = capped_slab(bench, notes["arrangement"], notes["placement"])
    choices = {half: mirrored(capped, quenched.structure.cart_coords, half) for half in ("bottom", "top")}
    energies = {half: bench.own.single_point(s, bench.folder / half).energy for half, s in choices.items()}
    better = min(energies, key=lambda half: energies[half])
    return _relaxed(bench, choices[better], capped.flip, better_face=better)


RECIPES: dict[str, Callable[[Bench], Result]] = {
    "bulk": _bulk,
    "reference": _reference,
    "screen": _screen,
    "bare": _bare,
    "place": _place,
    "anneal": _anneal,
    "quench": _quench,
    "alike": _alike,
}
