"""Surface energies of several runs side by side: what they share, how far they spread, in which order planes come."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.crystal import hkil, simplest_plane
from nzsp_surfaces.crystals.known import Known, known_crystal
from nzsp_surfaces.report.rows.comparison import Surface

if TYPE_CHECKING:
    from nzsp_surfaces.energies.wulff import WulffShape
    from nzsp_surfaces.report.read import Results
    from nzsp_surfaces.report.rows.energies import SurfaceEnergyRow

Key = tuple[str, tuple[int, ...], str | None, float]
Told = tuple[str, "SurfaceEnergyRow"]
"""A row of a run, with the run's name."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several runs.

    Attributes:
        names: of the runs, in their order.
        surfaces: that one of them has at least, in the order of the first run.
        shapes: Wulff shapes by "material (run)" or "material (run)+film", planes named alike.
    """

    names: tuple[str, ...]
    surfaces: tuple[Surface, ...]
    shapes: Mapping[str, WulffShape]

    def orders(self) -> dict[str, dict[str, list[tuple[int, ...]]]]:
        """Material -> run -> its bare planes that all runs have, the lowest first."""
        return {
            material: {name: [s.miller for s in sorted(shared, key=lambda s: s.gammas[name])] for name in self.names}
            for material in dict.fromkeys(surface.material for surface in self.surfaces)
            if len(shared := self._shared(material)) > 1
        }

    def _shared(self, material: str) -> list[Surface]:
        own = (s for s in self.surfaces if s.material == material and s.film is None)
        return [surface for surface in own if len(surface.gammas) == len(self.names)]


def compare(runs: Sequence[Results]) -> Comparison:
    """Runs side by side; materials are matched by their formula, planes by the crystal's symmetry.

    Raises:
        UserError: fewer than two runs, or none has a surface that another has.
    """
    if len(runs) < 2:
        raise UserError("a comparison needs at least two results directories; give another")
    sides = [_Side(results, name) for results, name in zip(runs, _names(runs), strict=True)]
    known: dict[Key, list[Told]] = {}
    for side in sides:
        for row in side.results.surface_energies:
            known.setdefault(side.key(row), []).append((side.name, row))
    surfaces = tuple(_surface(key[0], told) for key, told in known.items())
    if not any(len(surface.gammas) > 1 for surface in surfaces):
        raise UserError("no two of these runs have a surface in common; compare runs of the same materials and planes")
    words = {key[:2]: told[0][1].miller for key, told in reversed(known.items())}
    shapes = {title: shape for side in sides for title, shape in side.shapes(words).items()}
    return Comparison(tuple(side.name for side in sides), surfaces, shapes)


def _surface(material: str, told: Sequence[Told]) -> Surface:
    """A surface of several runs; where a run has it twice, its lowest counts."""
    first = told[0][1]
    published = next((row.gamma_published for _, row in told if row.gamma_published is not None), None)
    gammas = _lowest((name, row.gamma) for name, row in told)
    return Surface(material, first.miller, first.film, gammas, published, _parts([row for _, row in told]))


def _lowest(told: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """The lowest value under each name."""
    found: dict[str, float] = {}
    for name, gamma in told:
        if gamma is not None:
            found[name] = min(gamma, found.get(name, gamma))
    return found


def _parts(rows: Sequence[SurfaceEnergyRow]) -> dict[str, float]:
    """What leaves the mean open, kept apart: the greatest of each part of the runs' spreads, half the range of engines.

    Runs of one engine, such as those of two profiles, tell nothing of engines.
    """
    names = dict.fromkeys(name for row in rows for name in row.spread_parts or {})
    greatest = {name: max((row.spread_parts or {}).get(name, 0.0) for row in rows) for name in names}
    of_engines = _lowest((f"{row.engine} {row.model}", row.gamma) for row in rows).values()
    half = 0.5 * (max(of_engines) - min(of_engines)) if len(of_engines) > 1 else None
    return greatest if half is None else {**greatest, "engines": half}


def comparison_csv(comparison: Comparison) -> str:
    """A line for each surface, a column for each run; J/m²."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["material", "miller", "film", *comparison.names, "spread", "published", "mean", "margin", "margin_engines"]
    )
    for surface in comparison.surfaces:
        gammas = [surface.gammas.get(name, "") for name in comparison.names]
        mean = (surface.mean, surface.margin, surface.parts.get("engines"))
        ends = ["" if value is None else value for value in (surface.spread, surface.published, *mean)]
        writer.writerow([surface.material, " ".join(map(str, surface.miller)), surface.film or "", *gammas, *ends])
    return text.getvalue()


@dataclass(frozen=True, eq=False)
class _Side:
    """A run with its name among the others."""

    results: Results
    name: str

    @cached_property
    def crystals(self) -> dict[str, Known]:
        """By material."""
        read = ((row, self.results.structure(row)) for row in self.results.bulk)
        return {row.material: known_crystal(structure, row.material) for row, structure in read if structure}

    @cached_property
    def formulas(self) -> dict[str, str]:
        """Of materials, by their names."""
        return {row.material: row.formula for row in self.results.bulk}

    def formula(self, material: str) -> str:
        """Of a material; its name where nothing tells it."""
        return self.formulas.get(material, material)

    def plane(self, material: str, miller: tuple[int, ...]) -> tuple[int, ...]:
        """One name for all planes of a form."""
        known = self.crystals.get(material)
        if known is None:
            return miller
        found = simplest_plane(known.crystal, miller)
        return hkil(found) if known.crystal.hexagonal else found

    def key(self, row: SurfaceEnergyRow) -> Key:
        """What a surface has in common with that of another run; of films, what lies beneath and how much, too."""
        cover = round(row.n_film_units / row.area, 2) if row.film and row.area else 0.0
        films = f"{row.film} on {row.on}" if row.on else row.film
        return self.formula(row.material), self.plane(row.material, row.miller), films, cover

    def shapes(self, words: Mapping[tuple[str, tuple[int, ...]], tuple[int, ...]]) -> dict[str, WulffShape]:
        """Wulff shapes, their planes named as in the first run that has them.

        Args:
            words: by formula and the one name of a form.
        """
        made: dict[str, WulffShape] = {}
        for title, shape in self.results.wulff.items():
            material, plus, film = title.partition("+")
            formula = self.formula(material)
            facets = tuple(
                replace(facet, miller=words.get((formula, self.plane(material, facet.miller)), facet.miller))
                for facet in shape.facets
            )
            made[f"{formula} ({self.name}){plus}{film}"] = replace(shape, facets=facets)
        return made


def _names(runs: Sequence[Results]) -> list[str]:
    """Engine and model of each run, with its directory where two are alike."""
    plain = [_engine(results) for results in runs]
    counts = Counter(plain)
    named = [
        name if counts[name] == 1 else f"{name}, {r.directory.resolve().name}"
        for name, r in zip(plain, runs, strict=True)
    ]
    again = Counter(named)
    return [
        name if again[name] == 1 else f"{name} ({r.directory.resolve().parent.name})"
        for name, r in zip(named, runs, strict=True)
    ]


def _engine(results: Results) -> str:
    rows = results.surface_energies
    if not rows:
        return results.name
    words = (rows[0].engine, "" if rows[0].model == rows[0].engine else rows[0].model)
    return " ".join(filter(None, words))
