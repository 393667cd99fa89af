"""What each run is worth: a slab's plane, its bulk and its surface energy, or in a sentence why it has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.extent import free_slab
from nzsp_surfaces.crystals.known import Known
from nzsp_surfaces.energies.surface import (
    SurfaceEnergy,
    capped_surface_energy,
    grand_surface_energy,
    surface_energy,
)
from nzsp_surfaces.engines.finished import FinishedRun
from nzsp_surfaces.runs.imported.bulks import Bulk, Way, unlike, ways
from nzsp_surfaces.runs.imported.meshes import unlike_meshes
from nzsp_surfaces.runs.imported.reading import Read
from nzsp_surfaces.slabs.recognise import Recognised, recognise

STRAIN = 0.003
"""Of the slab's plane against its bulk; beyond it the energy is that of a strained crystal too."""
FORCE = 0.05
"""eV/Å that a run may have left where no program says that it was relaxed."""
NAMING = 0.05
"""Strain within which a crystal of another method, as a measured one, may name a plane."""
MOST_BULKS = 8
"""Crystals of one formula that a slab is compared with, the lowest first."""
CHARGED = 1e-3
"""e, from which on a cell counts as charged."""
FACE = 1.0
"""Å below the outermost atom: what lies there makes a face."""


@dataclass(frozen=True)
class Options:
    """What a user may say.

    Attributes:
        force: eV/Å, see `FORCE`.
        potentials: eV by element, chemical potentials for slabs off stoichiometry.
        named_by: a crystal whose axes planes refer to, by formula.
        films: formulas of compounds that may cover slabs; every bulk may where there are none.
    """

    force: float = FORCE
    potentials: Mapping[str, float] = field(default_factory=dict)
    named_by: Mapping[str, Known] = field(default_factory=dict)
    films: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """A slab's run.

    Attributes:
        read: what came of its place.
        slab: what it is in terms of its crystal; None where nothing fits.
        bulk, film: its reference and that of its film; None where there is none.
        energy: of its surface; None where it is refused.
        reason: why; None where there is an energy.
        notes: what a person should know of the energy.
    """

    read: Read
    slab: Recognised | None = None
    bulk: Bulk | None = None
    film: Bulk | None = None
    energy: SurfaceEnergy | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def miller(self) -> tuple[int, ...] | None:
        """Its plane."""
        return self.slab.miller if self.slab else None


@dataclass(frozen=True, eq=False)
class Judge:
    """Compares slabs with the bulks that were found.

    Attributes:
        bulks: that are results, the lowest of each formula first.
        load: the run of a place.
        options: of the user.
    """

    bulks: Sequence[Bulk]
    load: Callable[[Read], FinishedRun]
    options: Options

    @cached_property
    def by_formula(self) -> dict[str, list[Bulk]]:
        """The bulks of each formula, the lowest first."""
        found: dict[str, list[Bulk]] = {}
        for bulk in self.bulks:
            found.setdefault(bulk.formula, []).append(bulk)
        return found

    def judge(self, read: Read) -> Judged:
        """A slab's plane, bulk and energy, or why it has none; where its run is no result, its plane all the same."""
        run = self.load(read)
        found = self._identified(read, run)
        own = read.reason or unfit(run, self.options.force)
        if own or found.reason:
            return replace(found, reason=own or found.reason)
        try:
            energy, notes = self._energy(found, run)
        except UserError as refusal:
            return replace(found, reason=str(refusal))
        return replace(found, energy=energy, notes=notes)

    def _identified(self, read: Read, run: FinishedRun) -> Judged:
        """With the lowest bulk of the first way in which the slab may come about that its atoms bear out."""
        tried = [self._of_way(read, run, way) for way in self._ways(read)]
        if not tried:
            return Judged(read, reason=f"no bulk that {read.formula} may be a slab of is among these runs")
        return min(tried, key=_merit)

    def _ways(self, read: Read) -> Iterator[Way]:
        units = {formula: _unit(bulks[0]) for formula, bulks in self.by_formula.items()}
        return ways(read.counts or {}, units, [f for f in self.options.films if f in units])

    def _of_way(self, read: Read, run: FinishedRun, way: Way) -> Judged:
        """With the lowest bulk that may be compared and fits; else with the reason of the one that comes nearest."""
        tried = []
        bulks = sorted(self.by_formula[way.bulk], key=lambda bulk: unlike(run, bulk.run) is not None)
        for bulk in bulks[:MOST_BULKS]:
            found = self._of_bulk(read, run, bulk, way)
            if found.reason is None:
                return found
            tried.append(found)
        return min(tried, key=_merit)

    def _of_bulk(self, read: Read, run: FinishedRun, bulk: Bulk, way: Way) -> Judged:
        film = self._film(run, way)
        slab = self._recognised(run, bulk.known, film)
        found = Judged(read, slab, bulk, film if slab.film_units else None)
        if slab.reason:
            return replace(found, slab=None, reason=f"no slab of {bulk.formula}: {slab.reason}")
        reason = (
            _strained(slab)
            or unlike(run, bulk.run)
            or (found.film and unlike(run, found.film.run))
            or self._other_mesh(run, bulk)
            or _frozen(run)
        )
        return replace(self._named(found, run, film), reason=reason)

    def _film(self, run: FinishedRun, way: Way) -> Bulk | None:
        """The lowest reference of the film, of those that may be compared where there are such."""
        if way.film is None:
            return None
        found = self.by_formula[way.film]
        return next((bulk for bulk in found if unlike(run, bulk.run) is None), found[0])

    def _recognised(self, run: FinishedRun, known: Known, film: Bulk | None, most: float = 0.02) -> Recognised:
        """By the geometry from which it started, whose atoms lie on their sites; else by the last."""
        crystal, cover = known.crystal, film.known.crystal if film else None
        first = recognise(crystal, run.first, cover, known.mobile, most=most)
        if first.reason is None or len(run.first) != len(run.last):
            return first
        last = recognise(crystal, run.last, cover, known.mobile, most=most)
        return last if last.reason is None else first

    def _named(self, found: Judged, run: FinishedRun, film: Bulk | None) -> Judged:
        """With the plane's name on the axes of a crystal that the user gave."""
        assert found.slab
        assert found.bulk
        given = self.options.named_by.get(found.bulk.formula)
        if given is None:
            return found
        other = self._recognised(run, given, film, NAMING)
        if other.reason:
            return replace(found, notes=(f"the given crystal does not fit: {other.reason}",))
        return replace(found, slab=replace(found.slab, miller=other.miller, standard_miller=other.standard_miller))

    def _other_mesh(self, run: FinishedRun, bulk: Bulk) -> str | None:
        slab = free_slab(run.last)
        return unlike_meshes(run, bulk.run, slab.normal) if slab else None

    def _energy(self, found: Judged, run: FinishedRun) -> tuple[SurfaceEnergy, tuple[str, ...]]:
        """The surface energy and what to know of it.

        Raises:
            UserError: the faces are unlike, or the slab is no whole number of formula units.
        """
        assert found.slab
        assert found.bulk
        slab, bulk, area = run.calculation, found.bulk.run.calculation, found.slab.area
        mean = () if found.slab.faces_alike else ("mean of two unlike faces",)
        if found.slab.excess:
            return self._grand(found, run), found.notes
        if found.film:
            film = found.film.run.calculation
            return capped_surface_energy(slab, bulk, film, found.slab.film_units, area), (*found.notes, *mean)
        return surface_energy(slab, bulk, area, symmetric=found.slab.faces_alike), found.notes

    def _grand(self, found: Judged, run: FinishedRun) -> SurfaceEnergy:
        """By chemical potentials, of which the bulk gives the one that is not given.

        Raises:
            UserError: too few are given, or the faces are unlike.
        """
        assert found.slab
        assert found.bulk
        excess, own = found.slab.excess, found.bulk.read.counts or {}
        content = ", ".join(f"{number:+d} {element}" for element, number in excess.items())
        if not self.options.potentials:
            foreign = [element for element in excess if element not in own]
            what = (
                f"carries what is not its own ({content}), an adsorbate"
                if foreign
                else f"off stoichiometry ({content})"
            )
            raise UserError(f"{what}: its energy depends on chemical potentials; give them with --mu")
        known = completed(self.options.potentials, found.bulk)
        return grand_surface_energy(run.calculation, known, found.slab.area, symmetric=found.slab.faces_alike)


def unfit(run: FinishedRun, force: float) -> str | None:
    """Why a run that is a result gives no energy that others may be compared with.

    Args:
        force: eV/Å, see `FORCE`.
    """
    left = run.calculation.max_force
    if run.static and left > force:
        what = "a static run" if run.judged else "nothing tells that it was relaxed"
        return f"not relaxed: {what}, with {left:.3f} eV/Å left"
    if abs(run.charge) > CHARGED:
        return f"charged: {run.charge:+g} e, and the energy of a charged cell depends on its size"
    return None


def completed(potentials: Mapping[str, float], bulk: Bulk) -> dict[str, float]:
    """Chemical potentials with that of the bulk's only element that has none, so that they add up to its energy.

    Raises:
        UserError: they do not add up to the bulk's energy, so that it would not be stable.
    """
    unit = _unit(bulk)
    missing = [element for element in unit if element not in potentials]
    given = sum(n * potentials[element] for element, n in unit.items() if element in potentials)
    left = bulk.read.energy_per_unit - given
    if len(missing) == 1:
        return {**potentials, missing[0]: left / unit[missing[0]]}
    if not missing and abs(left) > 0.01:
        raise UserError(f"--mu adds up to {given:.3f} eV, a formula unit of the bulk has {given + left:.3f} eV")
    return dict(potentials)


def _unit(bulk: Bulk) -> dict[str, int]:
    counts = bulk.read.counts or {}
    return {element: number // bulk.read.units for element, number in counts.items()}


def _merit(found: Judged) -> tuple[bool, bool, int]:
    """What is a slab and may be compared comes first; then the one that leaves the fewest atoms unexplained."""
    excess = sum(map(abs, found.slab.excess.values())) if found.slab else 0
    return found.slab is None, found.reason is not None, excess


def _strained(slab: Recognised) -> str | None:
    if slab.strain <= STRAIN:
        return None
    return f"its plane is strained by {100 * slab.strain:.2f} % against the bulk, {100 * STRAIN:.1f} % at most count"


def _frozen(run: FinishedRun) -> str | None:
    """Why atoms that were held keep the energy from being that of two relaxed faces."""
    slab = free_slab(run.first)
    if not run.held or slab is None:
        return None
    held = np.isin(np.arange(len(slab.heights)), run.held)
    low, high = slab.heights.min(), slab.heights.max()
    faces = [held[slab.heights < low + FACE].any(), held[slab.heights > high - FACE].any()]
    if all(faces):
        return "both faces were held, so that none of them relaxed"
    return "one face was held and the other relaxed: the energy is of neither" if any(faces) else None
