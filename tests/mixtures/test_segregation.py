"""Ions of a mixture in slabs of its end: neutral, alike on both faces, and compensated where it costs least."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pymatgen.analysis.ewald import EwaldSummation

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.crystals.crystal import crystal
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.mixtures.segregation import exchange_of, orbits, substituted
from nzsp_surfaces.mixtures.shared import overlay
from nzsp_surfaces.study.study import Study
from nzsp_surfaces.tasks.base import Result
from nzsp_surfaces.tasks.building import SlabStart
from nzsp_surfaces.tasks.draft import PlannedSegregation
from nzsp_surfaces.tasks.plan import Plan
from nzsp_surfaces.tasks.segregation import SegregationInputs, segregated

STRUCTURES = Path(__file__).parents[2] / "inputs" / "structures"
STUDY = f"""
materials:
  NZP: {{structure: {STRUCTURES}/NaZr2P3O12.cif, polyanion: PO4}}
  NZS: {{structure: {STRUCTURES}/Na4Zr2Si3O12.cif, polyanion: SiO4}}
planes: [[1, -1, 0, 2], [0, 0, 0, 1]]
mixtures:
  NaSICON: {{ends: [NZP, NZS], x_of_ends: [0, 3], x: [2.5], segregation: [[1, -1, 0, 2]]}}
"""


@cache
def planned(folder: Path) -> tuple[Study, Plan, PlannedSegregation]:
    """The plan of a study of NaSICON, and of its exchanges."""
    (folder / "study.yaml").write_text(STUDY)
    study = load_study(folder / "study.yaml")
    plan = make_plan(study)
    return study, plan, plan.segregations[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the study."""
    return tmp_path_factory.mktemp("study")


def started(plan: Plan, name: str) -> tuple[SegregationInputs, SlabStart]:
    """What a task begins with, before ions are exchanged."""
    inputs = plan.by_id[name].inputs
    return inputs, inputs.building.start(inputs.arrangement, inputs.building.crystal.structure)


def test_only_the_planes_that_are_named_are_computed(folder: Path) -> None:
    """One plane of the silicate, where P comes for Si and one Na leaves, from the face to the middle."""
    _, plan, found = planned(folder)
    assert [each.miller for each in plan.segregations] == [(1, -1, 0, 2)]
    assert (found.wish.end, found.wish.exchange.comes, found.wish.exchange.leaves) == ("NZS", "P", "Si")
    assert (found.wish.exchange.vacant, found.wish.exchange.count) == ("Na", 1)
    assert [round(depth, 3) for depth in found.depths] == sorted(round(depth, 3) for depth in found.depths)
    assert found.depths[0] < 2.0 < 5.0 < found.depths[-1]


@pytest.mark.parametrize("rank", [1, 3, 6])
def test_a_slab_with_exchanged_ions_is_a_slab(folder: Path, rank: int) -> None:
    """Its mixed polyanions are whole, its faces alike; it is neutral and not polar, and its flip fits its atoms."""
    study, plan, found = planned(folder)
    inputs, start = started(plan, found.tasks[rank - 1])
    slab, flip = substituted(start.structure, start.flip, inputs.exchange, inputs.orbit)
    polyanions = tuple(kept for material in study.materials for kept in material.polyanions)
    certificate = certify(slab, dict(inputs.exchange.charges), polyanions, {"Zr"})
    assert certificate.whole
    assert abs(certificate.dipole) < 1e-3
    assert sum(inputs.exchange.charges[site.specie.symbol] for site in slab) == 0
    assert slab.composition.reduced_formula == "Na7Zr4Si5PO24"
    images = slab.lattice.get_fractional_coords(slab.cart_coords @ flip.rotation.T + flip.translation)
    apart = slab.lattice.get_all_distances(images, slab.frac_coords)
    assert apart[np.arange(len(slab)), flip.partners].max() < 0.1
    assert [slab[int(partner)].specie for partner in flip.partners] == list(slab.species)


def test_the_ion_that_leaves_is_the_cheapest_pair(folder: Path) -> None:
    """No other pair of sodium leaves a slab of lower electrostatic energy."""
    _, plan, found = planned(folder)
    inputs, start = started(plan, found.tasks[0])
    chosen, _ = substituted(start.structure, start.flip, inputs.exchange, inputs.orbit)
    energies = []
    for pair in orbits(start.structure, start.flip, "Na"):
        other = start.structure.copy()
        for atom in inputs.orbit:
            other.replace(atom, "P")
        other.remove_sites(pair)
        energies.append(_ewald(other, inputs))
    assert len(energies) > 4
    assert _ewald(chosen, inputs) == pytest.approx(min(energies), abs=1e-3)
    assert max(energies) - min(energies) > 0.1


def _ewald(slab: object, inputs: SegregationInputs) -> float:
    charged = slab.copy()  # type: ignore[attr-defined]
    charged.add_oxidation_state_by_element(inputs.exchange.charges)
    return float(EwaldSummation(charged, acc_factor=6.0).total_energy)


def test_no_ion_leaves_where_none_can() -> None:
    """In the phosphate, which does not fill all sites, nothing could leave for silicon: it would have to come."""
    ends = {n: crystal(load_structure(STRUCTURES / f), None, n) for n, f in _FILES.items()}
    with pytest.raises(UserError, match="no cation can leave for Si in place of P"):
        exchange_of(overlay(ends["NZP"], ends["NZS"], 0.0, "here"), "here")


_FILES = {"NZP": "NaZr2P3O12.cif", "NZS": "Na4Zr2Si3O12.cif"}


def test_a_plane_of_segregation_must_be_among_the_planes(tmp_path: Path) -> None:
    """It is cut for the table first."""
    (tmp_path / "study.yaml").write_text(STUDY.replace("segregation: [[1, -1, 0, 2]]", "segregation: [[1, 1, -2, 0]]"))
    with pytest.raises(UserError, match=r"mixtures: NaSICON: plane \[1, 1, -2, 0\] is not among 'planes'"):
        load_study(tmp_path / "study.yaml")


def test_energies_of_depths_begin_at_the_middle(folder: Path) -> None:
    """Half of what two ions gain; the lowest of those next to the middle is zero, and what is missing is said."""
    _, plan, found = planned(folder)
    _, start = started(plan, found.tasks[0])
    ids = [plan.by_id[name].id for name in found.tasks]
    results = {name: _left(name, start, -100.0 - 2.0 * (number < 2)) for number, name in enumerate(ids[:-1])}
    (told,) = segregated(plan, results)
    assert told.energies == (-1.0, -1.0, 0.0, 0.0, 0.0)
    assert told.depths == found.depths[:-1]
    assert told.notes == (f"{ids[-1]}: not computed",)
    assert not list(segregated(plan, {ids[0]: results[ids[0]]}))


def _left(name: str, start: SlabStart, energy: float) -> Result:
    """What a task leaves whose slab has an energy."""
    forces = np.zeros((len(start.structure), 3))
    identity = EngineIdentity("made", "up", "1")
    return Result(name, "key", Calculation(start.structure, energy, forces, True, 0.0, 1, identity, {}))
