"""What a paper takes from a results directory: methods, references and the table, each a file of text."""

from __future__ import annotations

from collections.abc import Mapping

from nzsp_surfaces.base.literature import bibtex
from nzsp_surfaces.report.methods.methods import methods
from nzsp_surfaces.report.printed import table_csv, table_latex
from nzsp_surfaces.report.read import Results


def papers(results: Results) -> Mapping[str, str]:
    """Texts by the names of their files.

    Raises:
        UserError: an engine cites a work that is not known.
    """
    found, rows = methods(results), results.surface_energies
    tables = {"table.tex": table_latex(rows), "table.csv": table_csv(rows)} if rows else {}
    return {"methods.md": found.markdown, "references.bib": bibtex(found.works), **tables}
