"""A study as a graph of calculations: what is computed, from what, and which results compete for an entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from nzsp_surfaces.base.calculation import digest, structure_to_json
from nzsp_surfaces.crystals.material import Material
from nzsp_surfaces.engines import registry as catalogue
from nzsp_surfaces.engines.vasp.settings import Kind
from nzsp_surfaces.slabs.cut import Rejection, SlabCut, SlabOptions, cut_slabs, fewest_broken
from nzsp_surfaces.study.study import CappingFilm, Study

RULES = 4
"""Counts changes of how tasks are carried out; results of other rules are not reused."""


VASP_KINDS: dict[str, tuple[Kind, ...]] = {
    "bulk": ("bulk",),
    "reference": ("bulk",),
    "screen": ("slab",),
    "bare": ("slab",),
    "place": ("slab",),
    "anneal": ("aimd",),
    "quench": ("slab",),
    "alike": ("slab", "static"),
}
"""Settings of VASP that each kind of task uses; a reference's dynamics are part of its content."""

PLACE_STEPS = 20
"""Steps of relaxation that rank placements of a film's cations."""


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
        """For ids, as (NZP, 1-102)."""
        plane = None if self.miller is None else plane_name(self.miller)
        return tuple(name for name in (self.material, plane, self.film) if name is not None)


@dataclass(frozen=True)
class Task:
    """One calculation.

    Attributes:
        kind: bulk, reference, screen, bare, place, anneal, quench or alike; see `recipes`.
        subject: material, plane and film.
        number: among those of a kind and subject: an arrangement, a placement, a start; None where there is one.
        parents: ids of the tasks whose results it needs.
        key: content identity: same content, same result, whatever the study.
        engine: name of the one that computes it.
        weight: atoms times expected evaluations, for the order and the remaining time.
    """

    kind: str
    subject: Subject
    number: int | None
    parents: tuple[str, ...]
    key: str
    engine: str
    weight: float

    @cached_property
    def id(self) -> str:
        """Readable and unique within a study, as NZP/1-102/bare/1."""
        return task_id(self.kind, self.subject, self.number)


def task_id(kind: str, subject: Subject, number: int | None = None) -> str:
    """The id of a task; it is for people and for finding it again, and nothing is read from it."""
    return "/".join((*subject.names, kind, *(() if number is None else (str(number),))))


@dataclass(frozen=True)
class Entry:
    """A line of the table: a plane of a material, bare or covered, and the tasks whose lowest energy decides it."""

    material: str
    miller: tuple[int, ...]
    film: str | None
    candidates: tuple[str, ...]

    @property
    def id(self) -> str:
        """As NZP_1-102_bare."""
        return f"{self.material}_{plane_name(self.miller)}_{self.film or 'bare'}"


@dataclass(frozen=True)
class Plan:
    """All tasks, parents first; all entries; the cuts of each plane and what was rejected.

    Attributes:
        cuts: (material, plane) -> accepted cuts, lowest electrostatic energy first.
        rejected: (material, rejection).
    """

    tasks: tuple[Task, ...]
    entries: tuple[Entry, ...]
    cuts: dict[tuple[str, tuple[int, ...]], tuple[SlabCut, ...]]
    rejected: tuple[tuple[str, Rejection], ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Task]:
        """Tasks by id."""
        return {task.id: task for task in self.tasks}

    @cached_property
    def urgency(self) -> dict[str, float]:
        """Weight of the longest chain that starts at each task; the heaviest goes first."""
        urgency = {task.id: task.weight for task in self.tasks}
        for task in reversed(self.tasks):  # children come later, so their own chains are known already
            for parent in task.parents:
                urgency[parent] = max(urgency[parent], self.by_id[parent].weight + urgency[task.id])
        return urgency


@dataclass
class _Draft:
    """Tasks so far; keys of parents enter the keys of their children."""

    study: Study
    tasks: list[Task] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        kind: str,
        subject: Subject,
        number: int | None,
        parents: tuple[str, ...],
        content: Any,
        engine: str,
        weight: float,
    ) -> str:
        """Add a task and return its id."""
        identity = self.study.resolved["engine" if engine == self.study.settings.engine else "anneal_engine"]
        vasp = [_vasp_content(self.study, VASP_KINDS[kind])] if engine == catalogue.VASP else []
        key = digest([RULES, kind, content, [self.keys[p] for p in parents], identity, *vasp])
        task = Task(kind, subject, number, parents, key, engine, weight)
        self.tasks.append(task)
        self.keys[task.id] = key
        return task.id


def plane_name(miller: tuple[int, ...]) -> str:
    """A plane in file names and ids: 1-102; with dots where an index has two digits."""
    return ("." if max(map(abs, miller)) > 9 else "").join(str(i) for i in miller)


def make_plan(study: Study) -> Plan:
    """Decide everything that a study computes. Fast, deterministic, free of side effects."""
    draft, entries = _Draft(study), []
    cuts: dict[tuple[str, tuple[int, ...]], tuple[SlabCut, ...]] = {}
    rejected: list[tuple[str, Rejection]] = []
    for film in study.films:
        _reference_tasks(draft, film)
    for material in study.materials:
        bulk = _bulk_task(draft, material)
        for plane in study.settings.planes:
            accepted, refused = _best_cuts(material, plane, study.settings.slabs)
            cuts[material.name, plane] = accepted
            rejected += [(material.name, rejection) for rejection in refused]
            bare = tuple(_bare_tasks(draft, material, plane, accepted, bulk))
            entries.append(Entry(material.name, plane, None, bare))
            for film in _films_on(study, plane) if bare else ():
                capped = tuple(_capped_tasks(draft, material, plane, film, accepted[0], (bulk, *bare)))
                entries.append(Entry(material.name, plane, film.name, capped))
    return Plan(tuple(draft.tasks), tuple(entries), cuts, tuple(rejected))


def _best_cuts(
    material: Material, plane: tuple[int, ...], options: SlabOptions
) -> tuple[tuple[SlabCut, ...], tuple[Rejection, ...]]:
    """The cuts of a plane that a study relaxes, and every other with the reason."""
    cuts, refused = cut_slabs(material.crystal, plane, material.polyanions, material.mobile, options)
    kept, worse = fewest_broken(cuts)
    return kept, refused + worse


def reference_ids(study: Study, film: CappingFilm) -> tuple[str, ...]:
    """Tasks of a film's compound; the lowest energy per formula unit is its reference."""
    return tuple(task_id("reference", Subject(film=film.name), i) for i in range(study.profile.references))


def bulk_id(material: str) -> str:
    """The task of a material's bulk."""
    return task_id("bulk", Subject(material))


def _films_on(study: Study, plane: tuple[int, ...]) -> list[CappingFilm]:
    return [film for film in study.films if plane in film.settings.planes]


def _bulk_task(draft: _Draft, material: Material) -> str:
    profile = draft.study.profile
    content = [structure_to_json(material.crystal.structure), profile.bulk_force, profile.max_steps]
    weight = 40.0 * len(material.crystal.structure)
    return draft.add("bulk", Subject(material.name), None, (), content, draft.study.settings.engine, weight)


def _reference_tasks(draft: _Draft, film: CappingFilm) -> None:
    study, structure = draft.study, film.reference.structure
    steps = anneal_time(study, film) / study.settings.timestep
    for number in range(study.profile.references):
        atoms = len(structure) * int(np.ceil(32 / len(structure))) if number else len(structure)
        content = [structure_to_json(structure), number, *_anneal_content(study, film), study.profile.bulk_force]
        weight = atoms * (40.0 + (steps if number else 0.0))
        draft.add("reference", Subject(film=film.name), number, (), content, study.settings.engine, weight)


def _vasp_content(study: Study, kinds: tuple[Kind, ...]) -> list[Any]:
    """The settings of VASP on which a result depends."""
    return [study.resolved["vasp"][kind] for kind in kinds]


def anneal_time(study: Study, film: CappingFilm) -> float:
    """fs of a film's anneal under the profile."""
    return min(film.settings.time, study.profile.longest_anneal)


def _anneal_content(study: Study, film: CappingFilm) -> list[Any]:
    anneal = study.resolved["anneal_engine"]
    vasp = [_vasp_content(study, ("aimd",))] if study.anneal_engine == catalogue.VASP else []
    given = study.settings
    return [*vasp, anneal, film.settings.temperature, anneal_time(study, film), given.timestep, given.seed]


def _bare_tasks(
    draft: _Draft, material: Material, plane: tuple[int, ...], cuts: tuple[SlabCut, ...], bulk: str
) -> Iterator[str]:
    """Relax the arrangements of a plane; a short relaxation picks them where there are too many."""
    study, profile = draft.study, draft.study.profile
    shape = [study.settings.slabs.vacuum, study.settings.slabs.frozen]
    subject, engine = Subject(material.name, plane), study.settings.engine
    screens: list[str] = []
    if len(cuts) > profile.relaxed:
        for number, cut in enumerate(cuts, start=1):
            content = [*_cut_content(cut), *shape, profile.screen_steps]
            weight = float(profile.screen_steps * len(cut.sites))
            screens.append(draft.add("screen", subject, number, (bulk,), content, engine, weight))
    for rank, cut in enumerate(cuts[: profile.relaxed], start=1):
        content = [*([rank] if screens else _cut_content(cut)), *shape, profile.slab_force, profile.max_steps]
        yield draft.add("bare", subject, rank, (bulk, *screens), content, engine, 80.0 * len(cut.sites))


def _cut_content(cut: SlabCut) -> list[Any]:
    """What makes a slab: no number that another machine, or another number of threads, rounds otherwise."""
    flip = [cut.flip.rotation, np.round(cut.flip.translation, 6) + 0.0]
    return [cut.miller, cut.in_plane, cut.sites, flip]


def _capped_tasks(
    draft: _Draft, material: Material, plane: tuple[int, ...], film: CappingFilm, cut: SlabCut, parents: tuple[str, ...]
) -> Iterator[str]:
    """Anneal each start, quench it, and quench it again with both faces like the better one."""
    study = draft.study
    atoms, steps = 1.4 * len(cut.sites), anneal_time(study, film) / study.settings.timestep
    starts, subject = min(film.settings.starts, study.profile.starts), Subject(material.name, plane, film.name)
    parents = (*parents, *_place_tasks(draft, subject, film, starts, atoms, parents))
    for start in range(1, starts + 1):
        content = [
            structure_to_json(film.reference.structure),
            film.settings.layers,
            start,
            *_anneal_content(study, film),
        ]
        anneal = draft.add("anneal", subject, start, parents, content, study.anneal_engine, atoms * steps)
        relax = [study.profile.slab_force, study.profile.max_steps]
        engine = study.settings.engine
        quench = draft.add("quench", subject, start, (anneal,), relax, engine, 100.0 * atoms)
        yield from (anneal, quench)
        yield draft.add("alike", subject, start, (anneal, quench, parents[0]), relax, engine, 60.0 * atoms)


def _place_tasks(
    draft: _Draft, subject: Subject, film: CappingFilm, starts: int, atoms: float, parents: tuple[str, ...]
) -> Iterator[str]:
    """A few steps of relaxation of every placement of a film, where there are more of them than starts."""
    profile = draft.study.profile
    for number in range(1, profile.placements + 1) if profile.placements > starts else ():
        seed = draft.study.settings.seed
        content = [structure_to_json(film.reference.structure), film.settings.layers, number, seed, PLACE_STEPS]
        engine = draft.study.settings.engine
        yield draft.add("place", subject, number, parents, content, engine, PLACE_STEPS * atoms)
