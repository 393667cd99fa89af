"""Tasks of mixtures, carried out: exchanges go on where they were, and the ends lie on their line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces import load_results, load_study, make_plan
from nzsp_surfaces.cli.main import main
from nzsp_surfaces.crystals.tolerance import dataset
from nzsp_surfaces.engines.base import Engine
from nzsp_surfaces.tasks.base import Bench, Result, Task, carry_out
from nzsp_surfaces.tasks.mixed import MixtureFound, compositions
from nzsp_surfaces.tasks.plan import Plan

NOISE = 1e-3
"""eV per formula unit, by which relaxations of one crystal in different cells may end apart."""
STRUCTURES = Path(__file__).parents[2] / "inputs" / "structures"
STUDY = f"""
materials:
  NZP: {{structure: {STRUCTURES}/NaZr2P3O12.cif, polyanion: PO4}}
  NZS: {{structure: {STRUCTURES}/Na4Zr2Si3O12.cif, polyanion: SiO4}}
planes: []
mixtures:
  NaSICON: {{ends: [NZP, NZS], x_of_ends: [0, 3], x: [0, 1.5, 3], draws: 20, tried: 2, relaxed: 2, steps: 4, swaps: 2}}
"""


SHORT = "profiles: {quick: {max_steps: 5}}"
"""What is relaxed to the end is not, where only its way there counts."""
ALLOY = """
materials:
  Cu3Au: {structure: Cu3Au.vasp, charges: {Cu: 1, Au: -3}, mobile: []}
  Pd3Au: {structure: Pd3Au.vasp, charges: {Pd: 1, Au: -3}, mobile: []}
planes: []
mixtures:
  alloy: {ends: [Cu3Au, Pd3Au], x_of_ends: [0, 3], x: [1], draws: 20, tried: 3, relaxed: 2,
          cells: CELLS, inversion: EVEN}
engine: emt
"""


def study_in(folder: Path, more: str = "") -> Path:
    """The study's file."""
    (folder / "study.yaml").write_text(STUDY + more)
    return folder / "study.yaml"


def alloy(folder: Path, cells: int, *, inversion: bool = False) -> MixtureFound:
    """Cu2PdAu in so many primitive cells at least, carried out with EMT."""
    folder.mkdir(exist_ok=True)
    for metal, edge in (("Cu", 3.8), ("Pd", 4.0)):
        places = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]]
        Structure(Lattice.cubic(edge), ["Au", *[metal] * 3], places).to(str(folder / f"{metal}3Au.vasp"), "poscar")
    (folder / "study.yaml").write_text(ALLOY.replace("CELLS", str(cells)).replace("EVEN", str(inversion)))
    study = load_study(folder / "study.yaml")
    plan, engine = make_plan(study), study.engines.energies.make({})
    results = carried_out(plan, tuple(task.id for task in plan.tasks), engine, folder)
    return compositions(plan, {result.task: result for result in results})[0]


def evaluated(folder: Path) -> dict[str, int]:
    """Bytes of all records of evaluations, by file."""
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("evaluations.bin")}


def carried_out(plan: Plan, names: tuple[str, ...], engine: Engine, folder: Path) -> Iterator[Result]:
    """Results of tasks, one after the other, each in its own folder."""
    results: dict[str, Result] = {}
    for name in names:
        task = plan.by_id[name]
        results[task.id] = _result(task, plan, results, engine, folder / name.replace("/", "_"))
        yield results[task.id]


def _result(task: Task, plan: Plan, results: dict[str, Result], engine: Engine, folder: Path) -> Result:
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {plan.by_id[name].kind for name in task.parents}
    parents = {kind: tuple(results[name] for name in task.parents if plan.by_id[name].kind == kind) for kind in kinds}
    bench = Bench(task.id, task.key, task.inputs, parents, lambda _: engine, folder, lambda *_: None)
    return carry_out(task, bench)


def test_exchanges_go_on_where_they_were(tmp_path: Path) -> None:
    """Carried out again in its folder, a task asks for nothing and leaves the same; the lowest is the best of all."""
    pytest.importorskip("sevenn")
    study = load_study(study_in(tmp_path, SHORT))
    plan, engine = make_plan(study), study.engines.energies.make({})
    names = (*plan.mixtures[1].tried, *plan.mixtures[1].swaps)
    first = list(carried_out(plan, names, engine, tmp_path))
    asked = evaluated(tmp_path)
    again = list(carried_out(plan, names, engine, tmp_path))
    assert evaluated(tmp_path) == asked
    assert len(asked) == 4
    assert [each.computed.energy for each in again] == [each.computed.energy for each in first]
    assert first[-1].computed.energy <= min(each.computed.energy for each in first[:-1])
    assert {each.computed.structure.composition.reduced_formula for each in first} == {"Na5Zr4Si3(PO8)3"}
    assert (first[-1].choices.accepted or 0) <= 2


def test_ends_have_nothing_to_exchange_or_much(tmp_path: Path) -> None:
    """The silicate fills all its sites, so that no exchange is planned; sodium of the phosphate has empty ones."""
    phosphate, _, silicate = make_plan(load_study(study_in(tmp_path))).mixtures
    assert not silicate.swaps
    assert phosphate.swaps


def test_a_larger_cell_never_loses_to_a_small_one(tmp_path: Path) -> None:
    """Cu2PdAu in three primitive cells: not above the crystal of one, which is among their fillings."""
    small, large = alloy(tmp_path / "small", 1), alloy(tmp_path / "large", 3)
    assert large.side_by_side == pytest.approx(small.energies[0], abs=NOISE)
    assert large.energies[0] <= small.energies[0] + NOISE
    assert large.composed > small.composed == 0
    assert large.way == "composed"


def test_an_inversion_that_is_asked_for_is_kept_to_the_end(tmp_path: Path) -> None:
    """Cu2PdAu in three primitive cells: the lowest has one, and is not below the lowest of all."""
    free, even = alloy(tmp_path / "free", 3), alloy(tmp_path / "even", 3, inversion=True)
    assert even.best is not None
    rotations = dataset(even.best.computed.structure, 1e-4).rotations
    assert any((turn == -np.eye(3)).all() for turn in rotations)
    assert even.energies[0] >= free.energies[0] - NOISE


def test_crystals_side_by_side_go_on_where_they_were(tmp_path: Path) -> None:
    """Carried out again in its folder, the whole mixture asks for nothing and leaves the same."""
    first = alloy(tmp_path, 3)
    asked = evaluated(tmp_path)
    assert any("composed" in name for name in asked)
    assert alloy(tmp_path, 3).energies == first.energies
    assert evaluated(tmp_path) == asked


@pytest.mark.slow
def test_ends_lie_on_their_line(tmp_path: Path) -> None:
    """With the potential: x = 0 and 3 are the ordered crystals to 1 meV, and x = 1.5 lies below its random fillings."""
    assert main(["run", str(study_in(tmp_path)), "-o", str(tmp_path / "run")]) == 0
    phosphate, middle, silicate = load_results(tmp_path / "run").mixtures
    assert phosphate.lowest == pytest.approx(0.0, abs=1e-3)
    assert silicate.lowest == pytest.approx(0.0, abs=1e-3)
    assert phosphate.occupied == {"Na on Na1": 1.0}
    assert middle.above == tuple(sorted(middle.above))
    assert middle.occupied["Si on P/Si"] == 0.5
