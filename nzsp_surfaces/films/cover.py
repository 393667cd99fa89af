"""Capping films on both faces of a slab, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.bonds import Polyanion, Unit, broken_polyanions, coordination, find_bonds
from nzsp_surfaces.crystals.crystal import Charges, Crystal
from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.crystals.planes import Stack, stack, surface_keys
from nzsp_surfaces.slabs.cut import SlabCut, build, flip_of, shifted
from nzsp_surfaces.slabs.placing import surface_frame

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]

GRID = 0.5
"""Å between trial positions of film cations."""
CATION_TO_ANION = 2.15
"""Å, least distance at which a film cation starts from an anion."""
CATION_TO_CATION = 2.9
"""Å, likewise from another cation."""
SCREENING = 0.25
"""1/Å, damping of the Coulomb sum that places film cations; a neutral film needs no longer range."""
ROUGHNESS = 0.5
"""eV, spread of the random preference that makes differently seeded starts differ."""


@dataclass(frozen=True)
class Film:
    """The compound of a capping film.

    Attributes:
        name: formula, as in the study.
        polyanion: its anion, in a single kind.
        bond: Å, centre to ligand.
        cations: element -> number per polyanion.
        charges: formal charges.
    """

    name: str
    polyanion: Polyanion
    bond: float
    cations: dict[str, int]
    charges: dict[str, float]


@dataclass(frozen=True)
class CappedSlab:
    """A slab with alike films on both faces.

    Attributes:
        structure: the bare slab's atoms, then the lower film, then the upper one.
        film_units: formula units of the film, both faces together.
        flip: maps the faces on each other.
        lower: (n,) True for the atoms of the lower half.
    """

    structure: Structure
    film_units: int
    flip: Flip
    lower: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FaceDescription:
    """One face of a slab: "bottom" or "top".

    Attributes:
        face: which.
        coordination: anions around each framework cation of that half, from the face inwards.
        tetrahedra_whole: every polyanion of that half has all its ligands.
    """

    face: str
    coordination: dict[str, list[int]]
    tetrahedra_whole: bool


def film_compound(name: str, reference: Crystal, polyanions: tuple[Polyanion, ...]) -> Film:
    """A film's building unit, from the crystal of its compound.

    Raises:
        UserError: the compound has no polyanion, or several kinds.
    """
    if len(polyanions) != 1:
        found = ", ".join(str(p) for p in polyanions) or "none"
        raise UserError(
            f"film {name}: needs exactly one kind of polyanion, found {found}; choose another film structure"
        )
    polyanion, structure = polyanions[0], reference.structure
    bonds = [
        b for b in find_bonds(structure, reference.charges) if structure[b.cation].specie.symbol == polyanion.centre
    ]
    formula = structure.composition.reduced_composition
    anions = formula[polyanion.centre]
    skipped = {polyanion.centre, polyanion.ligand}
    cations = {str(e): round(formula[e] / anions) for e in formula if str(e) not in skipped}
    return Film(name, polyanion, float(np.mean([b.length for b in bonds])), cations, reference.charges)


def cap(
    cut: SlabCut,
    crystal: Crystal,
    polyanions: tuple[Polyanion, ...],
    mobile: frozenset[str],
    film: Film,
    layers: int,
    vacuum: float,
    seed: int,
) -> CappedSlab:
    """Cover both faces of a slab where the crystal would have gone on.

    The polyanions across the cut that complete the coordination of the slab's framework cations become the film's;
    the film's cations fill the pockets of lowest electrostatic energy, with a seeded random preference; the flip of the
    slab makes the upper film from the lower.

    Args:
        layers: of polyanions, one completes the framework's coordination.
        vacuum: Å.
        seed: of the random preference.

    Raises:
        UserError: the bare face has no broken bond that a film could complete.
    """
    view = stack(crystal, cut.miller, polyanions, mobile)
    bare = build(cut, crystal, vacuum)
    anchors = _anchors(view, cut, layers)
    if not anchors:
        raise UserError(f"film {film.name} on {list(cut.miller)}: no broken bond at the face; leave this plane bare")
    groups = [_polyanion(crystal, cut, bare, anchor, film) for anchor in anchors]
    lower = _with_cations(bare, crystal.charges, np.vstack(groups), film, np.random.default_rng(seed))
    return _both_faces(bare, lower, len(groups), flip_of(cut, crystal, bare), vacuum)


Anchor = tuple[Unit, tuple[int, int, int]]
"""A polyanion of the crystal and the lattice translation that takes it to its place below the slab."""


@dataclass(frozen=True)
class _Surroundings:
    """Which places of the crystal a slab fills, modulo its surface cell."""

    view: Stack
    cut: SlabCut

    def key(self, site: int, offset: npt.NDArray[np.int64]) -> tuple[int, ...]:
        """The same for all images of a place in the surface cell."""
        return surface_keys(self.view, np.array(self.cut.in_plane), np.array([site]), offset[None])[0]

    def level(self, site: int, offset: npt.NDArray[np.int64]) -> float:
        """Height in repeats."""
        return float(self.view.indices @ (self.view.crystal.fractions[site] + offset))

    def middle(self) -> float:
        """Height of the slab's middle, repeats."""
        levels = [self.level(site, np.array(offset)) for site, offset in self.cut.sites]
        return 0.5 * (min(levels) + max(levels))


def _anchors(view: Stack, cut: SlabCut, layers: int) -> list[Anchor]:
    """Polyanions below the slab: those that its framework is bonded to, then as many again for each further layer."""
    around = _Surroundings(view, cut)
    inside = {around.key(site, np.array(offset)) for site, offset in cut.sites}
    home = {site: (unit, np.array(o)) for unit in view.units if len(unit.members) > 1 for site, o in unit.members}
    middle = around.middle()
    found: dict[tuple[int, ...], Anchor] = {}
    for site, offset in cut.sites:
        for bond in (b for b in view.bonds if b.cation == site and b.anion in home):
            place = np.array(offset) + np.array(bond.offset)
            if around.key(bond.anion, place) not in inside and around.level(bond.anion, place) < middle:
                unit, within = home[bond.anion]
                found.setdefault(around.key(unit.centres[0][0], place - within), _anchor(unit, place - within))
    first = list(found.values())
    return first + _deeper(around, first, len(first) * (layers - 1))


def _anchor(unit: Unit, shift: npt.NDArray[np.int64]) -> Anchor:
    x, y, z = (int(i) for i in shift)
    return unit, (x, y, z)


def _deeper(around: _Surroundings, first: list[Anchor], count: int) -> list[Anchor]:
    """The next `count` polyanions further down."""
    if count == 0:
        return []
    view = around.view
    taken = {around.key(u.centres[0][0], np.array(s)) for u, s in first}
    floor = min(around.level(u.centres[0][0], np.array(s)) for u, s in first)
    below: dict[tuple[int, ...], Anchor] = {}
    span = range(-3, 4)
    for unit in (u for u in view.units if len(u.members) > 1):
        for i, j, k in np.array(np.meshgrid(span, span, range(-count - 4, 5))).reshape(3, -1).T:
            shift = np.array([i, j, k]) @ view.basis
            key = around.key(unit.centres[0][0], shift)
            if key not in taken and around.level(unit.centres[0][0], shift) < floor + 0.25:
                below.setdefault(key, _anchor(unit, shift))
    ordered = sorted(below.values(), key=lambda a: -around.level(a[0].centres[0][0], np.array(a[1])))
    return ordered[:count]


def _polyanion(crystal: Crystal, cut: SlabCut, bare: Structure, anchor: Anchor, film: Film) -> Matrix:
    """(1 + ligands, 3) Å in the slab's frame: the crystal's polyanion with the film's bond length, centre first."""
    unit, shift = anchor
    fractions = np.array([crystal.fractions[site] + np.array(o) + np.array(shift) for site, o in unit.members])
    points = _in_frame(crystal, cut, bare, fractions)
    arms = points[1 : 1 + film.polyanion.count] - points[0]
    arms *= film.bond / np.linalg.norm(arms, axis=1, keepdims=True)
    return np.asarray(points[0] + np.vstack([np.zeros(3), arms]))


def _in_frame(crystal: Crystal, cut: SlabCut, bare: Structure, fractions: Matrix) -> Matrix:
    """Primitive fractional coordinates to Å in the frame of the built slab."""
    site, offset = cut.sites[0]
    known = crystal.fractions[site] + np.array(offset)
    frame = surface_frame(crystal, np.array(cut.in_plane))
    return np.asarray((fractions - known) @ crystal.structure.lattice.matrix @ frame.T + bare.cart_coords[0])


def _with_cations(
    bare: Structure, slab_charges: dict[str, float], anions: Matrix, film: Film, rng: np.random.Generator
) -> tuple[list[str], Matrix]:
    """Elements and positions of a lower film: its polyanions and, one by one, its cations in the best pockets left."""
    size = 1 + film.polyanion.count
    elements = [film.polyanion.centre, *[film.polyanion.ligand] * film.polyanion.count] * (len(anions) // size)
    known = slab_charges | film.charges
    charges = np.array([known[e] for e in [s.specie.symbol for s in bare] + elements], float)
    grid = _grid(bare, anions)
    energy = _pocket_energy(bare, np.vstack([bare.cart_coords, anions]), charges, grid)
    preference = ROUGHNESS * rng.gumbel(size=len(grid))
    places = [anions]
    for cation in [e for e, n in film.cations.items() for _ in range(n * len(anions) // size)]:
        best = int(np.argmin(energy * known[cation] - preference))
        if not np.isfinite(energy[best]):
            raise UserError(
                f"film {film.name}: no room for {cation} on this face; choose fewer layers or another plane"
            )
        elements, places = [*elements, cation], [*places, grid[best]]
        energy += _pocket_energy(bare, grid[best][None], np.array([float(known[cation])]), grid)
    return elements, np.vstack(places)


def _grid(bare: Structure, anions: Matrix) -> Matrix:
    """(m, 3) Å trial positions, from the slab's lowest atoms to the film's."""
    a, b, _ = bare.lattice.matrix
    na, nb = (max(1, int(np.linalg.norm(v) / GRID)) for v in (a, b))
    bottom, top = anions[:, 2].min() - 2.0, bare.cart_coords[:, 2].min() + 1.5
    levels = np.arange(bottom, max(top, bottom + GRID), GRID)
    i, j, z = np.meshgrid(np.arange(na) / na, np.arange(nb) / nb, levels, indexing="ij")
    points = i.reshape(-1, 1) * a + j.reshape(-1, 1) * b
    points[:, 2] = z.ravel()
    return np.asarray(points)


def _pocket_energy(bare: Structure, positions: Matrix, charges: Matrix, grid: Matrix) -> Matrix:
    """(m,) eV/e: damped Coulomb potential on the grid; infinite where an ion is too close."""
    from scipy.special import erfc

    from nzsp_surfaces.base.units import EV_PER_E2_PER_A

    near = positions[:, 2] < grid[:, 2].max() + 8.0
    a, b, _ = bare.lattice.matrix
    total, blocked = np.zeros(len(grid)), np.zeros(len(grid), bool)
    for position, charge in zip(_in_cell(bare, positions[near]), charges[near], strict=True):
        least = CATION_TO_CATION if charge > 0 else CATION_TO_ANION
        for shift in (i * a + j * b for i in (-1, 0, 1) for j in (-1, 0, 1)):
            distance = np.linalg.norm(grid - (position + shift), axis=1)
            blocked |= distance < least
            total += charge * erfc(SCREENING * distance) / np.maximum(distance, 0.5)
    return np.where(blocked, np.inf, EV_PER_E2_PER_A * total)


def _in_cell(bare: Structure, positions: Matrix) -> Matrix:
    """Positions moved by plane vectors into the surface cell; heights stay."""
    fractions = bare.lattice.get_fractional_coords(positions)
    fractions[:, :2] %= 1.0
    return np.asarray(bare.lattice.get_cartesian_coords(fractions))


def _both_faces(bare: Structure, lower: tuple[list[str], Matrix], groups: int, flip: Flip, vacuum: float) -> CappedSlab:
    """Copy a lower film to the upper face and give the cell its vacuum back."""
    from pymatgen.core import Lattice, Structure

    elements, positions = lower
    points = np.vstack([bare.cart_coords, positions, positions @ flip.rotation.T + flip.translation])
    symbols = [s.specie.symbol for s in bare] + elements + elements
    height = float(np.ptp(points[:, 2])) + vacuum
    lift = np.array([0.0, 0.0, 0.5 * height - 0.5 * (points[:, 2].max() + points[:, 2].min())])
    lattice = Lattice([*bare.lattice.matrix[:2], [0.0, 0.0, height]])
    structure = Structure(lattice, symbols, points + lift, coords_are_cartesian=True, to_unit_cell=False)
    below = structure.cart_coords[:, 2] < 0.5 * height - 1e-3
    return CappedSlab(structure, 2 * groups, shifted(flip, structure, lift), below)


def mirrored(capped: CappedSlab, positions: Matrix, face: str) -> Structure:
    """Both faces made like one of them: that half stays, the flip writes the other.

    Args:
        positions: (n, 3) Å, for example after dynamics, not wrapped.
        face: "bottom" or "top", the one that stays.
    """
    from pymatgen.core import Structure

    partners = capped.flip.partners
    drift = (positions - capped.structure.cart_coords).mean(axis=0)
    points = positions - drift
    kept = capped.lower if face == "bottom" else capped.lower[partners]
    images = points @ capped.flip.rotation.T + capped.flip.translation
    images = _nearest_images(capped.structure, images, capped.structure.cart_coords[partners])
    result = points.copy()
    result[partners[kept]] = images[kept]
    middle = ~(capped.lower | capped.lower[partners])
    result[partners[middle]] = 0.5 * (points[partners[middle]] + images[middle])
    symbols = [s.specie.symbol for s in capped.structure]
    return Structure(capped.structure.lattice, symbols, result, coords_are_cartesian=True, to_unit_cell=False)


def _nearest_images(structure: Structure, points: Matrix, targets: Matrix) -> Matrix:
    """`points`, each moved by the lattice vector that brings it closest to its target."""
    gaps = structure.lattice.get_fractional_coords(points - targets)
    return np.asarray(points - structure.lattice.get_cartesian_coords(np.rint(gaps)))


def describe_faces(
    structure: Structure, charges: Charges, framework: set[str], polyanions: tuple[Polyanion, ...]
) -> tuple[FaceDescription, FaceDescription]:
    """Coordination and polyanions of the lower and the upper half of a slab."""
    counts = coordination(structure, charges)
    heights = structure.cart_coords[:, 2]
    middle = 0.5 * (heights.max() + heights.min())
    whole = broken_polyanions(structure, charges, polyanions) == 0
    faces = []
    for face, half, order in (("bottom", heights < middle, 1), ("top", heights >= middle, -1)):
        inwards = [int(i) for i in np.argsort(order * heights) if half[i]]
        listed = {e: [int(counts[i]) for i in inwards if structure[i].specie.symbol == e] for e in sorted(framework)}
        faces.append(FaceDescription(face, {e: c for e, c in listed.items() if c}, whole))
    return faces[0], faces[1]
