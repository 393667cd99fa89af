"""A plan while it is made: each family of tasks adds its own part."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from nzsp_surfaces.base.labels import plane_name
from nzsp_surfaces.engines.base import DynamicsSettings, Engines, RelaxSettings
from nzsp_surfaces.films.laying import Way
from nzsp_surfaces.slabs.survey import Surface, surface
from nzsp_surfaces.tasks.base import Inputs, Subject, Task, TaskKind, task_id, task_key

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.slabs.cut import Rejection, SlabCut
    from nzsp_surfaces.study.mixtures import Mixture, Segregation
    from nzsp_surfaces.study.study import Film, Study


@dataclass(frozen=True)
class Before:
    """What another engine found before.

    Attributes:
        gamma: J/m²; None where it is not said.
        engine: in words.
    """

    gamma: float | None
    engine: str


@dataclass(frozen=True)
class Entry:
    """A line of the table: a plane of a material, bare or covered, and what decides it.

    Attributes:
        material, film: names in the study; no film for the bare plane.
        miller: plane, as the study writes it.
        candidates: tasks that compete; the lowest surface energy counts.
        needs: tasks that must be done before a candidate has a surface energy.
        series: tasks that are fitted together, as thicknesses of one slab; none of them counts alone.
        reason: why there is nothing to compute; None where there is.
        bulk: task of the bulk that its slabs are compared with; None for the material's relaxed crystal.
        before: J/m² by the engine that left the slabs, and its name; None where the study cut its own.
        on: film on which the film lies; None where it lies on the slab itself.
    """

    material: str
    miller: tuple[int, ...]
    film: str | None
    candidates: tuple[str, ...]
    needs: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    reason: str | None = None
    bulk: str | None = None
    before: Before | None = None
    on: str | None = None

    @property
    def id(self) -> str:
        """Name of the entry in files, as NZP_1-102_bare."""
        return f"{self.material}_{plane_name(self.miller)}_{self.film or 'bare'}"

    @property
    def tasks(self) -> tuple[str, ...]:
        """All tasks whose results decide it."""
        return tuple(dict.fromkeys((*self.needs, *self.candidates, *self.series)))


@dataclass(frozen=True)
class PlannedSlab:
    """A slab as built from the geometry of the study's files, which is what is looked at before anything is computed.

    Attributes:
        material: that it is cut from.
        cut: its choice of sites, with what was found about it.
        structure: with vacuum.
        number: of the arrangement, from 1.
        film: that covers it; None for a bare slab.
        film_units: formula units of the film, both faces together.
        frozen: Å in the middle that stay as in the bulk.
        way: how the film is laid on.
        on: film on which it lies; None where it lies on the slab itself.
        units_beneath: formula units of that film, both faces together.
    """

    material: Material
    cut: SlabCut
    structure: Structure
    number: int
    film: Film | None = None
    film_units: int = 0
    frozen: float = 0.0
    way: Way = "grown"
    on: Film | None = None
    units_beneath: int = 0

    @property
    def films(self) -> tuple[Film, ...]:
        """That cover it, the lowest first."""
        return tuple(film for film in (self.on, self.film) if film)

    @property
    def id(self) -> str:
        """Name of the slab in files, as NZP_1-102_bare_1, NZP_1-102_Na3PO4 or NZP_1-102_Na3PO4_melted."""
        end = self.film.name if self.film else f"bare_{self.number}"
        end += "" if self.way == "grown" else f"_{self.way}"
        return f"{self.material.name}_{plane_name(self.cut.miller)}_{end}"

    @cached_property
    def surface(self) -> Surface:
        """What the faces of the bare slab are like; worked out when it is asked for."""
        return surface(self.material, self.cut)


@dataclass(frozen=True)
class BarePlane:
    """A plane of a material: the cuts that are relaxed, and the tasks that relax them to the end."""

    material: Material
    miller: tuple[int, ...]
    cuts: tuple[SlabCut, ...]
    tasks: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Tasks of a slab and of its bulk with the same settings."""

    slab: str
    bulk: str


@dataclass(frozen=True)
class Series:
    """What tells whether an entry's surface energy depends on a setting of its slab or of the engine.

    Attributes:
        entry: id of the entry.
        thicknesses: repeats -> the task of that slab; None for the entry's own slab.
        vacuums: Å -> the task of the entry's slab with this vacuum.
        cutoffs, kpoints: eV and Å -> the entry's slab and its bulk with them.
        lacking: what could not be planned, a sentence each.
    """

    entry: str
    thicknesses: dict[int, str | None]
    vacuums: dict[float, str]
    cutoffs: dict[float, Pair] = field(default_factory=dict)
    kpoints: dict[float, Pair] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()

    @property
    def tasks(self) -> tuple[str, ...]:
        """All tasks whose results decide it, but for those of the entry."""
        pairs = [*self.cutoffs.values(), *self.kpoints.values()]
        bases = [name for pair in pairs for name in (pair.slab, pair.bulk)]
        return tuple(name for name in (*self.thicknesses.values(), *self.vacuums.values(), *bases) if name)


@dataclass(frozen=True)
class PlannedTermination:
    """A slab off stoichiometry whose faces are alike.

    Attributes:
        material: that it is cut from.
        miller: plane, as the study writes it.
        over: ions beyond whole formula units, as a formula; empty where only their order differs.
        task: that relaxes it.
    """

    material: str
    miller: tuple[int, ...]
    over: str
    task: str


@dataclass(frozen=True)
class PlannedMixture:
    """A composition of a mixture.

    Attributes:
        mixture: of the study.
        tried: tasks that relax its configurations shortly, as drawn and as composed of small crystals.
        swaps: the task that exchanges ions, where the study asks for it.
        relaxed: tasks that relax the lowest to the end.
        ends: tasks of the materials that it lies between.
        parts: tasks that relax crystals of one primitive cell, of which it is composed.
    """

    mixture: Mixture
    tried: tuple[str, ...]
    swaps: tuple[str, ...]
    relaxed: tuple[str, ...]
    ends: tuple[str, ...]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedSegregation:
    """A plane of an end in which ions are exchanged.

    Attributes:
        wish: of the study.
        miller: plane, as the study writes it.
        depths: Å below the outermost atom of the slab as cut, of each pair that is exchanged, ascending.
        tasks: for each of them.
    """

    wish: Segregation
    miller: tuple[int, ...]
    depths: tuple[float, ...]
    tasks: tuple[str, ...]


@dataclass
class Draft:
    """What the families of tasks have planned so far.

    Attributes:
        study: that is planned.
        tasks: parents first; each content once.
        also: ids of tasks whose content another task has -> the id of that task.
        bulks: material -> task.
        references: film -> tasks; the lowest energy per formula unit is the film's reference.
        planes: of all materials.
        entries, slabs, rejected, series, terminations, phases, mixtures, segregations: of the plan.
    """

    study: Study
    tasks: list[Task] = field(default_factory=list)
    also: dict[str, str] = field(default_factory=dict)
    bulks: dict[str, str] = field(default_factory=dict)
    references: dict[str, tuple[str, ...]] = field(default_factory=dict)
    planes: list[BarePlane] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    slabs: list[PlannedSlab] = field(default_factory=list)
    rejected: list[tuple[str, Rejection]] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    terminations: list[PlannedTermination] = field(default_factory=list)
    phases: dict[str, str] = field(default_factory=dict)
    mixtures: list[PlannedMixture] = field(default_factory=list)
    segregations: list[PlannedSegregation] = field(default_factory=list)
    _by_id: dict[str, Task] = field(default_factory=dict)
    _by_key: dict[str, Task] = field(default_factory=dict)

    def add(
        self,
        recipe: TaskKind[Inputs],
        subject: Subject,
        inputs: Inputs,
        *,
        atoms: float,
        number: int | None = None,
        parents: tuple[str, ...] = (),
    ) -> str:
        """Add a task, unless one with the same content is there.

        Args:
            atoms: of the structure that is computed.
            parents: ids of tasks that were added before.

        Returns:
            The id of the task that computes this content.
        """
        engines = self.engines
        key = task_key(recipe, inputs, tuple(self._by_id[name].key for name in parents), engines)
        weight = atoms * recipe.evaluations(inputs)
        task = Task(recipe, subject, number, inputs, parents, key, engines.of(recipe.asks[0]).name, weight)
        known = self._by_key.setdefault(key, task)
        if known is task:
            self.tasks.append(task)
            self._by_id[task.id] = task
        elif known.id != task.id:
            self.also[task_id(recipe.name, subject, number)] = known.id
        return known.id

    def task(self, name: str) -> Task:
        """The task of an id that `add` has given."""
        return self._by_id[name]

    @property
    def engines(self) -> Engines:
        """The engines of the study."""
        return self.study.engines

    @property
    def cell_relaxation(self) -> RelaxSettings:
        """How far crystals are relaxed, with their cells."""
        return RelaxSettings(self.study.profile.bulk_force, self.study.profile.max_steps, cell=True)

    @property
    def slab_relaxation(self) -> RelaxSettings:
        """How far slabs are relaxed."""
        profile = self.study.profile
        return RelaxSettings(profile.slab_force, profile.max_steps, energy_left=profile.energy_left)

    def seed(self, number: int) -> int:
        """A seed of the study for the start, the cell or the placement of a number."""
        return 1000 * self.study.settings.seed + number

    def anneal(self, film: Film, temperature: float, *, seed: int = 0) -> DynamicsSettings:
        """The anneal of a film under the study's profile; the temperature in K."""
        duration = min(film.settings.time, self.study.profile.longest_anneal)
        return DynamicsSettings(temperature, duration, self.study.settings.timestep, seed=seed)
