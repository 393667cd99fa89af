"""Rows about calculations: relaxed crystals, the faces of films, and dynamics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nzsp_surfaces.crystals.crystal import symmetry_label
from nzsp_surfaces.crystals.valence_sums import told_charges
from nzsp_surfaces.report.rows.columns import Cell, Column, Row

if TYPE_CHECKING:
    from pymatgen.core import Composition

    from nzsp_surfaces.base.calculation import Calculation
    from nzsp_surfaces.crystals.crystal import Crystal
    from nzsp_surfaces.engines.base import Trajectory
    from nzsp_surfaces.films.faces import FaceDescription
    from nzsp_surfaces.tasks.base import Task
    from nzsp_surfaces.tasks.draft import Entry

ANGSTROM, DEGREE = "Å", "°"


@dataclass(frozen=True)
class BulkSource:
    """A relaxed crystal.

    Attributes:
        name: of the material or the film.
        crystal: before the relaxation.
        calculation: that relaxed it.
        structure: path of its POSCAR within the directory.
    """

    name: str
    crystal: Crystal
    calculation: Calculation
    structure: str

    @property
    def composition(self) -> Composition:
        """Composition of the cell."""
        return self.calculation.structure.composition

    @property
    def energy(self) -> float:
        """eV per formula unit."""
        return float(self.calculation.energy / self.composition.get_reduced_composition_and_factor()[1])


bulk = Column[BulkSource]()


@dataclass(frozen=True, kw_only=True)
class BulkRow(Row[BulkSource]):
    """A relaxed crystal: the bulk of a material, or the reference of a film's compound."""

    FILE: ClassVar[str] = "bulk.json"

    id: str = bulk("name in the study", of=lambda s: s.name)
    material: str = bulk("the same", of=lambda s: s.name)
    formula: str = bulk("reduced formula", of=lambda s: s.composition.reduced_formula)
    space_group: str = bulk("of the study's file", of=lambda s: s.crystal.space_group, cell=Cell("space group"))
    space_group_relaxed: str = bulk(
        "after the relaxation, within 0.01 Å",
        of=lambda s: symmetry_label(s.calculation.structure, 0.01),
        cell=Cell("relaxed"),
    )
    lattice: tuple[float, ...] = bulk(
        "a, b, c in Å and α, β, γ in ° of the cell that was relaxed",
        of=lambda s: tuple(round(x, 5) for x in s.calculation.structure.lattice.parameters),
        cell=(
            *(Cell(name, 3, unit=ANGSTROM) for name in "abc"),
            *(Cell(name, 2, unit=DEGREE) for name in "αβγ"),
        ),
    )
    energy_per_formula_unit: float = bulk(
        "energy", of=lambda s: s.energy, unit="eV / formula unit", cell=Cell("energy", 4)
    )
    max_force: float = bulk(
        "largest force that is left", of=lambda s: s.calculation.max_force, unit="eV/Å", cell=Cell("largest force", 4)
    )
    converged: bool = bulk("reached the wanted force", of=lambda s: s.calculation.converged, cell=Cell("converged"))
    structure: str = bulk("POSCAR within the directory; a CIF lies beside it", of=lambda s: s.structure)
    charges: str = bulk(
        "formal charges of the elements, how they came about, and bond valence sums of the study's file",
        of=lambda s: told_charges(s.crystal.structure, s.crystal.charges, s.crystal.charges_from),
        earlier="",
    )


@dataclass(frozen=True)
class FaceSource:
    """A face of a covered slab at one stage.

    Attributes:
        id: of the film and its start.
        entry: of the table.
        stage: start, annealed, quenched or relaxed.
        face: what it is like.
    """

    id: str
    entry: Entry
    stage: str
    face: FaceDescription


film_face = Column[FaceSource]()


@dataclass(frozen=True, kw_only=True)
class FilmFaceRow(Row[FaceSource]):
    """A face of a covered slab at one stage of its way: as built, annealed, quenched, relaxed with both faces alike."""

    FILE: ClassVar[str] = "films.json"

    id: str = film_face("material, plane, film and number of the start", of=lambda s: s.id)
    material: str = film_face("name in the study", of=lambda s: s.entry.material)
    miller: tuple[int, ...] = film_face("plane, as the study writes it", of=lambda s: s.entry.miller)
    film: str | None = film_face("name in the study", of=lambda s: s.entry.film)
    stage: str = film_face("start, annealed, quenched or relaxed", of=lambda s: s.stage)
    face: str = film_face("bottom or top", of=lambda s: s.face.face)
    coordination: dict[str, list[int]] = film_face(
        "anions around each cation of the framework in that half, from the face inwards",
        of=lambda s: s.face.coordination,
    )
    tetrahedra_whole: bool = film_face("every polyanion has all its ligands", of=lambda s: s.face.tetrahedra_whole)


@dataclass(frozen=True)
class DynamicsSource:
    """A run of dynamics.

    Attributes:
        task: that ran it.
        trajectory: that it left.
        trace: path of its trace within the directory.
        frames: path of its frames; None where there are none.
    """

    task: Task
    trajectory: Trajectory
    trace: str
    frames: str | None

    @property
    def mean_temperature(self) -> float:
        """K, over the second half."""
        later = self.trajectory.trace[len(self.trajectory.trace) // 2 :]
        return float(later[:, 1].mean())


dynamics = Column[DynamicsSource]()


@dataclass(frozen=True, kw_only=True)
class DynamicsRow(Row[DynamicsSource]):
    """A run of dynamics, with the file of its trace: time in fs, temperature in K, potential energy in eV."""

    FILE: ClassVar[str] = "dynamics.json"

    id: str = dynamics("task that ran it", of=lambda s: s.task.id)
    material: str = dynamics(
        "name in the study; of the film where a cell of its compound was annealed",
        of=lambda s: s.task.subject.material or s.task.subject.film or "",
    )
    miller: tuple[int, ...] | None = dynamics("plane; null for a crystal", of=lambda s: s.task.subject.miller)
    film: str | None = dynamics("name in the study", of=lambda s: s.task.subject.film)
    seed: int = dynamics("of velocities and thermostat", of=lambda s: s.trajectory.settings.seed)
    temperature: float = dynamics("wanted", of=lambda s: s.trajectory.settings.temperature, unit="K")
    mean_temperature: float = dynamics("mean of the second half", of=lambda s: s.mean_temperature, unit="K")
    timestep: float = dynamics("time step", of=lambda s: s.trajectory.settings.timestep, unit="fs")
    duration: float = dynamics("of the run", of=lambda s: s.trajectory.settings.duration, unit="fs")
    thermostat: str = dynamics("what held the temperature, in words", of=lambda s: s.trajectory.thermostat)
    trace: str = dynamics("CSV within the directory", of=lambda s: s.trace)
    trajectory: str | None = dynamics(
        "extended XYZ within the directory, at most about 200 moments; null where the engine keeps none",
        of=lambda s: s.frames,
        earlier=None,
    )
