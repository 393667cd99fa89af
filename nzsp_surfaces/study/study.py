"""A study: what the user asks for, read strictly from one YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from nzsp_surfaces.base.calculation import digest, structure_to_json
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import did_you_mean, read
from nzsp_surfaces.crystals.bonds import parse_polyanion, strong_polyanions
from nzsp_surfaces.crystals.crystal import Crystal, crystal, equivalent_planes, hkl, load_structure
from nzsp_surfaces.crystals.material import Material
from nzsp_surfaces.crystals.material import material as described
from nzsp_surfaces.engines import registry as catalogue
from nzsp_surfaces.engines.vasp.settings import Kind, VaspSettings, read_settings
from nzsp_surfaces.films.cover import Film, film_compound
from nzsp_surfaces.slabs.cut import SlabOptions

Plane = tuple[int, int, int, int] | tuple[int, int, int]


@dataclass(frozen=True)
class MaterialInput:
    """A material of a study.

    Attributes:
        structure: CIF or POSCAR, relative to the study.
        polyanion: kept whole, as PO4; found by bond strength where absent.
        charges: formal charges by element; guessed where absent.
        mobile: elements shared between faces; those of charge +1 where absent.
    """

    structure: Path
    polyanion: str | None = None
    charges: dict[str, float] | None = None
    mobile: tuple[str, ...] | None = None


@dataclass(frozen=True)
class FilmInput:
    """A capping film of a study.

    Attributes:
        structure: of its compound; the reference of its energy.
        planes: that it covers.
        layers: of polyanions on each face.
        temperature: K of the anneal.
        time: fs of the anneal.
        starts: differently seeded films that are annealed.
    """

    structure: Path
    planes: tuple[tuple[int, ...], ...]
    layers: int = 1
    temperature: float = 500.0
    time: float = 4000.0
    starts: int = 2

    def __post_init__(self) -> None:
        for name in ("layers", "temperature", "time", "starts"):
            if getattr(self, name) <= 0:
                raise ValueError(f"'{name}' must be positive")


@dataclass(frozen=True)
class Profile:
    """How thoroughly a study is carried out.

    Attributes:
        description: said in every output.
        bulk_force, slab_force: eV/Å, largest residual force.
        max_steps: of a relaxation.
        longest_anneal: fs; films anneal at most this long.
        screen_steps: of the short relaxation that ranks arrangements of mobile ions.
        relaxed: arrangements that are relaxed to the end per plane, the lowest of those screened.
        starts: film starts at most.
        placements: seeded ways of placing a film's cations; where there are more than starts, a short relaxation picks
            the starts. A short anneal remembers its start, a long one less.
        references: annealed cells of a film's compound.
    """

    description: str = ""
    bulk_force: float = 0.01
    slab_force: float = 0.02
    max_steps: int = 400
    longest_anneal: float = 4000.0
    screen_steps: int = 45
    relaxed: int = 2
    starts: int = 2
    placements: int = 2
    references: int = 3

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name != "description" and value <= 0:
                raise ValueError(f"'{name}' must be positive")


PROFILES = {
    "quick": Profile(
        description="quick profile: 0.5 ps of annealing and forces below 0.05 eV/Å, not the paper's protocol",
        slab_force=0.05,
        longest_anneal=500.0,
        screen_steps=30,
        relaxed=1,
        starts=1,
        placements=8,
        references=2,
    ),
    "paper": Profile(description="paper profile: 4 ps of annealing at 500 K, forces below 0.02 eV/Å"),
}


@dataclass(frozen=True)
class PublishedValue:
    """A surface energy to compare with, J/m². `film` is absent for the bare plane."""

    material: str
    plane: tuple[int, ...]
    gamma: float
    film: str | None = None


@dataclass(frozen=True)
class StudyFile:
    """The keys of a study file."""

    materials: dict[str, MaterialInput]
    planes: tuple[tuple[int, ...], ...]
    films: dict[str, FilmInput] = field(default_factory=dict)
    name: str = ""
    reference: str = ""
    slabs: SlabOptions = field(default_factory=SlabOptions)
    engine: str = catalogue.DEFAULT
    anneal_engine: str | None = None
    vasp: Path | None = None
    timestep: float = 2.0
    seed: int = 1
    profiles: dict[Literal["quick", "paper"], Profile] = field(default_factory=dict)
    published: tuple[PublishedValue, ...] = ()

    def __post_init__(self) -> None:
        if not self.materials:
            raise ValueError("'materials' is empty; name at least one")
        if not self.planes:
            raise ValueError("'planes' is empty; name at least one")
        if not 0 < self.timestep <= 5:
            raise ValueError("'timestep' must be above 0 and at most 5 fs")


@dataclass(frozen=True)
class CappingFilm:
    """A film of a study with the crystal of its compound."""

    name: str
    reference: Crystal
    film: Film
    settings: FilmInput


@dataclass(frozen=True)
class Study:
    """A study, read and checked.

    Attributes:
        path: of its file.
        settings: its keys.
        profile_name: quick or paper.
        profile: what that means here.
        materials, films: with their crystals.
        vasp: settings of VASP by kind.
    """

    path: Path
    settings: StudyFile
    profile_name: str
    profile: Profile
    materials: tuple[Material, ...]
    films: tuple[CappingFilm, ...]
    vasp: Mapping[Kind, VaspSettings]

    @cached_property
    def resolved(self) -> dict[str, Any]:
        """Everything that decides results, as plain data."""
        engines = {self.settings.engine, self.anneal_engine}
        vasp = {kind: _plain(settings) for kind, settings in self.vasp.items()} if catalogue.VASP in engines else None
        return self._content | ({"vasp": vasp} if vasp else {})

    @property
    def _content(self) -> dict[str, Any]:
        return {
            "materials": {m.name: _material_content(m) for m in self.materials},
            "films": {f.name: _film_content(f) for f in self.films},
            "planes": [list(plane) for plane in self.settings.planes],
            "slabs": _plain(self.settings.slabs),
            "engine": _plain(catalogue.identity(self.settings.engine)),
            "anneal_engine": _plain(catalogue.identity(self.anneal_engine)),
            "timestep": self.settings.timestep,
            "seed": self.settings.seed,
            "profile": {k: v for k, v in _plain(self.profile).items() if k != "description"},
        }

    @property
    def anneal_engine(self) -> str:
        """Engine of the dynamics."""
        return self.settings.anneal_engine or self.settings.engine

    @cached_property
    def identity(self) -> str:
        """The same for equal studies, wherever their files lie: structures and settings."""
        return digest(self.resolved)

    @property
    def name(self) -> str:
        """For titles."""
        return self.settings.name or self.path.stem

    def published(self, material: str, miller: tuple[int, ...], film: str | None) -> float | None:
        """The published surface energy of an entry, J/m²."""
        for value in self.settings.published:
            if (value.material, hkl(value.plane), value.film) == (material, hkl(miller), film):
                return value.gamma
        return None


def load_study(path: Path, profile: str = "quick", engine: str | None = None) -> Study:
    """Read and check a study.

    Args:
        path: YAML file.
        profile: quick or paper.
        engine: instead of the study's.

    Raises:
        UserError: with file and line where a key is at fault.
    """
    settings = read(path, StudyFile)
    if engine:
        settings = replace(settings, engine=engine)
    if profile not in PROFILES:
        raise UserError(f"profile '{profile}' is unknown; choose {' or '.join(PROFILES)}")
    _check_planes(settings, path)
    chosen = settings.profiles.get(profile, PROFILES[profile])  # type: ignore[call-overload]
    chosen = chosen if chosen.description else replace(chosen, description=f"{profile} profile of the study")
    materials = tuple(_material(name, given, path) for name, given in settings.materials.items())
    for material in materials:
        _check_forms(material, settings.planes, path)
    films = tuple(_film(name, given, settings, path) for name, given in settings.films.items())
    _check_published(settings, path)
    return Study(path, settings, profile, chosen, materials, films, read_settings(settings.vasp))


def _check_planes(settings: StudyFile, path: Path) -> None:
    seen: set[tuple[int, int, int]] = set()
    for plane in settings.planes:
        try:
            indices = hkl(plane)
        except UserError as error:
            raise UserError(f"{path}: planes: {error}") from error
        if indices in seen:
            raise UserError(f"{path}: planes: {list(plane)} is given twice; remove one")
        seen.add(indices)


def _check_forms(material: Material, planes: tuple[tuple[int, ...], ...], path: Path) -> None:
    """Two planes of one form are one plane."""
    forms: dict[frozenset[tuple[int, int, int]], tuple[int, ...]] = {}
    for plane in planes:
        if len(plane) == 4 and not material.crystal.hexagonal:
            raise UserError(f"{path}: planes: {list(plane)} has four indices, but {material.name} is not hexagonal")
        form = equivalent_planes(material.crystal, plane)
        if form in forms:
            other = list(forms[form])
            raise UserError(
                f"{path}: planes: {other} and {list(plane)} are the same plane of {material.name}; remove one"
            )
        forms[form] = plane


def _check_published(settings: StudyFile, path: Path) -> None:
    for value in settings.published:
        if value.material not in settings.materials:
            hint = did_you_mean(value.material, settings.materials)
            raise UserError(f"{path}: published: no material '{value.material}'; {hint}")
        if value.film is not None and value.film not in settings.films:
            raise UserError(f"{path}: published: no film '{value.film}'; {did_you_mean(value.film, settings.films)}")
        if hkl(value.plane) not in {hkl(plane) for plane in settings.planes}:
            raise UserError(f"{path}: published: plane {list(value.plane)} is not among 'planes'; add it there")


def _material(name: str, given: MaterialInput, path: Path) -> Material:
    where = f"{path}: materials: {name}"
    polyanions = (parse_polyanion(given.polyanion, where),) if given.polyanion else None
    return described(name, load_structure(given.structure), given.charges, polyanions, given.mobile, where)


def _film(name: str, given: FilmInput, settings: StudyFile, path: Path) -> CappingFilm:
    where = f"{path}: films: {name}"
    reference = crystal(load_structure(given.structure), None, where)
    for plane in given.planes:
        if hkl(plane) not in {hkl(p) for p in settings.planes}:
            raise UserError(f"{where}: plane {list(plane)} is not among 'planes'; add it there")
    # As the study writes them, so that three indices find the plane that it gives by four.
    planes = tuple(p for p in settings.planes if hkl(p) in {hkl(q) for q in given.planes})
    compound = film_compound(name, reference, strong_polyanions(reference))
    return CappingFilm(name, reference, compound, replace(given, planes=planes))


def _material_content(material: Material) -> dict[str, Any]:
    return {
        "structure": structure_to_json(material.crystal.structure),
        "charges": material.crystal.charges,
        "polyanions": [str(p) for p in material.polyanions],
        "mobile": sorted(material.mobile),
    }


def _film_content(film: CappingFilm) -> dict[str, Any]:
    settings = {k: v for k, v in _plain(film.settings).items() if k != "structure"}
    return {"structure": structure_to_json(film.reference.structure), **settings}


def _plain(value: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(value)
