"""Inputs of VASP: the paper's values, the mesh's law, the order of atoms, potentials in order, files whole or none."""

from __future__ import annotations

import errno
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import SETTINGS, Lattice, Structure
from pymatgen.io.vasp import Incar, Kpoints, Poscar, Potcar

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.engines.vasp.inputs import (
    VaspInputs,
    element_order,
    inputs_for,
    needs_dipole_correction,
    slab_centre,
    thermostat,
    write_inputs,
)
from nzsp_surfaces.engines.vasp.mesh import IDLE, independent_kpoints, kpoint_mesh, paid_kpoints, parallel_advice
from nzsp_surfaces.engines.vasp.potentials import check_potentials
from nzsp_surfaces.engines.vasp.settings import (
    COMPARED,
    Purpose,
    VaspSettings,
    changed,
    comparable_settings,
    default_settings,
    load_settings,
    other_than_default,
    read_settings,
)
from nzsp_surfaces.engines.vasp.tags import Value
from nzsp_surfaces.study.schema import PROFILES
from support.crystals import structure
from support.vasp_commands import library as made_up_library
from support.vasp_commands import potential

FILES = Path(__file__).parents[3] / "inputs" / "vasp"
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
PAPER = {"ENCUT": 500, "EDIFF": 1e-6, "ISPIN": 2, "GGA": "PE"}
LENGTH = st.floats(2, 60)
close = pytest.approx


def slab(*, alike: bool = True, start: float = 0.3) -> Structure:
    """Three layers of NaCl, elements mixed; a lithium on one face makes the faces differ."""
    heights = [start, start + 0.1, start + 0.2]
    sites = [(e, [x, x, z]) for z in heights for e, x in (("Na", 0.0), ("Cl", 0.5))]
    sites += [] if alike else [("Li", [0.5, 0.0, heights[2] + 0.05])]
    species, points = zip(*sites, strict=True)
    return Structure(Lattice.tetragonal(4.0, 25.0), species, points)


def inputs(purpose: Purpose = "slab", /, **tags: Value | None) -> VaspInputs:
    return inputs_for(slab(), changed(default_settings(purpose), tags), slab=True)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of made-up potentials where pymatgen looks for them."""
    folder = made_up_library(tmp_path / "library", ("Na", "Cl", "Li_sv", "Zr_sv", "O_s"))
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_DIR", str(folder))
    return folder / "POT_GGA_PAW_PBE"


# Settings.


@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_files_are_the_defaults_in_full(purpose: Purpose) -> None:
    """inputs/vasp documents what an installed package uses: the same tags in the same order, every key given."""
    read = load_settings(FILES / f"{purpose}.yaml")
    assert read == default_settings(purpose)
    plain = yaml.safe_load((FILES / f"{purpose}.yaml").read_text())
    assert list(plain["incar"]) == list(read.incar)
    assert set(plain) == set(vars(read)) - {"purpose"} | {"kind"}


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_value_of_the_files_says_where_it_comes_from(purpose: Purpose) -> None:
    """Each line: the paper, our choice, or the purpose itself."""
    lines = (FILES / f"{purpose}.yaml").read_text().partition("incar:\n")[2].splitlines()
    values = [line for line in lines if not line.lstrip().startswith("#")]
    said = ("paper", "ours", "follows from the purpose")
    assert [line for line in values if not any(word in line.partition("#")[2] for word in said)] == []


def test_the_slab_s_file_says_the_forces_that_are_used() -> None:
    """Those of the study's profiles, which come before the file's."""
    text = (FILES / "slab.yaml").read_text()
    assert "'slab_force'" in text
    assert all(f"{profile.slab_force:g}" in text for profile in PROFILES.values())


def test_the_cheaper_anneal_differs_in_spin_and_in_the_electronic_limit_alone() -> None:
    """A folder with one file: all else is at its default."""
    folder = FILES / "cheaper"
    assert [path.name for path in folder.iterdir()] == ["aimd.yaml"]
    found = {purpose: other_than_default(each) for purpose, each in read_settings(folder).items()}
    assert found == {"bulk": {}, "slab": {}, "static": {}, "aimd": {"incar": {"EDIFF": 1e-5, "ISPIN": 1}}}


@pytest.mark.parametrize("purpose", PURPOSES)
def test_values_are_those_of_the_paper(purpose: Purpose) -> None:
    """500 eV, 1e-6 eV, spin-polarised PBE, mesh of 20 Å, and the softest potentials."""
    settings = default_settings(purpose)
    assert {tag: settings.incar[tag] for tag in PAPER} == PAPER
    assert settings.potentials == {"Na": "Na", "Zr": "Zr_sv", "P": "P", "Si": "Si", "O": "O_s"}
    assert settings.kpoint_length == 20


def test_relaxations_and_dynamics_are_those_of_the_paper() -> None:
    """Bulk: forces below 0.01 eV/Å, cell free, no symmetry. Film: 4 ps at 500 K in a constant cell."""
    bulk, dynamics = default_settings("bulk").incar, default_settings("aimd").incar
    assert (bulk["EDIFFG"], bulk["ISIF"], bulk["ISYM"]) == (-0.01, 3, 0)
    assert dynamics["NSW"] * dynamics["POTIM"] == 4000  # type: ignore[operator]
    assert (dynamics["TEBEG"], dynamics["TEEND"], dynamics["ISIF"], dynamics["ISYM"]) == (500, 500, 2, 0)
    assert default_settings("slab").incar["ISIF"] == 2


@pytest.mark.parametrize("purpose", PURPOSES)
def test_defaults_are_tags_and_values_that_pymatgen_knows(purpose: Purpose) -> None:
    """No warning for any of them."""
    oxide = slab().replace_species({"Cl": "O"})
    assert inputs_for(oxide, default_settings(purpose), slab=purpose == "slab").warnings == ()
    assert COMPARED.keys() <= Incar.INCAR_PARAMS.keys()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: bulk\nincar:\n  ENCUTT: 500\n", ":3: unknown key 'ENCUTT' in 'incar'; did you mean 'ENCUT'?"),
        ("kind: bulk\nincar:\n  QQQQQQ: 1\n", ":3: unknown key 'QQQQQQ' in 'incar'; look it up in VASP's manual"),
        ("kind: bulk\nincar: {ISPIN: 2.5}\n", ":2: 'incar.ISPIN' must be an integer, not 2.5"),
        ("kind: bulk\nincar: {ENCUT: high}\n", ":2: 'incar.ENCUT' must be a number, not 'high'"),
        ("kind: bulk\nkpoint_length: 0\n", ":2: 'kpoint_length' must be positive"),
        ("incar: {ENCUT: 520}\n", ":1: missing key 'kind'"),
        ("kind: bulk\nfunctional: LDA\n", ":2: unknown value 'LDA' of 'functional'"),
        ("kind: bulk\nincar: {KSPACING: 0.3}\n", "KSPACING cannot be set: VASP ignores it beside a KPOINTS file"),
    ],
)
def test_mistakes_in_a_file_are_one_line_with_their_place(tmp_path: Path, text: str, message: str) -> None:
    """Unknown tags with the nearest, wrong types with the tag's name."""
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        load_settings(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 200


def test_a_file_gives_only_what_differs(tmp_path: Path) -> None:
    """The rest is the kind's default; null removes a tag; truth and text both pass where VASP takes both."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        "kind: aimd\nincar: {MDALGO: 2, SMASS: 0, LANGEVIN_GAMMA: null, LREAL: false}\npotentials: {Fe: Fe}\n"
    )
    read, default = load_settings(path), default_settings("aimd")
    expected = {**default.incar, "MDALGO": 2, "LREAL": False, "SMASS": 0.0}
    assert read.incar == {tag: value for tag, value in expected.items() if tag != "LANGEVIN_GAMMA"}
    assert read.potentials == {**default.potentials, "Fe": "Fe"}
    assert read.gamma_only


@pytest.mark.parametrize(
    ("tag", "value", "message"),
    [
        ("ENCUTT", 500, "unknown INCAR tag 'ENCUTT'; did you mean 'ENCUT'?"),
        ("encut", 500, "unknown INCAR tag 'encut'; did you mean 'ENCUT'?"),
        ("ENCUT", "500", "INCAR tag ENCUT must be a number, not '500'"),
        ("ENCUT", float("nan"), "INCAR tag ENCUT must be a number, not nan"),
        ("ISPIN", True, "INCAR tag ISPIN must be an integer, not True"),
        ("LASPH", 1, "INCAR tag LASPH must be true or false, not 1"),
        ("LANGEVIN_GAMMA", 10, "INCAR tag LANGEVIN_GAMMA must be a list of numbers, not 10"),
        ("SYSTEM", "a; ENCUT = 100", "INCAR tag SYSTEM must be text of one line"),
        ("SYSTEM", "a\nENCUT = 100", "INCAR tag SYSTEM must be text of one line"),
        ("MAGMOM", (1.0, 2.0), "INCAR tag MAGMOM cannot be set: its order is that of the atoms; give 'magmom'"),
        ("LDAUU", (1.0, 2.0), "INCAR tag LDAUU cannot be set"),
        ("LDAU", True, "INCAR tag LDAU cannot be set: its order is that of the species"),
    ],
)
def test_changes_are_checked_by_tag(tag: str, value: Any, message: str) -> None:
    """Unknown tags and wrong types are refused with the tag's name, also those that would smuggle in another tag."""
    with pytest.raises(UserError, match="INCAR") as caught:
        changed(default_settings("bulk"), {tag: value})
    assert message in str(caught.value)


def test_changing_leaves_the_original_alone() -> None:
    """Settings are values."""
    settings = default_settings("bulk")
    assert changed(settings, {"ENCUT": 520, "ALGO": None}).incar["ENCUT"] == 520.0
    assert settings == default_settings("bulk")
    with pytest.raises(ValueError, match="kpoint_length"):
        replace(settings, kpoint_length=-1.0)


# What is compared.


def test_slab_bulk_and_static_can_be_compared_and_dynamics_cannot() -> None:
    """Equal in every tag that shifts an energy; whether a film or a bulk, whatever elements, which U names alone."""
    slabs, bulk = inputs().comparable, inputs_for(structure("NZP"), default_settings("bulk"), slab=False).comparable
    assert slabs == inputs("static").comparable
    assert slabs | {"hubbard_u": bulk["hubbard_u"]} == bulk
    assert inputs("aimd").comparable != slabs


@pytest.mark.parametrize(
    ("tag", "value"),
    [("ENCUT", 400), ("PREC", "Normal"), ("ISPIN", 1), ("ISMEAR", -5), ("LREAL", "Auto"), ("IVDW", 11)],
)
def test_a_tag_that_shifts_energies_is_told_apart(tag: str, value: Value) -> None:
    """So that a mixed pair is refused."""
    assert inputs(**{tag: value}).comparable != inputs().comparable


def test_an_absent_tag_is_the_default_and_case_does_not_matter() -> None:
    """VASP reads both the same."""
    assert comparable_settings({}) == comparable_settings({"ISPIN": 1, "PREC": "normal", "SIGMA": 0.2})
    assert comparable_settings({"ALGO": "Fast", "NCORE": 4}) == comparable_settings({})


def test_potentials_and_mesh_are_compared_too() -> None:
    """Another release of the potentials, or a coarser mesh, is another calculation."""
    settings = default_settings("bulk")
    others = [{"functional": "PBE_54"}, {"kpoint_length": 15.0}, {"gamma_only": True}, {"potentials": {"O": "O"}}]
    make = partial(inputs_for, structure("NZP"), slab=False)
    different: list[VaspSettings] = [replace(settings, **other) for other in others]  # type: ignore[arg-type]
    assert all(make(each).comparable != make(settings).comparable for each in different)


# Meshes.


ANGLE = st.floats(65, 115)


@given(st.tuples(LENGTH, LENGTH, LENGTH), st.tuples(ANGLE, ANGLE, ANGLE), LENGTH, st.booleans())
def test_the_mesh_is_the_coarsest_whose_points_lie_near_enough(
    lengths: tuple[float, float, float], angles: tuple[float, float, float], length: float, is_slab: bool
) -> None:
    """Along each reciprocal vector of any cell, n reaches length |b| and n - 1 does not; one along a slab's normal."""
    lattice = Lattice.from_parameters(*lengths, *angles)
    mesh = kpoint_mesh(lattice.matrix, length, slab=is_slab)
    wanted = length * np.array(lattice.reciprocal_lattice_crystallographic.abc)
    for n, points in list(zip(mesh, wanted, strict=True))[: 2 if is_slab else 3]:
        assert points - 1e-5 <= n < points + 1
    assert mesh[2] == 1 or not is_slab


@given(LENGTH, LENGTH, ANGLE, st.floats(10, 80), LENGTH)
def test_a_slab_has_the_mesh_of_its_bulk_in_the_plane(
    a: float, b: float, gamma: float, height: float, c: float
) -> None:
    """The same vectors in the plane and another third along the normal: the same points, whatever the vacuum."""
    bulk, thin = (Lattice.from_parameters(a, b, third, 90, 90, gamma).matrix for third in (c, height))
    assert kpoint_mesh(bulk, 20.0, slab=False)[:2] == kpoint_mesh(thin, 20.0, slab=True)[:2]


def test_meshes_of_the_studied_cells() -> None:
    """20 Å take three points each way in primitive NZP; in fcc Na3PO4 five, where vector lengths would give four."""
    primitive = structure("NZP").get_primitive_structure()
    assert inputs_for(primitive, default_settings("bulk"), slab=False).mesh == (3, 3, 3)
    fcc = Lattice([[0, 3.7, 3.7], [3.7, 0, 3.7], [3.7, 3.7, 0]])
    assert kpoint_mesh(fcc.matrix, 20.0, slab=False) == (5, 5, 5)
    assert inputs().mesh == (5, 5, 1)
    assert inputs("aimd").mesh == (1, 1, 1)


@given(st.tuples(*[st.integers(1, 6)] * 3))
def test_independent_points_are_those_counted_one_by_one(mesh: tuple[int, int, int]) -> None:
    """k and -k count once."""
    points = np.stack(np.meshgrid(*map(np.arange, mesh), indexing="ij"), -1).reshape(-1, 3)
    classes = {min(tuple(k), tuple(-k % mesh)) for k in points}
    assert independent_kpoints(mesh) == len(classes)


# Atoms.


@given(st.lists(st.sampled_from(["Na", "Zr", "O"]), min_size=1, max_size=30))
def test_values_of_atoms_come_back_in_our_order(elements: list[str]) -> None:
    """POSCAR holds each element once, and what VASP lists for its atoms finds its way back."""
    n = len(elements)
    points = [[i / n, 0.25, i / n] for i in range(n)]
    ours = Structure(Lattice.orthorhombic(9 * n, 4, 11 * n), elements, points)
    made = inputs_for(ours, default_settings("bulk"), slab=False)
    poscar = Poscar.from_str(made.files["POSCAR"])
    assert poscar.site_symbols == list(dict.fromkeys(elements))
    assert sorted(made.order) == list(range(n))
    assert made.order == element_order(elements)
    np.testing.assert_allclose(made.restored(poscar.structure.frac_coords), ours.frac_coords, atol=1e-14)
    assert list(made.restored([s.specie.symbol for s in poscar.structure])) == elements


def test_held_atoms_stay_and_keep_their_numbers() -> None:
    """Selective dynamics where atoms are held, none where all are free."""
    held = (1, 2)
    made = inputs_for(slab(), default_settings("slab"), slab=True, held=held)
    flags = Poscar.from_str(made.files["POSCAR"]).selective_dynamics
    assert flags is not None
    assert [i for i, free in enumerate(made.restored(flags)) if not free.any()] == list(held)
    assert "elective" not in inputs().files["POSCAR"]


def test_moments_follow_the_atoms() -> None:
    """By element in POSCAR's order; none in closed shells, small in others; absent without spin."""
    settings = replace(default_settings("slab"), magmom={"Cl": 2.0})
    text = inputs_for(slab(), settings, slab=True).files["INCAR"]
    assert "MAGMOM = 3*0 3*2\n" in text
    assert "MAGMOM = 6*0\n" in inputs().files["INCAR"]
    copper = inputs_for(slab().replace_species({"Na": "Cu"}), settings, slab=True)
    assert copper.incar["MAGMOM"] == (0.6, 0.6, 0.6, 2.0, 2.0, 2.0)
    assert "MAGMOM" not in inputs(ISPIN=1).files["INCAR"]


def test_charges_of_ions_are_no_part_of_a_poscar() -> None:
    """Decorated structures give the same files."""
    decorated = slab().add_oxidation_state_by_element({"Na": 1, "Cl": -1})
    assert inputs_for(decorated, default_settings("slab"), slab=True).files == inputs().files


# Slabs.


def test_the_mixer_begins_gently_in_long_cells() -> None:
    """Above 50 Å and where the settings say nothing of it."""
    long = Structure(Lattice.tetragonal(4.0, 60.0), ["Na", "Cl"], [[0, 0, 0.4], [0.5, 0.5, 0.4]])
    assert inputs_for(long, default_settings("slab"), slab=True).incar["AMIN"] == 0.01
    own = changed(default_settings("slab"), {"AMIN": 0.05})
    assert inputs_for(long, own, slab=True).incar["AMIN"] == 0.05
    assert "AMIN" not in inputs().incar


def test_a_dipole_correction_only_where_a_slab_needs_it() -> None:
    """Unlike faces or a dipole get the three tags with the slab's middle; symmetric slabs and bulk get none."""
    charges = {"Na": 1, "Cl": -1, "Li": 0}
    for alike in (True, False):
        made = slab(alike=alike)
        assert needs_dipole_correction(made, charges) is not alike
        incar = inputs_for(made, default_settings("slab"), slab=True, polar=not alike).incar
        assert ({"LDIPOL", "IDIPOL", "DIPOL"} <= incar.keys()) is not alike
    assert incar["IDIPOL"] == 3
    assert incar["DIPOL"] == close((0.5, 0.5, 0.425))
    assert "LDIPOL" not in inputs_for(structure("NZP"), default_settings("bulk"), slab=False, polar=True).incar


@given(st.floats(0, 1, exclude_max=True))
def test_the_middle_of_a_slab_moves_with_it_through_the_cell(start: float) -> None:
    """Also where the slab lies across the boundary of the cell."""
    distance = (slab_centre(slab(start=start)) - start - 0.1 + 0.5) % 1.0 - 0.5
    assert distance == close(0, abs=1e-5)


def test_cells_that_do_not_suit_are_refused() -> None:
    """A tilted third vector, a cell that would relax the vacuum away, left-handed vectors, the other purpose."""
    tilted = Structure(Lattice([[4, 0, 0], [0, 4, 0], [2, 0, 25]]), ["Na"], [[0, 0, 0]])
    mirrored = Structure(Lattice([[4, 0, 0], [0, 4, 0], [0, 0, -25]]), ["Na"], [[0, 0, 0]])
    shared = Structure(Lattice.cubic(4), [{"Na": 0.5, "Li": 0.5}], [[0, 0, 0]])
    settings = default_settings("slab")
    with pytest.raises(UserError, match="third vector is not its normal"):
        inputs_for(tilted, settings, slab=True)
    with pytest.raises(UserError, match="left-handed"):
        inputs_for(mirrored, settings, slab=True)
    with pytest.raises(UserError, match="partly occupied"):
        inputs_for(shared, settings, slab=True)
    with pytest.raises(UserError, match="relax the vacuum away"):
        inputs(ISIF=3)
    with pytest.raises(UserError, match="no slab"):
        inputs_for(slab(), settings, slab=False)
    with pytest.raises(UserError, match="a slab"):
        inputs("bulk")


# Dynamics.


def test_the_thermostat_is_always_stated() -> None:
    """Langevin's friction for each species; Nosé's mass; nothing that would silently conserve the energy."""
    assert inputs("aimd").incar["LANGEVIN_GAMMA"] == (10.0, 10.0)
    assert thermostat(inputs("aimd").incar) == "Langevin, friction 10 10 /ps"
    assert thermostat({"MDALGO": 2, "SMASS": 0.5}) == "Nosé, mass 0.5 (SMASS)"
    assert thermostat({"MDALGO": 1, "ANDERSEN_PROB": 0.1}) == "Andersen, probability 0.1"
    for tags in ({"LANGEVIN_GAMMA": None}, {"MDALGO": 0}, {"MDALGO": 2, "SMASS": -3}, {"LANGEVIN_GAMMA": (0.0,)}):
        with pytest.raises(UserError, match="conserve the energy, not the temperature"):
            inputs("aimd", **tags)
    with pytest.raises(UserError, match="3 values for 2 species"):
        inputs("aimd", LANGEVIN_GAMMA=(1.0, 2.0, 3.0))


# Parallel runs.


@given(st.integers(1, 512), st.integers(1, 80), st.sampled_from([None, 1, 24, 64, 128]))
def test_advice_keeps_the_cores_busy(cores: int, kpoints: int, node: int | None) -> None:
    """KPAR divides the cores, idles no more than allowed, and is the largest such; NCORE fits group and node."""
    advice = parallel_advice(cores, kpoints, node)
    group = cores // advice["KPAR"]
    assert cores % advice["KPAR"] == group % advice["NCORE"] == 0
    assert (node or group) % advice["NCORE"] == 0
    assert kpoints <= paid_kpoints(kpoints, advice["KPAR"]) <= (1 + IDLE) * kpoints
    larger = [n for n in range(advice["KPAR"] + 1, min(cores, kpoints) + 1) if cores % n == 0]
    assert all(paid_kpoints(kpoints, n) > (1 + IDLE) * kpoints for n in larger)
    assert advice["KPAR"] >= math.gcd(cores, kpoints)


def test_advice_is_never_applied_unasked() -> None:
    """64 cores and 4 k-points: four groups of 16 cores, four of them to a band; but an INCAR has it only on request.

    Seven k-points share no divisor with 64 cores, and yet four groups are busy for seven eighths of the time.
    """
    assert parallel_advice(64, 4) == {"KPAR": 4, "NCORE": 4}
    assert parallel_advice(64, 7)["KPAR"] == 4
    assert not {"KPAR", "NCORE"} & inputs().incar.keys()
    assert inputs(**parallel_advice(64, 4)).incar["KPAR"] == 4
    with pytest.raises(UserError, match="at least one"):
        parallel_advice(0, 4)


# Potentials.


def test_missing_configuration_says_how_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing, where it was looked for, and what to type."""
    monkeypatch.delitem(SETTINGS, "PMG_VASP_PSP_DIR", raising=False)
    with pytest.raises(UserError) as caught:
        check_potentials(default_settings("bulk"), ["Na"])
    assert all(word in str(caught.value) for word in ("PMG_VASP_PSP_DIR", ".pmgrc.yaml", "pmg config -p"))
    assert "\n" not in str(caught.value)


def test_missing_potentials_are_all_named(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one message, with the folder; another release has another folder."""
    (library / "O_s" / "POTCAR").unlink()
    settings = replace(default_settings("bulk"), potentials={"Na": "Na", "O": "O_s", "Fe": "Fe_pv"})
    with pytest.raises(UserError, match="no potential O_s, Fe_pv") as caught:
        check_potentials(settings, ["Na", "O", "Fe"])
    assert str(library) in str(caught.value)
    with pytest.raises(UserError, match="POT_GGA_PAW_PBE_54: no such folder"):
        check_potentials(replace(settings, functional="PBE_54"), ["Na"])
    monkeypatch.setitem(SETTINGS, "PMG_VASP_PSP_SUB_DIRS", {"PBE_54": "POT_GGA_PAW_PBE"})
    assert len(check_potentials(replace(settings, functional="PBE_54"), ["Na"])) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (potential("O"), "the potential O_s is 'PAW_PBE O 01Jan2030'"),
        (potential("O_s", element="Na"), "the potential O_s is"),
        (potential("O_s", functional="CA"), "was made for Perdew-Zunger81, not PBE"),
        ("no potential at all", "cannot read potential O_s"),
        ("", "cannot read potential O_s"),
    ],
)
def test_a_wrong_potential_is_refused(library: Path, text: str, message: str) -> None:
    """Another potential, element or functional under the right name."""
    (library / "O_s" / "POTCAR").write_text(text)
    with pytest.raises(UserError) as caught:
        check_potentials(default_settings("bulk"), ["Na", "O"])
    assert message in str(caught.value)


@pytest.mark.usefixtures("library")
def test_unknown_contents_are_a_warning() -> None:
    """One for each potential that pymatgen has no record of; it need not be wrong."""
    notes = check_potentials(default_settings("bulk"), ["Na", "O"])
    assert ["'PAW_PBE Na 01Jan2030'" in notes[0], "'PAW_PBE O_s 01Jan2030'" in notes[1]] == [True, True]
    assert all("pymatgen does not know the contents" in note for note in notes)


@pytest.mark.filterwarnings("ignore:No Pauling electronegativity")
def test_elements_beyond_the_paper_get_the_usual_potential_and_say_so() -> None:
    """pymatgen's MPRelaxSet is the table; what that lacks must be named."""
    made = inputs()
    assert made.symbols == ("Na", "Cl")
    assert made.warnings == ("potential Cl of Cl is MPRelaxSet's choice: 'potentials' names none, nor does the paper",)
    iron = Structure(Lattice.cubic(3), ["Fe"], [[0, 0, 0]])
    assert inputs_for(iron, default_settings("bulk"), slab=False).symbols == ("Fe_pv",)
    with pytest.raises(UserError, match="no potential is known for Rf"):
        inputs_for(Structure(Lattice.cubic(3), ["Rf"], [[0, 0, 0]]), default_settings("bulk"), slab=False)


# Files.


def names(folder: Path) -> Sequence[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("purpose", [p for p in PURPOSES if p != "bulk"])
@pytest.mark.filterwarnings("ignore")
def test_pymatgen_reads_every_file_back(tmp_path: Path, purpose: Purpose) -> None:
    """The same tags, mesh and atoms; POTCAR in the order of POSCAR."""
    made = inputs_for(slab(alike=False), default_settings(purpose), slab=True, polar=True, held=(0,))
    folder = tmp_path / "a" / "run"
    write_inputs(made, folder)
    assert names(folder) == ["INCAR", "KPOINTS", "POSCAR", "POTCAR", "POTCAR.spec"]
    read = {tag: tuple(v) if isinstance(v, list) else v for tag, v in Incar.from_file(folder / "INCAR").items()}
    assert {t: v.upper() if isinstance(v, str) else v for t, v in read.items()} == {
        t: v.upper() if isinstance(v, str) else v for t, v in made.incar.items()
    }
    mesh = Kpoints.from_file(folder / "KPOINTS")
    assert (str(mesh.style), mesh.kpts[0], mesh.kpts_shift) == ("Gamma", made.mesh, (0, 0, 0))
    assert Poscar.from_file(folder / "POSCAR").structure.matches(made.structure)


@pytest.mark.filterwarnings("ignore")
def test_a_potcar_follows_the_order_of_the_elements(library: Path, tmp_path: Path) -> None:
    """The files as they are, one after the other."""
    rocks = Structure(Lattice.cubic(8), ["O", "Na", "Zr", "O"], [[i / 4, 0, 0] for i in range(4)])
    made = inputs_for(rocks, default_settings("bulk"), slab=False)
    notes = write_inputs(made, tmp_path / "run")
    expected = "".join((library / symbol / "POTCAR").read_text() for symbol in ("O_s", "Na", "Zr_sv"))
    assert (tmp_path / "run" / "POTCAR").read_text() == expected
    assert Potcar.from_file(str(tmp_path / "run" / "POTCAR")).symbols == ["O_s", "Na", "Zr_sv"]
    assert (tmp_path / "run" / "POTCAR.spec").read_text().split() == ["O_s", "Na", "Zr_sv"]
    assert len(notes) == 3


def test_without_potentials_their_names_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """POTCAR.spec needs none at hand; where POTCAR is asked for and missing, not even a folder appears."""
    monkeypatch.delitem(SETTINGS, "PMG_VASP_PSP_DIR", raising=False)
    with pytest.raises(UserError, match="not configured"):
        write_inputs(inputs(), tmp_path / "run", "files")
    assert names(tmp_path) == []
    write_inputs(inputs(), tmp_path / "run", "spec")
    assert names(tmp_path / "run") == ["INCAR", "KPOINTS", "POSCAR", "POTCAR.spec"]


def test_a_full_disk_leaves_the_folder_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing half-written, nothing left over, whichever file does not fit."""
    write_inputs(inputs(), tmp_path / "run", "spec")
    before = {path.name: path.read_text() for path in (tmp_path / "run").iterdir()}
    written: list[Path] = []

    def full(path: Path, content: str | bytes) -> None:
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(path)
        write_atomically(path, content)

    monkeypatch.setattr("nzsp_surfaces.engines.vasp.inputs.write_atomically", full)
    with pytest.raises(OSError, match="No space left"):
        write_inputs(inputs(ENCUT=600), tmp_path / "run", "spec")
    assert names(tmp_path) == ["run"]
    assert {path.name: path.read_text() for path in (tmp_path / "run").iterdir()} == before


def test_results_and_foreign_potcars_are_not_mixed_with_new_inputs(tmp_path: Path) -> None:
    """A folder that holds a calculation keeps the inputs it was made with."""
    (tmp_path / "POTCAR").write_text("mine")
    with pytest.raises(UserError, match="POTCAR whose order may be another"):
        write_inputs(inputs(), tmp_path, "spec")
    (tmp_path / "OUTCAR").write_text("running")
    with pytest.raises(UserError, match="holds the OUTCAR"):
        write_inputs(inputs(), tmp_path)


def test_inputs_are_the_same_every_time() -> None:
    """Nothing depends on the clock, the place or the order of a set."""
    assert inputs("aimd").files == inputs("aimd").files
