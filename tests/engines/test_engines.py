"""Engines: one conformance test for all, and runs that go on where they were killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from ase.calculators.emt import EMT
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure
from scipy.spatial.transform import Rotation

from nzsp_surfaces.base.calculation import Calculation, calculation_from_json
from nzsp_surfaces.base.content import digest
from nzsp_surfaces.crystals.crystal import ase_atoms
from nzsp_surfaces.engines.ase.engine import AseEngine
from nzsp_surfaces.engines.ase.potential import Potential, PotentialEntry
from nzsp_surfaces.engines.base import ChosenEngine, DynamicsSettings, RelaxSettings, Trajectory, trajectory_from_json
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose, engines
from support.crystals import structure
from support.relaxing import Killed, rattled, silent

FAST = DynamicsSettings(temperature=300, duration=60, timestep=2, segment=7, seed=5)
"""30 steps in segments of 7."""


NOWHERE = Path()
"""A single point keeps nothing."""


def chosen(name: str) -> ChosenEngine:
    """The engine, with its modal after a slash; a skip where its packages are missing."""
    name, _, modal = name.partition("/")
    found = choose(EngineKeys(name, modal) if modal else name, {}, "test")
    for module in found.entry.needs if isinstance(found, Potential) else ():
        pytest.importorskip(module)
    return found


@cache
def engine(name: str) -> AseEngine:
    """The engine, or a skip where its packages are missing."""
    made = chosen(name).make({})
    assert isinstance(made, AseEngine)
    return made


QUICK = ("emt", "sevennet-0", "chgnet")
"""Engines that are tried every time; of a family, one is enough."""


def installed() -> Iterator[Any]:
    """Every potential of the registry with each of its modals: a crystal of elements that it knows, a tolerance."""
    for entry in engines():
        if not isinstance(entry, PotentialEntry) or entry.missing:
            continue
        crystal, tolerance = ("MgO", 2e-2) if "Mg" in entry.elements else ("Cu", 1e-4)
        for modal in entry.modals or ("",):
            marks = () if entry.name in QUICK else pytest.mark.slow
            yield pytest.param(f"{entry.name}/{modal}".rstrip("/"), crystal, tolerance, marks=marks)


ENGINES = [*installed(), pytest.param("ase.calculators.emt:EMT", "Cu", 1e-4)]


@pytest.mark.parametrize(("name", "crystal", "tolerance"), ENGINES)
def test_an_engine_obeys_mechanics(name: str, crystal: str, tolerance: float, tmp_path: Path) -> None:
    """Forces sum to zero and are the negative gradient; energy knows no order, origin or orientation.

    Relaxing lowers it, meets the limit, and ends the same from half a record.
    """
    own, start = engine(name), rattled(crystal)
    result = own.single_point(start, NOWHERE)
    assert (result.engine, result.settings) == (chosen(name).identity, own.settings)
    assert result.forces.sum(axis=0) == pytest.approx(np.zeros(3), abs=1e-4)
    assert result.max_force == pytest.approx(np.linalg.norm(result.forces, axis=1).max())
    assert slope(own, start) == pytest.approx(-result.forces[0] @ DIRECTION, abs=tolerance)
    for other in disguises(start):
        assert own.single_point(other, NOWHERE).energy == pytest.approx(result.energy, abs=1e-3 * tolerance + 1e-5)
    relaxed = own.relax(start, RelaxSettings(0.05, 100), tmp_path, silent)
    assert relaxed.converged
    assert relaxed.max_force <= 0.05
    assert relaxed.energy < result.energy
    record = tmp_path / "evaluations.bin"
    record.write_bytes(record.read_bytes()[: record.stat().st_size // 2])
    resumed = own.relax(start, RelaxSettings(0.05, 100), tmp_path, silent)
    # EMT keeps a list of neighbours between calls, whose order decides the last bit; see Counting.
    assert same(resumed, relaxed) or name in EMPIRICAL
    assert resumed.energy == pytest.approx(relaxed.energy, abs=1e-9)
    again = own.single_point(relaxed.structure, NOWHERE)
    assert again.energy == pytest.approx(relaxed.energy, abs=1e-4)
    assert again.forces == pytest.approx(relaxed.forces, abs=1e-3)


EMPIRICAL = ("emt", "ase.calculators.emt:EMT")
DIRECTION = np.array([0.6, 0.0, 0.8])


def slope(own: AseEngine, start: Structure, step: float = 0.01) -> float:
    """Central difference of the energy as the first atom moves."""
    energies = []
    for sign in (1, -1):
        moved = start.copy()
        moved.translate_sites([0], sign * step * DIRECTION, frac_coords=False)
        energies.append(own.single_point(moved, NOWHERE).energy)
    return (energies[0] - energies[1]) / (2 * step)


def disguises(start: Structure) -> Iterator[Structure]:
    """The same crystal in another order, shifted, and turned."""
    order = np.random.default_rng(1).permutation(len(start))
    yield Structure(start.lattice, [start[int(i)].specie for i in order], start.frac_coords[order])
    yield Structure(start.lattice, start.species, start.frac_coords + np.array([0.31, 0.17, 0.77]))
    turn = Rotation.from_euler("xyz", [20, 50, 70], degrees=True).as_matrix()
    yield Structure(start.lattice.matrix @ turn.T, start.species, start.frac_coords)


def test_the_cell_relaxes_to_the_lattice_constant_of_the_potential(tmp_path: Path) -> None:
    """Copper in EMT has a = 3.59 Å, found from a cell that is squeezed and sheared."""
    squeezed = structure("Cu").copy()
    squeezed.apply_strain([-0.03, 0.02, 0.01])
    result = engine("emt").relax(squeezed, RelaxSettings(0.005, 200, cell=True), tmp_path, silent)
    assert result.converged
    assert result.structure.lattice.abc == pytest.approx((3.59, 3.59, 3.59), abs=0.01)


def test_too_few_steps_are_not_convergence(tmp_path: Path) -> None:
    """The flag is down and the residual force is told."""
    result = engine("emt").relax(rattled(), RelaxSettings(1e-4, 2), tmp_path, silent)
    assert not result.converged
    assert result.max_force > 1e-4


def test_a_calculation_survives_json_unchanged(tmp_path: Path) -> None:
    """Every number, to the last bit, and atoms stay where they are, outside the cell or in it."""
    result = engine("emt").relax(rattled(size=0.5), RelaxSettings(0.05, 5), tmp_path, silent)
    back = calculation_from_json(json.loads(json.dumps(result.to_json())))
    assert same(back, result)
    assert back.to_json() == result.to_json()


def same(one: Calculation, other: Calculation) -> bool:
    """Equal to the last bit."""
    return digest(one.to_json()) == digest(other.to_json())


class Counting(EMT):
    """EMT that counts, keeps no list of neighbours between calls and may be killed."""

    def __init__(self, limit: int = 10**9) -> None:
        super().__init__()
        self.calls, self.limit = 0, limit

    def calculate(self, *arguments: Any, **keywords: Any) -> None:
        if self.calls >= self.limit:
            raise Killed
        self.calls += 1
        self.initialize(arguments[0] if arguments else keywords["atoms"])
        super().calculate(*arguments, **keywords)


def counting(limit: int = 10**9) -> tuple[AseEngine, Counting]:
    """An engine and its counter."""
    calculator = Counting(limit)
    return AseEngine(chosen("emt").identity, calculator), calculator


TIGHT = RelaxSettings(0.01, 60)


@cache
def uninterrupted() -> tuple[Calculation, int, bytes]:
    """A relaxation in one go, its number of evaluations, and its record."""
    own, counter = counting()
    with TemporaryDirectory() as folder:
        result = own.relax(rattled(size=0.2), TIGHT, Path(folder), silent)
        return result, counter.calls, (Path(folder) / "evaluations.bin").read_bytes()


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_relaxation_torn_at_any_byte_ends_the_same(data: st.DataObject) -> None:
    """Its record cut anywhere, it repeats no whole step and ends bit by bit where it would have ended."""
    result, calls, record = uninterrupted()
    cut = data.draw(st.integers(0, len(record)))
    own, counter = counting()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "evaluations.bin"
        path.write_bytes(record[:cut])
        assert same(own.relax(rattled(size=0.2), TIGHT, Path(folder), silent), result)
        assert path.read_bytes() == record
    assert counter.calls == calls - cut * calls // len(record)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_damaged_record_is_computed_again(data: st.DataObject) -> None:
    """A wrong bit in the energies or forces is noticed by its checksum; the result is the same."""
    result, calls, record = uninterrupted()
    broken, size = bytearray(record), len(record) // calls
    place = data.draw(st.integers(0, calls - 1)) * size + data.draw(st.integers(16, size - 1))
    broken[place] ^= 1 << data.draw(st.integers(0, 7))
    with TemporaryDirectory() as folder:
        (Path(folder) / "evaluations.bin").write_bytes(broken)
        assert same(counting()[0].relax(rattled(size=0.2), TIGHT, Path(folder), silent), result)


def test_a_relaxation_killed_in_every_step_ends_the_same(tmp_path: Path) -> None:
    """Killed after each single evaluation and started again, it needs as many evaluations as one go."""
    result, calls, _ = uninterrupted()
    for _ in range(calls - 1):
        with pytest.raises(Killed):
            counting(1)[0].relax(rattled(size=0.2), TIGHT, tmp_path, silent)
    assert same(counting(1)[0].relax(rattled(size=0.2), TIGHT, tmp_path, silent), result)


def trajectory(folder: Path, given: DynamicsSettings = FAST, limit: int = 10**9) -> Trajectory:
    """Dynamics of copper."""
    return counting(limit)[0].dynamics(structure("Cu"), given, folder, silent)


@cache
def one_go() -> Trajectory:
    """Dynamics without a break."""
    with TemporaryDirectory() as folder:
        return trajectory(Path(folder))


def equal(one: Trajectory, other: Trajectory) -> bool:
    """Equal to the last bit."""
    positions = one.structure.cart_coords == other.structure.cart_coords
    traces = one.trace.shape == other.trace.shape and (one.trace == other.trace).all()
    return bool(positions.all() and traces and np.array_equal(one.frames, other.frames))


def test_the_same_seed_gives_the_same_trajectory_and_another_seed_another(tmp_path: Path) -> None:
    """The generator is the only source of chance."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert equal(trajectory(tmp_path / "a"), one_go())
    other = DynamicsSettings(temperature=300, duration=60, timestep=2, segment=7, seed=6)
    assert not equal(trajectory(tmp_path / "b", other), one_go())


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 10), max_size=2))
def test_dynamics_killed_at_any_step_goes_on_as_if_nothing_happened(kills: list[int]) -> None:
    """Velocities and random numbers of the last whole segment are kept: the trajectory is the same bit by bit."""
    with TemporaryDirectory() as folder:
        for calls in kills:
            with pytest.raises(Killed):
                trajectory(Path(folder), limit=calls)
        assert equal(trajectory(Path(folder)), one_go())


def test_frames_are_moments_of_the_trajectory_in_even_steps() -> None:
    """The first is the start, the last the end, and JSON gives them back."""
    run = one_go()
    assert len(run.frames) == FAST.steps // FAST.stride + 1
    assert run.times[-1] == run.trace[-1, 0]
    assert np.allclose(run.frames[0], structure("Cu").cart_coords, atol=1e-4)
    assert np.allclose(run.frames[-1], run.structure.cart_coords, atol=1e-4)
    assert equal(trajectory_from_json(run.to_json()), run)


def test_finished_dynamics_computes_nothing_again(tmp_path: Path) -> None:
    """The last segment holds the end."""
    trajectory(tmp_path)
    assert equal(trajectory(tmp_path, limit=0), one_go())


@pytest.mark.parametrize("segment", [7, 30, 100])
def test_dynamics_lasts_as_long_as_asked(segment: int, tmp_path: Path) -> None:
    """60 fs in steps of 2 fs are 30 steps after the first moment, whatever the segments."""
    given = DynamicsSettings(temperature=300, duration=60, timestep=2, segment=segment, seed=5)
    times = trajectory(tmp_path, given).trace[:, 0]
    assert times == pytest.approx(np.arange(31) * 2.0)


@pytest.mark.slow
def test_the_thermostat_holds_the_temperature(tmp_path: Path) -> None:
    """The mean over 8 ps of 108 copper atoms is within 3 % of 500 K, and fluctuates as sqrt(2 / 3N) of it."""
    large = structure("Cu").copy()
    large.make_supercell([3, 3, 3])
    given = DynamicsSettings(temperature=500, duration=8000, timestep=4, segment=200, seed=2)
    temperatures = engine("emt").dynamics(large, given, tmp_path, silent).trace[250:, 1]
    assert temperatures.mean() == pytest.approx(500, rel=0.03)
    assert temperatures.std() / 500 == pytest.approx(np.sqrt(2 / (3 * 108)), rel=0.3)


def test_the_energy_of_ase_is_the_energy_of_the_calculation() -> None:
    """Nothing is added or scaled on the way."""
    atoms = ase_atoms(rattled())
    atoms.calc = EMT()
    assert engine("emt").single_point(rattled(), NOWHERE).energy == pytest.approx(
        atoms.get_potential_energy(), abs=1e-12
    )
