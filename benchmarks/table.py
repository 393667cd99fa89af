"""Planes up to index 2, and the stable faces, of the crystals in `inputs/crystals.yaml`: counts, time, rejections."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.crystals import CrystalEntry, described, entries, write_section
from nzsp_surfaces.base.labels import plane_name
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.crystals.crystal import equivalent_planes
from nzsp_surfaces.crystals.material import Material
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.survey import PlaneSurvey, every_plane, survey

MAX_INDEX = 2


@dataclass(frozen=True)
class Row:
    """A crystal of the table.

    Attributes:
        entry, material: the crystal.
        planes: surveyed.
        seconds: that took, all slabs built in memory and described.
        failures: slabs that do not pass their certificate.
    """

    entry: CrystalEntry
    material: Material
    planes: list[PlaneSurvey]
    seconds: float
    failures: int

    @property
    def ranked(self) -> list[PlaneSurvey]:
        """Planes with a slab, fewest broken bonds per area first, then least bond valence."""
        having = [plane for plane in self.planes if plane.surfaces]
        return sorted(having, key=lambda p: (round(p.surfaces[0].cut.broken, 6), p.surfaces[0].cut.valence))

    def rank(self, face: tuple[int, ...]) -> int | None:
        """Place of a face in that order, from 1."""
        form = equivalent_planes(self.material.crystal, face)
        for number, plane in enumerate(self.ranked, start=1):
            if equivalent_planes(self.material.crystal, plane.miller) == form:
                return number
        return None


def main() -> None:
    """Print the table and write it to docs/."""
    options = SlabOptions()
    rows = [_row(name, entry, options) for name, entry in entries().items()]
    page = write_section("", _table(rows))
    write_section("Sources", _sources(rows))
    seconds, failures = sum(row.seconds for row in rows), sum(row.failures for row in rows)
    print(f"{len(rows)} crystals, {seconds:.0f} s, {failures} slabs without a certificate: {page}")


def _row(name: str, entry: CrystalEntry, options: SlabOptions) -> Row:
    found = described(name, entry)
    began = time.perf_counter()
    planes = list(survey(found, _planes(found, entry), options))
    built = [build(s.cut, found.crystal, options.vacuum) for plane in planes for s in plane.surfaces]
    seconds = time.perf_counter() - began
    checked = [certify(slab, found.crystal.charges, found.polyanions, found.framework) for slab in built]
    row = Row(entry, found, planes, seconds, sum(c.failure is not None for c in checked))
    print(_line(row), flush=True)
    return row


def _planes(found: Material, entry: CrystalEntry) -> tuple[tuple[int, ...], ...]:
    """All planes up to the index, and the stable faces beyond it."""
    beyond = (tuple(face) for face in entry.faces if max(map(abs, face)) > MAX_INDEX)
    return (*every_plane(found, MAX_INDEX), *beyond)


def _line(row: Row) -> str:
    cells = [entry.strip() for entry in _cells(row)]
    return " | ".join(cells)


def _cells(row: Row) -> list[str]:
    crystal, planes = row.material.crystal, row.planes
    without = sum(not p.surfaces for p in planes)
    slabs, rejected = (sum(len(getattr(p, what)) for p in planes) for what in ("surfaces", "rejected"))
    best = ", ".join(f"({plane_name(p.miller)})" for p in row.ranked[:3])
    faces = ", ".join(f"({plane_name(tuple(face))}) {_place(row, tuple(face))}" for face in row.entry.faces)
    return [
        row.entry.formula,
        crystal.space_group,
        str(len(crystal.structure)),
        " ".join(map(str, row.material.polyanions)) or "-",
        str(len(planes)),
        str(without),
        str(slabs),
        str(rejected),
        f"{row.seconds:.1f}",
        best,
        faces or "-",
    ]


def _place(row: Row, face: tuple[int, ...]) -> str:
    return str(row.rank(face) or "(no slab)")


HEADER = (
    "crystal", "group", "atoms", "kept whole", "planes", "without slab", "slabs", "rejected", "time, s",
    "fewest broken bonds", "stable faces, with their rank",
)  # fmt: skip


INTRODUCTION = """\
# Every plane up to index {index}, and the stable faces, of {crystals} crystals

Made by `make bench` (`python -m benchmarks table`) from `inputs/crystals.yaml` with the defaults of `nzsp slabs` on one
core. *atoms*: of the primitive cell. *without slab*: planes without a stoichiometric, symmetric and nonpolar slab; each
has a reason and, where it can, alternatives. *fewest broken bonds*: the three planes that break the fewest framework
bonds per area; bond valence settles ties. *rank*: place in that order of a face that the literature calls stable.
Broken bonds are a rule of thumb; energies decide.

How charges are judged and what is done with hydrogen: [charges.md](charges.md).

{slabs} slabs of {planes} planes, {failures} of them without a certificate; {seconds:.0f} s in all.

"""


def _table(rows: list[Row]) -> str:
    introduction = INTRODUCTION.format(
        index=MAX_INDEX,
        crystals=len(rows),
        slabs=sum(len(p.surfaces) for row in rows for p in row.planes),
        planes=sum(len(row.planes) for row in rows),
        failures=sum(row.failures for row in rows),
        seconds=sum(row.seconds for row in rows),
    )
    table = ["| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
    table += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    return introduction + "\n".join(table)


def _sources(rows: list[Row]) -> str:
    return "\n".join(f"- {row.entry.formula}: {row.entry.reference}.{_faces_source(row)}" for row in rows)


def _faces_source(row: Row) -> str:
    return f" Faces: {row.entry.faces_reference}." if row.entry.faces else ""
