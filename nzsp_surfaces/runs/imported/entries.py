"""From judged slabs to the table: terminations compete for their plane, and a thickness series is fitted."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.energies.surface import SurfaceEnergy, surface_energy_of_series, thickness_fit
from nzsp_surfaces.engines.finished import FinishedRun
from nzsp_surfaces.runs.imported.judging import Judged
from nzsp_surfaces.runs.imported.reading import Read

Load = Callable[[Read], FinishedRun]


@dataclass(frozen=True)
class Entry:
    """A termination of a plane, bare or with a film, of one material.

    Attributes:
        material: name of the bulk.
        members: its slabs, the lowest of each thickness first.
        energy: that counts; None where there is none.
        counts: the slab that it is of, of a series the thickest; None where there is none.
        note: what it is, or why there is none.
    """

    material: str
    members: tuple[Judged, ...]
    energy: SurfaceEnergy | None
    counts: Judged | None
    note: str

    @property
    def miller(self) -> tuple[int, ...]:
        """The plane."""
        return self.members[0].miller or ()

    @property
    def film(self) -> str | None:
        """Formula of the film; None for a bare plane."""
        film = self.members[0].film
        return film.formula if film else None

    @property
    def cover(self) -> float:
        """Formula units of the film over the primitive surface cell, both faces together."""
        return _cover(self.members[0])

    @property
    def surface(self) -> tuple[str, str, tuple[int, ...], float]:
        """What terminations that compete have in common."""
        return self.material, self.film or "", self.miller, self.cover

    @property
    def termination(self) -> str:
        """Name of its faces."""
        slab = self.members[0].slab
        return slab.termination if slab else ""


def names_of(judged: Iterable[Judged]) -> dict[str, str]:
    """A name for each bulk and film by the path of its run: its formula, numbered where several share it."""
    paths: dict[str, list[str]] = {}
    for bulk in (each for found in judged for each in (found.bulk, found.film) if each):
        if bulk.read.path not in paths.setdefault(bulk.formula, []):
            paths[bulk.formula].append(bulk.read.path)
    return {
        path: formula if len(own) == 1 else f"{formula} ({number})"
        for formula, own in paths.items()
        for number, path in enumerate(own, start=1)
    }


def entries(judged: Sequence[Judged], names: dict[str, str], load: Load) -> list[Entry]:
    """One for each termination of a plane, bare or with a film; the lowest comes first in its plane.

    Args:
        judged: slabs.
        names: of bulks, by path.
    """
    of_planes = [found for found in judged if found.miller and found.bulk]
    made = [_entry(names, list(group), load) for _, group in itertools.groupby(sorted(of_planes, key=_key), _key)]
    return sorted(made, key=lambda e: (e.surface, e.energy is None, e.energy.gamma if e.energy else 0.0))


def _key(found: Judged) -> tuple[str, tuple[int, ...], str, str, float]:
    """What members of an entry share; films by how much of them covers a face."""
    assert found.bulk
    assert found.slab
    slab, film = found.slab, found.film
    return found.bulk.read.path, slab.miller, slab.termination, film.formula if film else "", _cover(found)


def _cover(found: Judged) -> float:
    return round(found.slab.film_units / found.slab.cells, 3) if found.slab and found.film else 0.0


def _entry(names: dict[str, str], members: list[Judged], load: Load) -> Entry:
    assert members[0].bulk
    name = names[members[0].bulk.read.path]
    valued = sorted((m for m in members if m.energy), key=lambda m: m.energy.gamma if m.energy else 0.0)
    ordered = (*valued, *(m for m in members if not m.energy))
    if not valued:
        return Entry(name, ordered, None, None, ordered[0].reason or "")
    lowest = _lowest_of_each_thickness(valued)
    if len(lowest) > 1 and valued[0].film is None:
        return _series(name, ordered, lowest, load)
    best = valued[0]
    return Entry(name, ordered, best.energy, best, "; ".join(best.notes))


def _lowest_of_each_thickness(valued: list[Judged]) -> list[Judged]:
    """The thinnest first."""
    lowest: dict[float, Judged] = {}
    for found in valued:
        lowest.setdefault(_thickness(found), found)
    return [lowest[thickness] for thickness in sorted(lowest)]


def _thickness(found: Judged) -> float:
    """Formula units over the primitive surface cell."""
    assert found.slab
    return round(found.slab.formula_units / found.slab.cells, 3)


def _series(name: str, ordered: tuple[Judged, ...], slabs: list[Judged], load: Load) -> Entry:
    """Fitted over thicknesses of one surface cell."""
    last = slabs[-1]
    assert last.slab
    assert last.bulk
    assert last.energy
    area, bulk = last.slab.area, last.bulk
    alike = [each for each in slabs if each.slab and each.slab.cells == last.slab.cells]
    try:
        energy = surface_energy_of_series([load(s.read).calculation for s in alike], bulk.run.calculation, area)
    except UserError as refusal:
        return Entry(name, ordered, last.energy, last, f"the thickest; no fit: {refusal}")
    fit = thickness_fit([s.slab.formula_units for s in alike if s.slab], [s.read.energy or 0.0 for s in alike], area)
    slope = 1000 * (fit.bulk_energy - bulk.read.energy_per_unit)
    note = (
        f"fit over {len(alike)} thicknesses, slope {slope:+.1f} meV a formula unit off the bulk's; "
        f"the thickest alone {last.energy.gamma:.3f} J/m²"
    )
    return Entry(name, ordered, energy, last, note)
