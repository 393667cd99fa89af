"""GPAW itself, where it is installed: it obeys mechanics, and a density that did not converge never counts.

A crystal of hydrogen molecules and rock salt, since a point takes seconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from pymatgen.core import Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.crystal import ase_atoms
from nzsp_surfaces.engines.ase.program import ProgramEngine
from nzsp_surfaces.engines.base import RelaxSettings
from nzsp_surfaces.engines.gpaw import service
from nzsp_surfaces.engines.gpaw.calculator import GpawCalculator, parameters
from nzsp_surfaces.engines.gpaw.entry import ENTRY, ChosenGpaw
from nzsp_surfaces.engines.gpaw.settings import GpawSettings
from support.programs import check_mechanics, hydrogen, moved
from support.relaxing import silent

pytestmark = pytest.mark.skipif(bool(ENTRY.missing), reason=f"GPAW is not here: {ENTRY.install}")

SMALL = GpawSettings(cutoff=300, grid=0.2, length=0)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a worker has it."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def engine(settings: GpawSettings = SMALL) -> ProgramEngine:
    """GPAW with settings that make it quick."""
    return ChosenGpaw(ENTRY, settings).make({})


def test_gpaw_obeys_mechanics_and_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    """As every program does, and it says who it is and how it computed."""
    result = check_mechanics(engine(), tmp_path, 3e-2)
    assert (result.engine, result.settings) == (ChosenGpaw(ENTRY, SMALL).identity, SMALL.compared)


def test_the_density_that_a_killed_run_left_is_gone_on_from(tmp_path: Path) -> None:
    """Torn, it is computed anew; either way the energy is the same."""
    first = engine().single_point(hydrogen(), tmp_path).energy
    steps = iterations(tmp_path)
    assert engine().single_point(moved(hydrogen(), 0.001), tmp_path).energy == pytest.approx(first, abs=5e-3)
    assert iterations(tmp_path) < steps
    (tmp_path / "density.gpw").write_bytes(b"torn")
    assert engine().single_point(hydrogen(), tmp_path).energy == pytest.approx(first, abs=1e-4)


def iterations(folder: Path) -> int:
    """Steps to the density, as GPAW's text has them."""
    return sum(line.startswith("|iter:") for line in (folder / "gpaw.txt").read_text().splitlines())


@pytest.fixture
def salt(tmp_path: Path) -> Iterator[GpawCalculator]:
    """GPAW for rock salt."""
    calculator = GpawCalculator(GpawSettings(cutoff=350, grid=0.2, length=8), sys.executable, tmp_path)
    yield calculator
    calculator.close()


@pytest.mark.slow
def test_stress_is_the_derivative_of_the_energy_at_a_constant_cutoff(salt: GpawCalculator) -> None:
    """Not at a constant number of plane waves, whose pressure is 0.2 GPa lower here: a cell would relax too small."""
    atoms = bulk("NaCl", "rocksalt", 5.5)
    pressure = salt.get_stress(atoms)[:3].mean()
    volumes, energies = [], []
    for scale in (0.99, 1.01):
        strained = atoms.copy()
        strained.set_cell(scale * atoms.cell.array, scale_atoms=True)
        volumes.append(strained.get_volume())
        energies.append(salt.get_potential_energy(strained))
    assert pressure == pytest.approx(np.diff(energies)[0] / np.diff(volumes)[0], abs=4e-4)


@pytest.mark.slow
def test_a_relaxed_cell_is_found(tmp_path: Path) -> None:
    """Rock salt by PBE: 5.70 Å (P. Haas, F. Tran and P. Blaha, Phys. Rev. B 79, 085104 (2009))."""
    salt = bulk("NaCl", "rocksalt", 5.6)
    start = Structure(salt.cell.array, ["Na", "Cl"], salt.get_scaled_positions())
    own = engine(GpawSettings(cutoff=400, grid=0.2, length=12))
    relaxed = own.relax(start, RelaxSettings(0.01, 30, cell=True), tmp_path, silent)
    assert relaxed.converged
    assert relaxed.structure.lattice.a * np.sqrt(2) == pytest.approx(5.70, abs=0.03)


def test_a_density_that_does_not_converge_never_counts(tmp_path: Path) -> None:
    """All ways are tried, and then it is an error that names the output."""
    with pytest.raises(UserError, match=r"density of H2 did not converge in any of 3 ways \(see .*gpaw.txt\)"):
        engine(replace(SMALL, max_scf=2)).single_point(hydrogen(), tmp_path)


def test_a_metal_is_refused_where_the_settings_are_an_insulators(tmp_path: Path) -> None:
    """One line that says what to set."""
    metal = bulk("Na", "bcc", 4.2)
    start = Structure(metal.cell.array, ["Na"], [[0, 0, 0]])
    with pytest.raises(UserError, match=r"Na is a metal here, its gap is -?\d\.\d\d eV.*set smearing"):
        engine(GpawSettings(cutoff=250, grid=0.25, length=6)).single_point(start, tmp_path)


def test_a_program_that_ends_is_one_line_with_its_last_words(tmp_path: Path) -> None:
    """As where Python lacks GPAW."""
    calculator = GpawCalculator(SMALL, f"{sys.executable} -S", tmp_path)
    with pytest.raises(UserError, match=r"engine 'gpaw': it stopped \(.+\); see .*gpaw.txt"):
        calculator.get_potential_energy(bulk("NaCl", "rocksalt", 5.6))


def test_a_density_that_runs_away_from_the_last_one_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen on a slab: two steps from the last density, and then a million eV. The result is told, and the same."""
    first = engine().single_point(hydrogen(), tmp_path / "first")
    small = tmp_path / "service.py"
    small.write_text(Path(service.__file__).read_text().replace("RUNAWAY = 20.0", "RUNAWAY = 1e-3"))
    calculator = GpawCalculator(SMALL, sys.executable, tmp_path / "first")
    atoms = ase_atoms(moved(hydrogen(), 0.1))
    with pytest.raises(UserError, match="did not converge in any"):  # begun anew, it changes by more than that, too
        run_with(calculator, small, atoms, monkeypatch)
    assert any("begun anew" in line or "not converged by ppcg" in line for line in calculator.remedies)
    assert first.energy < 0


def test_a_service_that_nobody_asks_any_more_ends_within_a_step(tmp_path: Path) -> None:
    """As after a kill of its worker: it leaves no density for another that begins in the folder."""
    with subprocess.Popen(
        [sys.executable, service.__file__], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asked:
        atoms = bulk("NaCl", "rocksalt", 5.6, cubic=True)
        question = {
            "numbers": atoms.numbers.tolist(),
            "positions": atoms.positions.tolist(),
            "cell": atoms.cell.array.tolist(),
            "parameters": parameters(atoms, replace(SMALL, cutoff=400), "ppcg"),
            "forces": True,
            "stress": False,
            "keep": True,
        }
        assert asked.stdin is not None
        asked.stdin.write(json.dumps(question) + "\n")
        asked.stdin.close()
        assert asked.wait(timeout=120) == 1
    assert not (tmp_path / "density.gpw").exists()


def run_with(calculator: GpawCalculator, script: Path, atoms: Atoms, monkeypatch: pytest.MonkeyPatch) -> float:
    """The energy by another service."""
    monkeypatch.setattr(service, "__file__", str(script))
    return float(calculator.get_potential_energy(atoms))
