"""The keys of a study file: these dataclasses are its schema, see `base.yaml`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from nzsp_surfaces.base.content import ELSEWHERE, FOR_PEOPLE
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import DEFAULT
from nzsp_surfaces.films.laying import WAYS, Way
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.study.further import AnnealKeys, ConvergeKeys, PotentialKeys, ReactionKeys
from nzsp_surfaces.study.mixtures import MixtureKeys


@dataclass(frozen=True)
class MaterialKeys:
    """What a study says of a material.

    Attributes:
        structure: CIF or POSCAR, relative to the study.
        polyanion: kept whole, as PO4; a list of several, or [] for none; found where absent.
        charges: formal charges by element; guessed where absent.
        mobile: elements shared between faces; those of charge +1 where absent.
        as_read: take the crystal that was read, whatever the file says of itself.
        setting: whose axes planes refer to: those of the file, where they are conventional ones, or the standard ones.
        symprec: Å, distance within which sites count as equivalent; found where absent.
    """

    structure: Path
    polyanion: str | tuple[str, ...] | None = None
    charges: dict[str, float] | None = None
    mobile: tuple[str, ...] | None = None
    as_read: bool = False
    setting: Literal["file", "standard"] = "file"
    symprec: float | None = None

    def __post_init__(self) -> None:
        if self.symprec is not None and not 1e-5 <= self.symprec <= 0.5:
            raise ValueError("'symprec' must lie between 1e-5 and 0.5 Å")


@dataclass(frozen=True)
class FilmKeys:
    """What a study says of a capping film.

    Attributes:
        structure: of its compound; the reference of its energy.
        planes: that it covers.
        layers: of anions on each face; of several, each is a film of its own.
        units: formula units on each face instead of whole layers; of several, each is a film of its own.
        way: how it is laid on; all ways compete where it says so.
        strain: that a slab of the compound's own crystal may take to match a face.
        cells: surface cells on which it may be matched, at most.
        temperature: K of the anneal; of several, each has anneals of its own, and all compete.
        time: fs of the anneal.
        starts: differently seeded films that are annealed.
        quenched: snapshots of each anneal, evenly spaced once it is in equilibrium, that are quenched; the end is one.
        on: film of the study on which it lies; the slab itself where absent.
    """

    structure: Path = field(metadata=ELSEWHERE)
    planes: tuple[tuple[int, ...], ...]
    layers: int | tuple[int, ...] = 1
    temperature: float | tuple[float, ...] = 500.0
    time: float = 4000.0
    starts: int = 2
    units: int | tuple[int, ...] | None = None
    way: Literal["grown", "melted", "matched", "all"] = "grown"
    strain: float = 0.05
    cells: int = 2
    quenched: int = 1
    on: str | None = None

    def __post_init__(self) -> None:
        for name in ("time", "starts", "strain", "cells", "quenched"):
            if getattr(self, name) <= 0:
                raise ValueError(f"'{name}' must be positive")
        lists: dict[str, float | tuple[float, ...] | None]
        lists = {"layers": self.layers, "units": self.units, "temperature": self.temperature}
        for name, given in lists.items():
            several = given if isinstance(given, tuple) else () if given is None else (given,)
            if min(several, default=1) <= 0 or given == ():
                raise ValueError(f"'{name}' must be positive")
            if len(set(several)) < len(several):
                raise ValueError(f"'{name}' has a number twice; name each once")
        if self.units is not None and self.layers != 1:
            raise ValueError("'units' stands instead of 'layers'; give one of them")
        if self.on is not None and self.way == "grown":
            raise ValueError(
                f"grown, a film completes what the crystal's cut broke, and '{self.on}' has; melt or match it"
            )

    @property
    def amounts(self) -> dict[str, FilmKeys]:
        """Keys of films of one amount each, by what is added to the film's name; itself where it names just one."""
        if isinstance(self.units, tuple):
            return {f"-{n}u": replace(self, units=n) for n in self.units}
        if isinstance(self.layers, tuple):
            return {f"-{n}L": replace(self, layers=n) for n in self.layers}
        return {"": self}

    @property
    def temperatures(self) -> tuple[float, ...]:
        """K, of each set of anneals."""
        return self.temperature if isinstance(self.temperature, tuple) else (self.temperature,)

    @property
    def ways(self) -> tuple[Way, ...]:
        """In which it is laid on."""
        every = WAYS if self.on is None else tuple(way for way in WAYS if way != "grown")
        return every if self.way == "all" else (self.way,)


@dataclass(frozen=True)
class Profile:
    """How thoroughly a study is carried out.

    Attributes:
        description: said in every output.
        bulk_force, slab_force: eV/Å, largest residual force.
        max_steps: of a relaxation.
        energy_left: meV/Å² of face; a slab is relaxed where a surrogate's Hessian foretells that no more is left.
        longest_anneal: fs; films and bare slabs anneal at most this long.
        screen_steps: of the short relaxation that ranks arrangements of mobile ions.
        relaxed: arrangements that are relaxed to the end per plane, the lowest of those screened.
        starts: film starts at most.
        placements: seeded ways of placing a film's cations; where there are more than starts, a short relaxation picks
            the starts. A short anneal remembers its start, a long one less.
        references: annealed cells of a film's compound.
        search: arrangements that are judged per plane instead of `slabs.arrangements`, the electrostatically lowest
            of them: all by their energy, fewer and fewer by longer and longer relaxations.
        jumps: of single mobile ions at the faces of each relaxed bare or covered slab, to other places there.
        hops: of all that lies at those faces, from valley to valley; after the jumps.
    """

    description: str = field(default="", metadata=FOR_PEOPLE)
    bulk_force: float = 0.01
    slab_force: float = 0.02
    max_steps: int = 400
    longest_anneal: float = 4000.0
    screen_steps: int = 45
    relaxed: int = 2
    starts: int = 2
    placements: int = 2
    references: int = 3
    energy_left: float | None = None
    search: int | None = None
    jumps: int | None = None
    hops: int | None = None

    @property
    def walks(self) -> bool:
        """Whether relaxed slabs go on to other valleys."""
        return self.jumps is not None or self.hops is not None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name != "description" and value is not None and value <= 0:
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
class StartKeys:
    """A slab that is there already.

    Attributes:
        material, plane, film: that it is of; no film for a bare one.
        structure: POSCAR or CIF, third vector along the normal.
        film_units: formula units of the film, both faces together.
        gamma: J/m², by the engine that left it.
        units_beneath: formula units of the film on which that one lies, both faces together.
    """

    material: str
    plane: tuple[int, ...]
    structure: Path = field(metadata=ELSEWHERE)
    film: str | None = None
    film_units: int = 0
    gamma: float | None = field(default=None, metadata=FOR_PEOPLE)
    units_beneath: int = 0


@dataclass(frozen=True)
class GoingOn:
    """Slabs and crystals that another engine has relaxed, from which a study goes on instead of cutting and annealing.

    Attributes:
        bulks: by material, the primitive cell in whose lattice its slabs lie.
        films: by film, the cell whose energy is its reference.
        slabs: that are gone on with.
        how: relax them, or take energy and forces as they stand; crystals are relaxed either way.
        vacuum: Å beside each slab; as much as there is where absent.
        engine: that left them, in words.
    """

    bulks: dict[str, Path] = field(metadata=ELSEWHERE)
    slabs: tuple[StartKeys, ...] = field(metadata=ELSEWHERE)
    films: dict[str, Path] = field(default_factory=dict, metadata=ELSEWHERE)
    how: Literal["relax", "single-point"] = "relax"
    vacuum: float | None = None
    engine: str = field(default="", metadata=FOR_PEOPLE)

    def __post_init__(self) -> None:
        if not self.slabs:
            raise ValueError("'slabs' is empty; name at least one")
        if self.vacuum is not None and self.vacuum <= 0:
            raise ValueError("'vacuum' must be positive")


@dataclass(frozen=True)
class StudyFile:
    """What a study file says."""

    materials: dict[str, MaterialKeys] = field(metadata=ELSEWHERE)
    planes: tuple[tuple[int, ...], ...]
    films: dict[str, FilmKeys] = field(default_factory=dict, metadata=ELSEWHERE)
    name: str = field(default="", metadata=FOR_PEOPLE)
    reference: str = field(default="", metadata=FOR_PEOPLE)
    slabs: SlabOptions = field(default_factory=SlabOptions)
    engine: str | EngineKeys = field(default=DEFAULT, metadata=ELSEWHERE)
    anneal_engine: str | EngineKeys | None = field(default=None, metadata=ELSEWHERE)
    timestep: float = 2.0
    seed: int = 1
    profiles: dict[Literal["quick", "paper"], Profile] = field(default_factory=dict, metadata=ELSEWHERE)
    published: tuple[PublishedValue, ...] = field(default=(), metadata=FOR_PEOPLE)
    vasp: Path | None = field(default=None, metadata=ELSEWHERE)
    anneal: AnnealKeys | None = None
    converge: ConvergeKeys | None = None
    potentials: PotentialKeys | None = None
    reactions: ReactionKeys | None = None
    going_on: GoingOn | None = None
    mixtures: dict[str, MixtureKeys] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.materials:
            raise ValueError("'materials' is empty; name at least one")
        if not (self.planes or self.mixtures):
            raise ValueError("'planes' is empty; name at least one")
        if not 0 < self.timestep <= 5:
            raise ValueError("'timestep' must be above 0 and at most 5 fs")
