"""Convergence as part of a study: series of the slab that won, and what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from ase.build import bulk

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.gpaw.entry import ENTRY as GPAW
from nzsp_surfaces.tasks.base import Outcome
from nzsp_surfaces.tasks.converged import Converged, converged
from nzsp_surfaces.tasks.plan import Plan
from nzsp_surfaces.tasks.spread import spreads
from nzsp_surfaces.tasks.table import table
from support.alloy import STUDY, carried_out, write

ASKED = "converge: {thickness: [4, 5, 6], vacuum: [8, 10, 14], planes: [[1, 0, 1]]}\n"


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Outcome]:
    """The alloy with series of one of its planes."""
    return carried_out(write(tmp_path_factory.mktemp("converge"), STUDY + ASKED))


def judged(plan: Plan, outcome: Outcome, tolerance: float = 0.01) -> tuple[Converged, ...]:
    """What all series say."""
    rows = table(plan, outcome.results, outcome.failures)
    return converged(plan, rows, outcome.results, outcome.failures, tolerance)


def test_a_series_says_which_thickness_and_which_vacuum_suffice(computed: tuple[Plan, Outcome]) -> None:
    """Of the plane that was named and no other; the fit lies beside the direct value."""
    (found,) = judged(*computed)
    assert found.entry.miller == (1, 0, 1)
    assert [slab.repeats for slab in found.thicknesses] == [4, 5, 6]
    assert found.thickness is not None
    assert found.vacuum is not None
    assert (found.thickness.holds, found.vacuum.holds, found.vacuum.cheapest) == (True, True, 8.0)
    assert found.thickness.fit.gamma == pytest.approx(found.thicknesses[-1].gamma, abs=0.01)
    assert found.notes == ()


def test_the_own_slab_of_a_plane_is_not_computed_again(computed: tuple[Plan, Outcome]) -> None:
    """It stands in the series as it stands in the table."""
    plan, _ = computed
    (series,) = plan.series
    assert None in series.thicknesses.values()
    assert len(series.tasks) == 5


def test_other_thicknesses_begin_where_the_face_was_relaxed(computed: tuple[Plan, Outcome]) -> None:
    """So they need fewer steps than the slab that won."""
    plan, outcome = computed
    (series,) = plan.series
    own = outcome.results["CuAu/101/bare/1"].computed.steps
    assert all(outcome.results[name].computed.steps <= own for name in series.thicknesses.values() if name)


def test_a_series_that_is_not_done_says_what_is_missing(computed: tuple[Plan, Outcome]) -> None:
    """No verdict is made up."""
    plan, outcome = computed
    (series,) = plan.series
    left = {name: result for name, result in outcome.results.items() if name not in series.tasks}
    (found,) = judged(plan, Outcome(left))
    assert (found.thickness, found.vacuum) == (None, None)
    assert any("not computed yet" in note for note in found.notes)
    assert any("at least two thicknesses" in note for note in found.notes)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("{thickness: [3]}", "at least two different values"),
        ("{vacuum: [10, 10]}", "at least two different values"),
        ("{}", "'thickness', 'vacuum', 'cutoff' or 'kpoints' must be given"),
        ("{cutoff: [400]}", "at least two different values"),
        (
            "{cutoff: [400, 500], kpoints: [10, 20]}",
            "converge: a potential has no cutoff and no kpoints, and emt is one",
        ),
        ("{kpoints: [10, 20]}", "a potential has no kpoints"),
        ("{thickness: [2, 3], planes: [[1, 1, 1]]}", r"\[1, 1, 1\] is not among 'planes'"),
        ("{thickness: [0, 3]}", "must be positive"),
    ],
)
def test_series_that_show_nothing_are_refused(tmp_path: Path, keys: str, words: str) -> None:
    """When the study is read, with its file."""
    with pytest.raises(UserError, match=words):
        load_study(write(tmp_path, STUDY + f"converge: {keys}\n"))


def test_a_thickness_that_no_slab_has_is_said(tmp_path: Path) -> None:
    """The others are planned."""
    plan = make_plan(load_study(write(tmp_path, STUDY + "converge: {thickness: [1, 4, 5], planes: [[1, 1, 0]]}\n")))
    (series,) = plan.series
    assert set(series.thicknesses) <= {1, 4, 5}
    assert len(series.thicknesses) + len(series.lacking) == 3


def test_the_spread_of_an_entry_says_what_it_is_made_of(computed: tuple[Plan, Outcome]) -> None:
    """Thickness where thicker slabs were computed; nothing else was tried, and nothing is made up for it."""
    plan, outcome = computed
    rows, series = table(plan, outcome.results, outcome.failures), judged(plan, outcome)
    found = spreads(plan, rows, series, outcome.results)
    assert set(found["CuAu_101_bare"].parts) == {"thickness"}
    assert 0 < (found["CuAu_101_bare"].total or 0) < 0.01
    assert found["CuAu_110_bare"].total is None


SALT = """\
materials:
  NaCl: {structure: NaCl.vasp, charges: {Na: 1, Cl: -1}, mobile: []}
planes: [[1, 0, 0]]
slabs: {thickness: 5, vacuum: 6}
engine: {name: gpaw, settings: coarse}
profiles:
  quick: {bulk_force: 5, slab_force: 5}
converge: {cutoff: [250, 300], kpoints: [3, 6], tolerance: 0.005}
"""
"""Rock salt, hardly relaxed: what is looked at is how its energies depend on cutoff and k-points."""


@pytest.mark.slow
@pytest.mark.skipif(bool(GPAW.missing), reason=f"GPAW is not here: {GPAW.install}")
def test_cutoff_and_k_points_are_judged_by_slab_and_bulk_solved_alike(tmp_path: Path) -> None:
    """The point with the study's own settings gives the study's own value; the verdicts are in words, with a number."""
    atoms = bulk("NaCl", "rocksalt", 5.7, cubic=True)
    atoms.write(tmp_path / "NaCl.vasp", format="vasp")
    (tmp_path / "coarse").mkdir()
    (tmp_path / "coarse/gpaw.yaml").write_text("cutoff: 300\ngrid: 0.25\nlength: 6\n")
    (tmp_path / "study.yaml").write_text(SALT)
    plan, outcome = carried_out(tmp_path / "study.yaml")
    assert outcome.failures == {}
    (found,) = judged(plan, outcome, 0.005)
    (row,) = table(plan, outcome.results, outcome.failures)
    assert row.best is not None
    assert row.best.energy is not None
    assert found.cutoffs[300] == pytest.approx(row.best.energy.gamma, abs=1e-3)
    assert found.kpoints[6] == pytest.approx(row.best.energy.gamma, abs=1e-3)
    assert found.cutoffs[250] != pytest.approx(found.cutoffs[300], abs=1e-5)
    assert found.cutoff is not None
    assert found.mesh is not None
    assert "eV of cutoff" in found.cutoff.words
    assert "Å of k-points" in found.mesh.words
