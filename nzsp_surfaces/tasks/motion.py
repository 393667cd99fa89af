"""Anneals of covered slabs, looked at: what became of the film."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nzsp_surfaces.dynamics.film import FilmDynamics, Ions, Run, film_dynamics
from nzsp_surfaces.dynamics.lost import Parts, lost
from nzsp_surfaces.tasks.covering import Covering, parts_of
from nzsp_surfaces.tasks.film import AnnealInputs

if TYPE_CHECKING:
    from nzsp_surfaces.tasks.base import Result, Task


def film_lost(task: Task, result: Result) -> str | None:
    """Why the film of an anneal does not count; None where it stayed, and where the task anneals no film."""
    if not isinstance(task.inputs, AnnealInputs) or result.trajectory is None or result.start is None:
        return None
    return lost(result.start, result.trajectory.structure, _parts(task.inputs.covering, result))


def film_motion(task: Task, result: Result) -> FilmDynamics | None:
    """The anneal of a film, looked at; None for other tasks, and where an engine kept no frames.

    None, too, on a slab without a framework, as a metal, beside which nothing tells where the film begins.
    """
    run = result.trajectory
    if not isinstance(task.inputs, AnnealInputs) or run is None or result.start is None or len(run.frames) < 2:
        return None
    covering, parts = task.inputs.covering, _parts(task.inputs.covering, result)
    if not parts.framework.any():
        return None
    mobile = covering.mobile.union(*(film.cations for film in covering.films))
    groups = tuple({*covering.polyanions, *(group for film in covering.films for group in film.polyanions)})
    seen, ions = Run(run.frames, run.interval, run.trace[:, 2]), Ions(covering.charges, groups, mobile)
    return film_dynamics(result.start, seen, parts, ions)


def _parts(covering: Covering, result: Result) -> Parts:
    assert result.start is not None
    return parts_of(covering, result.start, result.choices.film_units or 0)
