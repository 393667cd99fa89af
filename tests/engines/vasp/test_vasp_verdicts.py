"""What a run of VASP is worth: files as VASP really leaves them, made of a genuine one, and what is said of them."""

from __future__ import annotations

import gzip
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymatgen.core import Structure
from pymatgen.io.vasp import Poscar, Vasprun

from nzsp_surfaces.base.calculation import EngineIdentity
from nzsp_surfaces.base.errors import Unfinished, UserError
from nzsp_surfaces.engines.vasp.compared import canonical
from nzsp_surfaces.engines.vasp.custody import Custody
from nzsp_surfaces.engines.vasp.legs import Leg, legs_so_far
from nzsp_surfaces.engines.vasp.reading.run import VaspRun, calculation, read_run, restart_state, trace
from nzsp_surfaces.engines.vasp.reading.steps import Pass
from nzsp_surfaces.engines.vasp.settings import comparable_settings
from support.vasp import GENUINE, MISSED, PRESSED, REACHED, RELAXED, RESPONSE, STEPS, TIMING, longer, shifted, written

IDENTITY = EngineIdentity("vasp", "PBE", "5.4.4")

pytestmark = pytest.mark.skipif(not PRESSED.is_file(), reason="this ASE brings no VASP output")


def given(*tags: str, parameter: bool = True, base: bytes | None = None) -> bytes:
    """The many steps of a relaxation with further tags, as VASP used them or as they were given."""
    text = longer(2, 50) if base is None else base
    for tag in tags:
        name = re.search('name="([^"]*)"', tag)
        assert name
        text = re.sub(rb'<i [^>]*name="%s"[^>]*>[^<]*</i>' % name[1].encode(), b"", text)
    place = b'<separator name="general" >' if parameter else b"<incar>"
    assert place in text
    return text.replace(place, place + "".join(tags).encode(), 1)


def tag(name: str, value: object, kind: str = "") -> str:
    """As VASP echoes it."""
    return f'<i {f"type={chr(34)}{kind}{chr(34)} " if kind else ""}name="{name}">{value}</i>'


def old(text: bytes, version: str = "5.4.4") -> bytes:
    """The same file of another release."""
    return text.replace(b">6.3.0  <", f">{version}  <".encode())


def outcar(folder: Path, run: VaspRun, words: bytes, last: float | None = None) -> None:
    """OUTCAR with the words, and energies that end at the run's, or at another's."""
    energy = run.energy if last is None else last
    line = f"  energy  without entropy=      -1.00000000  energy(sigma->0) =   {energy:16.8f}\n"
    written(folder, line.encode() + words, "OUTCAR")


# --- 1, 2: electronic loops


@pytest.mark.parametrize(("version", "met"), [("4.6.36", False), ("5.4.4", False), ("6.1.0", True), ("6.6.0", True)])
def test_the_word_that_ediff_is_reached_counts_from_release_6_on(version: str, met: bool, tmp_path: Path) -> None:
    """Before, VASP says so where NELM was used up, too."""
    text = re.sub(rb'name="NELM">\s*\d+<', b'name="NELM">     9<', longer(2, 50))
    written(tmp_path, REACHED * STEPS + RELAXED + TIMING, "OUTCAR")
    run = read_run(written(tmp_path, old(text, version)))
    assert run.electronic_converged == met
    assert run.verdict.good == met
    if not met:
        assert "NELM = 9" in str(run.verdict.reason)
        with pytest.raises(Unfinished, match="NELM"):
            calculation(run, IDENTITY)


def test_a_word_that_ediff_was_missed_counts_in_every_release(tmp_path: Path) -> None:
    """Whatever the number of steps."""
    written(tmp_path, REACHED * (STEPS - 1) + MISSED + RELAXED + TIMING, "OUTCAR")
    for version in ("5.4.4", "6.3.0"):
        assert not read_run(written(tmp_path, old(longer(2, 50), version))).electronic_converged


def test_a_loop_that_ended_early_far_from_ediff_has_not_converged(tmp_path: Path) -> None:
    """As a hard stop leaves it, of which vasprun.xml says nothing."""
    text = given(tag("EDIFF", "0.00000001"))
    raw = list(Pass(written(tmp_path, text)).steps())[-1]
    change = raw.change()
    assert change is not None
    assert abs(change) > 1e-8
    run = read_run(tmp_path)
    assert not run.electronic_converged
    assert "was stopped" in str(run.verdict.reason)


def test_nelm_of_the_response_functions_is_another(tmp_path: Path) -> None:
    """VASP writes it again, as 1."""
    text = longer(2, 50).replace(
        b'<separator name="response functions" >',
        b'<separator name="response functions" ><i type="int" name="NELM">     1</i>',
    )
    run = read_run(written(tmp_path, text))
    assert run.header.tag("NELM", 0) == 60
    assert run.electronic_converged


# --- 3: relaxations


@pytest.mark.parametrize(("limit", "rested"), [(-100.0, True), (-0.01, False), (0.001, True)])
def test_without_outcar_a_relaxation_asks_the_forces(limit: float, rested: bool, tmp_path: Path) -> None:
    """A soft stop leaves fewer steps than allowed, too; EDIFFG above 0 asks for no force."""
    run = read_run(written(tmp_path, given(tag("EDIFFG", limit))))
    assert run.ionic_converged == run.verdict.ionic == rested
    assert run.verdict.force == run.max_force
    if not rested:
        assert f"{run.max_force:.3f} eV/Å left where EDIFFG asks for 0.01" in str(run.verdict.reason)


def test_nsw_of_minus_one_moves_nothing(tmp_path: Path) -> None:
    """So there is nothing to relax."""
    assert read_run(written(tmp_path, longer(2, -1))).ionic_converged


# --- 4: files of other runs


def test_an_outcar_of_another_run_is_no_witness(tmp_path: Path) -> None:
    """Told by its energy; what it says of convergence is not believed."""
    run = read_run(written(tmp_path, longer(2, 50)))
    outcar(tmp_path, run, REACHED * STEPS + RELAXED)
    assert not read_run(tmp_path).finished
    outcar(tmp_path, run, MISSED * STEPS, last=run.energy - 0.001)
    foreign = read_run(tmp_path)
    assert foreign.finished
    assert foreign.electronic_converged
    assert "is of another run" in foreign.verdict.notes[0]


def test_a_genuine_outcar_of_another_run_is_told(tmp_path: Path) -> None:
    """ASE's, of VASP 5.3.3."""
    written(tmp_path, (GENUINE / "OUTCAR_example_1").read_bytes(), "OUTCAR")
    run = read_run(written(tmp_path, PRESSED.read_bytes()))
    assert "-68.231024 eV" in run.verdict.notes[0]
    assert run.verdict.good


def test_of_a_stale_and_a_new_file_the_one_that_outcar_is_of_counts(tmp_path: Path) -> None:
    """Whichever is compressed; without OUTCAR neither counts."""
    other = tmp_path / "other"
    other.mkdir()
    lower = read_run(written(other, shifted()))
    written(tmp_path, longer(2, 50))
    written(tmp_path, gzip.compress(shifted()), "vasprun.xml.gz")
    for reader in (read_run, trace, restart_state):
        with pytest.raises(UserError, match="are of different runs") as error:
            reader(tmp_path)
        assert "\n" not in str(error.value)
    outcar(tmp_path, lower, TIMING)
    assert read_run(tmp_path).path.name == "vasprun.xml.gz"
    outcar(tmp_path, read_run(tmp_path / "vasprun.xml"), TIMING)
    assert read_run(tmp_path).path.name == "vasprun.xml"


def test_of_a_torn_and_a_whole_file_of_one_run_the_whole_one_counts(tmp_path: Path) -> None:
    """Half a copy beside it."""
    written(tmp_path, longer()[: len(longer()) // 2])
    written(tmp_path, gzip.compress(longer()), "vasprun.xml.gz")
    assert read_run(tmp_path).finished


# --- 5: no ground state

NO_GROUND_STATES = [
    (tag("ICHARG", 11, "int"), "charge density was kept fixed"),
    (tag("IMAGES", 4, "int"), "an image of a path"),
    (tag("ML_LMLFF", "T", "logical"), "learned force field"),
    (tag("ALGO", "G0W0", "string"), "ALGO = G0W0"),
    (tag("ALGO", "BSE", "string"), "ALGO = BSE"),
    (tag("LOPTICS", "T", "logical"), "LOPTICS"),
    (tag("IBRION", 6, "int"), "finite displacements"),
    (tag("IBRION", 44, "int"), "saddle point"),
]


@pytest.mark.parametrize(("said", "words"), NO_GROUND_STATES)
def test_what_is_no_ground_state_is_no_result(said: str, words: str, tmp_path: Path) -> None:
    """With the reason."""
    run = read_run(written(tmp_path, given(said)))
    assert run.verdict.excluded
    assert words in str(run.verdict.reason)
    with pytest.raises(Unfinished, match="not the energy of a ground state"):
        calculation(run, IDENTITY)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace(b'param="Monkhorst-Pack"', b'param="listgenerated"'), "k-points along lines"),
        (lambda text: re.sub(rb"> *-(\d\d\.\d{8}) <", rb">   \1 <", text), "its energy is positive"),
    ],
)
def test_lines_and_positive_energies_are_no_result(
    change: Callable[[bytes], bytes], words: str, tmp_path: Path
) -> None:
    """A band structure, and atoms on top of one another."""
    assert words in str(read_run(written(tmp_path, change(longer(2, 50)))).verdict.reason)


@pytest.mark.parametrize(
    "said", [tag("ALGO", "Normal", "string"), tag("ALGO", "All", "string"), tag("ICHARG", 1, "int")]
)
def test_usual_settings_are_a_ground_state(said: str, tmp_path: Path) -> None:
    """ALGO = Normal begins as None does."""
    assert read_run(written(tmp_path, given(said))).verdict.good


# --- 6: legs


def leg(folder: Path, number: int, text: bytes, contcar: Structure | None, step: float) -> None:
    """One leg's files; every atom goes that far in Å along x in a fs."""
    place = folder / f"leg_{number:02d}"
    place.mkdir(parents=True)
    written(place, text)
    if contcar is not None:
        velocities = np.tile([step, 0.0, 0.0], (len(contcar), 1))
        (place / "CONTCAR").write_text(Poscar(contcar, velocities=velocities.tolist()).get_str(significant_figures=16))


@pytest.mark.parametrize("beyond", [False, True])
def test_a_step_that_two_legs_share_counts_once(beyond: bool, tmp_path: Path) -> None:
    """VASP leaves its last step in CONTCAR and computes it again; others leave one beyond. The first geometry tells."""
    (tmp_path / "alone").mkdir()
    first = longer(0)
    last = read_run(written(tmp_path / "alone", first)).structure
    moved = last.copy()
    moved.translate_sites(range(len(moved)), [0.02, 0, 0], frac_coords=False, to_unit_cell=False)
    leg(tmp_path / "task", 1, first, moved if beyond else last, 0.01)
    start = read_run(tmp_path / "alone").first
    before = legs_so_far(start, tmp_path / "task")
    assert (before.steps, before.behind) == (STEPS, STEPS if beyond else STEPS - 1)
    assert before.velocities == pytest.approx(np.tile([0.01, 0, 0], (2, 1)))
    # The second leg begins at the end of the first, or goes back to where that began, which is elsewhere.
    again = first.replace(b"0.25000000 0.25000000 0.25000000", b"0.36000000 0.36000000 0.25000000", 1)
    leg(tmp_path / "task", 2, first if beyond else again, None, 0.0)
    found = legs_so_far(start, tmp_path / "task")
    assert found.steps == len(found.trace) == 2 * STEPS - (not beyond)
    assert found.trace[:, 0] == pytest.approx(2.0 * np.arange(found.steps))
    assert isinstance(found.legs[-1], Leg)
    assert isinstance(found.legs[-1].custody, Custody)


def test_a_contcar_of_another_run_gives_no_velocities(tmp_path: Path) -> None:
    """Near the last step, but neither there nor one step on; time is that of the structure."""
    written(tmp_path, longer())
    last = restart_state(tmp_path).structure
    for away, source, time in ((0.0, "CONTCAR", 22.0), (0.02, "CONTCAR", 24.0), (0.3, "positions", 22.0)):
        moved = last.copy()
        moved.translate_sites([0, 1], [away, 0, 0], frac_coords=False, to_unit_cell=False)
        text = Poscar(moved, velocities=[[0.01, 0, 0]] * 2).get_str(significant_figures=16)
        (tmp_path / "CONTCAR").write_text(text)
        state = restart_state(tmp_path)
        assert (state.source, state.time) == (source, time)


# --- 7: settings


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("PREC", ("A", "Acc", "accura", "Accurate", "ACCURATE")),
        ("PREC", ("N", "normal", "Normal")),
        ("GGA", (None, "--", "")),
        ("GGA", ("PE", "pe", "Pe")),
        ("METAGGA", (None, "--", "NONE", "None")),
        ("LREAL", (False, "F", ".FALSE.", ".F.")),
        ("LREAL", ("A", "Auto", "AUTO")),
        ("LREAL", (True, "T", ".TRUE.", "On", "O")),
        ("LASPH", (True,)),
    ],
)
def test_what_vasp_reads_as_the_same_compares_as_the_same(name: str, words: tuple[Any, ...]) -> None:
    """By letters, not by words."""
    assert len({str(canonical(name, word)) for word in words}) == 1
    assert comparable_settings({}).keys() == comparable_settings({"PREC": "A"}).keys()


def test_settings_of_a_run_are_complete(tmp_path: Path) -> None:
    """U by element, charge, field, dispersion, solvent, the functional of the potentials, the release."""
    run = read_run(written(tmp_path, given(tag("GGA", "--", "string"), tag("PREC", "accura", "string"))))
    # The potentials of this file are of the local density approximation.
    assert (run.settings["GGA"], run.settings["PREC"]) == ("CA", "ACCURATE")
    gradient = longer(2, 50).replace(b"<c>  PAW ", b"<c>  PAW_PBE ")
    assert read_run(written(tmp_path, given(tag("GGA", "--", "string"), base=gradient))).settings["GGA"] == "PE"
    for name, value in (("EFIELD", 0.0), ("LUSE_VDW", False), ("LSOL", False), ("IVDW", 0), ("charge", 0.0)):
        assert run.settings[name] == value
    assert run.settings["version"] == "6.3"
    assert set(run.settings["hubbard_u"].values()) == {0.0}
    text = given(tag("LDAU", "T", "logical"), tag("NELECT", "7.0"), tag("LREAL", "Auto", "string"), parameter=False)
    lists = '<v type="int" name="LDAUL">     2</v><v name="LDAUU">     5.0</v><v name="LDAUJ">     1.0</v>'
    corrected = read_run(written(tmp_path, text.replace(b"<incar>", b"<incar>" + lists.encode(), 1)))
    first = corrected.header.types[0]
    assert corrected.settings["hubbard_u"][first] == 4.0
    assert corrected.settings["charge"] == 1.0
    assert corrected.settings["LREAL"] == "AUTO"


def test_meshes_compare_by_what_they_reach(tmp_path: Path) -> None:
    """n / |b|: a cell twice as long with half the points has the same mesh."""
    run = read_run(written(tmp_path, longer(2, 50)))
    lengths = run.mesh_lengths
    assert lengths is not None
    reciprocal = np.linalg.norm(run.structure.lattice.reciprocal_lattice_crystallographic.matrix, axis=1)
    assert lengths * reciprocal == pytest.approx([4, 4, 4])


# --- beside an independent reading


def readings() -> list[tuple[str, bytes]]:
    """The genuine runs, and what is made of them."""
    genuine = (
        [(path.name, path.read_bytes()) for path in sorted(GENUINE.glob("vasprun*.xml"))] if GENUINE.is_dir() else []
    )
    made = {f"relaxation of {allowed}": longer(2, allowed) for allowed in (STEPS, 50, -1)}
    return [*genuine, *made.items(), ("5.4.4", old(longer(2, 50)))]


@pytest.mark.parametrize(("name", "text"), readings() if PRESSED.is_file() else [])
def test_verdicts_are_those_of_pymatgen(name: str, text: bytes, tmp_path: Path) -> None:
    """On every vasprun.xml that comes with ASE, and without OUTCAR; where forces are asked we are stricter."""
    path = written(tmp_path, text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = Vasprun(path, parse_dos=False, parse_eigen=False, parse_potcar_file=False)
    run = read_run(path)
    assert (run.electronic_converged, run.ionic_converged) == (peer.converged_electronic, peer.converged_ionic), name
    assert RESPONSE.is_file()
