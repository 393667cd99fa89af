"""The lowest face of Na4Zr2(SiO4)3 (0003) that is known, which the search does not find."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ase.io import read
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor

from nzsp_surfaces import load_study
from nzsp_surfaces.base.units import ev_of_faces
from nzsp_surfaces.crystals.bonds import broken_polyanions
from nzsp_surfaces.crystals.certificate import turns_over
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose
from nzsp_surfaces.tasks.table import FACE_TOLERANCE

INPUTS = Path(__file__).parents[2] / "inputs"
HOPPED = INPUTS / "reference" / "hopped"


def test_it_is_a_face_of_the_crystal_and_lies_below_all_that_was_found() -> None:
    """Both faces alike, tetrahedra whole; its energy is that of the engine it names, at a minimum."""
    pytest.importorskip("sevenn")
    atoms = read(HOPPED / "NZS_0001_lowest.xyz")
    slab: Structure = AseAtomsAdaptor.get_structure(atoms)
    (material,) = load_study(INPUTS / "search.yaml").materials
    assert turns_over(slab, FACE_TOLERANCE)
    assert broken_polyanions(slab, material.crystal.charges, material.polyanions) == 0
    found = choose(EngineKeys(atoms.info["engine"]), {}, "test").make({}).single_point(slab, Path())
    assert found.energy == pytest.approx(atoms.get_potential_energy(), abs=2e-3)
    assert found.max_force < 0.03
    units = len(slab) // 21
    beyond = found.energy - units * atoms.info["bulk_energy_per_formula_unit"]
    assert beyond / ev_of_faces(1.0, found.face_area) == pytest.approx(atoms.info["gamma"], abs=5e-4)
    searched = json.loads((HOPPED / "searched.json").read_text())
    assert atoms.info["gamma"] < min(row["gamma"] for row in searched)
