"""Slabs: from a crystal and a plane to structures with a certificate, and reasons for every rejected cut."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.crystals.planes import Gap, Site, Stack, gaps, layers, stack
from nzsp_surfaces.slabs.electrostatics import arrangement_energies, grouped, pair_energies
from nzsp_surfaces.slabs.faces import broken_by_kind, framework_bonds, lost_bonds
from nzsp_surfaces.slabs.identity import congruent, surroundings
from nzsp_surfaces.slabs.placing import coordinates, placed, positions, surface_frame
from nzsp_surfaces.slabs.sharing import (
    Arrangement,
    NoSlab,
    Termination,
    arrangements,
    site_coordinates,
    terminations,
)

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.bonds import Polyanion
    from nzsp_surfaces.crystals.crystal import Crystal, Operation

Matrix = npt.NDArray[np.float64]
SAME_ENERGY = 1e-4
"""eV: electrostatic energies that differ by less tie."""
MOST_TIES = 24
"""Arrangements of one energy that are told apart at most."""
FLIP_TOLERANCE = 0.15
"""Å: a bulk that was relaxed without symmetry constraints is symmetric to this by far."""


@dataclass(frozen=True, slots=True)
class SlabOptions:
    """What a slab must satisfy.

    Attributes:
        thickness: Å, least distance of the two cuts and of the outermost framework atoms.
        vacuum: Å between a slab and its image along the normal.
        max_cell: largest surface cell tried, in primitive ones.
        arrangements: how many ways of sharing are kept, lowest electrostatic energy first.
        frozen: Å in the middle of a bare slab that relaxations leave as in the bulk.
    """

    thickness: float = 10.0
    vacuum: float = 15.0
    max_cell: int = 4
    arrangements: int = 6
    frozen: float = 0.0

    def __post_init__(self) -> None:
        for name in ("thickness", "vacuum", "max_cell", "arrangements"):
            if not getattr(self, name) > 0:  # not a number is not positive either
                raise ValueError(f"'{name}' must be positive")
        if not 0 <= self.frozen < self.thickness:
            raise ValueError("'frozen' must be at least 0 and less than 'thickness'")


@dataclass(frozen=True)
class SlabCut:
    """A slab as a choice of sites; it holds for every geometry of the same crystal, relaxed or not.

    Attributes:
        miller: the plane, as given.
        in_plane: (2, 3) surface cell vectors in multiples of the primitive ones.
        sites: (site, lattice translation) of every atom.
        flip: the operation on primitive coordinates that maps the faces on each other.
        formula_units: in the slab.
        bottom, top: heights of the two cuts, repeats.
        position: Å along the normal, of the bottom cut within the repeat.
        broken: framework bonds cut, per Å² of one face.
        valence: bond valence of all bonds cut, those of mobile ions too, per Å² of one face.
        electrostatic: eV per Å² above the best arrangement of this cut, unrelaxed formal charges.
        termination: rank of the cut among those of the plane, from 1.
        arrangement: rank among the arrangements of this cut, from 1.
        n_arrangements: how many kinds of face there are up to symmetry.
        shared: units that a face keeps of those near the cut, as "1 of 2 Na"; empty where nothing is shared.
    """

    miller: tuple[int, ...]
    in_plane: tuple[tuple[int, int, int], tuple[int, int, int]]
    sites: tuple[Site, ...]
    flip: Operation
    formula_units: int
    bottom: float
    top: float
    position: float
    broken: float
    valence: float
    electrostatic: float
    termination: int
    arrangement: int
    n_arrangements: int
    shared: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A cut that gives no slab, and why. `position` in Å along the normal within the repeat."""

    miller: tuple[int, ...]
    position: float
    reason: str


def cut_slabs(
    crystal: Crystal,
    miller: tuple[int, ...],
    polyanions: tuple[Polyanion, ...],
    mobile: frozenset[str],
    options: SlabOptions,
) -> tuple[tuple[SlabCut, ...], tuple[Rejection, ...]]:
    """The slabs of every termination of a plane, and what was rejected.

    Cuts between layers of the framework come first; only where none of them gives a slab, cuts through a layer of
    charged units are tried.

    Returns:
        Cuts with the fewest broken framework bonds per area first, within a termination by electrostatic energy; and
        one rejection per other cut.

    Raises:
        UserError: wrong indices or polyanions.
    """
    view = stack(crystal, miller, polyanions, mobile)
    if view.severed:
        return (), (_severed(view),)
    places = gaps(view)
    if not places:
        return (), (Rejection(miller, 0.0, f"no gap between layers: they repeat every {view.repeat:.3f} Å"),)
    accepted, rejected = _terminations(view, places, options)
    if not accepted:
        accepted, also = _terminations(view, layers(view), options)
        rejected += also
    ranked = sorted(accepted, key=_rank)
    numbered = [replace(cut, termination=number) for number, cuts in enumerate(ranked, 1) for cut in cuts]
    distinct, repeated = _once_each(crystal, numbered)
    return distinct, (*rejected, *repeated)


def _rank(cuts: list[SlabCut]) -> tuple[float | str, ...]:
    """Fewest broken bonds first; what is shared settles ties before the position does, which depends on the origin."""
    first = cuts[0]
    return round(first.broken, 6), round(first.valence, 6), first.shared, first.n_arrangements, first.position


def _once_each(crystal: Crystal, cuts: list[SlabCut]) -> tuple[tuple[SlabCut, ...], tuple[Rejection, ...]]:
    """Drop slabs that another termination gives too: one layer may be halved by a cut below it or above it."""
    kept: list[int] = []
    repeated: list[Rejection] = []

    @cache
    def seen(number: int) -> Matrix:
        return surroundings(crystal, np.array(cuts[number].in_plane), cuts[number].sites)

    for number, cut in enumerate(cuts):
        others = (n for n in kept if cuts[n].termination != cut.termination and _likeness(cuts[n]) == _likeness(cut))
        same = next((n for n in others if congruent(seen(n), seen(number))), None)
        if same is None:
            kept.append(number)
        else:
            reason = f"the same slab as that of the cut at {cuts[same].position} Å, shared out otherwise"
            repeated.append(Rejection(cut.miller, cut.position, reason))
    return tuple(cuts[n] for n in kept), tuple(repeated)


def _likeness(cut: SlabCut) -> tuple[float, ...]:
    """What congruent slabs have in common."""
    return len(cut.sites), round(cut.broken, 6), round(cut.valence, 6)


def fewest_broken(cuts: tuple[SlabCut, ...]) -> tuple[tuple[SlabCut, ...], tuple[Rejection, ...]]:
    """The cuts of a plane that break the fewest framework bonds, and the other terminations as rejected."""
    kept = tuple(cut for cut in cuts if cut.broken < cuts[0].broken + 1e-9)
    others = {cut.termination: cut for cut in reversed(cuts) if cut.broken >= cuts[0].broken + 1e-9}
    reason = "breaks more bonds: {:.4f} per Å² where {:.4f} suffice"
    rejected = [Rejection(c.miller, c.position, reason.format(c.broken, cuts[0].broken)) for c in others.values()]
    return kept, tuple(sorted(rejected, key=lambda r: r.position))


def _terminations(
    view: Stack, places: tuple[Gap, ...], options: SlabOptions
) -> tuple[list[list[SlabCut]], list[Rejection]]:
    """The arranged slabs of each place where the plane can be cut."""
    accepted: list[list[SlabCut]] = []
    rejected: list[Rejection] = []
    for gap in places:
        try:
            accepted.append(_arranged(terminations(view, gap, options.thickness, options.max_cell), options))
        except NoSlab as failure:
            rejected.append(Rejection(view.miller, _position(view, gap.middle), str(failure)))
    return accepted, rejected


def _severed(view: Stack) -> Rejection:
    unit = view.units[view.severed[0]]
    name = {1: "chains", 2: "layers", 3: "frameworks"}[unit.dimensions]
    reason = f"polyanions are cut: endless {name} of {view.element(view.severed[0])} polyanions run through this plane"
    return Rejection(view.miller, 0.0, reason)


def _position(view: Stack, height: float) -> float:
    return round(height % 1.0 * view.repeat, 4)


def _arranged(terms: tuple[Termination, ...], options: SlabOptions) -> list[SlabCut]:
    """The best arrangements of the shared units by electrostatics, one for each kind of face.

    Where energies tie, the atoms' surroundings decide: the order of enumeration depends on how the bulk is written.
    """
    ways = [way for number, term in enumerate(terms) for way in _ways(number, term, options)]
    ranked = _ranked(ways, options.arrangements)
    best: dict[tuple[int, int], _Way] = {}
    for way in ranked:
        best.setdefault((way.cell, way.choice.face), way)
    area = terms[0].stack.area * round(abs(float(np.linalg.det(terms[0].supercell))))
    return [
        _cut(way.term, way.choice, (way.energy - ranked[0].energy) / area, rank, len(best))
        for rank, way in enumerate(list(best.values())[: options.arrangements], start=1)
    ]


@dataclass(frozen=True)
class _Way:
    """A way of sharing: the number of its surface cell, the termination there, the arrangement, its energy in eV."""

    cell: int
    term: Termination
    choice: Arrangement
    energy: float


def _ways(cell: int, term: Termination, options: SlabOptions) -> list[_Way]:
    choices = arrangements(term)
    energies = _electrostatics(term, choices, options.vacuum)
    return [_Way(cell, term, choice, float(e)) for choice, e in zip(choices, energies, strict=True)]


def _ranked(ways: list[_Way], wanted: int) -> list[_Way]:
    """Lowest energy first; those that tie and may be wanted in the order of their surroundings."""
    ordered = sorted(ways, key=lambda way: way.energy)
    parts = [i for i in range(1, len(ordered)) if ordered[i].energy - ordered[i - 1].energy > SAME_ENERGY]
    groups = [ordered[a:b] for a, b in itertools.pairwise([0, *parts, len(ordered)])]
    told = [
        sorted(g, key=_tightness) if 1 < len(g) <= MOST_TIES and i <= wanted * 4 else g for i, g in enumerate(groups)
    ]
    return list(itertools.chain(*told))


def _tightness(way: _Way) -> float:
    """A number that differs between arrangements unless they are congruent, and that no change of setting alters."""
    sites = way.term.fixed + way.choice.sites
    return float(np.sum(surroundings(way.term.stack.crystal, way.term.in_plane, sites) ** 2))


def _cut(term: Termination, choice: Arrangement, electrostatic: float, rank: int, count: int) -> SlabCut:
    view, (u, v) = term.stack, (tuple(int(i) for i in row) for row in term.in_plane)
    sites = sorted_sites(view, term.fixed + choice.sites)
    area = view.area * round(abs(float(np.linalg.det(term.supercell))))
    lost = lost_bonds(view, term.in_plane, sites)
    return SlabCut(
        miller=view.miller,
        in_plane=(u, v),  # type: ignore[arg-type]
        sites=sites,
        flip=choice.flip,
        formula_units=term.formula_units,
        bottom=term.bottom,
        top=term.top,
        position=_position(view, term.bottom),
        broken=framework_bonds(view, lost) / (2 * area),
        valence=sum(row.valence for row in broken_by_kind(view, lost, area)),
        electrostatic=electrostatic,
        termination=1,
        arrangement=rank,
        n_arrangements=count,
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


def build(cut: SlabCut, crystal: Crystal, vacuum: float) -> Structure:
    """The slab of a cut in a crystal's geometry, middle of the slab at half the cell, third vector along the normal.

    Args:
        vacuum: Å.

    Returns:
        Structure with a along x and the normal along z.
    """
    return placed(crystal, np.array(cut.in_plane), cut.sites, vacuum)


def flip_of(cut: SlabCut, crystal: Crystal, structure: Structure) -> Flip:
    """The operation that turns the built slab over.

    Args:
        structure: as built from this cut; it fixes the origin.

    Raises:
        UserError: the structure is not symmetric under it.
    """
    lattice, frame = crystal.structure.lattice.matrix, surface_frame(crystal, np.array(cut.in_plane))
    rotation = frame @ lattice.T @ cut.flip.rotation @ np.linalg.inv(lattice.T) @ frame.T
    origin = structure.cart_coords[0] - frame @ positions(crystal, cut.sites[:1])[0]
    translation = frame @ (cut.flip.translation @ lattice) + origin - rotation @ origin
    return Flip(rotation, translation, _partners(structure, rotation, translation))


def shifted(flip: Flip, structure: Structure, lift: Matrix) -> Flip:
    """The same flip of a structure that was moved by `lift` (3,) Å, whose atoms may have become more."""
    translation = flip.translation + lift - flip.rotation @ lift
    return Flip(flip.rotation, translation, _partners(structure, flip.rotation, translation))


def _partners(structure: Structure, rotation: Matrix, translation: Matrix) -> npt.NDArray[np.int64]:
    images = structure.lattice.get_fractional_coords(structure.cart_coords @ rotation.T + translation)
    distances = structure.lattice.get_all_distances(images, structure.frac_coords)
    if distances.min(axis=1).max() > FLIP_TOLERANCE:
        raise UserError(f"slab {structure.composition.reduced_formula}: its faces are not images of each other")
    return np.asarray(distances.argmin(axis=1), np.int64)
