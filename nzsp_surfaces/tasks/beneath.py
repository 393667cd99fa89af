"""What a film is laid on: the bare slabs of a plane, or the lowest of those that another film covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.dynamics.lost import lost
from nzsp_surfaces.engines.base import Ask
from nzsp_surfaces.slabs.going_on import flip_found
from nzsp_surfaces.slabs.supercell import ITSELF, widened
from nzsp_surfaces.tasks.base import Bench, Result, Subject, TaskKind, lowest
from nzsp_surfaces.tasks.covering import Covering, parts_of

if TYPE_CHECKING:
    from nzsp_surfaces.films.cover import CappedSlab
    from nzsp_surfaces.slabs.cut import Cut
    from nzsp_surfaces.study.study import Film
    from nzsp_surfaces.tasks.draft import BarePlane, Draft, PlannedSlab


@dataclass(frozen=True)
class BeneathInputs:
    """Among which slabs under a film the one is chosen on which another film is laid.

    Attributes:
        covering: of these slabs.
    """

    covering: Covering


def _beneath(bench: Bench[BeneathInputs]) -> Result:
    """The lowest covered slab that is fit to be covered again, handed on as it was computed.

    The plan names the anneals and then the slabs that go on from them, those of each anneal one after the other.
    """
    slabs, anneals = bench.parents.get("film-hops") or bench.parents["alike"], bench.parents["anneal"]
    moments, covering = len(slabs) // len(anneals), bench.inputs.covering
    pairs = zip(slabs, (anneal for anneal in anneals for _ in range(moments)), strict=True)
    fit = tuple(slab for slab, anneal in pairs if _is_fit(covering, slab, anneal))
    if not fit:
        raise UserError(
            f"no slab under {covering.compound.name} is converged, alike on both faces and still covered; anneal more "
            "starts, or raise max_steps"
        )
    best = lowest(fit)[0]
    return bench.result(calculation=best.calculation, start=best.start, choices=best.choices)


def _is_fit(covering: Covering, slab: Result, anneal: Result) -> bool:
    """Whether a slab is converged and alike on both faces, and its film was not lost in the anneal."""
    assert anneal.start is not None
    assert anneal.trajectory is not None
    parts = parts_of(covering, anneal.start, anneal.choices.film_units or 0)
    covered = lost(anneal.start, anneal.trajectory.structure, parts) is None
    return covered and slab.computed.converged and flip_found(slab.computed.structure) is not None


def _evaluations(_inputs: BeneathInputs) -> float:
    return 0.0


BENEATH = TaskKind("beneath", _beneath, (Ask.SLAB,), _evaluations)
"""Asks nothing of the engine, but holds for that which has relaxed the slabs."""


def covered(bench: Bench[Any], covering: Covering, arrangement: int, placement: int) -> CappedSlab:
    """The bare cut of a number, or the slab under another film, covered by a placement of this one."""
    if covering.under is not None:
        return covering.upon(bench.parent(BENEATH.name).computed.structure, placement)
    return covering.start(arrangement, placement, bench.parent("bulk").computed.structure)


@dataclass(frozen=True)
class Ground:
    """What a film is laid on, on a plane.

    Attributes:
        plane: with its bare slabs.
        before: tasks that leave what is covered; a covered slab is built with the first.
        slab: as planned, that another film covers; None where the film lies on the bare ones.
        covering: of that slab.
    """

    plane: BarePlane
    before: tuple[str, ...]
    slab: PlannedSlab | None = None
    covering: Covering | None = None

    @property
    def film(self) -> Film | None:
        """That lies there already; None where the slabs are bare."""
        return self.slab.film if self.slab else None

    @property
    def atoms(self) -> int:
        """Of the slab that is covered."""
        return len(self.slab.structure if self.slab else self.plane.cuts[0].sites)

    @property
    def cut(self) -> Cut:
        """Of the slab, on the surface cell that it has."""
        return widened(self.plane.cuts[0], self.covering.laying.cells if self.covering else ITSELF)

    def units(self, cells: int) -> int:
        """Formula units of the film that lies there already, both faces, on so many of its surface cells."""
        return cells * self.slab.film_units if self.slab else 0


def ground_of(draft: Draft, plane: BarePlane, film: Film) -> Ground:
    """What a film is laid on; where that is another film, with a task that chooses one of its slabs.

    Raises:
        UserError: the film on which it is to lie has no slab on this plane.
    """
    bulk = draft.bulks[plane.material.name]
    if film.on is None:
        return Ground(plane, (bulk, *plane.tasks))
    subject = Subject(plane.material.name, plane.miller, film.on)
    entry = next(e for e in draft.entries if Subject(e.material, e.miller, e.film) == subject)
    if not entry.candidates:
        raise UserError(f"film {film.name}: no {film.on} to lie on: {entry.reason}")
    slab = next(s for s in draft.slabs if s.film and Subject(s.material.name, s.cut.miller, s.film.name) == subject)
    last = "film-hops" if draft.study.profile.walks else "alike"
    ready = [task for task in map(draft.task, entry.candidates) if task.kind == last]
    covering = ready[0].inputs.covering
    parents = (*dict.fromkeys(task.parents[0] for task in ready), *(task.id for task in ready))
    chosen = draft.add(BENEATH, subject, BeneathInputs(covering), parents=parents, atoms=len(slab.structure))
    return Ground(plane, (chosen,), slab, covering)
