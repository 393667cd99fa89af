"""The methods of a results directory: paragraphs with their references, as Markdown and BibTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nzsp_surfaces.base.literature import Fields, of_keys
from nzsp_surfaces.report.methods import building, computing, sources, telling
from nzsp_surfaces.report.methods.asked import Asked
from nzsp_surfaces.report.read import Results

PARAGRAPHS: tuple[tuple[Callable[[Asked], Iterator[str]], ...], ...] = (
    (computing.imported, computing.engines, building.crystals, sources.structures),
    (building.slabs, building.arrangements, building.annealed, building.walked, building.going_on),
    (building.films,),
    (telling.definition, telling.convergence, telling.spread),
    (telling.potentials, telling.shapes),
    (computing.software,),
)
"""What each paragraph is made of, in order; each of these yields whole sentences, or nothing."""


@dataclass(frozen=True)
class Methods:
    """What was done.

    Attributes:
        paragraphs: with references as [@key].
        works: that are cited, in the order in which they first appear.
    """

    paragraphs: tuple[str, ...]
    works: tuple[Fields, ...]

    @property
    def markdown(self) -> str:
        """For pandoc: `pandoc methods.md --citeproc --bibliography references.bib`."""
        return "\n\n".join(["# Methods", *self.paragraphs]) + "\n"


def methods(results: Results) -> Methods:
    """The methods of results, from what their directory says and from nothing else.

    Raises:
        UserError: an engine cites a work that is not known.
    """
    asked = Asked(results)
    made = [" ".join(line for part in parts for line in part(asked)) for parts in PARAGRAPHS]
    keys = re.findall(r"@([\w:.-]*\w)", " ".join(made))
    return Methods(tuple(filter(None, made)), tuple(of_keys(keys, sources.given(results))))
