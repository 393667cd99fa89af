"""A film that does not fit is a rejection with its reason, like any cut; nothing else of the study suffers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.cli.main import main
from support.crystals import STRUCTURES

STUDY = f"""\
materials:
  NZP: {{structure: {STRUCTURES}/NaZr2P3O12.cif}}
planes: [[1, 1, -2, 0]]
films:
  Na3P: {{structure: Na3P.vasp, planes: [[1, 1, -2, 0]], way: all, starts: 1}}
engine: {{calculator: "ase.calculators.lj:LennardJones", arguments: {{sigma: 0.4, rc: 1.2}}}}
profiles:
  quick: {{max_steps: 2, references: 1, relaxed: 1}}
"""
"""Atoms that do not feel each other at any distance of a crystal: nothing moves, and every energy is zero."""


REASON = "P is -3 in the film and +5"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A phosphide on a phosphate: phosphorus of both signs would react."""
    places: list[list[float]] = [[0, 0, 0], [0.5, 0.5, 0.5], [0.25, 0.25, 0.25], [0.75, 0.75, 0.75]]
    lattice = Lattice([[0.0, 3.25, 3.25], [3.25, 0.0, 3.25], [3.25, 3.25, 0.0]])
    phosphide = Structure(lattice, ["P", "Na", "Na", "Na"], places)
    phosphide.to(str(tmp_path / "Na3P.vasp"), fmt="poscar")
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


def test_the_plan_says_why(study: Path) -> None:
    """The rejection and the entry have the reason; the bare plane has its tasks, the film none."""
    plan = make_plan(load_study(study))
    bare, covered = plan.entries
    assert bare.candidates
    assert bare.reason is None
    assert covered.candidates == ()
    assert covered.reason is not None
    assert REASON in covered.reason
    ways = [rejection.reason for _, rejection in plan.rejected if "Na3P" in rejection.reason]
    assert covered.reason == "; ".join(ways)
    assert not [slab.id for slab in plan.slabs if slab.film]


def test_a_run_keeps_the_bare_planes(study: Path, tmp_path: Path) -> None:
    """Energies, slabs and the page are written; the row of the film has the reason."""
    assert main(["run", str(study), "-o", str(tmp_path / "results"), "--workers", "1"]) == 0
    rows = json.loads((tmp_path / "results" / "surface_energies.json").read_text())
    assert [row["gamma"] for row in rows] == [pytest.approx(0.0, abs=1e-9), None]
    assert REASON in rows[1]["reason"]
    assert REASON in (tmp_path / "results" / "rejected.json").read_text()
    assert REASON in (tmp_path / "results" / "report.html").read_text()
