"""Reading VASP output: agreement with genuine files and with pymatgen, and nothing wrong out of torn files."""

from __future__ import annotations

import gzip
import re
import shutil
import warnings
from collections.abc import Callable
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure
from pymatgen.io.vasp import Poscar, Vasprun

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import Damaged, Unfinished, UserError
from nzsp_surfaces.engines.vasp.reading import arrays as vasp_arrays
from nzsp_surfaces.engines.vasp.reading import stream
from nzsp_surfaces.engines.vasp.reading import stream as vasp_stream
from nzsp_surfaces.engines.vasp.reading.run import calculation, read_run, restart_state, trace
from nzsp_surfaces.engines.vasp.reading.steps import Step, ionic_steps
from support.vasp import GENUINE, MISSED, PRESSED, REACHED, RELAXED, RESPONSE, STEPS, TIMING, equal, longer, written

IDENTITY = EngineIdentity("vasp", "PBE", "6.3.0")
KBAR = 1602.176634
"""kB in 1 eV/Å³."""

pytestmark = pytest.mark.skipif(not PRESSED.is_file(), reason="this ASE brings no VASP output")


def peer(path: Path) -> Vasprun:
    """The same file in pymatgen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Vasprun(path, parse_dos=False, parse_eigen=False, parse_potcar_file=False)


@pytest.mark.parametrize("path", [PRESSED, RESPONSE])
def test_a_genuine_static_run_reads_as_in_pymatgen(path: Path) -> None:
    """Energies (there with pressure times volume), forces, stress, structure, settings, flags."""
    run, other = read_run(path), peer(path)
    work = run.header.tag("PSTRESS", 0.0) / KBAR * run.structure.volume
    assert run.energy + work == pytest.approx(float(other.final_energy), abs=1e-8)
    last = other.ionic_steps[-1]
    assert run.free_energy + work == pytest.approx(last["e_fr_energy"], abs=1e-8)
    assert (run.forces == np.array(last["forces"])).all()
    assert run.stress is not None
    assert (run.stress == np.array(last["stress"])).all()
    assert same(run.structure, other.final_structure)
    assert (run.electronic_converged, run.ionic_converged) == (other.converged_electronic, other.converged_ionic)
    assert run.finished
    assert run.n_ionic_steps == len(other.ionic_steps) == 1
    assert run.header.version == other.vasp_version
    assert list(run.header.potcars) == other.potcar_symbols
    assert run.header.kpoints["divisions"] == list(other.kpoints.kpts[0])
    assert run.header.kpoints["points"] == len(other.actual_kpoints)
    for name in ("ENMAX", "ISMEAR", "SIGMA", "NELM", "LREAL", "PREC"):
        assert str(run.header.parameters[name]).lower() == str(other.parameters[name]).lower()


def test_the_energy_holds_no_pressure_times_volume() -> None:
    """As ASE reads this file: the last electronic step, which knows no pressure."""
    run = read_run(PRESSED)
    assert run.energy == pytest.approx(-20.24720095, abs=2e-8)
    assert run.free_energy == pytest.approx(-20.24695937, abs=2e-8)


def test_a_calculation_is_made_of_the_run() -> None:
    """Numbers as read; settings without those that depend on the cell."""
    run = read_run(RESPONSE)
    result = calculation(run, IDENTITY)
    assert (result.energy, result.converged, result.steps) == (run.energy, True, 1)
    assert result.settings["ENMAX"] == 400.0
    assert result.settings["POTCAR"] == sorted(run.header.potcars)
    assert result.to_json()["engine"]["name"] == "vasp"


def same(one: Structure, other: Structure) -> bool:
    """To the last bit."""
    cells = (one.lattice.matrix == other.lattice.matrix).all() and (one.frac_coords == other.frac_coords).all()
    return bool(cells and one.species == other.species)


# --- runs of many steps, made of a genuine one


@cache
def whole() -> tuple[Step, ...]:
    """All steps of the dynamics."""
    with TemporaryDirectory() as folder:
        return tuple(ionic_steps(written(Path(folder), longer())))


def test_the_steps_of_dynamics_are_those_of_pymatgen(tmp_path: Path) -> None:
    """Each number of each step."""
    other = peer(written(tmp_path, longer()))
    assert len(whole()) == STEPS == len(other.ionic_steps)
    for step, theirs in zip(whole(), other.ionic_steps, strict=True):
        assert (step.positions == theirs["structure"].frac_coords).all()
        assert (step.lattice == theirs["structure"].lattice.matrix).all()
        assert (step.forces == np.array(theirs["forces"])).all()
        assert step.free_energy == theirs["e_fr_energy"]
        assert step.kinetic == theirs["kinetic"]
        assert step.electronic == len(theirs["electronic_steps"])
    assert whole()[3].forces[1, 0] == -3.5


def test_the_trace_is_time_temperature_and_energies(tmp_path: Path) -> None:
    """Steps of 2 fs from 0; the centre of mass of two atoms carries no heat."""
    found = trace(written(tmp_path, longer()))
    assert found.shape == (STEPS, 4)
    assert found[:, 0] == pytest.approx(2.0 * np.arange(STEPS))
    assert found[:, 1] == pytest.approx((0.1 + np.arange(STEPS)) * 2 / (3 * 8.617333262e-5))
    assert found[:, 2] == pytest.approx([step.energy for step in whole()])
    assert found[:, 3] == pytest.approx(-18.0 + np.arange(STEPS))


def test_held_coordinates_carry_no_heat_and_no_residual_force(tmp_path: Path) -> None:
    """Selective dynamics: one free coordinate of six."""
    rows = (
        '<varray name="selective" type="logical" ><v type="logical" > F F F </v><v type="logical" > F T F </v></varray>'
    )
    path = written(tmp_path, longer(selective=rows))
    assert trace(path)[1, 1] == pytest.approx(1.1 * 2 / 8.617333262e-5)
    run = read_run(path)
    assert run.max_force == abs(run.forces[1, 1])


@pytest.mark.parametrize("reader", [trace, lambda path: np.array([s.forces for s in ionic_steps(path)])])
def test_a_compressed_file_reads_the_same(reader: Callable[[Path], np.ndarray], tmp_path: Path) -> None:
    """Also one of several members, as appending makes it; found in its folder."""
    plain = reader(written(tmp_path, longer()))
    middle = len(longer()) // 2
    packed = gzip.compress(longer()[:middle]) + gzip.compress(longer()[middle:])
    (tmp_path / "other").mkdir()
    written(tmp_path / "other", packed, "vasprun.xml.gz")
    assert (reader(tmp_path / "other") == plain).all()


# --- torn and damaged files


@cache
def compressed() -> bytes:
    """The whole file, as gzip leaves it."""
    return gzip.compress(longer())


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, len(longer()) - 2) if PRESSED.is_file() else st.just(0), packed=st.booleans())
def test_a_file_torn_at_any_byte_is_no_result(cut: int, packed: bool) -> None:
    """Refused or flagged; its whole steps are those of the whole file, and dynamics goes on from the last of them."""
    content = longer()[:cut]
    if packed:
        content = compressed()[: cut * len(compressed()) // len(longer())]
    with TemporaryDirectory() as folder:
        path = written(Path(folder), content, "vasprun.xml.gz" if packed else "vasprun.xml")
        try:
            run = read_run(path)
        except (Unfinished, Damaged):
            return
        steps = tuple(ionic_steps(path))
        assert not run.finished
        assert not run.ionic_converged
        assert len(steps) == run.n_ionic_steps == len(trace(path))
        assert all(equal(one, other) for one, other in zip(steps, whole(), strict=False))
        with pytest.raises(Unfinished, match="broken off"):
            calculation(run, IDENTITY)
        state = restart_state(path)
        assert state.steps == len(steps)
        assert (state.structure.frac_coords == steps[-1].positions).all()


def test_every_whole_step_before_the_tear_is_read(tmp_path: Path) -> None:
    """In the middle of the sixth step there are five."""
    ends = [match.end() for match in re.finditer(b"</calculation>", longer())]
    path = written(tmp_path, longer()[: ends[5] - 1])
    assert len(tuple(ionic_steps(path))) == 5
    path = written(tmp_path, longer()[: ends[5]])
    assert len(tuple(ionic_steps(path))) == 6


@settings(max_examples=30, deadline=None)
@given(place=st.integers(0, len(longer()) - 200) if PRESSED.is_file() else st.just(0))
def test_zeros_in_the_file_are_damage(place: int) -> None:
    """As a machine that went down leaves them; the steps before are good."""
    content = longer()[:place] + bytes(100) + longer()[place + 100 :]
    with TemporaryDirectory() as folder:
        path = written(Path(folder), content)
        with pytest.raises(UserError):
            read_run(path)
        steps: list[Step] = []
        with pytest.raises(Damaged):
            steps.extend(ionic_steps(path))
        before = longer()[:place].count(b"</calculation>")
        if before:
            assert restart_state(path).steps == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: b"", "is empty"),
        (lambda text: b"no XML at all", "no whole XML"),
        (lambda text: b"<modeling></modeling>", "no whole ionic step"),
        (lambda text: text.replace(b"</scstep>", b"</scstop>", 1), "no whole XML"),
        (lambda text: text + bytes(20), "no whole XML"),
        (lambda text: re.sub(rb'(?s)<varray name="forces".*?</varray>', b"", text), "lacks its positions, forces"),
        (lambda text: text.replace(b"-11.50000000 ", b"************ "), "not of numbers"),
        (lambda text: text.replace(b"-11.50000000 ", b"         nan "), "infinite numbers"),
        (lambda text: text.replace(b"-31.50000000 <", b"************ <"), "energy is no number"),
        (lambda text: re.sub(rb"(?s)<atominfo>.*</atominfo>", b"", text), "names no atoms"),
        (lambda text: b'<?xml version="1.0" encoding="x"?>' + text.partition(b"?>")[2], "unknown encoding"),
        (lambda text: text.replace(b"<rc><c>C ", b"<rc><c>\xef\xbb\xbfC "), "is no element"),
        (lambda text: re.sub(rb'(name="NSW"[^>]*>)[^<]*', rb"\1few", text), "NSW is no number"),
        (lambda text: text.replace(b"<modeling>", b'<!DOCTYPE m [<!ENTITY a "b">]><modeling>'), "declares entities"),
    ],
)
def test_damage_is_told_in_one_line(change: Callable[[bytes], bytes], message: str, tmp_path: Path) -> None:
    """What, where, and how to mend it."""
    content = change(longer())
    assert content != longer()
    path = written(tmp_path, content)
    with pytest.raises(UserError, match=message) as error:
        read_run(tmp_path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_corrupt_gzip_file_is_damaged(tmp_path: Path) -> None:
    """A wrong byte in the middle."""
    packed = bytearray(gzip.compress(longer()))
    packed[len(packed) // 2] ^= 255
    with pytest.raises(Damaged):
        read_run(written(tmp_path, bytes(packed), "vasprun.xml.gz"))


def test_a_file_that_unpacks_to_more_than_any_calculation_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A well-formed document of blanks; what packs as densely and is small is read."""
    packed = gzip.compress(b"<modeling>" + b" " * 4_000_000 + longer()[longer().index(b"<modeling>") + 10 :])
    path = written(tmp_path, packed, "vasprun.xml.gz")
    assert read_run(tmp_path).n_ionic_steps
    monkeypatch.setattr(stream, "_LARGEST", 100_000)
    monkeypatch.setattr(stream, "_DENSEST", 20)
    with pytest.raises(Damaged, match="unpacks to 20 times"):
        read_run(path)


def test_a_folder_without_a_run_is_told(tmp_path: Path) -> None:
    """One line, with the name of the file."""
    for reader in (read_run, trace, restart_state, lambda path: next(ionic_steps(path))):
        with pytest.raises(UserError, match=r"no vasprun\.xml") as error:
            reader(tmp_path)
        assert "\n" not in str(error.value)


# --- convergence


def judged(folder: Path, outcar: bytes | None, allowed: int = 50, loops: int = 60) -> tuple[bool, bool, bool]:
    """Flags of a relaxation: finished, electronic, ionic."""
    limit = f'name="NELM">{loops:6d}<'.encode()
    written(folder, re.sub(rb'name="NELM">\s*\d+<', limit, longer(2, allowed)))
    if outcar is not None:
        written(folder, outcar, "OUTCAR")
    run = read_run(folder)
    return run.finished, run.electronic_converged, run.ionic_converged


@pytest.mark.parametrize(
    ("outcar", "allowed", "loops", "flags"),
    [
        (None, 50, 60, (True, True, True)),
        (None, STEPS, 60, (True, True, False)),
        (None, 50, 9, (True, False, True)),
        (REACHED * STEPS + RELAXED + TIMING, 50, 60, (True, True, True)),
        (REACHED * STEPS + RELAXED + TIMING, STEPS, 9, (True, True, True)),
        (REACHED * (STEPS - 1) + MISSED + RELAXED + TIMING, 50, 60, (True, False, True)),
        (REACHED * STEPS + TIMING, 50, 60, (True, True, False)),
        (REACHED * STEPS + RELAXED, 50, 60, (False, True, True)),
        (REACHED * (STEPS - 1) + b" hard stop encountered!  aborting job ...\n" + TIMING, 50, 60, (True, False, False)),
    ],
)
def test_outcar_is_a_witness(
    outcar: bytes | None, allowed: int, loops: int, flags: tuple[bool, bool, bool], tmp_path: Path
) -> None:
    """What it says decides; without it, steps that are used up are not converged."""
    assert judged(tmp_path, outcar, allowed, loops) == flags


def test_the_outcar_of_a_stand_in_gives_no_verdict_on_a_relaxation(tmp_path: Path) -> None:
    """It ends with the timing, but knows nothing of the required accuracy."""
    written(tmp_path, TIMING, "OUTCAR")
    for allowed in (STEPS, 50):
        written(tmp_path, longer(2, allowed).replace(b">vasp <", b">VPMDK<"))
        run = read_run(tmp_path)
        assert (run.finished, run.ionic_converged) == (True, allowed == 50)
        assert run.settings["program"] == "VPMDK"


def test_without_outcar_the_flags_are_those_of_pymatgen(tmp_path: Path) -> None:
    """Relaxations that used up their steps, and that did not."""
    for allowed in (STEPS, 50):
        path = written(tmp_path, longer(2, allowed))
        assert read_run(path).ionic_converged == peer(path).converged_ionic


def test_an_unconverged_loop_is_no_energy_and_an_unconverged_relaxation_says_so(tmp_path: Path) -> None:
    """The first is refused, the second told."""
    judged(tmp_path, None, 50, 9)
    with pytest.raises(Unfinished, match="NELM"):
        calculation(read_run(tmp_path), IDENTITY)
    judged(tmp_path, None, STEPS, 60)
    assert not calculation(read_run(tmp_path), IDENTITY).converged


def test_loops_within_a_relaxation_are_counted(tmp_path: Path) -> None:
    """One that missed its limit on the way does not spoil the end."""
    written(tmp_path, REACHED + MISSED + REACHED * (STEPS - 2) + RELAXED + TIMING, "OUTCAR")
    written(tmp_path, longer(2, 50))
    run = read_run(tmp_path)
    assert run.unconverged_steps == (1,)
    assert run.electronic_converged


def test_genuine_outcars_are_understood(tmp_path: Path) -> None:
    """VASP's own words on loops, and its timing."""
    shutil.copy(PRESSED, tmp_path / "vasprun.xml")
    for end, met in (("y_y", True), ("n_y", True), ("y_n", False)):
        shutil.copy(GENUINE / f"convergence_OUTCAR_{end}", tmp_path / "OUTCAR")
        run = read_run(tmp_path)
        assert run.electronic_converged == met or end != "y_n"
        assert not run.finished
    shutil.copy(GENUINE / "OUTCAR_example_1", tmp_path / "OUTCAR")
    assert read_run(tmp_path).finished


# --- going on


def contcar(folder: Path, structure: Structure, velocities: np.ndarray | None) -> None:
    """As VASP leaves it."""
    poscar = Poscar(structure, velocities=None if velocities is None else velocities.tolist())
    (folder / "CONTCAR").write_text(poscar.get_str(significant_figures=16))


def test_velocities_come_from_contcar(tmp_path: Path) -> None:
    """Å/fs."""
    written(tmp_path, longer())
    given_ = np.array([[0.01, -0.02, 0.03], [0.0, 0.001, 0.0]])
    contcar(tmp_path, restart_state(tmp_path).structure, given_)
    state = restart_state(tmp_path)
    assert state.source == "CONTCAR"
    assert state.velocities == pytest.approx(given_, abs=1e-7)
    assert state.time == 2.0 * (STEPS - 1)


def test_a_contcar_that_does_not_fit_is_not_used(tmp_path: Path) -> None:
    """Torn, without velocities, of another time, or of other atoms: the last displacement is."""
    path = written(tmp_path, longer())
    last = restart_state(path).structure
    far = Structure(last.lattice, last.species, last.frac_coords + np.array([[0, 0, 0], [0.4, 0, 0]]))
    other = Structure(last.lattice, ["Si", "C"], last.frac_coords)
    speeds = np.zeros((2, 3))
    for structure, velocities in ((last, None), (far, speeds), (other, speeds)):
        contcar(tmp_path, structure, velocities)
        assert restart_state(path).source == "positions"
    contcar(tmp_path, last, speeds)
    text = (tmp_path / "CONTCAR").read_text()
    (tmp_path / "CONTCAR").write_text(text[: len(text) - 60])
    assert restart_state(path).source == "positions"


def test_velocities_from_positions_are_the_last_displacement(tmp_path: Path) -> None:
    """Across the border of the cell too; none after a single step."""
    path = written(tmp_path, longer())
    state = restart_state(path)
    step = np.array([0.01, 0.01, 0.0]) @ whole()[-1].lattice / 2.0
    assert state.velocities == pytest.approx(np.array([[0, 0, 0], step]), abs=1e-9)
    crossing = longer().replace(b"0.36000000 0.36000000", b"-0.6400000 -0.6400000")
    assert restart_state(written(tmp_path, crossing)).velocities == pytest.approx(state.velocities, abs=1e-9)
    end = longer().index(b"</calculation>") + len(b"</calculation>")
    alone = restart_state(written(tmp_path, longer()[:end]))
    assert (alone.velocities, alone.source) == (None, "nowhere")


# --- other layouts


def test_dynamics_with_a_learned_field_has_no_calculation_around_its_steps(tmp_path: Path) -> None:
    """Nor electronic loops."""
    flat = re.sub(rb"(?s)<scstep>.*?</scstep>|</?calculation>|<eigenvalues>.*</dos>", b"", longer())
    flat = flat.replace(b"<incar>", b'<incar><i type="logical" name="ML_LMLFF"> T </i>')
    path = written(tmp_path, flat)
    for step, other in zip(ionic_steps(path), whole(), strict=True):
        assert (step.positions == other.positions).all()
        assert (step.energy, step.kinetic) == (other.free_energy, other.kinetic)
    assert read_run(path).electronic_converged


def test_rows_need_no_fixed_columns(tmp_path: Path) -> None:
    """A stand-in for VASP lays them out in its own way, names no masses and few tags."""
    loose = re.sub(rb"<v>\s*(\S+)\s+(\S+)\s+(\S+)\s*</v>", rb"<v>\1 \2 \3</v>", longer())
    loose = re.sub(rb"(?s)<primitive_cell>.*?</primitive_cell>|<kpoints>.*?</kpoints>", b"", loose)
    for step, other in zip(ionic_steps(written(tmp_path, loose)), whole(), strict=True):
        assert equal(step, other)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(-(10**14) + 1, 10**15 - 1)] * 3), min_size=2, max_size=40))
def test_columns_are_read_to_the_last_bit(rows: list[tuple[int, int, int]]) -> None:
    """Every number that fits into its columns."""
    body = "".join("   <v>" + "".join(column(number) for number in row) + " </v>\n" for row in rows)
    element = f'<varray name="forces" >\n{body}  </varray>'.encode()
    found = columns(element)
    assert found is not None
    words = vasp_arrays._words(element, Path())
    assert (found == words).all()


def columns(element: bytes) -> np.ndarray | None:
    """Read by columns, where they are such."""
    rows = vasp_arrays._rows(element)
    return None if rows is None else vasp_arrays._columns([rows])


def column(number: int) -> str:
    """In units of 1e-8, as Fortran's F16.8 behind a blank."""
    text = f"{abs(number) // 10**8}.{abs(number) % 10**8:08d}"
    return f"{'-' * (number < 0) + text:>17}"


@pytest.mark.parametrize(
    "wrong",
    [
        "  **************",
        "       1,00000000",
        "      1 .00000000",
        "      1.000 0000",
        "NaN",
        "    1  2.00000000",
        "    - 12.00000000",
        "    !12.00000000",
        "    --2.00000000",
        "       -.00000000",
        "   0x12.00000000",
        "      12.0000000:",
    ],
)
def test_what_is_no_column_is_left_to_the_words(wrong: str) -> None:
    """Overflow above all."""
    row = "   <v>" + column(1) + f"{wrong:>17}" + column(2) + " </v>\n"
    element = f'<varray name="forces" >\n{row * 3}  </varray>'.encode()
    assert columns(element) is None


def test_a_step_is_given_before_the_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long file only the beginning is needed for the first steps, so nothing grows with its length."""
    read = 0

    def counted(path: Path, chunks: Callable[[Path], object] = vasp_stream.chunks) -> object:
        nonlocal read
        for chunk in chunks(path):  # type: ignore[attr-defined]
            read += len(chunk)
            yield chunk

    monkeypatch.setattr(vasp_stream, "_CHUNK", 1000)
    monkeypatch.setattr(vasp_stream, "chunks", counted)
    steps = ionic_steps(written(tmp_path, longer()))
    assert len(list(islice(steps, 2))) == 2
    assert read < len(longer()) / 2
