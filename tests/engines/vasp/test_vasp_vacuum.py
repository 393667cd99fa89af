"""What a slab's run says of its vacuum: levels of both sides, work functions, the field left, a moment."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import SETTINGS, Lattice, Structure
from pymatgen.io.vasp import Locpot, Poscar

from nzsp_surfaces.base.calculation import EngineIdentity, calculation_from_json
from nzsp_surfaces.engines.vasp.custody import vasp_commands
from nzsp_surfaces.engines.vasp.engine import VaspEngine
from nzsp_surfaces.engines.vasp.inputs import VaspInputs, inputs_for
from nzsp_surfaces.engines.vasp.settings import PURPOSES, default_settings
from nzsp_surfaces.engines.vasp.vacuum import aftermath, vacuum_levels
from support.vasp import needs_stand_in
from support.vasp_commands import command, library

pytestmark = pytest.mark.filterwarnings("ignore")
PLANES = 200
HEIGHT = 30.0
close = pytest.approx


def slab(start: float = 0.4, element: str = "Na") -> Structure:
    """Six Å of atoms in thirty."""
    heights = [start, start + 0.1, start + 0.2]
    sites = [(e, [x, x, z]) for z in heights for e, x in ((element, 0.0), ("Cl", 0.5))]
    species, points = zip(*sites, strict=True)
    return Structure(Lattice.tetragonal(4.0, HEIGHT), species, points)


def potential(structure: Structure, below: float, above: float, field: float = 0.0) -> np.ndarray:
    """(n,) eV: deep in the slab, a level on either side, and the step in the middle of the vacuum."""
    z = np.arange(PLANES) / PLANES
    low = float(structure.frac_coords[:, 2].min())
    from_middle = (z - low - 0.1 + 0.5) % 1.0 - 0.5
    outside = np.where(from_middle > 0, above, below) + field * HEIGHT * (np.abs(from_middle) - 0.3)
    return np.where(np.abs(from_middle) < 0.12, -12.0, outside)


def left_behind(folder: Path, structure: Structure, average: np.ndarray, words: str = "") -> Path:
    """A folder with LOCPOT and OUTCAR, as a leg leaves them."""
    folder.mkdir(exist_ok=True)
    data = np.broadcast_to(average, (2, 2, PLANES)).copy()
    Locpot(Poscar(structure), {"total": data}).write_file(str(folder / "LOCPOT"))
    (folder / "LOCPOT.gz").write_bytes(gzip.compress((folder / "LOCPOT").read_bytes()))
    (folder / "LOCPOT").unlink()
    (folder / "OUTCAR.gz").write_bytes(gzip.compress(words.encode()))
    return folder


def asked(structure: Structure, *, polar: bool = False) -> VaspInputs:
    return inputs_for(structure, default_settings("slab"), slab=True, polar=polar)


@given(st.floats(0, 1, exclude_max=True), st.floats(-5, 8), st.floats(-5, 8))
def test_levels_are_those_of_both_sides_wherever_the_slab_lies(start: float, below: float, above: float) -> None:
    """Also across the boundary of the cell; off the step in the middle of the vacuum."""
    found = vacuum_levels(potential(slab(start), below, above), slab(start), -1.5)
    assert (found.bottom, found.top, found.field) == close((below, above, 0.0), abs=1e-9)
    assert found.work_functions == close((below + 1.5, above + 1.5))


def test_a_field_that_is_left_is_measured_and_told(tmp_path: Path) -> None:
    """0.05 eV/Å rising on either side; none is silent; a step counts only where faces are to be alike."""
    structure = slab()
    steep = left_behind(tmp_path / "steep", structure, potential(structure, 3.0, 3.0, field=0.05))
    found = aftermath(steep, asked(structure))
    assert found.vacuum is not None
    assert found.vacuum.field == close(0.05, rel=1e-3)
    assert "a field of 0.050 eV/Å is left in the vacuum" in found.notes[0]
    flat = left_behind(tmp_path / "flat", structure, potential(structure, 3.0, 3.0))
    assert aftermath(flat, asked(structure)).notes == ()
    step = left_behind(tmp_path / "step", structure, potential(structure, 3.0, 3.4))
    assert "vacuum levels differ by 0.40 eV" in aftermath(step, asked(structure)).notes[0]
    assert aftermath(step, asked(structure, polar=True)).notes == ()


def test_fermi_level_and_moment_are_the_last_that_outcar_says(tmp_path: Path) -> None:
    """A moment where none was begun with is told; one of an open shell is not."""
    said = (
        " number of electron      24.0000000 magnetization       5.0000000\n E-fermi :   1.0     XC(G=0):\n"
        " number of electron      24.0000000 magnetization       1.2500000\n E-fermi :  -2.2500     XC(G=0):\n"
    )
    closed, iron = slab(), slab(element="Fe")
    folder = left_behind(tmp_path / "leg", closed, potential(closed, 3.0, 3.0), said)
    found = aftermath(folder, asked(closed))
    assert found.vacuum is not None
    assert (found.moment, found.vacuum.fermi) == (1.25, -2.25)
    assert found.vacuum.work_functions == close((5.25, 5.25))
    assert found.notes == ("ends with a moment of 1.25 µB, though it began with none; see where it sits",)
    assert aftermath(folder, asked(iron)).notes == ()


def test_without_the_files_nothing_is_said_and_a_torn_one_is_told(tmp_path: Path) -> None:
    """A program in VASP's place writes none."""
    nothing = aftermath(tmp_path, asked(slab()))
    assert (nothing.vacuum, nothing.moment, nothing.notes) == (None, None, ())
    folder = left_behind(tmp_path / "torn", slab(), potential(slab(), 3.0, 3.0))
    whole = gzip.decompress((folder / "LOCPOT.gz").read_bytes())
    for torn in (gzip.compress(whole[: len(whole) // 2]), gzip.compress(whole)[:200], b"", b"no file of gzip"):
        (folder / "LOCPOT.gz").write_bytes(torn)
        found = aftermath(folder, asked(slab()))
        assert found.vacuum is None
        assert found.notes[0].startswith("LOCPOT cannot be read (")


@needs_stand_in
def test_a_slab_s_result_holds_its_levels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the run's own files into the calculation, through JSON and back; LOCPOT is kept compressed."""
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(library(tmp_path / "potentials")))
    box = [[3.61, 0, 0], [0, 3.61, 0], [0, 0, 15.0]]
    copper = Structure(box, ["Cu"] * 4, [[0, 0, 0.4], [0.5, 0.5, 0.4], [0.5, 0, 0.52], [0, 0.5, 0.52]])
    settings = {purpose: default_settings(purpose) for purpose in PURPOSES}
    commands = vasp_commands({"vasp_cmd": command()})
    engine = VaspEngine(EngineIdentity("vasp", "PBE", "as found"), settings, commands)
    found = engine.single_point(copper, tmp_path / "task")
    assert found.vacuum is not None
    assert (found.vacuum.bottom, found.vacuum.top) == close((3.0, 3.0))
    assert found.vacuum.work_functions == close((4.5, 4.5))
    assert found.moment == 0.0
    assert calculation_from_json(found.to_json()).vacuum == found.vacuum
    assert (tmp_path / "task/leg_01/LOCPOT.gz").is_file()
