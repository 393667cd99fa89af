"""A study: what the user asks for, read from one YAML file, with its crystals and engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.content import content, digest
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import read
from nzsp_surfaces.crystals.bonds import Polyanion, parse_polyanion
from nzsp_surfaces.crystals.crystal import Crystal, crystal, hkl
from nzsp_surfaces.crystals.material import Material
from nzsp_surfaces.crystals.material import material as described
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.crystals.valence_sums import told_charges
from nzsp_surfaces.engines.base import Ask, Engines
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose
from nzsp_surfaces.films.compound import FilmCompound, film_compound
from nzsp_surfaces.study.checks import check_forms, check_jumps, check_keys, check_solved
from nzsp_surfaces.study.going_on import Starts, starts
from nzsp_surfaces.study.mixtures import Mixture, Segregation, mixtures_of, segregations_of
from nzsp_surfaces.study.reactions import phases, reactions
from nzsp_surfaces.study.schema import PROFILES, FilmKeys, MaterialKeys, Profile, StudyFile

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.energies.reactions import Reaction


@dataclass(frozen=True)
class Film:
    """A film of a study.

    Attributes:
        name: in the study.
        reference: crystal of its compound.
        compound: what it is built of.
        settings: its keys.
    """

    name: str
    reference: Crystal
    compound: FilmCompound
    settings: FilmKeys

    @property
    def layers(self) -> int:
        """Of anions on each face."""
        assert isinstance(self.settings.layers, int)
        return self.settings.layers

    @property
    def on(self) -> str | None:
        """Film on which it lies; None where it lies on the slab itself."""
        return self.settings.on

    @property
    def units(self) -> int | None:
        """Formula units on each face; None for whole layers."""
        assert not isinstance(self.settings.units, tuple)
        return self.settings.units

    @property
    def volume(self) -> float:
        """Å³ of a formula unit in the compound's crystal."""
        structure = self.reference.structure
        return float(structure.volume * self.compound.atoms / len(structure))

    def content(self) -> dict[str, Any]:
        """What identifies the film."""
        return {"structure": self.reference.structure, "settings": self.settings}


@dataclass(frozen=True)
class Study:
    """A study, read and checked.

    Attributes:
        path: of its file.
        settings: its keys.
        profile_name: quick or paper.
        profile: what that means here.
        materials, films: with their crystals.
        engines: that compute.
        phases: that compete with the materials, as read.
        starts: slabs that are gone on with; None where the study cuts its own.
        reactions: balanced.
        mixtures: compositions between materials, or of files with shared sites.
        segregations: which ions are exchanged in slabs of their ends.
    """

    path: Path
    settings: StudyFile
    profile_name: str
    profile: Profile
    materials: tuple[Material, ...]
    films: tuple[Film, ...]
    engines: Engines
    phases: Mapping[str, Structure] = field(default_factory=dict)
    starts: Starts | None = None
    reactions: tuple[Reaction, ...] = ()
    mixtures: tuple[Mixture, ...] = ()
    segregations: tuple[Segregation, ...] = ()

    @cached_property
    def resolved(self) -> dict[str, Any]:
        """Everything that decides results, as plain data; what is at its default is left out."""
        parts = {
            "materials": {material.name: material for material in self.materials},
            "films": {film.name: film for film in self.films},
            "study": self.settings,
            "profile": self.profile,
        } | {name: held for name, held in (("phases", self.phases), ("mixtures", self._shared)) if held}
        going_on = {} if self.starts is None else {"starts": content(self.starts)}
        return {**content(parts), "engines": self.engines.content(tuple(Ask)), **going_on}

    @property
    def _shared(self) -> dict[str, Any]:
        """What files with shared sites hold; ends are materials, and known with these."""
        return {mixture.label: mixture.shared for mixture in self.mixtures if not mixture.ends}

    @cached_property
    def identity(self) -> str:
        """The same for equal studies, wherever their files lie: structures and settings."""
        return digest(self.resolved)

    @property
    def name(self) -> str:
        """Name of the study for titles."""
        return self.settings.name or self.path.stem

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found of each material that decides how it is cut, and of each film's compound, a sentence each."""
        found = [(material.name, note) for material in self.materials for note in material.notes]
        for film in self.films:
            crystal = film.reference
            charges = told_charges(crystal.structure, crystal.charges, crystal.charges_from)
            found += [(film.name, f"Charges: {charges}.")] if charges else []
        return tuple(f"{name}: {note}" for name, note in found)

    def films_of(self, name: str | None) -> tuple[Film, ...]:
        """All films of a face whose outermost has this name, the lowest first; none of a bare face."""
        by_name = {film.name: film for film in self.films}
        film = by_name.get(name or "")
        return () if film is None else (*self.films_of(film.on), film)

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
    settings = _each_amount(_with_whole_paths(read(path, StudyFile), path), path)
    return study_of(replace(settings, engine=engine) if engine else settings, path, profile)


def study_of(settings: StudyFile, path: Path, profile: str) -> Study:
    """The study that these keys describe.

    Args:
        settings: with the whole paths of files, each film of one amount.
        path: of the study's file, which begins every error.
        profile: quick or paper.

    Raises:
        UserError: a key is at fault.
    """
    if profile not in PROFILES:
        raise UserError(f"profile '{profile}' is unknown; choose {' or '.join(PROFILES)}")
    check_keys(settings, path)
    materials = tuple(_material(name, given, path) for name, given in settings.materials.items())
    for material in materials:
        check_forms(material, settings.planes, path)
    films = tuple(_film(name, given, settings, path) for name, given in settings.films.items())
    chosen, engines, others = _profile(settings, profile), _engines(settings, path), phases(settings, path)
    check_solved(settings, engines.energies, path)
    check_jumps(materials, chosen, path)
    compositions = {
        **{material.name: material.crystal.structure.composition for material in materials},
        **{film.name: film.reference.structure.composition for film in films},
        **{name: structure.composition for name, structure in others.items()},
    }
    made = reactions(settings, compositions, path)
    crystals = {material.name: material.crystal for material in materials}
    mixed = mixtures_of(settings.mixtures, crystals, path), segregations_of(settings.mixtures, crystals, path)
    begun = starts(settings, path)
    return Study(path, settings, profile, chosen, materials, films, engines, others, begun, made, *mixed)


def _profile(settings: StudyFile, name: str) -> Profile:
    chosen: Profile = settings.profiles.get(name, PROFILES[name])  # type: ignore[call-overload]
    return chosen if chosen.description else replace(chosen, description=f"{name} profile of the study")


def _engines(settings: StudyFile, path: Path) -> Engines:
    folders = {"vasp": settings.vasp}
    energies = choose(settings.engine, folders, f"{path}: engine")
    if settings.anneal_engine is None:
        return Engines(energies, energies)
    return Engines(energies, choose(settings.anneal_engine, folders, f"{path}: anneal_engine"))


def _with_whole_paths(settings: StudyFile, path: Path) -> StudyFile:
    """The same, with the whole paths of files beside the study that arguments of engines name."""
    anneal = settings.anneal_engine and _beside(settings.anneal_engine, path)
    return replace(settings, engine=_beside(settings.engine, path), anneal_engine=anneal)


def _each_amount(settings: StudyFile, path: Path) -> StudyFile:
    """The same, with a film of its own for each amount of which a film names several."""
    films = [(f"{name}{end}", one) for name, keys in settings.films.items() for end, one in keys.amounts.items()]
    names = [name for name, _ in films]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{path}: films: '{name}' is the name of two films; rename one")
    return replace(settings, films=dict(films))


def _beside(keys: str | EngineKeys, path: Path) -> str | EngineKeys:
    if isinstance(keys, str):
        return keys
    return replace(keys, arguments={name: _whole(value, path) for name, value in keys.arguments.items()})


def _whole(value: Any, path: Path) -> Any:
    beside = path.parent / value if isinstance(value, str) and value else None
    return str(beside.resolve()) if beside is not None and beside.is_file() else value


def _material(name: str, given: MaterialKeys, path: Path) -> Material:
    where = f"{path}: materials: {name}"
    polyanions = None if given.polyanion is None else _polyanions(given.polyanion, where)
    structure = load_structure(given.structure, as_read=given.as_read)
    return described(name, structure, given.charges, polyanions, given.mobile, where, given.setting, given.symprec)


def _polyanions(given: str | tuple[str, ...], where: str) -> tuple[Polyanion, ...]:
    """One or several, in an order that does not depend on how they are listed."""
    names = (given,) if isinstance(given, str) else given
    return tuple(sorted({parse_polyanion(name, where) for name in names}, key=str))


def _film(name: str, given: FilmKeys, settings: StudyFile, path: Path) -> Film:
    where = f"{path}: films: {name}"
    reference = crystal(load_structure(given.structure), None, where, "standard")
    for plane in given.planes:
        if hkl(plane) not in {hkl(p) for p in settings.planes}:
            raise UserError(f"{where}: plane {list(plane)} is not among 'planes'; add it there")
    # As the study writes them, so that three indices find the plane that it gives by four.
    planes = tuple(p for p in settings.planes if hkl(p) in {hkl(q) for q in given.planes})
    compound = film_compound(name, reference)
    return Film(name, reference, compound, replace(given, planes=planes))
