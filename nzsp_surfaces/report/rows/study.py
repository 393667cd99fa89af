"""The documents about a whole directory: which study or crystal it belongs to, and how its results came about."""

from __future__ import annotations

import platform
import sys
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, ClassVar

from nzsp_surfaces import __version__
from nzsp_surfaces.base.content import digest, structure_to_json
from nzsp_surfaces.base.places import command_without_folders
from nzsp_surfaces.report.rows.columns import Cell, Column, Row

if TYPE_CHECKING:
    from nzsp_surfaces.base.calculation import EngineIdentity
    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.slabs.cut import SlabOptions
    from nzsp_surfaces.study.study import Study
    from nzsp_surfaces.tasks.base import Outcome
    from nzsp_surfaces.tasks.plan import Plan

LAYOUT = 1
"""Counts changes of the files that older versions cannot read; files of other layouts are refused in one line."""

PACKAGES = (
    "pymatgen",
    "ase",
    "numpy",
    "scipy",
    "spglib",
    "wulffpack",
    "torch",
    "sevenn",
    "chgnet",
    "custodian",
    "fireworks",
    "numba",
    "matplotlib",
)
"""Packages whose versions are written down."""

study = Column["Study"]()


@dataclass(frozen=True, kw_only=True)
class StudyHeader(Row["Study"]):
    """Which study a directory belongs to; the file claims the directory before anything is computed."""

    FILE: ClassVar[str] = "study.json"

    layout: int = study("number of the layout of all files", of=lambda _: LAYOUT)
    version: str = study("of nzsp_surfaces", of=lambda _: __version__)
    identity: str = study("the same for equal studies, wherever their files lie", of=lambda s: s.identity)
    profile: str = study("quick or paper", of=lambda s: s.profile_name)
    name: str = study("for titles", of=lambda s: s.name)
    notes: tuple[str, ...] = study(
        "what was found of each material that decides how it is cut", of=lambda s: s.notes, earlier=()
    )
    resolved: dict[str, Any] = study(
        "structures and settings that decide results; what is at its default is left out", of=lambda s: s.resolved
    )


def study_header(of: Study) -> dict[str, Any]:
    """What study.json holds."""
    return StudyHeader.made_from(of).to_json()


@dataclass(frozen=True)
class SurveySource:
    """The slabs of a crystal that are asked for.

    Attributes:
        material: the crystal.
        planes: of it.
        options: of the slabs.
        repeats: thicknesses of each slab, one repeat apart.
    """

    material: Material
    planes: tuple[tuple[int, ...], ...]
    options: SlabOptions
    repeats: int

    @cached_property
    def content(self) -> dict[str, Any]:
        """What identifies the survey."""
        crystal = self.material.crystal
        return {
            "formula": crystal.formula,
            "space_group": f"{crystal.space_group} ({crystal.number})",
            "charges": crystal.charges,
            "polyanions": [str(p) for p in self.material.polyanions],
            "mobile": sorted(self.material.mobile),
            "planes": [list(plane) for plane in self.planes],
            "slabs": asdict(self.options) | {"repeats": self.repeats},
            "bulk": structure_to_json(crystal.as_given.structure),
        } | ({} if crystal.axes.are_standard else {"axes": crystal.axes.conventional.tolist()})


survey = Column[SurveySource]()


@dataclass(frozen=True, kw_only=True)
class SurveyHeader(Row[SurveySource]):
    """Which crystal's slabs a directory holds; the file claims the directory."""

    FILE: ClassVar[str] = "survey.json"

    layout: int = survey("number of the layout of all files", of=lambda _: LAYOUT)
    identity: str = survey("the same for equal crystals and settings", of=lambda s: digest(s.content))
    version: str = survey("of nzsp_surfaces", of=lambda _: __version__)
    notes: tuple[str, ...] = survey("what was found that decides how it is cut", of=lambda s: s.material.notes)
    formula: str = survey("reduced formula", of=lambda s: s.content["formula"])
    space_group: str = survey("symbol and number", of=lambda s: s.content["space_group"])
    symprec: float = survey(
        "distance within which sites count as equivalent",
        of=lambda s: s.material.crystal.tolerance.symprec,
        unit="Å",
        earlier=0.01,
    )
    moved: float = survey(
        "from the place of an atom in the file to its symmetric place, at most",
        of=lambda s: round(s.material.crystal.tolerance.moved, 6),
        unit="Å",
        earlier=0.0,
    )
    charges: dict[str, float] = survey("formal charges", of=lambda s: s.content["charges"], unit="e")
    polyanions: tuple[str, ...] = survey("kept whole", of=lambda s: tuple(s.content["polyanions"]))
    mobile: tuple[str, ...] = survey("elements shared between the faces", of=lambda s: tuple(s.content["mobile"]))
    planes: tuple[tuple[int, ...], ...] = survey("on the conventional cell", of=lambda s: s.planes)
    slabs: dict[str, Any] = survey("options of the slabs, lengths in Å", of=lambda s: s.content["slabs"])
    bulk: dict[str, Any] = survey("the crystal, its atoms as the file has them", of=lambda s: s.content["bulk"])
    file_axes: tuple[tuple[float, ...], ...] = survey(
        "vectors of the file's cell as rows, in multiples of those of spglib's standard cell",
        of=lambda s: _rows(s.material.crystal.axes.file),
        earlier=(),
    )
    axes: tuple[tuple[float, ...], ...] = survey(
        "those that planes refer to, in the same multiples",
        of=lambda s: _rows(s.material.crystal.axes.conventional),
        earlier=(),
    )


def _rows(matrix: Any) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(x) for x in row) for row in matrix)


def survey_header(
    material: Material, planes: tuple[tuple[int, ...], ...], options: SlabOptions, repeats: int
) -> dict[str, Any]:
    """What survey.json holds."""
    return SurveyHeader.made_from(SurveySource(material, planes, options, repeats)).to_json()


@dataclass(frozen=True, slots=True)
class Clock:
    """When a run began and ended (ISO 8601), and how long it took, s."""

    started: str
    finished: str
    seconds: float


@dataclass(frozen=True)
class RunSource:
    """A run of a study: what was to be computed, what was, and when."""

    study: Study
    plan: Plan
    outcome: Outcome
    clock: Clock

    @cached_property
    def engine(self) -> EngineIdentity:
        """Who computed the energies, as the results say, since a program's version is known once it has run."""
        named = (r.calculation.engine for r in self.outcome.results.values() if r.calculation)
        return next(named, self.study.engines.energies.identity)


run = Column[RunSource]()


@dataclass(frozen=True, slots=True)
class ProfileUsed:
    """The profile of a run.

    Attributes:
        name: quick or paper.
        description: for people.
        settings: what it means.
    """

    name: str
    description: str
    settings: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Provenance(Row[RunSource]):
    """How the results of a directory came about."""

    FILE: ClassVar[str] = "provenance.json"

    program: str = run("nzsp_surfaces", of=lambda _: "nzsp_surfaces", cell=Cell("program"))
    version: str = run("of the program", of=lambda _: __version__, cell=Cell("version"))
    python: str = run("version of Python", of=lambda _: platform.python_version(), cell=Cell("Python"))
    platform: str = run(
        "operating system and processor",
        of=lambda _: f"{platform.system()} {platform.machine()}",
        cell=Cell("platform"),
    )
    packages: dict[str, str] = run("versions of the packages that matter", of=lambda _: _packages())
    engine: str = run("engine of the energies", of=lambda s: s.engine.name, cell=Cell("engine"))
    model: str = run("weights or parameters of the engine", of=lambda s: s.engine.model, cell=Cell("model"))
    engine_version: str = run("of the engine", of=lambda s: s.engine.version, cell=Cell("engine version"))
    anneal_engine: str = run("engine of the dynamics", of=lambda s: s.study.engines.dynamics.name)
    device: str = run(
        "what the energies are computed on", of=lambda s: s.study.engines.energies.device(), cell=Cell("device")
    )
    profile: ProfileUsed = run("profile of the run", of=lambda s: _profile(s.study))
    seeds: tuple[int, ...] = run("of the study", of=lambda s: (s.study.settings.seed,), cell=Cell("seeds"))
    study_identity: str = run("of the study", of=lambda s: s.study.identity, cell=Cell("study"))
    reference: str = run("where the published values stand", of=lambda s: s.study.settings.reference)
    command: str = run(
        "that was called, files of whole paths by their names",
        of=lambda _: command_without_folders(["nzsp", *sys.argv[1:]]),
    )
    started: str = run("ISO 8601", of=lambda s: s.clock.started, cell=Cell("started"))
    finished: str = run("ISO 8601", of=lambda s: s.clock.finished, cell=Cell("finished"))
    wall_seconds: float = run("of the run", of=lambda s: round(s.clock.seconds, 1), unit="s", cell=Cell("wall time"))
    calculations: int = run("tasks of the plan", of=lambda s: len(s.plan.tasks), cell=Cell("calculations"))
    repeated_from_disk: int = run(
        "results that were there already", of=lambda s: s.outcome.repeated, cell=Cell("of these read from disk")
    )
    core_seconds: dict[str, float] = run("of one core, by kind of task", of=lambda s: _core_seconds(s), unit="s")
    failures: dict[str, str] = run("why a task has no result, by its id", of=lambda s: s.outcome.failures)


def _profile(of: Study) -> ProfileUsed:
    settings = asdict(of.profile)
    return ProfileUsed(of.profile_name, settings.pop("description"), settings)


def _core_seconds(source: RunSource) -> dict[str, float]:
    """Where the time went."""
    seconds: dict[str, float] = {}
    for task in source.plan.tasks:
        if task.id in source.outcome.results:
            spent = source.outcome.results[task.id].seconds
            seconds[task.kind] = round(seconds.get(task.kind, 0.0) + spent, 1)
    return seconds


def _packages() -> dict[str, str]:
    found = {name: _version(name) for name in PACKAGES}
    return {name: number for name, number in found.items() if number}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
