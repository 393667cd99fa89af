"""Frozen middle layers: relaxations leave them as in the bulk, POSCARs mark them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nzsp_surfaces.cli.main import main
from nzsp_surfaces.engines.base import RelaxSettings
from nzsp_surfaces.engines.registry import choose
from nzsp_surfaces.slabs.build import build, flip_of
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.placing import middle_atoms
from support.crystals import ionic, slabs_of, structure

DEPTH = 4.0


def test_a_relaxation_leaves_the_middle_where_it_was(tmp_path: Path) -> None:
    """Atoms within half the depth of the middle keep their place, the faces move, and stay alike."""
    cut = slabs_of("CuAu", (1, 1, 0))[0][0]
    start = build(cut, ionic("CuAu"), 10.0)
    middle, flip = middle_atoms(start, DEPTH), flip_of(cut, ionic("CuAu"), start)
    settings = RelaxSettings(0.01, 200, held=tuple(int(i) for i in np.flatnonzero(middle)))
    done = choose("emt", {}, "test").make({}).relax(start, settings, tmp_path, lambda *_: None, flip)
    moved = np.linalg.norm(done.structure.cart_coords - start.cart_coords, axis=1)
    assert 0 < middle.sum() < len(start)
    assert moved[middle].max() < 1e-12
    assert moved[~middle].max() > 0.01
    shift = done.structure.cart_coords - start.cart_coords
    assert flip.average(shift) == pytest.approx(shift, abs=1e-9)
    assert done.converged


def test_a_poscar_marks_the_middle_as_fixed(tmp_path: Path) -> None:
    """Selective dynamics: as many lines with F F F as atoms within half the depth of the middle."""
    structure("MgO").to(filename=str(tmp_path / "MgO.cif"))
    call = ["slabs", str(tmp_path / "MgO.cif"), "--plane", "1,0,0", "--frozen", str(DEPTH), "-o", str(tmp_path / "out")]
    assert main(call) == 0
    lines = (tmp_path / "out/structures/MgO_100_t1a1_cut.vasp").read_text().splitlines()
    slab = build(slabs_of("MgO", (1, 0, 0))[0][0], ionic("MgO"), 15.0)
    assert sum(line.split()[-3:] == ["F", "F", "F"] for line in lines) == middle_atoms(slab, DEPTH).sum() > 0


@pytest.mark.parametrize("depth", [-1.0, 10.0])
def test_the_faces_are_never_frozen(depth: float) -> None:
    """The depth lies between zero and the thickness."""
    with pytest.raises(ValueError, match="frozen"):
        SlabOptions(thickness=10.0, frozen=depth)
