"""Table 1's slabs and the keys of its tasks are what they were; a change of them is never an accident."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymatgen.core import Structure

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.engines.entry import EngineEntry
from nzsp_surfaces.report.slabs import write_slabs
from nzsp_surfaces.tasks.plan import Plan

HERE = Path(__file__).parent
TABLE_1 = HERE.parents[1] / "inputs" / "table1.yaml"
SLABS, KEYS = HERE / "table1_slabs.json", HERE / "table1_keys.json"
EXACT = (
    *("id", "identity", "material", "miller", "film", "n_atoms", "n_formula_units", "n_film_units", "symmetric"),
    *("layer_group", "tasker", "surface_coordination", "shared", "termination", "arrangement", "n_arrangements"),
)
ROUNDED = ("area", "thickness", "vacuum", "position", "dipole", "broken_bonds_per_area", "electrostatic")


@cache
def plan() -> Plan:
    """The plan of Table 1's study, quick profile."""
    return make_plan(load_study(TABLE_1))


def fingerprint(path: Path) -> float:
    """A number that any moved, exchanged or missing atom of a structure changes."""
    structure = Structure.from_file(path)
    fractions = structure.frac_coords.ravel() * np.repeat(structure.atomic_numbers, 3)
    return float(fractions @ np.cos(np.arange(len(fractions))) + structure.volume)


def golden_rows(folder: Path) -> list[dict[str, Any]]:
    """What is kept of slabs.json, with a fingerprint of each structure."""
    write_slabs(plan(), folder)
    rows = json.loads((folder / "slabs.json").read_text())
    return [
        {name: row[name] for name in (*EXACT, *ROUNDED)} | {"fingerprint": fingerprint(folder / row["structure"])}
        for row in rows
    ]


def test_the_slabs_of_table_1_are_the_same(tmp_path: Path) -> None:
    """Row by row: what is counted or named exactly, what is measured to the digits that all machines share."""
    rows, kept = golden_rows(tmp_path), json.loads(SLABS.read_text())
    assert [{name: row[name] for name in EXACT} for row in rows] == [{n: row[n] for n in EXACT} for row in kept]
    for name in (*ROUNDED, "fingerprint"):
        assert [row[name] for row in rows] == pytest.approx([row[name] for row in kept], abs=1e-4), name


def test_the_keys_of_table_1_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Task by task, whatever the version of the engine: results that others have computed stay theirs.

    Where identities had to change, RULES was raised, and these keys were written anew from what this test shows.
    """
    monkeypatch.setattr(EngineEntry, "version", property(lambda _: "any"))
    keys = {task.id: task.key for task in make_plan(load_study(TABLE_1)).tasks}
    assert keys == json.loads(KEYS.read_text())
