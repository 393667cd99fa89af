"""Crystals of every kind through files and back: all prototypes that pymatgen carries, and our own in three settings.

Each is written as CIF and POSCAR, read as a user's file is, and its planes of index 1 are surveyed. What is read must
be the crystal that was written, by spglib and by composition; what is refused has a reason.
"""

from __future__ import annotations

import signal
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.crystals import entries, write_section
from nzsp_surfaces.base.errors import UserError

if TYPE_CHECKING:
    from pymatgen.core import Structure

LONGEST = 60
"""Seconds for one crystal."""
SETTINGS = {"as written": np.eye(3), "axes exchanged": [[0, 1, 0], [0, 0, 1], [1, 0, 0]], "doubled": np.diag([1, 1, 2])}
"""Vectors of the cell in those of the standard one; the second moves the origin as well."""
KINDS = {
    "of separate molecules": "separate molecules",
    "no whole charges": "charge",
    "polyanions join to a framework": "endless framework",
    "sites overlap": "apart",
    "vacuum along an axis": "without atoms along",
}
"""What a refusal says, by the words that it holds."""


@dataclass(frozen=True)
class Crystal:
    """A crystal to try.

    Attributes:
        name: in the table.
        structure: as it is to be written.
        charges: where they are known.
    """

    name: str
    structure: Structure
    charges: dict[str, float] | None = None


def crystals() -> Iterator[Crystal]:
    """All of them."""
    from pymatgen.analysis.prototypes import AFLOW_PROTOTYPE_LIBRARY

    for number, entry in enumerate(AFLOW_PROTOTYPE_LIBRARY):
        structure = entry["snl"].structure
        yield Crystal(f"prototype {number} {entry['tags']['aflow']}", structure)
    for name, own in entries().items():
        for setting, axes in SETTINGS.items():
            yield Crystal(f"{name}, {setting}", _rewritten(own.structure, np.array(axes, float)), own.charges)


def _rewritten(structure: Structure, axes: Any) -> Structure:
    from pymatgen.core import Structure as Pymatgen

    repeated = structure * np.diag(axes).astype(int).clip(1)
    lattice = type(structure.lattice)(axes @ structure.lattice.matrix)
    shift = 0.1 if axes[0, 0] == 0 else 0.0
    return Pymatgen(lattice, repeated.species, repeated.cart_coords + shift, coords_are_cartesian=True)


def main() -> None:
    """Print what became of each and write the page."""
    with ProcessPoolExecutor(2) as pool:
        told = list(pool.map(_tried, crystals()))
    for name, kind, said in told:
        if kind in ("wrong crystal", "traceback", "too long"):
            print(f"{name}: {kind}: {said}")
    page = write_section("What is refused and why", _section(told))
    print(f"{len(told)} crystals, {dict(Counter(kind for _, kind, _ in told))}: {page}")


def _tried(crystal: Crystal) -> tuple[str, str, str]:
    """Name, what became of it, and what was said."""
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(LONGEST)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return crystal.name, *_followed(crystal)
    except TimeoutError:
        return crystal.name, "too long", f"more than {LONGEST} s"
    except UserError as error:
        return crystal.name, "refused", str(error).partition(": ")[2]
    except Exception as error:
        return crystal.name, "traceback", f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)


def _too_long(_signal: int, _frame: Any) -> None:
    raise TimeoutError


def _followed(crystal: Crystal) -> tuple[str, str]:
    from nzsp_surfaces.crystals.material import material
    from nzsp_surfaces.crystals.reading import load_structure
    from nzsp_surfaces.slabs.cut import SlabOptions
    from nzsp_surfaces.slabs.survey import every_plane, survey

    slabs = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("crystal.cif", "crystal.vasp"):
            path = Path(folder) / name
            crystal.structure.to(filename=str(path), fmt="cif" if name.endswith("cif") else "poscar")
            read = load_structure(path)
            if (wrong := _difference(crystal.structure, read)) is not None:
                return "wrong crystal", wrong
    found = material("x", read, crystal.charges, None, None, name)
    if not any(found.crystal.charges.values()):
        return "left out: elements and alloys", "no element carries a charge"
    for plane in survey(found, every_plane(found, 1), SlabOptions()):
        slabs += len(plane.surfaces)
    return ("cut", f"{slabs} slabs") if slabs else ("no slab", "each plane with its reason")


def _difference(written: Structure, read: Structure) -> str | None:
    """Where what was read is another crystal."""
    if written.composition.remove_charges() != read.composition:
        return f"{read.composition} instead of {written.composition}"
    groups = [each.get_space_group_info(0.01)[1] for each in (written, read)]
    if groups[0] != groups[1]:
        return f"space group {groups[1]} instead of {groups[0]}"
    if abs(written.density - read.density) > 1e-3 * written.density:
        return "another density"
    return None


def _section(told: list[tuple[str, str, str]]) -> str:
    rows = []
    for source, is_own in (("pymatgen's prototypes", False), ("our table, three settings each", True)):
        own = [(kind, said) for name, kind, said in told if name.startswith("prototype") != is_own]
        counted = Counter(_kind(kind, said) for kind, said in own)
        rows += [f"| {source} | {kind} | {count} |" for kind, count in sorted(counted.items())]
        rows.append(f"| {source} | **all** | {len(own)} |")
    return INTRODUCTION + "\n".join(rows) + "\n"


def _kind(kind: str, said: str) -> str:
    if kind != "refused":
        return kind
    return "refused: " + next((name for name, words in KINDS.items() if words in said), said.partition(";")[0])


INTRODUCTION = """\
Made by `python -m benchmarks prototypes`: crystals of every kind are written as CIF and POSCAR, read as a user's file
is, and their planes up to index 1 are surveyed. *wrong crystal*: what was read differs from what was written in
composition, density or space group. *left out*: they are read, and `nzsp slabs` cuts them, but asks of none whether it
is polar, so that they say little here. A refusal is one line with the way out.

| crystals | what became of them | number |
|---|---|---|
"""
