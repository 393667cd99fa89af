"""Reading vaspout.h5: it says what vasprun.xml of the same run says, and nothing that the file leaves open.

Files are written here to the published layout of VASP 6 from what a vasprun.xml holds; VASP itself wrote none of them.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import Damaged, Unfinished, UserError
from nzsp_surfaces.engines.vasp.reading.run import calculation, read_run, restart_state, trace
from nzsp_surfaces.engines.vasp.reading.steps import Pass, Step, ionic_steps
from support.vasp import MISSED, PRESSED, REACHED, RELAXED, STEPS, TIMING, equal, longer, written

h5py = pytest.importorskip("h5py")

IDENTITY = EngineIdentity("vasp", "PBE", "6.3.0")
REST = ("free energy    TOTEN   ", "energy without entropy ", "energy(sigma->0)       ")
MOTION = (
    *("ion-electron   TOTEN", "kinetic energy EKIN", "kin. lattice   EKIN_LAT", "temperature    TEIN"),
    *("nose potential ES", "nose kinetic   EPS", "total energy   ETOTAL"),
)

pytestmark = pytest.mark.skipif(not PRESSED.is_file(), reason="this ASE brings no VASP output")


def vaspout(folder: Path, mover: int = 2, allowed: int = 50, met: bool = True) -> Path:
    """The file that belongs to the many steps made of a genuine run."""
    source = written(folder, longer(mover, allowed), "other.xml")
    raws, steps = list(Pass(source).steps()), list(ionic_steps(source))
    path = folder / "vaspout.h5"
    with h5py.File(path, "w") as file:
        beside(file, raws[0].header, mover, allowed)
        motion = file.create_group("intermediate/ion_dynamics")
        motion["scale"] = 2.0
        motion["lattice_vectors"] = np.array([step.lattice / 2.0 for step in steps])
        motion["position_ions"] = np.array([step.positions for step in steps])
        motion["forces"] = np.array([step.forces for step in steps])
        motion["stress"] = np.array([step.stress for step in steps])
        motion["energies_tags"] = np.array(MOTION if mover == 0 else REST, "S")
        motion["energies"] = np.array([row(step, mover) for step in steps])
        motion["oszicar_label"] = np.array(["N", "E", "dE", "deps", "ncg", "rms", "rms(c)"], "S")
        loops = [np.arange(1, step.electronic + 1) for step in steps]
        motion["oszicar"] = np.column_stack([np.concatenate(loops), *np.zeros((6, sum(map(len, loops))))])
        motion["electronic_step_converged"] = np.full((len(steps), 1), 0.0 if met else 1.0)
    source.unlink()
    return path


def row(step: Step, mover: int) -> list[float]:
    """Energies of a step by the names of its kind."""
    if mover != 0:
        return [step.free_energy, 2 * step.energy - step.free_energy, step.energy]
    assert step.kinetic is not None
    assert step.temperature is not None
    return [step.free_energy, step.kinetic, 0.0, step.temperature, 0.0, 0.0, step.total]


def beside(file: Any, header: Any, mover: int, allowed: int) -> None:
    """Settings, atoms, potentials, version."""
    kinds = list(dict.fromkeys(header.elements))
    for name, value in zip(("major", "minor", "patch"), (6, 3, 0), strict=True):
        file[f"version/{name}"] = value
    given = {"IBRION": mover, "NSW": allowed, "POTIM": 2.0, "ENCUT": header.tag("ENMAX", 0.0), "PREC": "Normal"}
    for name, value in given.items():
        file[f"input/incar/{name}"] = value
    file["results/positions/ion_types"] = np.array([f"{kind:2s}" for kind in kinds], "S")
    file["results/positions/number_ion_types"] = np.array([header.elements.count(kind) for kind in kinds])
    titles = zip(header.potcars, dict.fromkeys(header.masses.tolist()), strict=True)
    file["input/potcar/content"] = "".join(
        f"   TITEL  = {title}\n   POMASS = {mass:8.3f}; ZVAL\n" for title, mass in titles
    )


@pytest.mark.parametrize("mover", [0, 2])
def test_it_says_what_vasprun_xml_says(mover: int, tmp_path: Path) -> None:
    """Of the same run, whole in both."""
    other = tmp_path / "other"
    other.mkdir()
    for folder in (tmp_path, other):
        written(folder, REACHED * STEPS + (RELAXED if mover else b"") + TIMING, "OUTCAR")
    written(other, longer(mover, 50))
    run, xml = read_run(vaspout(tmp_path, mover)), read_run(other)
    assert run.path.name == "vaspout.h5"
    # In dynamics the file holds no E0.
    assert run.energy == pytest.approx(xml.energy if mover else xml.free_energy, abs=1e-12)
    assert run.free_energy == pytest.approx(xml.free_energy, abs=1e-12)
    for name in ("forces", "stress"):
        assert (getattr(run, name) == getattr(xml, name)).all()
    assert (run.structure.frac_coords == xml.structure.frac_coords).all()
    assert (run.structure.lattice.matrix == xml.structure.lattice.matrix).all()
    assert run.structure.species == xml.structure.species
    for name in ("finished", "electronic_converged", "ionic_converged", "n_ionic_steps", "unconverged_steps"):
        assert getattr(run, name) == getattr(xml, name), name
    assert run.header.potcars == xml.header.potcars
    assert run.header.masses == pytest.approx(xml.header.masses, abs=1e-3)
    assert run.header.version == "6.3.0"
    assert run.settings["ENMAX"] == xml.settings["ENMAX"]
    state, same = restart_state(tmp_path), restart_state(other)
    assert state.velocities == pytest.approx(same.velocities, abs=1e-12)
    assert (state.steps, state.time, state.source) == (same.steps, same.time, same.source)


def test_the_trace_of_dynamics_is_that_of_vasprun_xml(tmp_path: Path) -> None:
    """Time, temperature and total energy; F where that has E0."""
    found = trace(vaspout(tmp_path, 0))
    path = written(tmp_path, longer())
    assert found[:, [0, 1, 3]] == pytest.approx(trace(path)[:, [0, 1, 3]], abs=1e-12)
    assert found[:, 2] == pytest.approx([step.free_energy for step in ionic_steps(path)], abs=1e-12)


# --- which file is read


def test_a_whole_vasprun_xml_comes_first(tmp_path: Path) -> None:
    """It knows all that the other knows, and its own end."""
    vaspout(tmp_path)
    written(tmp_path, longer(2, 50))
    assert read_run(tmp_path).path.name == "vasprun.xml"


@pytest.mark.parametrize("kept", [0, 5, STEPS])
@pytest.mark.parametrize("zeros", [b"", bytes(100)])
def test_a_torn_vasprun_xml_gives_way_to_more_steps(kept: int, zeros: bytes, tmp_path: Path) -> None:
    """Cut off or damaged; run, trace and restart come from the same file, so that their steps are the same."""
    vaspout(tmp_path, 0)
    end = ([0] + [match.end() for match in re.finditer(b"</calculation>", longer())])[kept]
    written(tmp_path, longer()[:end] + zeros)
    run = read_run(tmp_path)
    assert run.path.name == ("vasprun.xml" if kept == STEPS and not zeros else "vaspout.h5")
    assert run.n_ionic_steps == len(trace(tmp_path)) == restart_state(tmp_path).steps == STEPS
    assert not run.finished


def test_a_file_that_was_not_closed_changes_nothing(tmp_path: Path) -> None:
    """The steps of a torn vasprun.xml stay; alone it is told."""
    path = vaspout(tmp_path, 0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(Damaged, match="did not close it") as error:
        read_run(tmp_path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
    written(tmp_path, longer()[: longer().rindex(b"<calculation>")])
    run = read_run(tmp_path)
    assert (run.path.name, run.n_ionic_steps) == ("vasprun.xml", STEPS - 1)


# --- what is no result


def test_without_outcar_nothing_tells_that_it_is_whole(tmp_path: Path) -> None:
    """So it is no result."""
    run = read_run(vaspout(tmp_path))
    assert (run.finished, run.electronic_converged, run.ionic_converged) == (False, True, False)
    with pytest.raises(Unfinished, match="does not say whether VASP came to its end") as error:
        calculation(run, IDENTITY)
    assert "broken off" not in str(error.value)


@pytest.mark.parametrize(
    ("outcar", "met", "flags"),
    [
        (REACHED * STEPS + RELAXED + TIMING, True, (True, True, True)),
        (REACHED * STEPS + TIMING, True, (True, True, False)),
        (REACHED * STEPS + RELAXED, True, (False, True, False)),
        (REACHED * STEPS + RELAXED + TIMING, False, (True, False, True)),
        (
            REACHED * (STEPS - 1) + MISSED + TIMING,
            True,
            (True, False, False),
        ),
    ],
)
def test_all_that_tells_must_say_so(outcar: bytes, met: bool, flags: tuple[bool, ...], tmp_path: Path) -> None:
    """The flag in the file, and OUTCAR."""
    written(tmp_path, outcar, "OUTCAR")
    run = read_run(vaspout(tmp_path, met=met))
    assert (run.finished, run.electronic_converged, run.ionic_converged) == flags


def test_where_nothing_tells_it_is_not_converged(tmp_path: Path) -> None:
    """Older files have no flag, and perhaps no list of loops; of those the length tells."""
    path = changed(vaspout(tmp_path), lambda motion: motion.pop("electronic_step_converged"))
    assert read_run(path).electronic_converged
    with h5py.File(path, "a") as file:
        file["input/incar/NELM"] = 9
    assert not read_run(path).electronic_converged
    changed(path, lambda motion: motion.pop("oszicar"))
    assert not read_run(path).electronic_converged


def changed(path: Path, change: Callable[[Any], object]) -> Path:
    """The group of steps changed."""
    with h5py.File(path, "a") as file:
        change(file["intermediate/ion_dynamics"])
    return path


def put(name: str, value: Any) -> Callable[[Any], None]:
    """A data set in place of another."""

    def change(motion: Any) -> None:
        del motion[name]
        motion[name] = value(motion) if callable(value) else value

    return change


def test_a_step_counts_when_all_of_it_is_there(tmp_path: Path) -> None:
    """Arrays are written one after the other; the last whole step is the same as before."""
    path = vaspout(tmp_path)
    forces = read_run(tmp_path).forces
    with h5py.File(path, "a") as file:
        motion = file["intermediate/ion_dynamics"]
        kept = motion["forces"][: STEPS - 1]
    changed(path, put("forces", kept))
    run = read_run(tmp_path)
    assert run.n_ionic_steps == STEPS - 1
    assert (run.forces == kept[-1]).all()
    assert not (run.forces == forces).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda motion: motion.pop("forces"), "lacks energies, forces"),
        (put("forces", np.zeros((0, 2, 3))), "no whole ionic step"),
        (put("forces", np.zeros((STEPS, 3, 3))), "of other atoms"),
        (put("forces", np.full((STEPS, 2, 3), np.nan)), "infinite numbers"),
        (put("energies_tags", np.array(["a", "b", "c"], "S")), "no energy that is known"),
        (put("energies_tags", np.array(["a"], "S")), "other energies than names"),
        (lambda motion: motion.file.pop("results"), "names no atoms"),
        (lambda motion: motion.file.create_dataset("input/incar/PSTRESS", data=10.0), "with PSTRESS"),
        (lambda motion: motion.file.create_dataset("input/incar/NBLOCK", data=10), "with NBLOCK"),
        (lambda motion: motion.file.pop("version"), "it is damaged"),
    ],
)
def test_damage_is_told_in_one_line(change: Callable[[Any], object], message: str, tmp_path: Path) -> None:
    """What, where, and how to mend it."""
    path = changed(vaspout(tmp_path), change)
    with pytest.raises(UserError, match=message) as error:
        read_run(tmp_path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_h5py_is_asked_for_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where the file is needed."""
    vaspout(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(UserError, match=r"nzsp_surfaces\[hdf5\]"):
        read_run(tmp_path)
    shutil.copy(PRESSED, tmp_path / "vasprun.xml")
    assert read_run(tmp_path).finished


def test_steps_are_those_that_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the number that is read at once."""
    from nzsp_surfaces.engines.vasp.reading import h5 as vasp_h5

    found = vasp_h5.read_h5(vaspout(tmp_path))
    all_at_once = list(found.steps())
    monkeypatch.setattr(vasp_h5, "_BLOCK", 5)
    assert len(all_at_once) == STEPS
    assert all(equal(one, other) for one, other in zip(all_at_once, found.steps(), strict=True))


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress)])
def test_a_compressed_file_says_the_same(ending: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """Under the names that people's scripts give it."""
    written(tmp_path, REACHED * STEPS + RELAXED + TIMING, "OUTCAR")
    plain = vaspout(tmp_path)
    whole = read_run(tmp_path)
    packed = written(tmp_path, pack(plain.read_bytes()), f"vaspout.h5{ending}")
    plain.unlink()
    run = read_run(tmp_path)
    assert run.path == packed
    assert (run.energy, run.n_ionic_steps, run.finished) == (whole.energy, whole.n_ionic_steps, whole.finished)
    assert (run.forces == whole.forces).all()
