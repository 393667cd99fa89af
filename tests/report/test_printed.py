"""The table for a paper: LaTeX that compiles anywhere, CSV with the parts of each ±."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from nzsp_surfaces.report.printed import escaped, table_csv, table_latex
from support.results import energies

ROWS = [*energies("NZP"), *energies("NZS")]
PREAMBLE = r"\documentclass{article}\usepackage{booktabs}\begin{document}\input{table}\end{document}"


def body(text: str) -> list[list[str]]:
    """Cells of the lines of a table, the heading first."""
    return [line.removesuffix(r" \\").split(" & ") for line in text.splitlines() if line.endswith(r" \\")]


def test_every_line_has_a_cell_for_each_column() -> None:
    """A surface is a line; parts that no surface has are no column."""
    head, *lines = body(table_latex(ROWS))
    assert len(lines) == len(ROWS)
    assert {len(line) for line in lines} == {len(head)} == {6}
    assert lines[1][1:] == [r"$(10\overline{1}4)$", "--", r"$0.81 \pm 0.03$", "$0.03$", "$0.86$"]


def test_what_nothing_tells_is_no_zero() -> None:
    """An error bar that cannot be had is absent, one below the last digit is said to be below it."""
    tiny = replace(ROWS[0], spread=0.002, spread_parts={"seeds": 0.002})
    text = table_latex([tiny, replace(ROWS[1], spread=None, spread_parts={})])
    assert r"\pm {<}0.01" in text
    assert "$0.81$ & -- &" in text
    assert "0.00" not in text


def test_names_are_printed_as_they_are() -> None:
    """Formulas have lowered digits; what LaTeX would take for a command is printed."""
    assert r"a\_b 50\%" in table_latex([replace(ROWS[0], material="a_b 50%")])
    assert escaped("~#\\") == r"\textasciitilde{}\#\textbackslash{}"
    assert "Na$_{3}$PO$_{4}$" in table_latex(ROWS)


def test_a_value_that_is_not_converged_is_marked() -> None:
    """With a line in the caption that says what the mark means."""
    marked = table_latex([replace(ROWS[0], converged=False)])
    assert r"$0.66^* \pm 0.03$" in marked
    assert "Forces did not reach their limit" in marked
    assert "^*" not in table_latex(energies("NZP"))


def test_csv_holds_each_part_in_a_column_and_leaves_unknown_ones_empty() -> None:
    """Planes are written as `nzsp wulff` reads them."""
    first, *_, last = csv.DictReader(io.StringIO(table_csv(ROWS)))
    assert (first["miller"], first["spread"], first["spread_thickness"]) == ("1 -1 0 2", "0.0300", "0.0300")
    assert (first["spread_seeds"], last["spread"]) == ("", "")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_the_table_compiles_with_booktabs_alone(tmp_path: Path) -> None:
    """LaTeX stops at nothing."""
    (tmp_path / "table.tex").write_text(table_latex([*ROWS, replace(ROWS[0], material="a_b & 50% {x}")]))
    (tmp_path / "paper.tex").write_text(PREAMBLE)
    call = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "paper.tex"]
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-800:]
