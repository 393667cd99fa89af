"""A study as a graph of calculations: what is computed, from what, and which results decide an entry."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from nzsp_surfaces.tasks.base import Task
from nzsp_surfaces.tasks.draft import (
    Draft,
    Entry,
    PlannedMixture,
    PlannedSegregation,
    PlannedSlab,
    PlannedTermination,
    Series,
)

if TYPE_CHECKING:
    from nzsp_surfaces.slabs.cut import Rejection
    from nzsp_surfaces.study.study import Study

FAMILIES = (
    "bulk",
    "reference",
    "bare",
    "film",
    "converge",
    "potentials",
    "mixture",
    "segregation",
)
"""Modules of this room, each with the kinds of tasks of a family and a function `plan` that adds its part to a draft.

A family finds in the draft what those before it have added.
"""
GOING_ON = ("refined",)
"""The family of a study that goes on with slabs of another engine; it finds the slabs that were cut."""


@dataclass(frozen=True)
class Plan:
    """All that a study computes.

    Attributes:
        tasks: parents first, each content once.
        entries: of the table.
        slabs: as built from the geometry of the study's files.
        rejected: material and rejection, of every cut and film that is not computed.
        references: film -> tasks; the lowest energy per formula unit is the film's reference.
        bulks: material -> task.
        also: ids whose content another task computes -> the id of that task.
        series: thicknesses and vacuums of entries.
        terminations: slabs off stoichiometry.
        phases: that compete with the materials -> task.
        mixtures: compositions between materials, or of files with shared sites.
        segregations: planes of their ends in which ions are exchanged.
    """

    tasks: tuple[Task, ...]
    entries: tuple[Entry, ...]
    slabs: tuple[PlannedSlab, ...]
    rejected: tuple[tuple[str, Rejection], ...] = ()
    references: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bulks: dict[str, str] = field(default_factory=dict)
    also: dict[str, str] = field(default_factory=dict)
    series: tuple[Series, ...] = ()
    terminations: tuple[PlannedTermination, ...] = ()
    phases: dict[str, str] = field(default_factory=dict)
    mixtures: tuple[PlannedMixture, ...] = ()
    segregations: tuple[PlannedSegregation, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Task]:
        """Tasks by id; a task that serves several ids is found by each."""
        own = {task.id: task for task in self.tasks}
        return own | {name: own[other] for name, other in self.also.items()}

    @cached_property
    def urgency(self) -> dict[str, float]:
        """Weight of the longest chain that starts at each task; the heaviest goes first."""
        urgency = {task.id: task.weight for task in self.tasks}
        for task in reversed(self.tasks):  # children come later, so their own chains are known already
            for parent in task.parents:
                urgency[parent] = max(urgency[parent], self.by_id[parent].weight + urgency[task.id])
        return urgency


def make_plan(study: Study) -> Plan:
    """Decide everything that a study computes. Fast, deterministic, free of side effects."""
    draft = Draft(study)
    if study.starts is not None:
        cut = make_plan(replace(study, starts=None))
        draft.slabs, draft.rejected = list(cut.slabs), list(cut.rejected)
    for family in FAMILIES if study.starts is None else GOING_ON:
        import_module(f"nzsp_surfaces.tasks.{family}").plan(draft)
    return Plan(
        tasks=tuple(draft.tasks),
        entries=tuple(sorted(draft.entries, key=lambda e: _position(study, e.material, e.miller, e.film))),
        slabs=tuple(sorted(draft.slabs, key=lambda s: _position_of_slab(study, s))),
        rejected=tuple(sorted(draft.rejected, key=lambda r: _position(study, r[0], r[1].miller, None))),
        references=draft.references,
        bulks=draft.bulks,
        also=draft.also,
        series=tuple(draft.series),
        terminations=tuple(draft.terminations),
        phases=draft.phases,
        mixtures=tuple(draft.mixtures),
        segregations=tuple(draft.segregations),
    )


def _position(study: Study, material: str, miller: tuple[int, ...], film: str | None) -> tuple[int, int, int]:
    """Place in the order of the study: material, plane, bare before covered."""
    materials, films = list(study.settings.materials), list(study.settings.films)
    return materials.index(material), study.settings.planes.index(miller), films.index(film) if film else -1


def _position_of_slab(study: Study, slab: PlannedSlab) -> tuple[int, ...]:
    film = slab.film.name if slab.film else None
    return (*_position(study, slab.material.name, slab.cut.miller, film), slab.number)
