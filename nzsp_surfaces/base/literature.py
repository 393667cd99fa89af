"""The works that results rest on: references.bib beside this module, by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from nzsp_surfaces.base.errors import UserError

Fields = Mapping[str, str]
"""Of a work, as BibTeX names them; ENTRYTYPE and ID are its kind and its key."""


@cache
def works() -> Mapping[str, Fields]:
    """All works by key."""
    import bibtexparser

    text = (Path(__file__).parent / "references.bib").read_text(encoding="utf-8")
    return MappingProxyType({work["ID"]: work for work in bibtexparser.loads(text).entries})


def bibtex(cited: Iterable[Fields]) -> str:
    """A BibTeX file of works, in their order."""
    from bibtexparser.bibdatabase import BibDatabase
    from bibtexparser.bwriter import BibTexWriter

    writer, database = BibTexWriter(), BibDatabase()
    writer.order_entries_by, writer.indent = None, "  "
    writer.display_order = ["author", "title", "journal", "volume", "pages", "year", "doi"]
    database.entries = [dict(work) for work in cited]
    return str(writer.write(database))


def of_keys(keys: Iterable[str], more: Mapping[str, Fields]) -> list[Fields]:
    """The works of some keys, each once.

    Args:
        more: works that are known besides those of this package.

    Raises:
        UserError: a key is that of no work.
    """
    known = {**works(), **more}
    unknown = [key for key in keys if key not in known]
    if unknown:
        raise UserError(f"reference '{unknown[0]}' is not in base/references.bib; add its BibTeX entry there")
    return [known[key] for key in dict.fromkeys(keys)]


def in_words(work: Fields) -> str:
    """A work as a list of references shows it: authors, title, where, when.

    >>> in_words(works()["perdew1996pbe"])[:58]
    'John P. Perdew, Kieron Burke and Matthias Ernzerhof, Gener'
    """
    from bibtexparser.latexenc import latex_to_unicode

    plain = {name: _plain(latex_to_unicode(value)) for name, value in work.items()}
    where = " ".join(filter(None, (plain.get("journal", plain.get("series")), plain.get("volume"))))
    place = ", ".join(filter(None, (where, plain.get("pages"))))
    parts = [_people(plain.get("author", "")), plain.get("title", ""), place]
    return ", ".join(filter(None, parts)) + (f" ({plain['year']})" if "year" in plain else "")


def _plain(text: str) -> str:
    """Without what is left of LaTeX once its letters are plain ones."""
    for written, meant in (("---", "—"), ("--", "–"), ("\\textit", ""), ("$_2$", "₂"), ("$^2$", "²")):
        text = text.replace(written, meant)
    return text


def _people(authors: str) -> str:
    """'Bloechl, P. E. and Kresse, G.' -> 'P. E. Bloechl and G. Kresse'."""
    names = [" ".join(reversed(name.split(", ", 1))) for name in authors.split(" and ")]
    if names[-1] == "others":
        return f"{names[0]} et al."
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
