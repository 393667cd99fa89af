"""Chemical potentials as part of a study: competing phases, terminations off stoichiometry, what is lowest where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.runs.local import Watcher, run_plan
from nzsp_surfaces.runs.store import Store
from nzsp_surfaces.study.bundle import pack, unpack
from nzsp_surfaces.tasks.base import Outcome
from nzsp_surfaces.tasks.plan import Plan
from nzsp_surfaces.tasks.reservoirs import Reservoirs, reservoirs
from nzsp_surfaces.tasks.table import table
from support.alloy import STUDY, write

ASKED = "potentials: {vary: Cu, phases: {copper: {structure: Cu.vasp}, gold: {structure: Au.vasp}}}\n"


def study_file(folder: Path, keys: str = ASKED) -> Path:
    """The alloy, one plane with stoichiometric slabs and one without, and its elements."""
    path = write(folder, STUDY.replace("[[1, 1, 0], [1, 0, 1]]", "[[1, 0, 1], [0, 0, 1]]") + keys)
    for element, a in (("Cu", 3.61), ("Au", 4.08)):
        lattice = Lattice(0.5 * a * (np.ones((3, 3)) - np.eye(3)))
        Structure(lattice, [element], [[0, 0, 0]]).to(filename=str(folder / f"{element}.vasp"), fmt="poscar")
    return path


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan, Outcome]:
    """The study, carried out."""
    folder = tmp_path_factory.mktemp("potentials")
    study = load_study(study_file(folder))
    plan = make_plan(study)
    return folder, plan, run_plan(study, plan, Store(folder / "results"), 1, Watcher(*[lambda *_: None] * 4))


def found(computed: tuple[Path, Plan, Outcome], left: set[str] | None = None) -> Reservoirs:
    """What chemical potentials decide, without some results."""
    folder, plan, outcome = computed
    results = {name: result for name, result in outcome.results.items() if name not in (left or set())}
    keys = load_study(folder / "study.yaml").settings.potentials
    assert keys is not None
    (alloy,) = reservoirs(plan, table(plan, results, outcome.failures), results, keys)
    return alloy


def test_the_alloy_is_stable_between_its_elements(computed: tuple[Path, Plan, Outcome]) -> None:
    """From the pure element down by the energy of mixing, alike for both."""
    copper, gold = found(computed).bounds
    assert None not in (copper.lower, copper.upper, gold.lower, gold.upper)
    widths = [(b.upper or 0.0) - (b.lower or 0.0) for b in (copper, gold)]
    assert widths[0] == pytest.approx(widths[1], abs=1e-6)
    assert 0.01 < widths[0] < 0.5


def test_terminations_off_stoichiometry_are_results(computed: tuple[Path, Plan, Outcome]) -> None:
    """The one with copper over falls with copper's potential, the one with gold over rises, a whole one stays."""
    alloy = found(computed)
    slopes = {(line.miller, line.over): line.gammas[-1] - line.gammas[0] for line in alloy.lines}
    over = {name: slope for (miller, name), slope in slopes.items() if miller == (0, 0, 1) and name}
    assert set(over) == {"Cu", "Au"}
    assert over["Cu"] < 0 < over["Au"]
    assert slopes[(1, 0, 1), ""] == pytest.approx(0.0, abs=1e-9)
    sums = np.sum([line.gammas for line in alloy.lines if line.miller == (0, 0, 1) and line.over], axis=0)
    assert np.ptp(sums) == pytest.approx(0.0, abs=1e-6)
    assert any(line.lowest for line in alloy.lines if line.miller == (0, 0, 1))


def test_a_phase_that_is_missing_leaves_the_bounds_open(computed: tuple[Path, Plan, Outcome]) -> None:
    """That is said, and no line is drawn into nothing."""
    alloy = found(computed, {"gold/bulk"})
    assert [bound.upper is None for bound in alloy.bounds] == [False, True]
    assert any("gold is not computed" in note for note in alloy.notes)
    assert any("open" in note for note in alloy.notes)
    assert alloy.lines == ()


def test_phases_travel_with_the_study_and_identify_it(tmp_path: Path) -> None:
    """A bundle reads as the same study; without potentials it is another."""
    study = load_study(study_file(tmp_path / "a"))
    assert unpack(pack(study), tmp_path / "b").identity == study.identity
    assert load_study(study_file(tmp_path / "c", "")).identity != study.identity
    assert {task.id for task in make_plan(study).tasks} >= {"copper/bulk", "gold/bulk", "CuAu/001/termination/1"}


def test_a_phase_that_is_a_material_is_refused(tmp_path: Path) -> None:
    """Materials compete with each other anyway."""
    with pytest.raises(UserError, match="'CuAu' is a material or a film, which is there anyway"):
        load_study(study_file(tmp_path, "potentials: {vary: Cu, phases: {CuAu: {structure: CuAu.vasp}}}\n"))
