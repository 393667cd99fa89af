"""A quick engine that lends its Hessian to a dear one: same ends, fewer evaluations, nothing lost in a kill."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.base.calculation import Calculation
from nzsp_surfaces.engines.ase.curvature import free_displacements, hessian
from nzsp_surfaces.engines.ase.engine import AseEngine
from nzsp_surfaces.engines.ase.quasi_newton import damped_update
from nzsp_surfaces.engines.base import Ask, ChosenEngine, RelaxSettings
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose
from support.crystals import structure
from support.relaxing import Killed, rattled, silent

COPPER = RelaxSettings(force=0.01, max_steps=200)


def chosen(name: str, surrogate: str | None) -> ChosenEngine:
    """An engine as a study chooses it."""
    return choose(EngineKeys(name, surrogate=surrogate), {}, "test")


def made(name: str, surrogate: str | None) -> AseEngine:
    """The engine, ready to compute."""
    engine = chosen(name, surrogate).make({})
    assert isinstance(engine, AseEngine)
    return engine


class Springs(Calculator):
    """A harmonic crystal of known Hessian."""

    implemented_properties = ("energy", "forces")

    def __init__(self, matrix: np.ndarray, rest: np.ndarray) -> None:
        super().__init__()
        self.matrix, self.rest = matrix, rest

    def calculate(self, atoms: Atoms | None = None, properties: object = None, changes: object = all_changes) -> None:
        """Energy and forces of the springs."""
        assert atoms is not None
        super().calculate(atoms, properties, changes)
        moved = (atoms.positions - self.rest).ravel()
        force = -(self.matrix @ moved)
        self.results = {"energy": float(-moved @ force / 2), "forces": force.reshape(-1, 3)}


def test_central_differences_find_the_hessian_of_springs() -> None:
    """Along any basis, the second derivatives of a quadratic are exact."""
    random = np.random.default_rng(1)
    matrix = random.normal(size=(12, 12))
    atoms = Atoms("Cu4", positions=random.normal(size=(4, 3)))
    atoms.calc = Springs(matrix @ matrix.T, atoms.positions.copy())
    basis = free_displacements(4, 4, None, ())
    assert basis.shape == (12, 9)  # rigid shifts are left out
    assert np.allclose(hessian(atoms, basis, lambda _n: None), basis.T @ matrix @ matrix.T @ basis)


def test_held_atoms_are_not_displaced() -> None:
    """The basis of a slab with a frozen middle leaves it where it is."""
    basis = free_displacements(4, 4, None, (1, 2)).reshape(4, 3, -1)
    assert basis.shape[-1] == 6
    assert not basis[[1, 2]].any()


@given(seed=st.integers(0, 10_000), bend=st.floats(-3, 3))
@settings(max_examples=50, deadline=None)
def test_an_update_keeps_the_hessian_positive(seed: int, bend: float) -> None:
    """Whatever curvature a step has shown, the next step still goes downhill."""
    random = np.random.default_rng(seed)
    root = random.normal(size=(6, 6))
    start, step = root @ root.T + np.eye(6), random.normal(size=6)
    change = bend * (start @ step) + random.normal(size=6)
    assert np.linalg.eigvalsh(damped_update(start, step, change)).min() > 0


def test_a_lent_hessian_leads_to_the_same_end_with_fewer_evaluations(tmp_path: Path) -> None:
    """A potential that lends itself its own Hessian has next to nothing left to do."""
    ends: dict[str | None, Calculation] = {}
    for surrogate in (None, "emt"):
        folder = tmp_path / str(surrogate)
        folder.mkdir()
        ends[surrogate] = made("emt", surrogate).relax(rattled(), COPPER, folder, silent)
    plain, lent = ends[None], ends["emt"]
    assert plain.converged
    assert lent.converged
    assert lent.energy == pytest.approx(plain.energy, abs=1e-3)
    assert lent.steps <= 2 < plain.steps
    assert plain.energy_left is None
    assert lent.energy_left == pytest.approx(0.0, abs=1e-3)


def test_a_cell_is_relaxed_with_a_lent_hessian(tmp_path: Path) -> None:
    """The cell's rows of the Hessian are lent as well: the end has the same volume."""
    bulk = structure("Cu")
    bulk.scale_lattice(bulk.volume * 1.05)
    for surrogate in ("plain", "lent"):
        (tmp_path / surrogate).mkdir()
    plain = made("emt", None).relax(bulk, replace(COPPER, cell=True), tmp_path / "plain", silent)
    lent = made("emt", "emt").relax(bulk, replace(COPPER, cell=True), tmp_path / "lent", silent)
    assert lent.structure.volume == pytest.approx(plain.structure.volume, rel=2e-3)
    assert lent.steps < plain.steps


def test_what_is_left_is_foretold(tmp_path: Path) -> None:
    """One evaluation at another potential's minimum, with the estimate, gives the relaxed energy of a metal's slab."""
    slab = structure("Cu")
    slab = Structure(
        Lattice.from_parameters(3.6, 3.6, 14, 90, 90, 90), slab.species, slab.cart_coords, coords_are_cartesian=True
    )
    engine = made("sevennet-0", "emt")
    (tmp_path / "end").mkdir()
    start = engine.relax(slab, replace(COPPER, max_steps=0), tmp_path, silent)
    end = engine.relax(slab, COPPER, tmp_path / "end", silent)
    gained = start.energy - end.energy
    assert gained > 0.003
    assert start.energy_left == pytest.approx(gained, rel=0.5)


def test_a_surrogate_that_does_not_know_an_element_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The engine then relaxes alone, and a line says so."""
    salt = structure("MgO")
    salt.perturb(0.05)
    done = made("sevennet-0", "emt").relax(salt, replace(COPPER, force=0.05), tmp_path, silent)
    assert done.converged
    assert done.energy_left is None
    assert "does not know" in caplog.text


def test_what_was_lent_outlives_a_kill(tmp_path: Path) -> None:
    """A run that goes on displaces nothing again and takes the same steps."""
    engine = made("emt", "emt")
    whole, killed = tmp_path / "one" / "task", tmp_path / "other" / "task"
    whole.mkdir(parents=True)
    killed.mkdir(parents=True)
    tight = replace(COPPER, force=1e-4)
    once = engine.relax(rattled(), tight, whole, silent)
    told: list[int] = []

    def kill(_step: int, _force: float) -> None:
        told.append(1)
        if (killed.parent / "hessians").exists():
            raise Killed

    with pytest.raises(Killed):
        engine.relax(rattled(), tight, killed, kill)
    first = len(told)
    twice = engine.relax(rattled(), tight, killed, lambda *_: told.append(1))
    assert len(told) - first <= once.steps + 1 < first
    assert twice.energy == once.energy
    assert np.array_equal(twice.forces, once.forces)


def test_two_tasks_share_a_hessian(tmp_path: Path) -> None:
    """Whoever relaxes the same start, here another engine, displaces nothing again."""
    told: list[int] = []
    for number, name in enumerate(("emt", "sevennet-0")):
        (tmp_path / name).mkdir()
        report = (lambda *_: told.append(1)) if number else silent
        made(name, "emt").relax(rattled(), replace(COPPER, max_steps=2), tmp_path / name, report)
    assert len(told) <= 3
    assert len(list((tmp_path / "hessians").iterdir())) == 1


def test_a_point_carries_what_relaxing_would_gain(tmp_path: Path) -> None:
    """At another potential's rattled crystal, within a half of what its relaxation then gains; the atoms stay."""
    start, engine = rattled(size=0.03), made("sevennet-0", "emt")
    for name in ("point", "end"):
        (tmp_path / name).mkdir()
    point = engine.single_point(start, tmp_path / "point")
    end = made("sevennet-0", None).relax(start, COPPER, tmp_path / "end", silent)
    assert point.structure == start
    assert point.energy_left == pytest.approx(point.energy - end.energy, rel=0.5)
    assert made("sevennet-0", None).single_point(start, tmp_path / "point").energy_left is None


def test_a_surrogate_enters_the_keys_of_what_it_has_a_part_in() -> None:
    """Dynamics owes it nothing, so they are found again with and without one."""
    alone, helped = chosen("chgnet", None), chosen("chgnet", "sevennet-0")
    assert alone.content([Ask.DYNAMICS]) == helped.content([Ask.DYNAMICS])
    assert alone.content([Ask.POINT]) != helped.content([Ask.POINT])
    assert alone.content([Ask.SLAB]) != helped.content([Ask.SLAB])
    assert alone.identity == helped.identity


def test_a_slab_may_end_on_what_is_left_and_says_both(tmp_path: Path) -> None:
    """With fewer evaluations, within what was allowed of the full relaxation's energy."""
    slab = structure("Cu")
    slab = Structure(
        Lattice.from_parameters(3.6, 3.6, 14, 90, 90, 90), slab.species, slab.cart_coords, coords_are_cartesian=True
    )
    engine, strict = made("sevennet-0", "emt"), replace(COPPER, force=1e-4)
    ends = {}
    for allowed in (None, 0.5):
        folder = tmp_path / str(allowed)
        folder.mkdir()
        ends[allowed] = engine.relax(slab, replace(strict, energy_left=allowed), folder, silent)
    full, early = ends[None], ends[0.5]
    assert early.converged
    assert early.steps < full.steps
    assert early.max_force > strict.force
    assert early.energy - full.energy < 0.5e-3 * 2 * 3.6**2
    assert early.energy_left is not None
    assert "ended on the energy that is left" in early.notes[0]
    assert not full.notes


def test_what_was_lent_for_another_slab_is_not_taken(tmp_path: Path) -> None:
    """A shelf that holds another start's leads to the same end as an empty one."""
    other = rattled()
    other.perturb(0.1)
    engine = made("emt", "emt")
    for name in ("used/other", "used/own", "empty/own"):
        (tmp_path / name).mkdir(parents=True)
    engine.relax(other, replace(COPPER, max_steps=0), tmp_path / "used" / "other", silent)
    ends = [engine.relax(rattled(), COPPER, tmp_path / name, silent) for name in ("used/own", "empty/own")]
    assert len(list((tmp_path / "used" / "hessians").iterdir())) == 2
    assert ends[0].energy == pytest.approx(ends[1].energy, abs=1e-6)
