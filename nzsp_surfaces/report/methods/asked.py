"""What a results directory says of its study: protocol, options of slabs and films, engines; and words for lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar

from nzsp_surfaces.base.labels import plane_text
from nzsp_surfaces.engines.base import Ask
from nzsp_surfaces.engines.entry import EngineEntry
from nzsp_surfaces.engines.registry import engines
from nzsp_surfaces.report.read import Results
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.study.schema import FilmKeys, Profile

T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """Results with what was asked for; what a directory does not tell is None or empty, and nothing is assumed.

    Attributes:
        results: of the directory.
    """

    results: Results

    @cached_property
    def resolved(self) -> Mapping[str, Any]:
        """The study's settings, those at their defaults left out; empty where there is no study."""
        return self.results.study.resolved if self.results.study else {}

    @property
    def profile(self) -> Profile | None:
        """The protocol."""
        return _read(Profile, self.resolved["profile"]) if "profile" in self.resolved else None

    @property
    def slabs(self) -> SlabOptions | None:
        """What slabs had to satisfy: of a study, or of `nzsp slabs`."""
        if self.results.survey:
            return _read(SlabOptions, self.results.survey.slabs)
        return _read(SlabOptions, self.study.get("slabs", {})) if "study" in self.resolved else None

    @property
    def study(self) -> Mapping[str, Any]:
        """Keys of the study that are not at their defaults."""
        found: Mapping[str, Any] = self.resolved.get("study", {})
        return found

    @property
    def going_on(self) -> Mapping[str, Any] | None:
        """How slabs of another run were gone on with; None where the study cut its own."""
        return self.study.get("going_on")

    @property
    def films(self) -> dict[str, FilmKeys]:
        """The films, by name."""
        given = self.resolved.get("films", {})
        asked = {name: film.get("settings", {}) for name, film in given.items()}
        return {name: _read(FilmKeys, keys, structure=Path(), planes=()) for name, keys in asked.items()}

    @property
    def elements(self) -> set[str]:
        """Of all crystals."""
        crystals = [material.get("crystal", {}) for material in self.resolved.get("materials", {}).values()]
        structures = [each.get("structure", {}) for each in (*crystals, *self.resolved.get("films", {}).values())]
        return {element for structure in structures for element in structure.get("elements", ())}

    def engine(self, ask: Ask) -> Mapping[str, Any]:
        """The engine that answers, as keys know it: identity, and settings that are not at their defaults."""
        given = self.resolved.get("engines", ())
        return given[list(Ask).index(ask)] if len(given) == len(Ask) else {}


def entry_of(name: str) -> EngineEntry | None:
    """The entry of an engine by its name in results; None for a calculator that the registry does not know."""
    return next((entry for entry in engines() if entry.name == name), None)


def joined(parts: Iterable[object], last: str = "and") -> str:
    """Words as a list of a sentence.

    >>> joined("abc")
    'a, b and c'
    """
    *before, end = [*map(str, parts)] or [""]
    return f"{', '.join(before)} {last} {end}" if before else end


def planes_of(millers: Iterable[Sequence[int]]) -> str:
    """Planes of a sentence, each once."""
    return joined(dict.fromkeys(plane_text(miller) for miller in millers))


class Surface(Protocol):
    """A row that is about a plane."""

    @property
    def material(self) -> str:
        """Its name."""

    @property
    def miller(self) -> tuple[int, ...]:
        """Its indices."""


def surfaces_of(rows: Iterable[Surface]) -> str:
    """Planes by material, each once: 'NZP (1 -1 0 2) and NZS (1 -1 0 2), (1 0 -1 4)'."""
    planes: dict[str, list[Sequence[int]]] = {}
    for row in rows:
        planes.setdefault(row.material, []).append(row.miller)
    return joined(f"{name} {planes_of(own)}" for name, own in planes.items())


def span(values: Iterable[float], digits: int = 0) -> str:
    """From the least to the greatest, or the one that all are.

    >>> span([12.67, 16.3]), span([15, 15])
    ('13 to 16', '15')
    """
    ordered = sorted(values)
    least, most = f"{ordered[0]:.{digits}f}", f"{ordered[-1]:.{digits}f}"
    return least if least == most else f"{least} to {most}"


def counted(number: int, thing: str) -> str:
    """A number with its thing, in the plural where there are several.

    >>> counted(1, "slab"), counted(3, "slab")
    ('one slab', '3 slabs')
    """
    return f"one {thing}" if number == 1 else f"{number} {thing}s"


def _read(kind: type[T], given: Mapping[str, Any], **needed: Any) -> T:
    """A dataclass from what is not at its defaults; keys of other versions are left out."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    return kind(**{**needed, **{name: value for name, value in {**given, **lists}.items() if name in known}})
