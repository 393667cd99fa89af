"""VASP to which a quick potential lends its Hessian: single points under custodian, nothing lost in a kill."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pymatgen.core import SETTINGS, Structure

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.base import RelaxSettings
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose
from nzsp_surfaces.engines.vasp.custody import vasp_commands
from nzsp_surfaces.engines.vasp.engine import VaspEngine
from nzsp_surfaces.engines.vasp.legs import leg_folders
from nzsp_surfaces.engines.vasp.settings import PURPOSES, default_settings
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.going_on import flip_found
from support.crystals import ionic, slabs_of
from support.relaxing import silent
from support.vasp import needs_stand_in
from support.vasp_commands import command, library

pytestmark = needs_stand_in

TIGHT = RelaxSettings(force=0.005, max_steps=60)


@pytest.fixture(autouse=True)
def at_hand(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Potentials for this process."""
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(library(tmp_path_factory.mktemp("vasp") / "potentials")))


def engine(surrogate: str | None) -> VaspEngine:
    """The stand-in for VASP, which computes by EMT."""
    settings = {purpose: default_settings(purpose) for purpose in PURPOSES}
    lender = choose(surrogate, {}, "test") if surrogate else None
    made = VaspEngine(EngineIdentity("vasp", "PBE", "as found"), settings, vasp_commands({"vasp_cmd": command()}))
    return replace(made, surrogate=lender)


def slab() -> Structure:
    """Copper-gold (110), as cut."""
    return build(slabs_of("CuAu", (1, 1, 0))[0][0], ionic("CuAu"), 10.0)


def test_single_points_with_a_lent_hessian_end_where_vasps_own_relaxation_does(tmp_path: Path) -> None:
    """With fewer steps, both faces alike, each point in a folder of its own and the settings those of a slab."""
    start = slab()
    folders = [tmp_path / name for name in ("own", "lent")]
    for folder in folders:
        folder.mkdir()
    own = engine(None).relax(start, TIGHT, folders[0], silent, flip_found(start))
    lent = engine("emt").relax(start, TIGHT, folders[1], silent, flip_found(start))
    assert own.converged
    assert lent.converged
    assert lent.energy == pytest.approx(own.energy, abs=5e-3)
    assert lent.steps <= 3 < own.steps
    assert lent.energy_left == pytest.approx(0.0, abs=2e-3)
    assert lent.settings == own.settings
    assert lent.engine == own.engine
    flip = flip_found(lent.structure)
    assert flip is not None
    moved = lent.structure.cart_coords - start.cart_coords
    assert flip.average(moved) == pytest.approx(moved, abs=1e-6)
    legs = leg_folders(folders[1] / "points")
    assert len(legs) == lent.steps
    assert all("NSW = 0" in (leg / "INCAR").read_text() for leg in legs)


def test_a_killed_relaxation_repeats_no_whole_point(tmp_path: Path) -> None:
    """What is recorded is read; the rest is computed, and the end is the same."""
    start = slab()
    first = engine("emt").relax(start, TIGHT, tmp_path, silent, flip_found(start))
    again = engine("emt").relax(start, TIGHT, tmp_path, silent, flip_found(start))
    assert again.energy == first.energy
    assert len(leg_folders(tmp_path / "points")) == first.steps
    (tmp_path / "evaluations.bin").unlink()
    third = engine("emt").relax(start, TIGHT, tmp_path, silent, flip_found(start))
    assert third.energy == pytest.approx(first.energy, abs=1e-6)


def test_wave_functions_are_handed_on_and_do_not_pile_up(tmp_path: Path) -> None:
    """Each point finds those of the one before, which keeps them no longer."""
    start = slab()
    (tmp_path / "points" / "leg_01").mkdir(parents=True)
    (tmp_path / "points" / "leg_01" / "WAVECAR").write_bytes(b"waves")
    engine("emt").relax(start, replace(TIGHT, max_steps=1), tmp_path, silent, flip_found(start))
    assert not (tmp_path / "points" / "leg_01" / "WAVECAR").exists()
    assert (leg_folders(tmp_path / "points")[-1] / "WAVECAR").read_bytes() == b"waves"


def test_a_study_may_choose_it_and_its_key_knows() -> None:
    """VASP with a surrogate starts elsewhere than VASP alone: another key, the same identity."""
    alone, lent = (choose(EngineKeys("vasp", surrogate=name), {}, "test") for name in (None, "emt"))
    assert alone.identity == lent.identity
    asks = ["slab"]
    assert json.dumps(alone.content(asks)) != json.dumps(lent.content(asks))  # type: ignore[arg-type]


def test_a_program_that_fails_is_one_line(tmp_path: Path) -> None:
    """With the folder of the point."""
    broken = replace(engine("emt"), commands=vasp_commands({"vasp_cmd": "false"}))
    with pytest.raises(UserError, match=r"points/leg_01"):
        broken.relax(slab(), TIGHT, tmp_path, silent, None)
