"""CP2K itself, where it is installed: it obeys mechanics, and a density that did not converge never counts.

A crystal of hydrogen molecules, since a step takes a tenth of a second. With the hard potentials of Na and Mg, forces
would sum to zero only on far finer grids.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.ase.program import ProgramEngine
from nzsp_surfaces.engines.cp2k.entry import ENTRY, ChosenCp2k
from nzsp_surfaces.engines.cp2k.settings import Cp2kSettings
from support.programs import check_mechanics, hydrogen

pytestmark = pytest.mark.skipif(bool(ENTRY.missing), reason=f"CP2K is not here: {ENTRY.install}")

SMALL = Cp2kSettings("DZVP-MOLOPT-SR-GTH", cutoff=250, rel_cutoff=40, eps_default=1e-10, eps_scf=1e-7, repeat=0)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a worker has it."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def engine(settings: Cp2kSettings = SMALL) -> ProgramEngine:
    """CP2K with settings that make it quick."""
    return ChosenCp2k(ENTRY, settings).make({})


def test_cp2k_obeys_mechanics_and_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    """As every program does, and it says who it is and how it computed."""
    result = check_mechanics(engine(), tmp_path, 2e-2)
    assert (result.engine, result.settings) == (ChosenCp2k(ENTRY, SMALL).identity, SMALL.compared)


@pytest.mark.slow
def test_a_repeated_cell_gives_the_energy_and_forces_of_one(tmp_path: Path) -> None:
    """Written out twice and then repeated less, it is the same crystal at the same k-points."""
    start = hydrogen()
    own = engine(replace(SMALL, repeat=5.0))
    once = own.single_point(start, tmp_path / "once")
    twice = own.single_point(start.copy().make_supercell((2, 1, 1), in_place=False), tmp_path / "twice")
    assert twice.energy == pytest.approx(2 * once.energy, abs=1e-3)
    assert twice.forces[:1] == pytest.approx(once.forces[:1], abs=1e-2)


def test_a_density_that_does_not_converge_never_counts(tmp_path: Path) -> None:
    """All ways are tried, and then it is an error that names the output."""
    with pytest.raises(UserError, match=r"density of H2 did not converge in any of 3 ways \(see .*cp2k.out\)"):
        engine(replace(SMALL, max_scf=1)).single_point(hydrogen(), tmp_path)


def test_a_remedy_is_recorded_and_ends_at_the_same_energy(tmp_path: Path) -> None:
    """The next way goes on from the density that the last one left."""
    straight = engine().single_point(hydrogen(), tmp_path / "straight")
    mended = engine(replace(SMALL, max_scf=6)).single_point(hydrogen(), tmp_path / "mended")
    assert mended.energy == pytest.approx(straight.energy, abs=1e-3)
    assert mended.corrections
    assert not straight.corrections
    assert mended.settings == straight.settings
