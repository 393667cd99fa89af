"""How time and memory of the slabs grow with the size of the crystal and with the largest index.

Size: supercells of Na4Zr2(SiO4)3 whose atoms are moved at random but in pairs, so that inversion is all the symmetry
they keep. Index: all planes of calcite and of NaZr2(PO4)3. Each case runs in a process of its own, whose peak memory is
read.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.crystals import ROOT, described, entries
from nzsp_surfaces.crystals.crystal import crystal
from nzsp_surfaces.crystals.material import Material, material
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.survey import every_plane, survey

if TYPE_CHECKING:
    from pymatgen.core import Structure

BULK = ROOT / "inputs/structures/Na4Zr2Si3O12.cif"
SUPERCELLS = ((1, 1, 1), (2, 1, 1), (2, 2, 1), (2, 2, 2), (3, 2, 2))
LARGEST = {"calcite": 5, "nzp": 2}
"""Largest index of each crystal's curve."""
SHIFT = 0.01
"""Å, of the random displacements."""
PICTURE, PAGE = ROOT / "docs/growth.png", ROOT / "docs/growth.md"


@dataclass(frozen=True, slots=True)
class Case:
    """One point of a curve.

    Attributes:
        name: of the crystal.
        atoms: of its primitive cell.
        index: largest.
        planes, slabs: counted.
        seconds: of one core.
        megabytes: peak of the process, above what one plane of calcite needed.
    """

    name: str
    atoms: int
    index: int
    planes: int
    slabs: int
    seconds: float
    megabytes: float


def main() -> None:
    """Print both curves, draw them and write the page."""
    sizes = [_apart(_of_size, repeats) for repeats in SUPERCELLS]
    indices = [_apart(_of_index, name, index) for name, largest in LARGEST.items() for index in range(1, largest + 1)]
    _draw(sizes, indices)
    PAGE.write_text(_page(sizes, indices))
    print(f"curves: {PICTURE}, {PAGE}")


def _apart(run: Callable[..., Case], *arguments: Any) -> Case:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        case = pool.apply(run, arguments)
    print(_cells(case), flush=True)
    return case


def _of_size(repeats: tuple[int, int, int]) -> Case:
    found = material("nzs", _crumpled(repeats), None, None, None, "nzs")
    return _measured(found, 1, ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def _crumpled(repeats: tuple[int, int, int]) -> Structure:
    """A supercell of which inversion is the only symmetry."""
    structure = crystal(load_structure(BULK)).structure * repeats
    random = np.random.default_rng(1).normal(0.0, SHIFT, (len(structure), 3))
    images = structure.lattice.get_all_distances(-structure.frac_coords, structure.frac_coords).argmin(axis=1)
    for site, shift in zip(structure, 0.5 * (random - random[images]), strict=True):
        site.coords = site.coords + shift
    return structure


def _of_index(name: str, index: int) -> Case:
    found = described(name, entries()[name])
    return _measured(found, index, every_plane(found, index))


def _measured(found: Material, index: int, planes: tuple[tuple[int, ...], ...]) -> Case:
    options = SlabOptions()
    _warm_up(options)
    before = _peak()
    began = time.perf_counter()
    slabs = sum(len(plane.surfaces) for plane in survey(found, planes, options))
    seconds = time.perf_counter() - began
    return Case(found.name, len(found.crystal.structure), index, len(planes), slabs, seconds, _peak() - before)


def _warm_up(options: SlabOptions) -> None:
    """Load what is loaded on first use, which is not the crystal's fault."""
    list(survey(described("calcite", entries()["calcite"]), ((0, 0, 0, 1),), options))


def _peak() -> float:
    """MB, largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _draw(sizes: list[Case], indices: list[Case]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    left.loglog([c.atoms for c in sizes], [c.seconds / c.planes for c in sizes], "o-", label="time")
    left.set(xlabel="atoms of the primitive cell", ylabel="s a plane", title="Na4Zr2(SiO4)3, symmetry $P\\bar{1}$")
    left.set_xticks([c.atoms for c in sizes], [str(c.atoms) for c in sizes])
    left.set_xticks([], minor=True)
    for name in dict.fromkeys(case.name for case in indices):
        own = [case for case in indices if case.name == name]
        right.semilogy([c.index for c in own], [c.seconds for c in own], "o-", label=f"{name}, all planes")
        right.semilogy([c.index for c in own], [c.seconds / c.planes for c in own], "o--", label=f"{name}, a plane")
    right.set(xlabel="largest index", ylabel="s", xticks=range(1, 6))
    right.legend(frameon=False, fontsize=8)
    figure.savefig(PICTURE, dpi=150)


def _cells(case: Case) -> str:
    a_plane = 1e3 * case.seconds / case.planes
    return (
        f"{case.name} | {case.atoms} | {case.index} | {case.planes} | {case.slabs} | {case.seconds:.2f} | "
        f"{a_plane:.0f} | {case.megabytes:.0f}"
    )


HEADER = """\
| crystal | atoms | largest index | planes | slabs | time, s | ms a plane | memory, MB |
|---|---|---|---|---|---|---|---|
"""
INTRODUCTION = """\
# How time and memory grow

Made by `python -m benchmarks growth`: one core, the defaults of `nzsp slabs`, slabs described but not written. Memory
is the peak above what the process needed for one plane of calcite.

![time against size and index](growth.png)

What bounds it: the atoms of the slabs. A larger cell without symmetry has as many terminations as layers, each with
slabs of at least one repeat; a high index has a large surface cell, twice as large where the plane is polar. The Ewald
sum and the search for what slabs have in common grow with the square of a slab's atoms.

"""


def _page(sizes: list[Case], indices: list[Case]) -> str:
    rows = [f"| {_cells(case)} |\n" for case in (*sizes, *indices)]
    return INTRODUCTION + HEADER + "".join(rows)
