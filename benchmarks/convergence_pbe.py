"""Whether a surface energy by PBE is converged: NaZr2(PO4)3 (1-102) with other cutoffs, grids, k-points and vacua.

    python -m benchmarks.convergence_pbe [runs/convergence-pbe]

One repeat of the plane, 36 atoms, both faces alike, relaxed by SevenNet-0 in its bulk's lattice; the bulk is the
crystal's cell of one repeat with the slab's in-plane vectors. Faces are those of thicker slabs, on which settings act
as here, for a fraction of the time. Each variation changes one thing of `inputs/gpaw/quick`, but for cutoffs from 600
eV on, whose grids must be finer to hold them. What was computed stays in the folder, and a second call goes on; the
table is `benchmarks/results/convergence_pbe.json`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import yaml
from pymatgen.core import Structure

from benchmarks.reference_pbe import in_plane_of, net_force, point
from benchmarks.relaxation import ROOT
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.crystals.crystal import relaxed
from nzsp_surfaces.energies.surface import surface_energy
from nzsp_surfaces.engines.base import RelaxSettings
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose
from nzsp_surfaces.slabs.build import build, flip_of
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.going_on import on_lattice, oriented
from nzsp_surfaces.slabs.survey import survey_plane
from nzsp_surfaces.study.study import load_study

TABLE = ROOT / "benchmarks" / "results" / "convergence_pbe.json"
PLACE = ROOT / "runs" / "convergence-pbe"
THICKNESS = 5.0
"""Å: one repeat of the plane."""


@dataclass(frozen=True)
class Variation:
    """What one surface energy is computed with: eV, Å, Å of k-points, Å of vacuum."""

    cutoff: float = 500.0
    grid: float = 0.16
    length: float = 8.0
    vacuum: float = 8.0

    @property
    def name(self) -> str:
        """Of its folders."""
        return f"{self.cutoff:g}eV_{self.grid:g}A_k{self.length:g}"


VARIATIONS = (
    Variation(),
    Variation(vacuum=12.0),
    Variation(cutoff=600.0, grid=0.13),
    Variation(cutoff=700.0, grid=0.12),
    Variation(length=15.0),
    Variation(grid=0.13),
)


@dataclass(frozen=True)
class Row:
    """A surface energy, J/m², and the largest sum of forces of its two points, eV/Å: what the grid leaves of noise."""

    cutoff: float
    grid: float
    length: float
    vacuum: float
    gamma: float
    net_force: float


def main() -> None:
    """Compute what is not there yet, and keep and print the table after each value."""
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else PLACE
    rows: list[Row] = []
    for row in computed(place):
        rows.append(row)
        write_atomically(TABLE, json.dumps([asdict(each) for each in rows], indent=1) + "\n")
        print(", ".join(f"{name} {value:g}" for name, value in asdict(row).items()), flush=True)


def computed(place: Path) -> Iterator[Row]:
    """The rows, one after the other."""
    crystal, slab = bodies(place)
    in_plane = in_plane_of(slab, crystal)
    bulk = crystal.make_supercell(oriented(in_plane, crystal, 1), in_place=False)
    for each in VARIATIONS:
        settings = _written(each, place / "settings" / each.name)
        lone = on_lattice(slab, crystal, crystal, in_plane, each.vacuum)
        ours = point(settings, lone, place / f"slab_{each.name}_{each.vacuum:g}A")
        theirs = point(settings, bulk, place / f"bulk_{each.name}")
        area = float(np.linalg.norm(np.cross(*lone.lattice.matrix[:2])))
        noise = max(net_force(ours), net_force(theirs))
        yield Row(**asdict(each), gamma=round(surface_energy(ours, theirs, area).gamma, 4), net_force=round(noise, 4))


def _written(variation: Variation, folder: Path) -> Path:
    """A folder of settings."""
    keys = {"cutoff": variation.cutoff, "grid": variation.grid, "length": variation.length, "eigenstates": 1e-5}
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "gpaw.yaml", yaml.safe_dump(keys))
    return folder


def bodies(place: Path) -> tuple[Structure, Structure]:
    """The crystal and the slab, each relaxed by SevenNet-0; from the disk where they are there."""
    files = place / "crystal.vasp", place / "slab.vasp"
    if not all(path.exists() for path in files):
        for path, structure in zip(files, _relaxed(place), strict=True):
            structure.to(filename=str(path), fmt="poscar")
    crystal, slab = (Structure.from_file(path) for path in files)
    return crystal, slab


def _relaxed(place: Path) -> tuple[Structure, Structure]:
    material = load_study(ROOT / "inputs/table1.yaml").materials[0]
    engine = choose(EngineKeys("sevennet-0"), {}, "benchmark").make({})
    cell = RelaxSettings(force=0.005, max_steps=200, cell=True)
    bulk = engine.relax(material.crystal.structure, cell, _made(place / "relaxed_crystal"), lambda *_: None).structure
    crystal = relaxed(material.crystal, bulk)
    cut = survey_plane(material, (1, -1, 2), SlabOptions(thickness=THICKNESS)).surfaces[0].cut
    start = build(cut, crystal, 15.0)
    flip = flip_of(cut, crystal, start)
    settings = RelaxSettings(force=0.02, max_steps=200)
    slab = engine.relax(start, settings, _made(place / "relaxed_slab"), lambda *_: None, flip).structure
    return bulk, slab


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
