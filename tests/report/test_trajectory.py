"""A trajectory to play: the frames of the file, turned upright, few enough of them for a page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.report.draw.trajectory import trajectory_scene
from nzsp_surfaces.report.traces import Frames, read_frames, write_frames
from support.results import anneal, nzp, toy_slab

SLAB = toy_slab(nzp())


def frames(count: int = 11) -> Frames:
    """Moments of a slab whose atoms fly apart."""
    run = anneal(SLAB)
    times = np.linspace(0.0, 200.0, count)
    moved = run.frames[0] + times[:, None, None] / 200 * (run.frames[-1] - run.frames[0])
    return Frames(SLAB, moved, times)


def test_frames_come_back_as_they_were_written(tmp_path: Path) -> None:
    """Positions, not wrapped, and times; the atoms are those of the first structure."""
    run = anneal(SLAB)
    write_frames(SLAB, run, tmp_path, "run")
    back = read_frames(tmp_path / "traces" / "run.xyz")
    assert np.allclose(back.positions, run.frames, atol=1e-6)
    assert back.times == pytest.approx(run.times)
    assert back.structure.species == SLAB.species


@pytest.mark.parametrize("text", ["", "3\nnonsense\n", "x"])
def test_a_damaged_trajectory_is_named(tmp_path: Path, text: str) -> None:
    """With its path and what mends it."""
    (tmp_path / "run.xyz").write_text(text)
    with pytest.raises(UserError, match=r"run\.xyz: cannot be read as a trajectory .*nzsp run"):
        read_frames(tmp_path / "run.xyz")


def test_the_page_moves_each_atom_as_the_run_did() -> None:
    """By as much as in the frames within their rounding, whichever way up the slab is drawn, over the cell's edges."""
    given = frames()
    scene = trajectory_scene(given)
    drawn = np.array(scene["moments"]).reshape(len(scene["times"]), -1, 3) / 100
    moved, wanted = drawn[-1] - drawn[0], given.positions[-1] - given.positions[0]
    assert np.linalg.norm(moved, axis=1) == pytest.approx(np.linalg.norm(wanted, axis=1), abs=0.02)
    assert np.abs(moved[:, 2]) == pytest.approx(np.abs(wanted[:, 2]), abs=0.02)
    assert np.abs(drawn[0]).max() <= np.abs(scene["cell"]).max()
    assert scene["times"] == pytest.approx(given.times / 1000)
    assert sorted(n for each in scene["elements"] for n in each["atoms"]) == list(range(len(SLAB)))


def test_a_trajectory_adds_less_than_a_megabyte_to_the_page() -> None:
    """Of a long run some 100 moments are played; of a large slab fewer, the first always among them."""
    large = SLAB.make_supercell((3, 3, 1), in_place=False)
    long, wide = frames(201), Frames(large, np.repeat(large.cart_coords[None], 201, axis=0), frames(201).times)
    scenes = [trajectory_scene(each) for each in (long, wide)]
    assert [len(scene["times"]) for scene in scenes] == [67, 51]
    assert all(scene["times"][0] == 0 for scene in scenes)
    assert all(len(json.dumps(scene, separators=(",", ":"))) < 1e6 for scene in scenes)


def test_what_is_thinned_keeps_even_steps() -> None:
    """Also where there is nothing to leave out, and where hardly anything may stay."""
    assert len(frames().thinned(100).times) == 11
    assert list(frames().thinned(0).times) == [0.0]
    assert np.ptp(np.diff(frames(21).thinned(8).times)) == pytest.approx(0)
