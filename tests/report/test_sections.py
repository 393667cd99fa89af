"""Sections of the page: each from what it is about, and none without it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nzsp_surfaces.report.page import write_report
from nzsp_surfaces.report.read import load_results
from nzsp_surfaces.report.sections import SECTIONS
from nzsp_surfaces.report.sections.base import sections

FILES = {
    "shapes": ("wulff",),
    "films": ("films",),
    "convergence": ("convergence",),
    "potentials": ("stability",),
    "coverage": ("film_series",),
    "reactions": ("reactions",),
    "mixtures": ("mixtures",),
    "motion": ("film_dynamics",),
    "dynamics": ("dynamics",),
    "bulk": ("bulk",),
    "slabs": ("slabs",),
    "tried": ("candidates", "rejected"),
    "runs": ("runs",),
}


def titles(directory: Path) -> list[str]:
    """The headings of the page, in their order."""
    return re.findall("<h2>(.*?)</h2>", write_report(directory).read_text(encoding="utf-8"))


def test_sections_follow_each_other_as_they_are_named(directory: Path) -> None:
    """All sections that have something to show are there, in the order of `SECTIONS`."""
    assert titles(directory) == [sections()[name].title for name in SECTIONS]


@pytest.mark.parametrize("name", FILES)
def test_a_section_with_nothing_to_show_does_not_appear(directory: Path, name: str) -> None:
    """Without its files a section shows nothing, and nothing else is needed to know it."""
    for file in FILES[name]:
        (directory / f"{file}.json").write_text("{}" if file == "wulff" else "[]")
    assert sections()[name].show(load_results(directory)) is None


def test_a_page_leaves_out_what_is_not_there(directory: Path) -> None:
    """Without films and shapes their headings are gone, and all others stay; nothing is left to turn."""
    for file in ("films", "wulff"):
        (directory / f"{file}.json").unlink()
    gone = {"films", "shapes"}
    assert titles(directory) == [section.title for name, section in sections().items() if name not in gone]
    assert "Plotly" not in (directory / "report.html").read_text(encoding="utf-8")


def test_every_section_has_a_template_and_no_template_is_left_over() -> None:
    """The names of modules, templates and `SECTIONS` are the same."""
    folder = Path(__file__).parents[2] / "nzsp_surfaces/report"
    templates = {path.stem for path in (folder / "templates/sections").glob("*.html")}
    modules = {path.stem for path in (folder / "sections").glob("*.py")} - {"__init__", "base"}
    assert templates == modules == set(SECTIONS)
