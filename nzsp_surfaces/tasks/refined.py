"""Slabs of another engine: put on the lattice of this one, and relaxed or taken as they stand.

Each is compared with a bulk in a cell that has the slab's in-plane vectors, and so the same k-points in the plane: what
these leave out cancels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.crystal import hkl
from nzsp_surfaces.engines.base import Ask, RelaxSettings
from nzsp_surfaces.slabs.going_on import InPlane, Multiples, flip_found, lies_in, on_lattice, oriented
from nzsp_surfaces.tasks.base import Bench, Choices, Result, Subject, TaskKind
from nzsp_surfaces.tasks.bulk import BULK, BulkInputs
from nzsp_surfaces.tasks.draft import Before, Entry
from nzsp_surfaces.tasks.reference import REFERENCE, ReferenceInputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymatgen.core import Structure

    from nzsp_surfaces.study.going_on import Given, Starts
    from nzsp_surfaces.tasks.draft import Draft


@dataclass(frozen=True)
class OrientedInputs:
    """A cell of the relaxed bulk.

    Attributes:
        multiples: its vectors, in multiples of the primitive ones.
    """

    multiples: Multiples


@dataclass(frozen=True)
class PointInputs:
    """A slab to take as it stands.

    Attributes:
        slab: as another engine left it, third vector along the normal.
        bulk: primitive cell in whose lattice it lies.
        in_plane: its vectors in multiples of the primitive ones.
        film_units: formula units of its film, both faces together.
        vacuum: Å; None for as much as there is.
        units_beneath: formula units of the film on which that one lies, both faces together; None where there is none.
    """

    slab: Structure
    bulk: Structure
    in_plane: InPlane
    film_units: int = 0
    vacuum: float | None = None
    units_beneath: int | None = None

    @property
    def choices(self) -> Choices:
        """What its films are."""
        return Choices(film_units=self.film_units, units_beneath=self.units_beneath)

    def start(self, bulk: Structure) -> Structure:
        """The slab on the lattice of a bulk that this engine has relaxed."""
        return on_lattice(self.slab, self.bulk, bulk, self.in_plane, self.vacuum)


@dataclass(frozen=True)
class RefinedInputs:
    """A slab to relax further.

    Attributes:
        point: the slab.
        relax: how far.
    """

    point: PointInputs
    relax: RelaxSettings


def _orient(bench: Bench[OrientedInputs]) -> Result:
    """Energy of the relaxed bulk in a slab's cell."""
    cell = bench.parent("bulk").computed.structure.copy()
    cell.make_supercell(bench.inputs.multiples)
    return bench.result(calculation=bench.engine(Ask.POINT).single_point(cell, bench.folder), start=cell)


def _point(bench: Bench[PointInputs]) -> Result:
    """Energy and forces of the slab as it stands."""
    inputs, bulk = bench.inputs, bench.parent("bulk").computed.structure
    start = inputs.start(bulk)
    found = bench.engine(Ask.POINT).single_point(start, bench.folder)
    standing = replace(found, notes=(*found.notes, f"as it stands, with {found.max_force:.2f} eV/Å: not relaxed"))
    return bench.result(calculation=standing, start=start, choices=inputs.choices)


def _refine(bench: Bench[RefinedInputs]) -> Result:
    """Relax the slab; faces that are alike stay alike."""
    point, bulk = bench.inputs.point, bench.parent("bulk").computed.structure
    start = point.start(bulk)
    engine = bench.engine(Ask.SLAB)
    calculation = engine.relax(start, bench.inputs.relax, bench.folder, bench.forces, flip_found(start))
    return bench.result(calculation=calculation, start=start, choices=point.choices)


def _once(_inputs: OrientedInputs | PointInputs) -> float:
    return 1.0


def _several(_inputs: RefinedInputs) -> float:
    return 8.0


ORIENTED = TaskKind("oriented", _orient, (Ask.POINT,), _once)
POINT = TaskKind("point", _point, (Ask.POINT,), _once)
REFINED = TaskKind("refined", _refine, (Ask.SLAB,), _several)


def plan(draft: Draft) -> None:
    """The crystals, relaxed; each slab that is gone on with; and the bulk in the cell of each."""
    starts = draft.study.starts
    assert starts is not None
    for material, structure in starts.bulks.items():
        inputs = BulkInputs(structure, draft.cell_relaxation)
        draft.bulks[material] = draft.add(BULK, Subject(material), inputs, atoms=len(structure))
    for film, structure in starts.films.items():
        cell = ReferenceInputs(structure, draft.cell_relaxation)
        draft.references[film] = (draft.add(REFERENCE, Subject(film=film), cell, number=0, atoms=len(structure)),)
    for (material, plane, film), given in groupby(_in_order(draft, starts), key=lambda pair: pair[0]):
        draft.entries.append(_entry(draft, starts, Subject(material, plane, film), [slab for _, slab in given]))


Place = tuple[str, tuple[int, ...], str | None]


def _in_order(draft: Draft, starts: Starts) -> Iterator[tuple[Place, Given]]:
    """Slabs with material, plane and film, those of an entry one after the other; planes as the study writes them."""
    written = {hkl(plane): plane for plane in draft.study.settings.planes}
    placed = [((s.keys.material, written[hkl(s.keys.plane)], s.keys.film), s) for s in starts.slabs]
    yield from sorted(placed, key=lambda pair: (pair[0][0], pair[0][1], pair[0][2] or ""))


def _entry(draft: Draft, starts: Starts, subject: Subject, slabs: list[Given]) -> Entry:
    """All slabs of an entry, which compete, and the bulk that they are compared with."""
    assert subject.material is not None
    assert subject.miller is not None
    bulk = draft.bulks[subject.material]
    in_plane = _in_plane(draft, starts, slabs[0])
    multiples = oriented(in_plane, starts.bulks[subject.material])
    cell = draft.add(
        ORIENTED,
        Subject(subject.material, subject.miller),
        OrientedInputs(multiples),
        parents=(bulk,),
        atoms=len(slabs[0].structure) / 2,
    )
    tasks = tuple(_planned(draft, starts, subject, number, slab) for number, slab in enumerate(slabs, start=1))
    films = draft.study.films_of(subject.film)
    references = tuple(name for film in films for name in draft.references[film.name])
    before = Before(min((s.keys.gamma for s in slabs if s.keys.gamma is not None), default=None), starts.keys.engine)
    needs = (bulk, cell, *references)
    on = films[-1].on if films else None
    return Entry(subject.material, subject.miller, subject.film, tasks, needs, bulk=cell, before=before, on=on)


def _planned(draft: Draft, starts: Starts, subject: Subject, number: int, slab: Given) -> str:
    """One slab, relaxed or as it stands."""
    bulk, vacuum = starts.bulks[slab.keys.material], starts.keys.vacuum
    in_plane = _in_plane(draft, starts, slab)
    units = slab.keys.film_units, slab.keys.units_beneath or None
    point = PointInputs(slab.structure, bulk, in_plane, units[0], vacuum, units[1])
    atoms, parents = len(slab.structure), (draft.bulks[slab.keys.material],)
    if starts.keys.how == "single-point":
        return draft.add(POINT, subject, point, number=number, parents=parents, atoms=atoms)
    inputs = RefinedInputs(point, draft.slab_relaxation)
    return draft.add(REFINED, subject, inputs, number=number, parents=parents, atoms=atoms)


def _in_plane(draft: Draft, starts: Starts, slab: Given) -> InPlane:
    """In multiples of the primitive vectors: those of the slab that was cut on this plane and has the same cell.

    Raises:
        UserError: no slab of the plane has.
    """
    keys = slab.keys
    for planned in draft.slabs:
        cut = planned.cut
        same = (planned.material.name, hkl(cut.miller)) == (keys.material, hkl(keys.plane))
        if same and lies_in(slab.structure, starts.bulks[keys.material], cut.in_plane):
            return cut.in_plane
    raise UserError(
        f"{draft.study.path}: going_on: {keys.structure}: its in-plane vectors are those of no slab of {keys.material} "
        f"{list(keys.plane)}; give the bulk in whose lattice it lies"
    )
