"""The arrangements of a termination, the lowest electrostatic energy first, as cuts."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.planes import Site, Stack, within_repeat
from nzsp_surfaces.slabs.arrangements import Arrangement, arrangements
from nzsp_surfaces.slabs.cut import SlabCut, SlabOptions, is_plausible
from nzsp_surfaces.slabs.electrostatics import arrangement_energies, grouped, pair_energies
from nzsp_surfaces.slabs.faces import broken_by_kind, framework_bonds, lost_bonds, lost_hydrogen_bonds
from nzsp_surfaces.slabs.identity import slab_identity, surroundings
from nzsp_surfaces.slabs.placing import coordinates
from nzsp_surfaces.slabs.terminations import Termination, site_coordinates

Matrix = npt.NDArray[np.float64]
SAME_ENERGY = 1e-4
"""eV: electrostatic energies that differ by less tie."""
SAME_TIGHTNESS = 1e-10
"""Surroundings whose measures differ by less than this part tie."""
MOST_TIES = 24
"""Arrangements of one energy that are told apart at most."""


def arranged(terms: tuple[Termination, ...], options: SlabOptions) -> list[SlabCut]:
    """The best arrangements of the shared units by electrostatics, one for each kind of face.

    Where energies tie, the atoms' surroundings decide: the order of enumeration depends on how the bulk is written.
    """
    ways = [way for number, term in enumerate(terms) for way in _sharings(number, term, options)]
    ranked = _ranked(ways, options.arrangements)
    best: dict[tuple[int, int], Sharing] = {}
    for way in ranked:
        best.setdefault((way.cell, way.choice.face), way)
    area = terms[0].stack.area * round(abs(float(np.linalg.det(terms[0].supercell))))
    above = [(way.energy - ranked[0].energy) / area for way in best.values()]
    counts = Counts(len(best), sum(map(is_plausible, above)))
    kept = list(zip(best.values(), above, strict=True))[: options.arrangements]
    return [_cut(way, energy, rank, counts) for rank, (way, energy) in enumerate(kept, start=1)]


@dataclass(frozen=True)
class Sharing:
    """A way of sharing: the number of its surface cell, the termination there, the arrangement, its energy in eV."""

    cell: int
    term: Termination
    choice: Arrangement
    energy: float


@dataclass(frozen=True)
class Counts:
    """How many kinds of face a termination has, and how many of them are plausible."""

    all: int
    plausible: int


def _sharings(cell: int, term: Termination, options: SlabOptions) -> list[Sharing]:
    choices = arrangements(term)
    energies = _electrostatics(term, choices, options.vacuum)
    return [Sharing(cell, term, choice, float(e)) for choice, e in zip(choices, energies, strict=True)]


def _ranked(ways: list[Sharing], wanted: int) -> list[Sharing]:
    """Lowest energy first; those that tie and may be wanted in the order of their surroundings."""
    ordered = sorted(ways, key=lambda way: way.energy)
    parts = [i for i in range(1, len(ordered)) if ordered[i].energy - ordered[i - 1].energy > SAME_ENERGY]
    groups = [ordered[a:b] for a, b in itertools.pairwise([0, *parts, len(ordered)])]
    told = [_told_apart(g) if 1 < len(g) <= MOST_TIES and i <= wanted * 4 else g for i, g in enumerate(groups)]
    return list(itertools.chain(*told))


def _told_apart(ways: list[Sharing]) -> list[Sharing]:
    """Ways of one energy by their surroundings; at cuts through layers, where these tie, by name.

    The faces of a thick slab do not see each other, so that one that is turned has the same surroundings.
    """
    tightness = {id(way): _tightness(way) for way in ways}
    ordered = sorted(ways, key=lambda way: tightness[id(way)])
    if not ways[0].term.gap.through:
        return ordered
    levels = np.array([tightness[id(way)] for way in ordered])
    parts = np.flatnonzero(np.diff(levels) > SAME_TIGHTNESS * levels[1:]) + 1
    groups = [ordered[a:b] for a, b in itertools.pairwise([0, *parts.tolist(), len(ordered)])]
    return list(itertools.chain(*(sorted(g, key=_name) if len(g) > 1 else g for g in groups)))


def _name(way: Sharing) -> str:
    return slab_identity(way.term.stack, way.term.in_plane, way.term.fixed + way.choice.sites)


def _tightness(way: Sharing) -> float:
    """A number that differs between arrangements unless they are congruent, and that no change of setting alters."""
    sites = way.term.fixed + way.choice.sites
    return float(np.sum(surroundings(way.term.stack.crystal, way.term.in_plane, sites) ** 2))


def _cut(way: Sharing, electrostatic: float, rank: int, counts: Counts) -> SlabCut:
    term, choice = way.term, way.choice
    view, (u, v) = term.stack, (tuple(int(i) for i in row) for row in term.in_plane)
    sites = sorted_sites(view, term.fixed + choice.sites)
    area = view.area * round(abs(float(np.linalg.det(term.supercell))))
    lost = lost_bonds(view, term.in_plane, sites)
    weak = lost_hydrogen_bonds(view, term.in_plane, sites)
    return SlabCut(
        miller=view.miller,
        in_plane=(u, v),  # type: ignore[arg-type]
        sites=sites,
        flip=choice.flip,
        formula_units=term.formula_units,
        place=term.gap,
        bottom=term.bottom,
        top=term.top,
        position=position_of(view, term.bottom),
        broken=framework_bonds(view, lost, weak) / (2 * area),
        valence=sum(row.valence for row in broken_by_kind(view, lost + weak, area)),
        electrostatic=electrostatic,
        termination=1,
        arrangement=rank,
        n_arrangements=counts.all,
        n_plausible=counts.plausible,
        shared=", ".join(f"{n} of {term.kinds.count(kind)} {kind}" for kind, n in term.kept.items()),
    )


def sorted_sites(view: Stack, sites: tuple[Site, ...]) -> tuple[Site, ...]:
    """Elements in the crystal's order, then from the bottom up: the order that POSCAR files want."""
    order = [str(e) for e in view.crystal.structure.composition]
    heights = site_coordinates(view, sites) @ view.indices
    rank = {site: (order.index(view.crystal.symbols[site[0]]), h) for site, h in zip(sites, heights)}  # noqa: B905
    return tuple(sorted(sites, key=lambda s: (rank[s][0], round(float(rank[s][1]), 6), s)))


def _electrostatics(term: Termination, choices: tuple[Arrangement, ...], vacuum: float) -> Matrix:
    """(m,) eV of every arrangement, from one Ewald sum over all sites that any of them may fill."""
    if len(choices) == 1:
        return np.zeros(1)
    pieces = term.lower + term.upper
    sites = term.fixed + tuple(itertools.chain(*pieces))
    crystal = term.stack.crystal
    charges = np.array([float(crystal.charges[crystal.symbols[site]]) for site, _ in sites])
    pairs = pair_energies(*coordinates(crystal, term.in_plane, sites, vacuum), charges)
    sizes = [len(term.fixed), *map(len, pieces)]
    number = {piece: i for i, piece in enumerate(pieces, start=1)}
    occupied = np.zeros((len(choices), len(sizes)), bool)
    occupied[:, 0] = True
    for row, choice in zip(occupied, choices, strict=True):
        row[[number[piece] for piece in choice.occupied]] = True
    return arrangement_energies(grouped(pairs, sizes), occupied)


def position_of(view: Stack, height: float) -> float:
    """Å along the normal within the repeat, of a height in repeats."""
    return round(within_repeat(height) * view.repeat, 4)
