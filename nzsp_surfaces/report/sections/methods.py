"""Methods: what was done in words, the works it rests on, and files for a paper to take along."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup, escape

from nzsp_surfaces.base.labels import plane_html
from nzsp_surfaces.base.literature import in_words
from nzsp_surfaces.report.methods.methods import Methods, methods
from nzsp_surfaces.report.papers import papers
from nzsp_surfaces.report.sections.base import Section, Shown

if TYPE_CHECKING:
    from nzsp_surfaces.report.read import Results


@dataclass(frozen=True)
class _Cited:
    """A work of the list: as it is shown, and its DOI, empty where it has none."""

    text: str
    doi: str


@dataclass(frozen=True, kw_only=True)
class _Methods(Shown):
    paragraphs: Sequence[Markup]
    works: Sequence[_Cited]
    files: Mapping[str, str]


def _show(results: Results) -> _Methods | None:
    found = methods(results)
    return _Methods(
        paragraphs=[_numbered(paragraph, found) for paragraph in found.paragraphs],
        works=[_Cited(in_words(work), work.get("doi", "")) for work in found.works],
        files={name: f"data:text/plain;charset=utf-8,{quote(text)}" for name, text in papers(results).items()},
    )


def _numbered(paragraph: str, found: Methods) -> Markup:
    """A paragraph of Markdown for the page: references by their numbers, planes with bars, code as code."""
    numbers = {work["ID"]: str(number) for number, work in enumerate(found.works, start=1)}

    def cited(match: re.Match[str]) -> str:
        return f"[{', '.join(numbers[key.strip(' @')] for key in match[1].split(';'))}]"

    numbered = re.sub(r"\[(@[^\]]*)\]", cited, str(escape(paragraph)))
    barred = re.sub(r"\((-?\d+(?: -?\d+){2,3})\)", lambda plane: plane_html([*map(int, plane[1].split())]), numbered)
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", barred))


SECTION = Section("Methods", _show)
