"""The runner, whole: `nzsp run` as a process on an alloy that is quick to compute."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from support.alloy import STUDY, document, golden_energies, nzsp_run, recorded, refused, write
from support.crystals import structure

KEYS = {
    "slabs": "id material miller film n_atoms n_formula_units n_film_units area thickness vacuum symmetric dipole"
    " surface_coordination broken_bonds_per_area structure",
    "surface_energies": "id material miller film n_film_units gamma gamma_published converged engine model formula area"
    " structure",
    "bulk": "id material formula space_group space_group_relaxed lattice energy_per_formula_unit max_force converged"
    " structure",
    "candidates": "id material miller film gamma converged selected note",
}
PROVENANCE = (
    "program version python platform packages engine model engine_version device profile seeds study_identity started"
    " finished wall_seconds calculations repeated_from_disk"
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a run that nothing interrupted; the study lies beside them."""
    folder = tmp_path_factory.mktemp("runner")
    done = nzsp_run(write(folder), "-o", folder / "results")
    assert done.returncode == 0, done.stderr
    return folder / "results"


def test_documents_have_the_keys_of_the_contract(finished: Path) -> None:
    """Every row of every list, the provenance, the study, the shapes; structures lie where they are said to lie."""
    for name, keys in KEYS.items():
        rows = document(finished, name)
        assert rows
        assert all(set(keys.split()) <= set(row) for row in rows)
        assert all((finished / row["structure"]).is_file() for row in rows if "structure" in row)
    assert set(PROVENANCE.split()) <= set(document(finished, "provenance"))
    assert {"identity", "profile", "name"} <= set(document(finished, "study"))
    assert all({"facets", "mean_gamma"} <= set(shape) for shape in document(finished, "wulff").values())
    for name in ("rejected", "films", "dynamics"):
        assert isinstance(document(finished, name), list)
    assert (finished / "report.html").stat().st_size > 10_000
    assert len((finished / "surface_energies.csv").read_text().splitlines()) == 3


def test_the_energies_are_those_of_an_alloy(finished: Path) -> None:
    """Positive, converged, and the close-packed plane, (101) of the tetragonal cell, lowest."""
    gammas = {tuple(row["miller"]): row["gamma"] for row in document(finished, "surface_energies")}
    assert all(row["converged"] for row in document(finished, "surface_energies"))
    assert 0 < gammas[1, 0, 1] < gammas[1, 1, 0] < 3


def test_the_energies_are_those_that_have_always_been(finished: Path) -> None:
    """To the digits that all processors share."""
    gammas = {row["id"]: row["gamma"] for row in document(finished, "surface_energies")}
    assert gammas == pytest.approx(golden_energies("emt"), rel=1e-9)


def test_a_finished_study_computes_nothing_again(finished: Path) -> None:
    """Three results come from disk, and the energies stay as they are, to the last bit."""
    before = document(finished, "surface_energies")
    done = nzsp_run(finished.parent / "study.yaml", "-o", finished)
    assert done.returncode == 0, done.stderr
    assert "0 calculations, 3 from disk" in " ".join(done.stdout.split())
    assert document(finished, "surface_energies") == before


def test_a_directory_of_another_study_is_refused(finished: Path, tmp_path: Path) -> None:
    """Nothing in it is touched."""
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    refused(nzsp_run(write(tmp_path, STUDY.replace("vacuum: 10", "vacuum: 11")), "-o", finished), "another study", "-o")
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


def test_a_directory_of_an_older_layout_is_refused(tmp_path: Path) -> None:
    """One line says which version made it, and nothing in it is touched."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old/study.json").write_text('{"identity": "3f9c2a", "profile": "quick", "name": "alloy"}')
    (tmp_path / "old/provenance.json").write_text('{"program": "nzsp_surfaces", "version": "0.1.0"}')
    refused(nzsp_run(write(tmp_path / "study"), "-o", tmp_path / "old"), "another layout", "0.1.0", "new directory")
    assert {path.name for path in (tmp_path / "old").iterdir()} == {"study.json", "provenance.json"}


def test_a_directory_of_other_files_and_an_unknown_engine_are_refused(tmp_path: Path) -> None:
    """One line each."""
    study = write(tmp_path)
    refused(nzsp_run(study, "-o", tmp_path), "not empty")
    refused(nzsp_run(study, "-o", tmp_path / "results", "--engine", "vasp6"), "vasp6", "known are")
    refused(nzsp_run(tmp_path / "none.yaml", "-o", tmp_path / "results"), "none.yaml")
    assert not (tmp_path / "results").exists()


def test_a_run_killed_at_any_moment_goes_on_to_the_same_energies(finished: Path, tmp_path: Path) -> None:
    """SIGKILL while something relaxes, twice; then the run ends with the energies of one that was left alone.

    EMT keeps a list of neighbours, whose order depends on when it was made, hence the tolerance; see test_engines.
    """
    study, results = write(tmp_path), tmp_path / "results"
    killed = [killed_after(study, results, count) for count in (3, 12)]
    assert all(killed)
    assert not (results / "surface_energies.json").exists()
    done = nzsp_run(study, "-o", results)
    assert done.returncode == 0, done.stderr
    ours, theirs = ({row["id"]: row["gamma"] for row in document(f, "surface_energies")} for f in (results, finished))
    assert ours == pytest.approx(theirs, abs=1e-9)


def killed_after(study: Path, results: Path, evaluations: int) -> bool:
    """Start a run, kill it when a task has so many more evaluations on record; whether it was still running."""
    call = [sys.executable, "-m", "nzsp_surfaces", "run", str(study), "-o", str(results), "--workers", "1"]
    process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end and recorded(results) < 300 * evaluations:
        time.sleep(0.002)
    running = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return running


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A file system of 20 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        not shutil.which("mount")
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(folder)], capture_output=True
        ).returncode
    ):
        pytest.skip("no right to mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_before_anything_is_computed(small_disk: Path, tmp_path: Path) -> None:
    """One line that says how much is free and how much is needed."""
    refused(nzsp_run(write(tmp_path / "study"), "-o", small_disk / "results"), "MB are free", "make room")
    assert not list(small_disk.iterdir())


@pytest.mark.slow
def test_the_default_engine_finds_the_cleavage_plane_of_magnesia(tmp_path: Path) -> None:
    """(100) of MgO is lowest, near the 1.04 to 1.15 J/m² of experiment; (110) is more than twice as high."""
    pytest.importorskip("sevenn")
    structure("MgO").to(filename=str(tmp_path / "MgO.vasp"), fmt="poscar")
    study = tmp_path / "study.yaml"
    study.write_text("materials: {MgO: {structure: MgO.vasp}}\nplanes: [[1, 0, 0], [1, 1, 0]]\n")
    done = nzsp_run(study, "-o", tmp_path / "results")
    assert done.returncode == 0, done.stderr
    low, high = (row["gamma"] for row in document(tmp_path / "results", "surface_energies"))
    assert 0.7 < low < 1.2
    assert 1.8 * low < high
