"""Anneals of covered slabs, looked at: what became of the film."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.dynamics.film import FilmDynamics, Ions, Run, film_dynamics
from nzsp_surfaces.dynamics.lost import Parts, lost
from nzsp_surfaces.tasks.covering import Covering
from nzsp_surfaces.tasks.film import AnnealInputs

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.tasks.base import Result, Task


def film_lost(task: Task, result: Result) -> str | None:
    """Why the film of an anneal does not count; None where it stayed, and where the task anneals no film."""
    if not isinstance(task.inputs, AnnealInputs) or result.trajectory is None or result.start is None:
        return None
    return lost(result.start, result.trajectory.structure, _parts(task.inputs.covering, result))


def film_motion(task: Task, result: Result) -> FilmDynamics | None:
    """The anneal of a film, looked at; None for other tasks, and where an engine kept no frames."""
    run = result.trajectory
    if not isinstance(task.inputs, AnnealInputs) or run is None or result.start is None or len(run.frames) < 2:
        return None
    covering = task.inputs.covering
    charges = covering.crystal.charges | covering.compound.charges
    mobile = covering.mobile | covering.compound.cations.keys()
    groups = tuple({*covering.polyanions, *covering.compound.polyanions})
    seen, ions = Run(run.frames, run.interval, run.trace[:, 2]), Ions(charges, groups, frozenset(mobile))
    return film_dynamics(result.start, seen, _parts(covering, result), ions)


def _parts(covering: Covering, result: Result) -> Parts:
    assert result.start is not None
    return parts_of(covering, result.start, result.choices.film_units or 0)


def parts_of(covering: Covering, slab: Structure, units: int) -> Parts:
    """The atoms of a covered slab: those of the bare slab come first, then the films.

    Args:
        units: of the film's compound, both faces together.
    """
    compound, charges = covering.compound, covering.crystal.charges
    symbols = np.array([site.specie.symbol for site in slab])
    film = np.arange(len(slab)) >= len(slab) - units * compound.atoms
    others = {each.centre for each in covering.polyanions} | covering.mobile
    framework = ~film & np.isin(symbols, [e for e, charge in charges.items() if charge > 0 and e not in others])
    centre = compound.polyanion.centre if compound.polyanion else [*compound.elements, *compound.cations][0]
    return Parts(film, framework, film & (symbols == centre))
