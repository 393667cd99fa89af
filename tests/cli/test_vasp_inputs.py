"""`nzsp vasp-inputs`: every input of a study that can begin now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nzsp_surfaces.cli.main import main
from nzsp_surfaces.engines.base import Ask
from nzsp_surfaces.study.bundle import pack, unpack
from nzsp_surfaces.study.study import load_study
from nzsp_surfaces.tasks.plan import make_plan
from support.crystals import STRUCTURES

STUDY = f"""\
materials:
  NZP: {{structure: {STRUCTURES}/NaZr2P3O12.cif}}
planes: [[1, -1, 0, 2]]
films:
  Na3PO4: {{structure: {STRUCTURES}/Na3PO4.cif, planes: [[1, -1, 0, 2]], starts: 1}}
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of one plane, bare and covered."""
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


def test_a_study_becomes_one_folder_for_each_calculation(study: Path, tmp_path: Path) -> None:
    """Every question of every task to VASP, each with the files that VASP reads and the settings of its kind."""
    output = tmp_path / "vasp"
    assert main(["vasp-inputs", str(study), "-o", str(output), "--potcars", "spec"]) == 0
    rows = json.loads((output / "inputs.json").read_text())
    kinds = {row["folder"]: row["kind"] for row in rows}
    assert kinds == {
        "NZP/bulk": "bulk",
        "Na3PO4/reference/0": "bulk",
        **{f"Na3PO4/reference/{n}/{part}": "aimd" for n in (1, 2) for part in ("eased", "dynamics")},
        **{f"Na3PO4/reference/{n}": "bulk" for n in (1, 2)},
        "NZP/1-102/bare/1": "slab",
        **{f"NZP/1-102/Na3PO4/placement/{n}": "slab" for n in (1, 2)},
        **{f"NZP/1-102/Na3PO4/anneal/1/{part}": "aimd" for part in ("eased", "dynamics")},
        "NZP/1-102/Na3PO4/quench/1": "slab",
        **{f"NZP/1-102/Na3PO4/alike/1/{face}": "static" for face in ("bottom", "top")},
        "NZP/1-102/Na3PO4/alike/1": "slab",
    }
    for folder in kinds:
        files = {path.name for path in (output / folder).iterdir() if path.is_file()}
        assert files == {"INCAR", "KPOINTS", "POSCAR", "POTCAR.spec"}


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ("anneal: {temperature: 500, time: 50}", "bare-alike"),
        ("profiles: {paper: {hops: 2}}", "hops"),
        ("profiles: {paper: {search: 4}}", "search"),
    ],
)
def test_folders_within_a_calculation_are_written_once_and_only_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str, kind: str
) -> None:
    """What a task computes in several parts; nothing is left where the command was called."""
    here, study = tmp_path / "here", tmp_path / "study.yaml"
    here.mkdir()
    monkeypatch.chdir(here)
    silicate = f"materials:\n  NZS: {{structure: {STRUCTURES}/Na4Zr2Si3O12.cif}}\nplanes: [[0, 0, 0, 1]]\n"
    study.write_text(f"{silicate}{keys}\n")
    assert main(["vasp-inputs", str(study), "-o", str(tmp_path / "vasp"), "--potcars", "spec"]) == 0
    folders = [row["folder"] for row in json.loads((tmp_path / "vasp" / "inputs.json").read_text())]
    assert len(folders) == len(set(folders))
    assert any(f"/{kind}/" in folder for folder in folders)
    assert not list(here.iterdir())


def test_what_depends_on_a_result_says_so(study: Path, tmp_path: Path) -> None:
    """A bulk depends on nothing, a slab on its bulk, a quench on its anneal, a relaxation on the dynamics before it."""
    output = tmp_path / "vasp"
    assert main(["vasp-inputs", str(study), "-o", str(output), "--potcars", "spec"]) == 0
    rows = {row["folder"]: row["depends_on"] for row in json.loads((output / "inputs.json").read_text())}
    assert rows["NZP/bulk"] == rows["Na3PO4/reference/1/eased"] == []
    assert rows["Na3PO4/reference/1/dynamics"] == ["Na3PO4/reference/1/eased"]
    assert rows["NZP/1-102/bare/1"] == ["NZP/bulk"]
    assert rows["NZP/1-102/Na3PO4/quench/1"] == ["NZP/1-102/Na3PO4/anneal/1"]
    assert rows["Na3PO4/reference/1"] == ["Na3PO4/reference/1/eased", "Na3PO4/reference/1/dynamics"]


def test_slab_and_bulk_agree_in_what_matters(study: Path, tmp_path: Path) -> None:
    """Cutoff, functional and spin are the same in INCAR, the meshes equally dense, one point along the normal."""
    output = tmp_path / "vasp"
    assert main(["vasp-inputs", str(study), "-o", str(output), "--potcars", "spec"]) == 0
    texts = [(output / folder / "INCAR").read_text().splitlines() for folder in ("NZP/bulk", "NZP/1-102/bare/1")]
    shared = ("ENCUT", "GGA", "ISPIN", "EDIFF ", "PREC", "LREAL", "ISMEAR")
    tags = [[line for line in text if line.startswith(shared)] for text in texts]
    assert tags[0] == tags[1]
    assert len(tags[0]) == len(shared)
    rows = {row["folder"]: row["kpoints"] for row in json.loads((output / "inputs.json").read_text())}
    assert rows["NZP/1-102/bare/1"][2] == 1


def test_missing_potentials_are_told_before_anything_is_written(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line that says how to configure them, exit status two, no folder."""
    from pymatgen.core import SETTINGS

    monkeypatch.delitem(SETTINGS, "PMG_VASP_PSP_DIR", raising=False)
    assert main(["vasp-inputs", str(study), "-o", str(tmp_path / "vasp")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "PMG_VASP_PSP_DIR" in line
    assert not (tmp_path / "vasp").exists()


def test_own_settings_take_the_place_of_the_defaults(study: Path, tmp_path: Path) -> None:
    """A folder with slab.yaml changes the slabs and nothing else; a misspelt tag is one line."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/slab.yaml").write_text("kind: slab\nincar: {NELM: 77}\n")
    call = ["vasp-inputs", str(study), "--potcars", "spec", "--settings", str(tmp_path / "mine")]
    assert main([*call, "-o", str(tmp_path / "vasp")]) == 0
    assert "NELM = 77\n" in (tmp_path / "vasp/NZP/1-102/bare/1/INCAR").read_text()
    assert "NELM = 77\n" not in (tmp_path / "vasp/NZP/bulk/INCAR").read_text()
    (tmp_path / "mine/slab.yaml").write_text("kind: slab\nincar: {ENCUTT: 7}\n")
    assert main([*call, "-o", str(tmp_path / "other")]) == 2


def test_a_series_of_cutoffs_and_k_points_changes_slab_and_bulk_alike(study: Path, tmp_path: Path) -> None:
    """Each in its own series; what is not varied, and what is relaxed, stays as the study has it."""
    study.write_text(study.read_text() + "engine: vasp\nconverge: {cutoff: [400, 600], kpoints: [10, 30]}\n")
    output = tmp_path / "vasp"
    assert main(["vasp-inputs", str(study), "-o", str(output), "--potcars", "spec"]) == 0
    meshes = {row["folder"]: row["kpoints"] for row in json.loads((output / "inputs.json").read_text())}
    cutoffs = {folder: tags(output / folder)["ENCUT"] for folder in meshes}
    for value in (400, 600):
        slab, bulk = f"NZP/1-102/cutoff/{value}", f"NZP/cutoff-bulk/{value}"
        assert cutoffs[slab] == cutoffs[bulk] == str(value)
        assert (meshes[slab], meshes[bulk]) == (meshes["NZP/1-102/bare/1"], meshes["NZP/bulk"])
    for value, (a, b, c) in ((10, (2, 2, 2)), (30, (5, 5, 5))):
        slab, bulk = f"NZP/1-102/kpoints/{value}", f"NZP/kpoints-bulk/{value}"
        assert cutoffs[slab] == cutoffs[bulk] == "500"
        assert meshes[bulk] == [a, b, c]
        assert meshes[slab][2] == 1
    assert meshes["NZP/1-102/kpoints/30"] > meshes["NZP/1-102/kpoints/10"]
    assert (tags(output / "NZP/cutoff-bulk/400")["NSW"], cutoffs["NZP/bulk"]) == ("0", "500")


def tags(folder: Path) -> dict[str, str]:
    """The tags of an INCAR."""
    return dict(line.split(" = ") for line in (folder / "INCAR").read_text().splitlines())


def test_moments_and_u_of_the_study_s_engine_are_written(study: Path, tmp_path: Path) -> None:
    """Into every INCAR of what holds the element, in the order of its species."""
    study.write_text(study.read_text() + "engine: {name: vasp, magmom: {Zr: 2}, hubbard_u: {Zr: 3}}\n")
    assert main(["vasp-inputs", str(study), "-o", str(tmp_path / "vasp"), "--potcars", "spec"]) == 0
    texts = {path.parent.name: path.read_text() for path in (tmp_path / "vasp").glob("NZP/bulk/INCAR")}
    assert "LDAUU = 0 3 0 0\n" in texts["bulk"]
    assert "*2 " in texts["bulk"].partition("MAGMOM")[2].partition("\n")[0]
    assert "LDAU" not in (tmp_path / "vasp/Na3PO4/reference/0/INCAR").read_text()


def test_cores_add_what_is_advised_for_them_and_leave_own_tags(study: Path, tmp_path: Path) -> None:
    """KPAR divides the cores; a folder that gives NPAR keeps it alone."""
    call = ["vasp-inputs", str(study), "--potcars", "spec", "--cores", "64", "--cores-per-node", "16"]
    assert main([*call, "-o", str(tmp_path / "vasp")]) == 0
    tags = dict(line.split(" = ") for line in (tmp_path / "vasp/NZP/bulk/INCAR").read_text().splitlines())
    assert 64 % (int(tags["KPAR"]) * int(tags["NCORE"])) == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/bulk.yaml").write_text("kind: bulk\nincar: {NPAR: 4}\n")
    assert main([*call, "-o", str(tmp_path / "own"), "--settings", str(tmp_path / "mine")]) == 0
    text = (tmp_path / "own/NZP/bulk/INCAR").read_text()
    assert "NPAR = 4" in text
    assert "KPAR" not in text


def test_a_study_takes_its_settings_of_vasp_along(study: Path, tmp_path: Path) -> None:
    """Elsewhere, without its folder, it is the same study; other settings make another one, and other keys."""
    mine = study.parent / "mine"
    mine.mkdir()
    text = study.read_text() + "\nengine: vasp\nvasp: mine\n"
    study.write_text(text.replace("engine: sevennet-0\n", ""))
    loaded, keys = [], []
    for cutoff in (500, 520):
        for kind in ("bulk", "slab"):
            (mine / f"{kind}.yaml").write_text(f"kind: {kind}\nincar: {{ENCUT: {cutoff}}}\n")
        loaded.append(load_study(study))
        keys.append({task.key for task in make_plan(loaded[-1]).tasks if task.kind == "bulk"})
    there = unpack(pack(loaded[1]), tmp_path / "elsewhere")
    assert there.identity == loaded[1].identity != loaded[0].identity
    assert there.engines.energies.content([Ask.SLAB])["slab"]["incar"] == {"ENCUT": 520.0}
    assert not keys[0] & keys[1]
