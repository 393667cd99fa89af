"""Studies: what is wrong is told with file and key, and equal studies have one identity."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.study.study import Study, load_study
from nzsp_surfaces.tasks.plan import make_plan
from support.crystals import STRUCTURES, noisy, structure

GOOD = """\
name: test
materials:
  NZP: {structure: structures/NaZr2P3O12.cif, polyanion: PO4}
  NZS: {structure: structures/Na4Zr2Si3O12.cif, polyanion: SiO4}
planes: [[1, -1, 0, 2], [1, 0, -1, 4]]
films:
  Na3PO4: {structure: structures/Na3PO4.cif, planes: [[1, -1, 0, 2]], layers: 1}
slabs: {thickness: 10, vacuum: 15}
engine: emt
seed: 1
published:
  - {material: NZP, plane: [1, -1, 0, 2], gamma: 0.69}
"""


def write(folder: Path, text: str = GOOD) -> Path:
    """A study beside its structures."""
    folder.mkdir(exist_ok=True)
    shutil.copytree(STRUCTURES, folder / "structures", dirs_exist_ok=True)
    path = folder / "study.yaml"
    path.write_text(text)
    return path


def changed(folder: Path, old: str, new: str, profile: str = "quick") -> Study:
    """The study with one text replaced by another."""
    assert old in GOOD
    return load_study(write(folder, GOOD.replace(old, new)), profile)


def test_a_good_study_is_read(tmp_path: Path) -> None:
    """Materials with their crystals, sodium as the mobile ion, zirconium as the framework."""
    study = load_study(write(tmp_path))
    assert [m.name for m in study.materials] == ["NZP", "NZS"]
    assert [m.crystal.formula_units for m in study.materials] == [2, 2]
    assert all(m.mobile == {"Na"} and m.framework == {"Zr"} for m in study.materials)
    assert study.films[0].compound.cations == {"Na": 3}
    assert study.published("NZP", (1, -1, 2), None) == 0.69
    assert study.published("NZS", (1, -1, 0, 2), None) is None


MISTAKES = [
    ("engine: emt", "engin: emt", ["study.yaml:9", "engin", "did you mean 'engine'"]),
    ("thickness: 10", "thicknes: 10", ["study.yaml:8", "did you mean 'thickness'"]),
    ("polyanion: PO4", "polyanoin: PO4", ["study.yaml:3", "did you mean 'polyanion'"]),
    ("[1, 0, -1, 4]", "[1, 0, 1, 4]", ["study.yaml", "[1, 0, 1, 4]", "[1, 0, -1, 4]"]),
    ("[1, 0, -1, 4]", "[1, -1, 0, 2]", ["[1, -1, 0, 2]", "twice"]),
    ("[1, 0, -1, 4]", "[1, -1, 2]", ["[1, -1, 2]", "twice"]),
    ("[1, 0, -1, 4]", "[0, 1, -1, 2]", ["[1, -1, 0, 2]", "[0, 1, -1, 2]", "same plane"]),
    ("[1, 0, -1, 4]", "[-1, 1, 0, -2]", ["[-1, 1, 0, -2]", "same plane"]),
    ("[1, 0, -1, 4]", "[0, 0, 0, 0]", ["[0, 0, 0, 0]"]),
    ("thickness: 10", "thickness: 0", ["study.yaml:8", "'thickness' must be positive"]),
    ("thickness: 10", "thickness: -5", ["study.yaml:8", "'thickness' must be positive"]),
    ("vacuum: 15", "vacuum: 0", ["study.yaml:8", "'vacuum' must be positive"]),
    ("layers: 1", "layers: 0", ["study.yaml:7", "'layers' must be positive"]),
    ("planes: [[1, -1, 0, 2]], l", "planes: [[0, 0, 0, 1]], l", ["Na3PO4", "[0, 0, 0, 1]", "not among"]),
    ("engine: emt", "engine: vasp6", ["vasp6", "known are", "sevennet-0"]),
    ("structures/Na4Zr2Si3O12.cif", "structures/none.cif", ["none.cif", "no such"]),
    ("structures/Na3PO4.cif", "structures/none.cif", ["none.cif", "no such"]),
    ("structure: structures/Na3PO4.cif, ", "", ["study.yaml:7", "'structure'"]),
    ("polyanion: SiO4", "polyanion: PO4", ["NZS", "PO4"]),
    ("polyanion: SiO4", "polyanion: SiO6", ["NZS", "SiO6"]),
    ("polyanion: SiO4", "polyanion: silicate", ["NZS", "silicate"]),
    ("polyanion: SiO4", "polyanion: [SiO4, PO4]", ["NZS", "PO4"]),
    ("polyanion: SiO4", "polyanion: [SiO4, 3]", ["study.yaml:4", "polyanion", "text"]),
    ("polyanion: PO4}", "charges: {Na: 2, Zr: 4, P: 5, O: -2}}", ["NZP", "balance"]),
    ("polyanion: PO4}", "polyanion: PO4, mobile: [K]}", ["NZP", "K"]),
    ("material: NZP, plane", "material: NPZ, plane", ["published", "NPZ", "'NPZ'; did you mean"]),
    ("seed: 1", "timestep: 9", ["study.yaml:10", "timestep"]),
]


@pytest.mark.parametrize(("old", "new", "words"), MISTAKES, ids=[new[:28] for _, new, _ in MISTAKES])
def test_a_mistake_is_one_line_that_says_what_and_where(old: str, new: str, words: list[str], tmp_path: Path) -> None:
    """Misspelt keys with file, line and suggestion; wrong planes, sizes, engines, structures and polyanions by name."""
    with pytest.raises(UserError) as error:
        changed(tmp_path, old, new).identity  # noqa: B018 - the engine is looked up here
    message = str(error.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_polyanions_may_be_several(tmp_path: Path) -> None:
    """One by its name or in a list, in any order, is one study; an empty list keeps none whole."""
    own = load_study(write(tmp_path / "a"))
    listed = changed(tmp_path / "b", "polyanion: SiO4", "polyanion: [SiO4]")
    assert listed.identity == own.identity
    mixed = mixed_study(tmp_path / "c", "[PO4, SiO4]")
    assert [str(p) for p in mixed.materials[0].polyanions] == ["PO4", "SiO4"]
    assert mixed.identity == mixed_study(tmp_path / "d", "[SiO4, PO4]").identity
    assert changed(tmp_path / "e", "polyanion: SiO4", "polyanion: []").materials[1].polyanions == ()


def mixed_study(folder: Path, polyanions: str) -> Study:
    """Na3Zr2Si2PO12: NZS with a third of the silicon replaced by phosphorus, for as many sodium less."""
    folder.mkdir()
    mixed = structure("NZS").copy()
    silicon, sodium = ([i for i, s in enumerate(mixed) if s.specie.symbol == e] for e in ("Si", "Na"))
    for i in silicon[: len(silicon) // 3]:
        mixed.replace(i, "P")
    mixed.remove_sites(sodium[: len(silicon) // 3])
    mixed.to(str(folder / "mixed.vasp"), fmt="poscar")
    path = folder / "study.yaml"
    path.write_text(f"materials: {{M: {{structure: mixed.vasp, polyanion: {polyanions}}}}}\nplanes: [[1, 0, 0]]\n")
    return load_study(path)


def test_an_unknown_profile_is_refused(tmp_path: Path) -> None:
    """With the known ones."""
    with pytest.raises(UserError, match=r"fast.*quick.*paper"):
        load_study(write(tmp_path), "fast")


def test_equal_studies_have_one_identity_wherever_they_lie(tmp_path: Path) -> None:
    """Folders, file names of structures, names, references and published values decide nothing."""
    own = load_study(write(tmp_path / "a")).identity
    assert load_study(write(tmp_path / "b")).identity == own
    assert changed(tmp_path / "c", "name: test", "name: other").identity == own
    assert changed(tmp_path / "d", "gamma: 0.69", "gamma: 0.7").identity == own
    moved = write(tmp_path / "e", GOOD.replace("structures/NaZr2P3O12.cif", "x.cif"))
    shutil.copy(STRUCTURES / "NaZr2P3O12.cif", moved.parent / "x.cif")
    assert load_study(moved).identity == own


DIFFERENCES = [
    ("seed: 1", "seed: 2"),
    ("engine: emt", "engine: emt\nanneal_engine: sevennet-0"),
    ("thickness: 10", "thickness: 14"),
    ("vacuum: 15", "vacuum: 20"),
    ("[1, 0, -1, 4]", "[1, 1, -2, 0]"),
    ("layers: 1", "layers: 2"),
    ("structure: structures/Na4Zr2Si3O12.cif", "structure: other.vasp"),
]


@pytest.mark.parametrize(("old", "new"), DIFFERENCES, ids=[new[:28] for _, new in DIFFERENCES])
def test_whatever_decides_results_changes_the_identity(old: str, new: str, tmp_path: Path) -> None:
    """Seed, engines, slabs, planes, films and the structures themselves."""
    own = load_study(write(tmp_path / "a")).identity
    stretched(tmp_path / "b")
    assert changed(tmp_path / "b", old, new).identity != own


def stretched(folder: Path) -> None:
    """NZS with a cell that is a little larger."""
    folder.mkdir()
    larger = structure("NZS").copy()
    larger.apply_strain(0.01)
    larger.to(filename=str(folder / "other.vasp"), fmt="poscar")


def test_the_profile_and_the_engine_on_the_command_line_change_the_identity(tmp_path: Path) -> None:
    """Quick and paper, and another engine, are other studies."""
    path = write(tmp_path)
    assert len({load_study(path, "quick").identity, load_study(path, "paper").identity}) == 2
    assert load_study(path, engine="emt").identity == load_study(path).identity


def test_a_noisy_file_is_the_same_crystal_in_a_study_and_is_told(tmp_path: Path) -> None:
    """Four indices are taken, the material's notes say why, and with its key the tolerance is the user's."""
    path = write(tmp_path)
    noisy(structure("NZP").get_primitive_structure(), 0.02, 1).to(filename=str(tmp_path / "rough.vasp"), fmt="poscar")
    path.write_text(GOOD.replace("structures/NaZr2P3O12.cif", "rough.vasp"))
    study = load_study(path)
    assert study.materials[0].crystal.space_group == "R-3c"
    assert any(note.startswith("NZP: P1 at 0.01, ") and note.endswith("R-3c used.") for note in study.notes)
    assert any(note.startswith("NZP: Planes refer to the standard axes") for note in study.notes)
    path.write_text(path.read_text().replace("rough.vasp", "rough.vasp, symprec: 0.01"))
    with pytest.raises(UserError, match=r"not hexagonal; with its symprec at 0\.\d+ it is R-3c"):
        load_study(path)


def test_a_plan_is_deterministic_and_its_parents_come_first(tmp_path: Path) -> None:
    """Two plans of one study agree in every key; another seed changes the anneals only, not the bulk."""
    one, again = (make_plan(load_study(write(tmp_path / name))) for name in "ab")
    assert [(t.id, t.key) for t in one.tasks] == [(t.id, t.key) for t in again.tasks]
    seen: set[str] = set()
    for task in one.tasks:
        assert set(task.parents) <= seen
        seen.add(task.id)
    assert len({t.key for t in one.tasks}) == len(one.tasks)
    other = make_plan(changed(tmp_path / "c", "seed: 1", "seed: 2")).by_id
    assert all((other[t.id].key == t.key) == (t.kind == "bulk") for t in one.tasks if t.kind in ("bulk", "anneal"))


def test_every_plane_and_every_film_has_an_entry(tmp_path: Path) -> None:
    """Two materials, two bare planes and a film on one: six lines of the table."""
    plan = make_plan(load_study(write(tmp_path)))
    assert [(e.material, e.miller, e.film) for e in plan.entries] == [
        (m, p, f)
        for m in ("NZP", "NZS")
        for p, f in (((1, -1, 0, 2), None), ((1, -1, 0, 2), "Na3PO4"), ((1, 0, -1, 4), None))
    ]


def test_a_film_may_name_its_plane_by_three_indices(tmp_path: Path) -> None:
    """[1, -1, 2] is [1, -1, 0, 2]: the film is not lost."""
    plan = make_plan(changed(tmp_path, "planes: [[1, -1, 0, 2]], l", "planes: [[1, -1, 2]], l"))
    assert sum(entry.film == "Na3PO4" for entry in plan.entries) == 2


def test_the_example_says_what_yaml_says() -> None:
    """The text of these tests is plain YAML."""
    assert set(yaml.safe_load(GOOD)) == {"name", "materials", "planes", "films", "slabs", "engine", "seed", "published"}
