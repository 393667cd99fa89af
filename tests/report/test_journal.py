"""What a journal takes: drawings one column wide, and the page as PDF."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.cli.report import command
from nzsp_surfaces.report.draw.journal import write_figures
from nzsp_surfaces.report.pdf import BROWSERS, write_pdf
from nzsp_surfaces.report.read import load_results
from support.results import write_results

BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole results directory."""
    return write_results(tmp_path_factory.mktemp("results"))


def test_figures_are_one_column_wide_and_nothing_is_left_out(directory: Path, tmp_path: Path) -> None:
    """85 mm for every drawing that the results have something for, each as PDF, SVG and PNG."""
    names = {path.name for path in write_figures(load_results(directory), tmp_path)}
    assert {"surface-energies-NZP", "wulff-NZS+Na3PO4", "convergence-thickness", "potentials-NZP", "levels"} <= names
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}.{kind}" for name in names for kind in ("pdf", "svg", "png")
    }
    for name in names:
        width = ET.parse(tmp_path / f"{name}.svg").getroot().get("width", "")
        assert float(width.removesuffix("pt")) * 25.4 / 72 == pytest.approx(85, abs=0.01)


def test_without_a_browser_one_line_says_what_to_install(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is there all the same."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"^a PDF needs a browser .*; run: apt-get install chromium$"):
        write_pdf(directory / "report.html")


def test_a_browser_that_prints_nothing_is_named(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it said last stands in the error, and no half of a file is left."""
    (tmp_path / "chromium").write_text("#!/bin/sh\necho no display >&2\n")
    (tmp_path / "chromium").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(UserError, match=r"printed nothing \(no display\)"):
        write_pdf(directory / "report.html")
    assert not list(directory.glob("report.p*"))


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="needs chromium to print the page")
def test_a_page_becomes_a_pdf_of_some_pages(directory: Path) -> None:
    """`nzsp report DIR --pdf` prints all of it on A4."""
    done = CliRunner().invoke(command, [str(directory), "--pdf"])
    assert done.exit_code == 0, done.output
    printed = (directory / "report.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) > 3
