"""A slab of NaZr2(PO4)3 (1-102) as it is cut, and what of it may move."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.slabs.hopping import Group, Movable, groups, outer_atoms
from nzsp_surfaces.tasks.building import SlabStart

TABLE_1 = Path(__file__).parents[2] / "inputs" / "table1.yaml"
CHARGES = {"Na": 1.0, "Zr": 4.0, "P": 5.0, "O": -2.0}
"""Of NaZr2(PO4)3."""


@cache
def cleaved() -> SlabStart:
    """The slab; nothing is shaken."""
    study = load_study(TABLE_1)
    (task,) = (task for task in make_plan(study).tasks if task.id == "NZP/1-102/bare/1")
    crystal = task.inputs.building.crystal
    built: SlabStart = task.inputs.building.start(task.inputs.arrangements[0], crystal.structure, 0.0)
    return built


@cache
def phosphates() -> tuple[Group, ...]:
    """Its polyanions."""
    return groups(cleaved().structure, CHARGES, load_study(TABLE_1).materials[0].polyanions)


def movable(depth: float, held: tuple[int, ...] = ()) -> Movable:
    """What lies within a depth, Å."""
    slab = cleaved()
    return Movable(slab.flip, phosphates(), outer_atoms(slab.structure, depth), held)
