"""Methods are told from what a directory says of itself, and what is cited is there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import bibtexparser
import pytest

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.literature import bibtex, in_words, of_keys, works
from nzsp_surfaces.engines.base import Ask
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose, engines
from nzsp_surfaces.report.methods.building import WAYS
from nzsp_surfaces.report.methods.methods import methods
from nzsp_surfaces.report.page import write_report
from nzsp_surfaces.report.read import load_results
from nzsp_surfaces.study.schema import FilmKeys

INPUTS = Path(__file__).parents[2] / "inputs"


def told(directory: Path) -> str:
    """All that is told of a directory."""
    return methods(load_results(directory)).markdown


def changed(directory: Path, name: str, change: Callable[[Any], Any]) -> str:
    """What is told after a document is changed."""
    path = directory / f"{name}.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    return told(directory)


def resolved(key: str, values: Mapping[str, Any]) -> Callable[[Any], Any]:
    """A change of what study.json says was asked for."""
    return lambda study: study | {"resolved": study["resolved"] | {key: study["resolved"][key] | values}}


def test_every_work_that_an_engine_names_is_known_and_can_be_said() -> None:
    """No engine cites what is in no list, and all but a user's own calculator cite something."""
    for entry in engines():
        cited = of_keys(entry.cited(entry.model, {}), {})
        assert cited or entry.name not in {"sevennet-0", "chgnet", "emt", "vasp", "cp2k", "gpaw"}, entry.name
    assert all(not set("{}\\$") & set(in_words(work)) for work in works().values())


def test_references_can_be_read_again() -> None:
    """What is written as BibTeX is what was read, in the order in which it is cited."""
    keys = ["perdew1996pbe", "chase1998janaf", "bloechl1994paw"]
    again = bibtexparser.loads(bibtex(of_keys(keys, {}))).entries
    assert [work["ID"] for work in again] == keys
    assert again == [works()[key] for key in keys]


def test_a_work_that_nobody_knows_is_refused() -> None:
    """The error says where it is missing."""
    with pytest.raises(UserError, match=r"'nobody2020' is not in base/references\.bib"):
        of_keys(["nobody2020"], {})


def test_what_is_cited_is_listed_and_what_is_listed_is_cited(directory: Path) -> None:
    """The files beside the page agree, and so does the page."""
    rows = json.loads((directory / "surface_energies.json").read_text())
    (directory / "surface_energies.json").write_text(json.dumps([row | {"engine": "sevennet-0"} for row in rows]))
    page = write_report(directory).read_text(encoding="utf-8")
    text = (directory / "methods.md").read_text(encoding="utf-8")
    listed = [work["ID"] for work in bibtexparser.loads((directory / "references.bib").read_text()).entries]
    assert {"park2024sevennet", "fiorentini1996slabs", "chase1998janaf", "rahm2020wulffpack"} <= set(listed)
    assert all(f"@{key}" in text for key in listed)
    shown = page[page.index('<ol class="works">') :].split("</ol>")[0]
    assert shown.count("<li>") == len(listed)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("study", resolved("profile", {"slab_force": 0.037}), "until no force exceeded 0.037 eV/Å"),
        ("study", resolved("profile", {"jumps": 7, "hops": 3}), "7 jumps and 3 hops"),
        ("study", resolved("profile", {"hops": 24}), "made 24 hops [@wales1997basin; @leary2000funneling]"),
        ("study", resolved("study", {"slabs": {"thickness": 13.5}}), "at least 13.5 Å of the framework"),
        ("study", resolved("films", {}), "Langevin, 0.01 / fs"),
        ("provenance", lambda p: p | {"command": "nzsp collect table1.yaml"}, "by FireWorks [@jain2015fireworks]"),
        ("convergence", lambda rows: [r | {"thickness_holds": False} for r in rows], "on 0 of 4 planes thicker slabs"),
    ],
)
def test_methods_follow_what_was_done(directory: Path, name: str, change: Callable[[Any], Any], words: str) -> None:
    """Another setting, another sentence."""
    assert words in changed(directory, name, change)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("dynamics", "annealed"),
        ("film_dynamics", "all ions together [@he2018variances]"),
        ("terminations", "chemical potential of"),
        ("phase_diagrams", "in the potentials of O and Na"),
        ("provenance", "pymatgen"),
        ("wulff", "WulffPack"),
    ],
)
def test_methods_do_not_tell_what_no_file_says(directory: Path, file: str, words: str) -> None:
    """Without a file its sentences are gone, and the rest is told."""
    assert words in told(directory)
    (directory / f"{file}.json").unlink()
    assert words not in told(directory)
    assert "Surface energies are" in told(directory)


def test_a_directory_without_a_study_tells_its_engine_and_its_values(directory: Path) -> None:
    """As an import leaves it."""
    (directory / "study.json").unlink()
    text = told(directory)
    assert "were not made by this program: of 2 runs" in text
    assert "eV/Å, for at most" not in text


def test_settings_of_a_program_are_told_as_they_were_chosen() -> None:
    """GPAW's from its file, defaults among them; another functional of VASP is told and not cited as PBE."""
    entries = {entry.name: entry for entry in engines()}
    content = choose(EngineKeys("gpaw", settings=INPUTS / "gpaw/quick"), {}, "test").content(Ask)
    assert "plane waves to 500 eV" in entries["gpaw"].told(content, ["O"])
    assert "without spin polarisation" in entries["gpaw"].told(content, ["O"])
    tags = {"slab": {"incar": {"GGA": "PS"}, "hubbard_u": {"Fe": 4.0}}}
    assert "GGA = PS" in entries["vasp"].told(tags, ["Fe"])
    assert "potentials Na, Zr_sv" in entries["vasp"].told({}, ["Zr", "Na"])
    cited = {model: entries["vasp"].cited(model, {}) for model in ("PBE", "PE", "R2SCAN", "unknown functional")}
    assert ["perdew1996pbe" in keys for keys in cited.values()] == [True, True, False, False]
    assert "furness2020r2scan" in cited["R2SCAN"]
    assert {"perdew2008pbesol", "dudarev1998u"} <= set(entries["vasp"].cited("PBE", tags))
    assert "perdew1996pbe" not in entries["vasp"].cited("PBE", tags)
    assert "perdew1996pbe" in entries["gpaw"].cited("PBE, PAW", {})


def test_a_structure_is_cited_where_its_file_names_a_journal(directory: Path) -> None:
    """NaZr2(PO4)3 by Hagman and Kierkegaard; a file without a source is not cited."""
    (directory / "study").mkdir()
    for number, name in enumerate(("NaZr2P3O12", "Na3PO4")):
        shutil.copy(INPUTS / "structures" / f"{name}.cif", directory / "study" / f"{number}_{name}.cif")
    found = methods(load_results(directory))
    (source,) = [work for work in found.works if work["ID"].startswith("structure-")]
    assert in_words(source) == "L.-O. Hagman and P. Kierkegaard, Acta Chem. Scand. 22, 1822 (1968)"
    assert "[@structure-NaZr2P3O12]" in found.markdown


def test_a_lent_hessian_and_another_engine_of_the_dynamics_are_told(directory: Path) -> None:
    """Each with its references."""
    study = json.loads((directory / "study.json").read_text())
    chgnet = {"engine": {"name": "chgnet", "model": "CHGNet 0.3.0", "version": "0.4.2"}}
    gpaw = {"engine": {"name": "gpaw", "model": "PBE, PAW", "version": "26.1"}, "settings": {"cutoff": 450.0}}
    study["resolved"]["engines"] = [*[gpaw | {"surrogate": study["resolved"]["engines"][0]}] * 3, chgnet]
    (directory / "study.json").write_text(json.dumps(study))
    rows = json.loads((directory / "surface_energies.json").read_text())
    (directory / "surface_energies.json").write_text(
        json.dumps([row | {"engine": "gpaw", "model": "PBE, PAW"} for row in rows])
    )
    text = told(directory)
    assert (
        "gpaw (PBE, PAW) [@mortensen2024gpaw; @bloechl1994paw; @perdew1996pbe]. Settings: plane waves to 450 eV" in text
    )
    assert "settled by sevennet-0 (7net-0, version 0.13.0) [@park2024sevennet]" in text
    assert "Dynamics were computed with chgnet (CHGNet 0.3.0, version 0.4.2) [@deng2023chgnet]." in text


def test_every_way_of_laying_a_film_on_has_words() -> None:
    """All that a study may name."""
    named = get_args(get_type_hints(FilmKeys)["way"])
    assert set(named) == set(WAYS)
