"""The crystals among the runs: which of them a slab may be of, and the reference of its energy."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.crystals.known import Known, known_crystal
from nzsp_surfaces.energies.surface import unlike_settings

if TYPE_CHECKING:
    from nzsp_surfaces.engines.finished import FinishedRun
    from nzsp_surfaces.runs.imported.reading import Read


@dataclass(frozen=True, eq=False)
class Bulk:
    """A bulk run that is a result.

    Attributes:
        read: what came of its place.
        run: with its geometries.
    """

    read: Read
    run: FinishedRun

    @property
    def formula(self) -> str:
        """Reduced."""
        return self.read.formula or ""

    @cached_property
    def known(self) -> Known:
        """Its crystal, in the geometry in which it was relaxed."""
        return known_crystal(self.run.last, self.formula)


@dataclass(frozen=True)
class Way:
    """How a composition may come about.

    Attributes:
        bulk: formula of the crystal.
        film: of the compound that covers it; None for a bare slab.
    """

    bulk: str
    film: str | None = None


def ways(counts: Mapping[str, int], bulks: Mapping[str, Mapping[str, int]], films: Sequence[str]) -> Iterator[Way]:
    """How a composition may come about: as a multiple of a bulk, with a film, else of a bulk with something too much.

    Args:
        counts: element -> atoms.
        bulks: element -> atoms of a formula unit, by formula; also of the films.
        films: formulas that may cover others; all bulks where none is given.
    """
    exact = [formula for formula, unit in bulks.items() if _multiple(counts, unit)]
    yield from map(Way, exact)
    pairs = itertools.product(bulks, films or bulks)
    yield from (Way(bulk, film) for bulk, film in pairs if bulk != film and _made_of(counts, bulks[bulk], bulks[film]))
    parts = [formula for formula, unit in bulks.items() if formula not in exact and unit.keys() <= counts.keys()]
    yield from map(Way, sorted(parts, key=lambda formula: (-len(bulks[formula]), formula)))


def _multiple(counts: Mapping[str, int], unit: Mapping[str, int]) -> bool:
    return counts.keys() == unit.keys() and len({counts[e] / n for e, n in unit.items()}) == 1


def _made_of(counts: Mapping[str, int], bulk: Mapping[str, int], film: Mapping[str, int]) -> bool:
    """Whether whole formula units of both, one at least of each, make a composition."""
    elements = sorted(counts.keys() | bulk.keys() | film.keys())
    units = np.array([[bulk.get(e, 0), film.get(e, 0)] for e in elements], float)
    wanted = np.array([counts.get(e, 0) for e in elements], float)
    found, _, rank, _ = np.linalg.lstsq(units, wanted, rcond=None)
    whole = np.rint(found)
    return bool(rank == 2 and whole.min() >= 1 and np.allclose(units @ whole, wanted, atol=1e-6))


def unlike(slab: FinishedRun, bulk: FinishedRun) -> str | None:
    """Why the energies of a slab and a bulk must not be subtracted, with the values of both; None where they may."""
    one, other = slab.calculation, bulk.calculation
    if one.engine != other.engine:
        return f"other program, functional or release: {_named(slab)}, the bulk {_named(bulk)}"
    names = unlike_settings(one, other)
    if names:
        values = "; ".join(f"{k} = {_value(slab, k)}, the bulk's {_value(bulk, k)}" for k in names)
        return f"other {'potentials' if names == ['potentials'] else 'settings'}: {values}"
    return None


def _named(run: FinishedRun) -> str:
    engine = run.calculation.engine
    return " ".join(word for word in (engine.name, engine.model, engine.version) if word)


def _value(run: FinishedRun, name: str) -> str:
    value = run.calculation.settings.get(name)
    if isinstance(value, Mapping):
        return ", ".join(f"{element} {each}" for element, each in value.items()) or "none"
    return "not said" if value is None else str(value)
