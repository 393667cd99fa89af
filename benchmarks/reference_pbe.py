"""Our own surface energies by PBE: energies and forces of GPAW or CP2K at SevenNet-0's geometries of Table 1.

    nzsp run inputs/table1.yaml -o runs/table1
    python -m benchmarks.reference_pbe runs/table1 inputs/gpaw/quick runs/pbe NZP/1-102 NZP/11-20

The settings' folder says which engine. Each slab is compared with bulk in a cell of two layers, whose in-plane vectors
are the slab's and whose gamma point stands for the same k-points. All single points come first, then the estimates of
the relaxed energies and, with `--relax` among the words, relaxations of all parts with SevenNet-0's Hessian on its
lattice. CP2K's points are the mean of two that lie half a step of the grid apart. What was computed stays in the output
folder, and a second call goes on; with `--kept` it begins with what the project keeps, and adds to it.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from pymatgen.core import Structure

from benchmarks.reference_points import POINT, add_rows, add_to, begin_from, keep, kept, read
from nzsp_surfaces.base.calculation import Calculation
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.crystals.crystal import ase_atoms
from nzsp_surfaces.energies.surface import capped_surface_energy, surface_energy
from nzsp_surfaces.engines.ase.surrogate import foretold
from nzsp_surfaces.engines.base import RelaxSettings
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose
from nzsp_surfaces.slabs.going_on import LATTICE_TOLERANCE, InPlane, flip_found, lies_in, on_lattice, oriented

log = logging.getLogger(__name__)
LAYERS = 2
"""Layers of the plane in the bulk's cell: the two of NaZr2(PO4)3 (1-102) make a cell that (11-20) and (10-14) share."""
FILM = "Na3PO4"
VACUUM = 8.0
"""Å beside a slab in plane waves, whose cost grows with it; the densities of both faces end within half of it."""
RELAX = RelaxSettings(force=0.02, max_steps=10, energy_left=0.05)
"""Atoms alone: the lattice stays SevenNet-0's, in slab and bulk."""
STAGES = ("single points", "estimates", "relaxations")
NOISE = 0.1
"""eV/Å, of the sum of all forces, above which they are too noisy to foretell a relaxation."""


def in_plane_of(slab: Structure, bulk: Structure) -> InPlane:
    """A slab's in-plane vectors in multiples of those of the primitive cell from which it was cut.

    Raises:
        LookupError: no vectors of the bulk have the slab's lengths and angle.
    """
    numbers = np.array([n for n in product(range(-4, 5), repeat=3) if any(n)])
    lengths = np.linalg.norm(numbers @ bulk.lattice.matrix, axis=1)
    like = [numbers[abs(lengths - length) < LATTICE_TOLERANCE].tolist() for length in slab.lattice.abc[:2]]
    for first, second in product(*like):
        if lies_in(slab, bulk, (tuple(first), tuple(second))):
            return tuple(first), tuple(second)
    raise LookupError(f"no vectors of {bulk.formula} are those of the slab")


def engine_of(settings: Path) -> str:
    """The engine that a folder of settings is for, by the name of its file."""
    return next(name for name in ("gpaw", "cp2k") if (settings / f"{name}.yaml").is_file())


def point(settings: Path, structure: Structure, folder: Path) -> Calculation:
    """Energy and forces of a structure; what lies in the folder is not computed again."""
    found = kept(structure, folder / POINT)
    if found is None:
        engine = choose(EngineKeys(engine_of(settings), settings=settings), {}, "reference").make({})
        found = engine.single_point(structure, folder)
        keep(found, folder / POINT)
    return found


def computed(settings: Path, structure: Structure, folder: Path) -> Calculation:
    """A point, as good as the engine's grid allows."""
    return (averaged if engine_of(settings) == "cp2k" else point)(settings, structure, folder)


def relaxed_from(point: Calculation, settings: Path, folder: Path) -> Calculation:
    """The point's atoms relaxed in its cell, from SevenNet-0's Hessian and the point's density; both faces alike."""
    there = relaxed_beside(folder)
    if not (there / POINT).exists():
        there.mkdir(exist_ok=True)
        for name in ("density.gpw", "density.json"):
            if (folder / name).exists() and not (there / name).exists():
                shutil.copy(folder / name, there)
        keys = EngineKeys(engine_of(settings), settings=settings, surrogate="sevennet-0")
        engine, flip = choose(keys, {}, "reference").make({}), flip_found(point.structure)
        done = engine.relax(point.structure, RELAX, there, lambda n, f: log.info("%s: %d %.3f", folder, n, f), flip)
        keep(done, there / POINT)
    return read(there / POINT)


def relaxed_beside(folder: Path) -> Path:
    """Where the relaxation of a part goes on."""
    return folder.with_name(f"{folder.name}_relaxed")


def averaged(settings: Path, structure: Structure, folder: Path) -> Calculation:
    """Mean of two points, the second moved by half a step of the grid along each vector.

    An energy depends on where atoms lie between the grid's points, periodic in its step and worst for hard potentials
    such as sodium's; the first harmonic has the opposite sign half a step on.
    """
    first, beside = point(settings, structure, folder), folder / "half_a_step_on"
    if not beside.exists():
        beside.mkdir()
        shutil.copy(folder / "cp2k-RESTART.wfn", beside)
    moved = structure.copy()
    step = [0.5 / points for points in grid(folder / "cp2k.out")]
    second = point(settings, moved.translate_sites(range(len(moved)), step, to_unit_cell=False), beside)
    forces = (first.forces + second.forces) / 2
    largest = float(np.linalg.norm(forces, axis=1).max())
    return replace(first, energy=(first.energy + second.energy) / 2, forces=forces, max_force=largest)


def grid(output: Path) -> list[int]:
    """Points of the finest grid along each vector, as CP2K's output tells."""
    found = re.findall(r"PW_GRID\|\s+Bounds\s+\d.*Points:\s+(\d+)", output.read_text(errors="replace"))
    return [int(number) for number in found[:3]]


def with_energy_left(calculation: Calculation, folder: Path) -> Calculation:
    """The calculation, told what relaxing its atoms would still gain: F H⁻¹ F / 2, H by SevenNet-0 where it stands.

    Forces that do not sum to zero are those of the grid: nothing is foretold from them.
    """
    if net_force(calculation) > NOISE:
        return calculation
    lender = choose("sevennet-0", {}, "reference")
    left = foretold(lender, ase_atoms(calculation.structure), calculation.forces, folder)
    return replace(calculation, energy_left=left)


def net_force(calculation: Calculation) -> float:
    """Length of the sum of all forces, eV/Å."""
    return float(np.linalg.norm(calculation.forces.sum(axis=0)))


def relaxed(calculation: Calculation) -> Calculation:
    """The calculation at the energy that is foretold for its end."""
    return replace(calculation, energy=calculation.energy - (calculation.energy_left or 0.0))


def parts_of(results: Path, name: str, vacuum: float | None) -> dict[str, Structure]:
    """What an entry is computed from, by the name of its folder: slab, bulk, and the film's crystal.

    Args:
        name: material/plane, with a film after another slash.
        vacuum: Å beside the slab; as it is where None.
    """
    material, _, *film = name.split("/")
    slab = _structure(results, f"{_label(name)}_relaxed")
    primitive = _structure(results, f"{material}_bulk")
    in_plane = in_plane_of(slab, primitive)
    slab = on_lattice(slab, primitive, primitive, in_plane, vacuum)
    bulk = primitive.make_supercell(oriented(in_plane, primitive, LAYERS))
    parts = {_label(name): slab, f"{material}_bulk_{_cell(bulk)}": bulk}
    if film:
        parts[f"{FILM}_bulk"] = _structure(results, f"{FILM}_bulk").make_supercell((1, 1, 2), in_place=False)
    return parts


def entry(results: Path, settings: Path, output: Path, name: str, *, estimate: bool) -> dict[str, Any]:
    """One row, with the estimate of the relaxed energy where it is asked for."""
    parts = parts_of(results, name, VACUUM if engine_of(settings) == "gpaw" else None)
    done = [computed(settings, structure, output / part) for part, structure in parts.items()]
    if estimate:
        done = [with_energy_left(each, output / part) for each, part in zip(done, parts, strict=True)]
    area = float(np.linalg.norm(np.cross(*next(iter(parts.values())).lattice.matrix[:2])))
    ends = [finished_end(output / part) for part in parts]
    return _row(name, done, ends, area, _film_units(results, _label(name)), list(parts))


def relax_all(results: Path, settings: Path, output: Path, name: str) -> None:
    """Relax all parts of an entry whose points are there."""
    for part, structure in parts_of(results, name, VACUUM if engine_of(settings) == "gpaw" else None).items():
        relaxed_from(computed(settings, structure, output / part), settings, output / part)


def finished_end(folder: Path) -> Calculation | None:
    """What the relaxation of a part ended with; None where there was none."""
    path = relaxed_beside(folder) / POINT
    return read(path) if path.exists() else None


def _row(
    name: str,
    done: list[Calculation],
    ends: list[Calculation | None],
    area: float,
    units: int,
    parts: list[str],
) -> dict[str, Any]:
    def gamma(calculations: list[Calculation]) -> float:
        slab, bulk, *film = calculations
        if film:
            return capped_surface_energy(slab, bulk, film[0], units, area).gamma
        return surface_energy(slab, bulk, area).gamma

    material, plane, *film = name.split("/")
    return {
        "material": material,
        "plane": plane,
        "film": film[0] if film else None,
        "n_film_units": units,
        "engine": done[0].engine.name,
        "model": done[0].engine.model,
        "version": done[0].engine.version,
        "settings": done[0].settings,
        "area": round(area, 4),
        "gamma": _estimate(gamma, done),
        "gamma_single_point": round(gamma(done), 4),
        "gamma_relaxed": _end_of(gamma, ends),
        "converged": _end_of(gamma, ends) is not None,  # of the geometry; each density is self-consistent
        "parts": [_part(*each) for each in zip(done, ends, parts, strict=True)],
    }


def _estimate(gamma: Callable[[list[Calculation]], float], done: list[Calculation]) -> float | None:
    """The relaxed value, where what is left was estimated for all parts."""
    if any(each.energy_left is None for each in done):
        return None
    return round(gamma([relaxed(each) for each in done]), 4)


def _end_of(gamma: Callable[[list[Calculation]], float], ends: list[Calculation | None]) -> float | None:
    """The value of all relaxed parts; None where one is not."""
    known = [end for end in ends if end is not None and end.converged]
    return round(gamma(known), 4) if len(known) == len(ends) else None


def _part(calculation: Calculation, end: Calculation | None, name: str) -> dict[str, Any]:
    relaxed_to = (
        {}
        if end is None
        else {
            "relaxed": {
                "energy": round(end.energy, 6),
                "calls": end.steps,
                "max_force": round(end.max_force, 3),
                "energy_left": end.energy_left and round(end.energy_left, 4),
                "corrections": list(end.corrections),
            }
        }
    )
    return {
        "name": name,
        "formula": calculation.structure.formula,
        "energy": round(calculation.energy, 6),
        "energy_left": calculation.energy_left and round(calculation.energy_left, 4),
        "max_force": round(calculation.max_force, 3),
        "net_force": round(net_force(calculation), 3),
        "corrections": list(calculation.corrections),
        **relaxed_to,
    }


def _label(name: str) -> str:
    """The name in the results: NZP_1-102_bare."""
    return name.replace("/", "_") if name.count("/") == 2 else name.replace("/", "_") + "_bare"


def _structure(results: Path, name: str) -> Structure:
    return Structure.from_file(results / "structures" / f"{name}.vasp")


def _cell(bulk: Structure) -> str:
    """A name for the cell that is the same for planes which share it."""
    return "x".join(f"{length:.2f}" for length in sorted(bulk.lattice.abc))


def _film_units(results: Path, name: str) -> int:
    rows = json.loads((results / "surface_energies.json").read_text())
    return int(next(row["n_film_units"] for row in rows if row["id"] == name))


def main() -> None:
    """Compute the entries one after the other, and write what there is after each."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    first, second, third, *names = (word for word in sys.argv[1:] if not word.startswith("--"))
    results, settings, output = Path(first), Path(second), Path(third)
    if "--kept" in sys.argv:
        begin_from(settings, output)
    for stage in STAGES[: 3 if "--relax" in sys.argv else 2]:
        rows = []
        for name in names:
            if stage == STAGES[2]:
                relax_all(results, settings, output, name)
            rows.append(entry(results, settings, output, name, estimate=stage != STAGES[0]))
            said = ", ".join(f"{key} {rows[-1][key]}" for key in ("gamma_single_point", "gamma", "gamma_relaxed"))
            print(f"{name}: {said} J/m²", flush=True)
            file = "single_points.json" if stage == STAGES[0] else "surface_energies.json"
            write_atomically(output / file, json.dumps(rows, indent=1) + "\n")
            if "--kept" in sys.argv:
                add_to(settings, output)
                add_rows([row for row in rows if row["gamma"] is not None])


if __name__ == "__main__":
    main()
