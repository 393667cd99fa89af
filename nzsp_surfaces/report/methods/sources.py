"""Where structures come from, as far as their CIFs say it in the tags of the IUCr's core dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nzsp_surfaces.base.literature import Fields
from nzsp_surfaces.report.methods.asked import Asked, joined
from nzsp_surfaces.report.methods.computing import cite
from nzsp_surfaces.report.read import Results

if TYPE_CHECKING:
    from gemmi import cif

TAGS = {
    "title": ("_publ_section_title", "_citation.title", "_citation_title"),
    "journal": ("_journal_name_full", "_citation.journal_full", "_citation_journal_full"),
    "volume": ("_journal_volume", "_citation.journal_volume", "_citation_journal_volume"),
    "pages": ("_journal_page_first", "_citation.page_first", "_citation_page_first"),
    "year": ("_journal_year", "_citation.year", "_citation_year"),
    "doi": ("_journal_paper_doi", "_citation.doi", "_citation_doi"),
}
"""Of each field of BibTeX, the tags that may hold it."""
AUTHORS = ("_publ_author_name", "_citation_author_name")


def structures(asked: Asked) -> Iterator[str]:
    """The sources of the study's structures, where their files name them."""
    known = given(asked.results)
    if known:
        sources = joined(cite(key).strip() for key in known)
        yield f"Structures were taken from {sources}, where their files name a source."


def given(results: Results) -> dict[str, Fields]:
    """Works that the CIFs in the directory's copy of its study name, by key."""
    works = [_work(path) for path in sorted((results.directory / "study").glob("*.cif"))]
    return {work["ID"]: work for work in works if work}


def _work(path: Path) -> Fields | None:
    """The source of a CIF; None where it names no journal, or can be read by a lenient reader alone."""
    from gemmi import cif

    try:
        blocks = list(cif.read(str(path)))
    except (OSError, RuntimeError, ValueError):
        return None
    works = [{"ENTRYTYPE": "article", "ID": f"structure-{_key(path)}", **_fields(block)} for block in blocks]
    return next((work for work in works if "journal" in work), None)


def _fields(block: cif.Block) -> dict[str, str]:
    """What a block's tags say of its source."""
    from gemmi import cif

    found = {name: _first(block, tags) for name, tags in TAGS.items()}
    authors = [cif.as_string(name) for tag in AUTHORS for name in block.find_values(tag)]
    return {name: value for name, value in ({"author": " and ".join(authors)} | found).items() if value}


def _first(block: cif.Block, tags: tuple[str, ...]) -> str:
    """What the first of the tags that is there says, on one line."""
    from gemmi import cif

    told = [value for tag in tags if (value := block.find_value(tag)) and value not in "?."]
    return " ".join(cif.as_string(told[0]).split()) if told else ""


def _key(path: Path) -> str:
    """A file's name without the number that the directory gave it: 0_NaZr2P3O12.cif -> NaZr2P3O12."""
    return re.sub(r"^\d+_|[^\w-]", "", path.stem)
