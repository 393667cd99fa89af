"""`nzsp refine`, whole: another engine goes on with a finished run, on an alloy that is quick to compute."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.alloy import STUDY, document, nzsp_run, refused, write


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run."""
    folder = tmp_path_factory.mktemp("refine")
    done = nzsp_run(write(folder), "-o", folder / "results")
    assert done.returncode == 0, done.stderr
    return folder / "results"


def nzsp_refine(*arguments: object) -> subprocess.CompletedProcess[str]:
    """`nzsp refine`, to its end."""
    call = [sys.executable, "-m", "nzsp_surfaces", "refine", *map(str, arguments)]
    return subprocess.run(call, capture_output=True, text=True, timeout=300)


def gammas(results: Path) -> dict[str, float]:
    """Surface energies by entry."""
    return {row["id"]: row["gamma"] for row in document(results, "surface_energies")}


@pytest.mark.parametrize("how", ["--relax", "--single-point"])
def test_the_same_engine_finds_the_same_energies(finished: Path, tmp_path: Path, how: str) -> None:
    """Relaxed or as they stand, on the lattice that it relaxes again and against the bulk in the slab's own cell."""
    done = nzsp_refine(finished, "--engine", "emt", how, "--workers", 1, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert gammas(tmp_path / "out") == pytest.approx(gammas(finished), abs=2e-3)
    rows = document(tmp_path / "out", "surface_energies")
    assert {row["id"]: row["gamma_before"] for row in rows} == gammas(finished)
    assert all(row["engine_before"].startswith("emt") and row["converged"] for row in rows)
    assert all(("as it stands" in " ".join(row["notes"])) is (how == "--single-point") for row in rows)
    assert document(tmp_path / "out", "slabs")
    assert "Two levels" in (tmp_path / "out" / "report.html").read_text()


def test_a_refined_run_computes_nothing_twice_and_can_be_refined_again(finished: Path, tmp_path: Path) -> None:
    """The second call finds all results; a third level starts from the second."""
    call = (finished, "--engine", "emt", "--entry", "CuAu_101_bare", "--workers", 1, "-o", tmp_path / "two")
    assert nzsp_refine(*call).returncode == 0
    again = nzsp_refine(*call)
    assert again.returncode == 0, again.stderr
    assert "\n0 calculations, 3 from disk" in again.stdout
    assert list(gammas(tmp_path / "two")) == ["CuAu_101_bare"]
    third = nzsp_refine(tmp_path / "two", "--engine", "emt", "--workers", 1, "-o", tmp_path / "three")
    assert third.returncode == 0, third.stderr
    assert gammas(tmp_path / "three") == pytest.approx(gammas(tmp_path / "two"), abs=1e-3)


def test_a_potential_lends_its_hessian_and_the_relaxed_energy_is_foretold(finished: Path, tmp_path: Path) -> None:
    """One point by another potential, with the estimate, is near to what relaxing gives, and nearer than the point."""
    ask = (finished, "--engine", "sevennet-0", "--surrogate", "emt", "--entry", "CuAu_110_bare", "--workers", 1)
    for how, folder in (("--single-point", "point"), ("--relax", "end")):
        done = nzsp_refine(*ask, how, "-o", tmp_path / folder)
        assert done.returncode == 0, done.stderr
    (point,), (end,) = (document(tmp_path / folder, "surface_energies") for folder in ("point", "end"))
    assert point["gamma_foretold"] < point["gamma"]
    assert abs(point["gamma_foretold"] - end["gamma"]) <= abs(point["gamma"] - end["gamma"]) + 1e-3


def test_a_prepared_study_is_carried_out_by_run(finished: Path, tmp_path: Path) -> None:
    """It lies in one piece in a folder, and could be submitted as well."""
    done = nzsp_refine(finished, "--engine", "emt", "--prepare", "-o", tmp_path / "prepared")
    assert done.returncode == 0, done.stderr
    study = tmp_path / "prepared" / "study" / "study.yaml"
    assert str(study) in done.stdout
    run = nzsp_run(study, "-o", tmp_path / "results")
    assert run.returncode == 0, run.stderr
    assert gammas(tmp_path / "results") == pytest.approx(gammas(finished), abs=2e-3)


def test_mistakes_are_one_line(finished: Path, tmp_path: Path) -> None:
    """No such entry, no results, no study beside them, no such engine, another run's directory."""
    out = ("-o", tmp_path / "out")
    refused(nzsp_refine(finished, "--engine", "emt", "--entry", "CuAu_001_bare", *out), "no value", "CuAu_101_bare")
    refused(nzsp_refine(tmp_path / "nowhere", "--engine", "emt", *out), "no such directory")
    refused(nzsp_refine(finished, "--engine", "emmt", *out), "unknown engine 'emmt'")
    refused(nzsp_refine(finished, "--engine", "emt", "-o", finished), "holds the results of another study")
    bare = tmp_path / "bare"
    shutil.copytree(finished, bare)
    shutil.rmtree(bare / "study")
    refused(nzsp_refine(bare, "--engine", "emt", *out), "study/study.yaml", "once more")
    assert not (tmp_path / "out").exists()


def test_a_study_that_goes_on_by_hand_is_checked(finished: Path, tmp_path: Path) -> None:
    """Names, planes and the lattice in which the slabs lie."""
    structures = finished / "structures"
    slab = f"{{material: CuAu, plane: [1, 0, 1], structure: {structures}/CuAu_101_bare_relaxed.vasp}}"
    ways = {
        f"{{bulks: {{}}, slabs: [{slab}]}}": "bulks: CuAu is missing",
        f"{{bulks: {{CuAu: {structures}/CuAu_bulk.vasp}}, slabs: []}}": "'slabs' is empty",
        f"{{bulks: {{CuAu: CuAu.vasp}}, slabs: [{slab}]}}": "in-plane vectors are those of no slab",
    }
    for number, (keys, words) in enumerate(ways.items()):
        study = write(tmp_path / str(number), f"{STUDY}going_on: {keys}\n")
        refused(nzsp_run(study, "-o", tmp_path / f"out{number}"), words)
