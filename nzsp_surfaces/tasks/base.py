"""What a task is: its kind, its inputs, what it works with, what it leaves, and how its identity follows from these."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from nzsp_surfaces.base.calculation import Calculation, calculation_from_json
from nzsp_surfaces.base.content import content, digest, structure_from_json, structure_to_json
from nzsp_surfaces.base.labels import plane_name
from nzsp_surfaces.engines.base import Ask, Engine, Engines, Trajectory, trajectory_from_json

if TYPE_CHECKING:
    from pymatgen.core import Structure

RULES = 5
"""Counts changes of how tasks are carried out; results of other rules are not reused."""

Inputs = TypeVar("Inputs")


@dataclass(frozen=True, slots=True)
class Choices:
    """What a task chose on its way, for those that go on from it and for people.

    Attributes:
        arrangement: number of the cut among those of its plane.
        placement: number of the seeded way in which a film's cations were placed.
        film_units: formula units of a film's compound, both faces together.
        better_face: "bottom" or "top", that both faces were made like.
        way: how a film was laid on; None for grown.
        judged: arrangements among which this one was the lowest.
        missed: how many of those that were not relaxed to the end may lie below it.
        filling: what stands on the sites of a mixture's cell, by code.
        distinct: ways of filling that cell, of those that were drawn.
        electrostatic: eV of the cell, of its point charges.
        accepted: exchanges of ions, or jumps and hops, that were gone on with.
        moment: fs of the anneal at which a film was quenched; None for its end.
        jumps: of single ions at the faces.
        hops: of the faces from valley to valley.
        units_beneath: formula units of the film on which that one lies, both faces together; None where it lies on the
            slab itself.
    """

    arrangement: int | None = None
    placement: int | None = None
    film_units: int | None = None
    better_face: str | None = None
    way: str | None = None
    judged: int | None = None
    missed: float | None = None
    filling: str | None = None
    distinct: int | None = None
    electrostatic: float | None = None
    accepted: int | None = None
    moment: float | None = None
    jumps: int | None = None
    hops: int | None = None
    units_beneath: int | None = None


@dataclass(frozen=True)
class Result:
    """What a task leaves.

    Attributes:
        task: id of the task.
        key: content identity of the task.
        calculation: energy, forces and final structure; absent for dynamics.
        start: the structure that the task began with.
        trajectory: last structure and trace of dynamics, where there were any.
        choices: made on the way.
        seconds: that the task took; after a kill, since it was taken up again.
    """

    task: str
    key: str
    calculation: Calculation | None = None
    start: Structure | None = None
    trajectory: Trajectory | None = None
    choices: Choices = field(default_factory=Choices)
    seconds: float = 0.0

    @property
    def computed(self) -> Calculation:
        """The calculation of a result that has one."""
        assert self.calculation is not None, f"{self.task} holds no energy"
        return self.calculation

    def to_json(self) -> dict[str, Any]:
        """Plain data that `result_from_json` turns into an equal result."""
        return {
            "task": self.task,
            "key": self.key,
            "calculation": self.calculation and self.calculation.to_json(),
            "start": self.start and structure_to_json(self.start),
            "trajectory": self.trajectory and self.trajectory.to_json(),
            "choices": {name: value for name, value in asdict(self.choices).items() if value is not None},
            "seconds": self.seconds,
        }


def result_from_json(data: Mapping[str, Any]) -> Result:
    """The inverse of `Result.to_json`."""
    return Result(
        task=data["task"],
        key=data["key"],
        calculation=data["calculation"] and calculation_from_json(data["calculation"]),
        start=data["start"] and structure_from_json(data["start"]),
        trajectory=data["trajectory"] and trajectory_from_json(data["trajectory"]),
        choices=Choices(**data["choices"]),
        seconds=float(data["seconds"]),
    )


def whole_result(data: Mapping[str, Any]) -> Result:
    """A result that can be used: its numbers are numbers, and each atom has its force.

    Raises:
        ValueError: something does not fit.
        KeyError, TypeError: something is missing or of another type.
    """
    result = result_from_json(data)
    if result.calculation is None and result.trajectory is None:
        raise ValueError("neither a calculation nor dynamics")
    found = result.calculation
    if found is not None:
        if len(found.forces) != len(found.structure):
            raise ValueError(f"{len(found.forces)} forces on {len(found.structure)} atoms")
        if not np.isfinite([found.energy, found.max_force, *found.forces.flat]).all():
            raise ValueError("an energy or a force that is no number")
    return result


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
class Bench(Generic[Inputs]):
    """What a recipe works with: all of it enters the task's key, so that no recipe reads what its key forgets.

    Attributes:
        task, key: of the result.
        inputs: of the task.
        parents: results of the tasks that it waits for, by their kind, in the order in which the plan names them.
        engine: ready to compute, by what it is asked for.
        folder: for checkpoints.
        report: told how far the task is, with a text.
    """

    task: str
    key: str
    inputs: Inputs
    parents: Mapping[str, tuple[Result, ...]]
    engine: Callable[[Ask], Engine]
    folder: Path
    report: Callable[[int, str], None]

    def parent(self, kind: str) -> Result:
        """The result of the only parent of a kind."""
        (found,) = self.parents[kind]
        return found

    def forces(self, step: int, force: float) -> None:
        """Tell the largest force of a relaxation step."""
        self.report(step, f"{force:.3f} eV/Å")

    def heat(self, step: int, temperature: float) -> None:
        """Tell the temperature of a time step."""
        self.report(step, f"{temperature:.0f} K")

    def result(self, **left: Any) -> Result:
        """A result of this task; see `Result` for what may be left."""
        return Result(self.task, self.key, **left)


@dataclass(frozen=True)
class TaskKind(Generic[Inputs]):
    """A kind of task, in one place: what it reads, how it is carried out, what it asks of engines, what it costs.

    Attributes:
        name: in ids and files.
        carry_out: the recipe.
        asks: that the recipe makes of an engine; the settings of these, and no others, enter the keys.
        evaluations: expected evaluations of energy and forces, for the order of tasks and the time left.
    """

    name: str
    carry_out: Callable[[Bench[Inputs]], Result]
    asks: tuple[Ask, ...]
    evaluations: Callable[[Inputs], float]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a task is about, as far as it has each: a film's compound has no plane, a bulk no film.

    Attributes:
        material, film: names in the study.
        miller: plane, as the study writes it.
    """

    material: str | None = None
    miller: tuple[int, ...] | None = None
    film: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Parts of an id, as (NZP, 1-102)."""
        plane = None if self.miller is None else plane_name(self.miller)
        return tuple(name for name in (self.material, plane, self.film) if name is not None)


@dataclass(frozen=True)
class Task:
    """One calculation.

    Attributes:
        recipe: its kind, with how it is carried out.
        subject: material, plane and film.
        number: among those of a kind and subject: an arrangement, a placement, a start; None where there is one.
        inputs: all that the recipe reads besides the results of its parents.
        parents: ids of the tasks whose results it needs.
        key: content identity: same content, same result, whatever the study.
        engine: name of the engine that computes it.
        weight: atoms times expected evaluations, for the order and the remaining time.
    """

    recipe: TaskKind[Any]
    subject: Subject
    number: int | None
    inputs: Any
    parents: tuple[str, ...]
    key: str
    engine: str
    weight: float

    @property
    def kind(self) -> str:
        """Name of the task's kind."""
        return self.recipe.name

    @cached_property
    def id(self) -> str:
        """Readable and unique within a study, as NZP/1-102/bare/1."""
        return task_id(self.kind, self.subject, self.number)


def task_id(kind: str, subject: Subject, number: int | None = None) -> str:
    """The id of a task; it is for people and for finding it again, and nothing is read from it."""
    return "/".join((*subject.names, kind, *(() if number is None else (str(number),))))


def task_key(recipe: TaskKind[Inputs], inputs: Inputs, parents: tuple[str, ...], engines: Engines) -> str:
    """Content identity of a task: kind, inputs, what it goes on from, and the settings of the engines that it asks.

    Args:
        parents: keys of the tasks whose results it needs.
    """
    return digest([RULES, recipe.name, content(inputs), list(parents), engines.content(recipe.asks)])


def carry_out(task: Task, bench: Bench[Any]) -> Result:
    """Carry a task out, going on from what an earlier try left in its folder."""
    began = time.perf_counter()
    result = task.recipe.carry_out(bench)
    return replace(result, seconds=time.perf_counter() - began)


BARE = ("bare", "bare-alike", "hops")
"""Kinds of tasks that relax the bare slabs of a plane to the end: as they are cut, annealed, or after hops."""


def best_bare(parents: Mapping[str, tuple[Result, ...]]) -> Result:
    """The lowest bare slab of a plane among the parents of a task."""
    return lowest(tuple(result for kind in BARE for result in parents.get(kind, ())))[0]


def lowest(results: tuple[Result, ...]) -> list[Result]:
    """Results with the same atoms in the same cell, the lowest energy first."""
    return sorted(results, key=lambda result: result.computed.energy)
