"""Evaluations of a dear engine until a slab is relaxed: plain BFGS beside a start with a quick engine's Hessian.

SevenNet-0 in the part of the dear engine, CHGNet lends; both begin where CHGNet's own relaxation ends and go down to
0.02 eV/Å. Slabs of both materials on the paper's planes, bare, and (1-102) under a layer of Na3PO4. What is done is
kept in `runs/relaxation`, so that a run which was stopped goes on; the table is `benchmarks/results/relaxation.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, cast

from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.base.labels import plane_name
from nzsp_surfaces.engines.base import RelaxSettings
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose
from nzsp_surfaces.films.cover import cap
from nzsp_surfaces.slabs.build import build, flip_of
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.survey import survey_plane
from nzsp_surfaces.study.study import Study, load_study

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.base.calculation import Calculation
    from nzsp_surfaces.crystals.flip import Flip
    from nzsp_surfaces.engines.ase.engine import AseEngine

ROOT = Path(__file__).parents[1]
PLACE, TABLE = ROOT / "runs" / "relaxation", ROOT / "benchmarks" / "results" / "relaxation.json"
DEAR, QUICK = "sevennet-0", "chgnet"
LIMIT = RelaxSettings(force=0.02, max_steps=200)


@dataclass(frozen=True)
class Slab:
    """A slab to relax, with the operation that keeps its faces alike."""

    name: str
    structure: Structure
    flip: Flip


@dataclass(frozen=True)
class Row:
    """A slab of the table: evaluations of the dear engine, and how far apart both ends are in meV/Å² of face.

    Attributes:
        lower: eV by which the preconditioned end lies below the plain one, over both faces' area.
        left: meV/Å² that the Hessian foretells beyond the end.
    """

    name: str
    atoms: int
    plain: int
    preconditioned: int
    converged: bool
    lower: float
    left: float


def main() -> None:
    """Relax what is not there yet, print the table and keep it."""
    rows = [_row(slab) for slab in slabs(load_study(ROOT / "inputs/table1.yaml"))]
    TABLE.parent.mkdir(exist_ok=True)
    write_atomically(TABLE, json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    print(f"{'slab':>24} atoms  BFGS  ours   apart, meV/Å²")
    for row in rows:
        print(f"{row.name:>24} {row.atoms:5d} {row.plain:5d} {row.preconditioned:5d} {-row.lower:12.3f}")
    plain, ours = [row.plain for row in rows], [row.preconditioned for row in rows]
    print(f"median {median(plain):g} and {median(ours):g}, at worst {max(plain)} and {max(ours)}")


def slabs(study: Study) -> Iterator[Slab]:
    """The first slab of each plane, and covered ones."""
    film = study.films[0].compound
    for material in study.materials:
        parts = (material.crystal, material.polyanions, material.mobile)
        for plane in study.settings.planes:
            cut = survey_plane(material, plane, SlabOptions()).surfaces[0].cut
            structure = build(cut, material.crystal, 15.0)
            name = f"{material.name} ({plane_name(plane)})"
            yield Slab(name, structure, flip_of(cut, material.crystal, structure))
            if plane in study.films[0].settings.planes:
                covered = cap(cut, *parts, film, 1, 15.0, 1)
                yield Slab(f"{name} + {study.films[0].name}", covered.structure, covered.flip)


def _row(slab: Slab) -> Row:
    """From the disk where it is there."""
    folder = PLACE / slab.name.replace(" ", "_")
    path = folder / "row.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        row = _compared(slab, folder)
        write_atomically(path, json.dumps(asdict(row)))
        print(f"{row.name}: BFGS {row.plain}, ours {row.preconditioned}", flush=True)
    return Row(**json.loads(path.read_text()))


def _compared(slab: Slab, folder: Path) -> Row:
    start = relaxed(slab.structure, slab.flip, QUICK, None, folder / "start").structure
    plain = relaxed(start, slab.flip, DEAR, None, folder / "plain")
    ours = relaxed(start, slab.flip, DEAR, QUICK, folder / "ours")
    area = 2 * start.volume / start.lattice.c
    return Row(
        name=slab.name,
        atoms=len(start),
        plain=plain.steps,
        preconditioned=ours.steps,
        converged=plain.converged and ours.converged,
        lower=1000 * (plain.energy - ours.energy) / area,
        left=1000 * (ours.energy_left or 0.0) / area,
    )


def relaxed(structure: Structure, flip: Flip, engine: str, surrogate: str | None, folder: Path) -> Calculation:
    """Relaxed by an engine, to the limit."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = choose(EngineKeys(engine, surrogate=surrogate), {}, "benchmark")
    return cast("AseEngine", chosen.make({})).relax(structure, LIMIT, folder, lambda *_: None, flip)


if __name__ == "__main__":
    main()
