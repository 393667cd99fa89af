"""Slabs: from a crystal and a plane to structures with a certificate, and reasons for every rejected cut."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.bonds import Polyanion, broken_polyanions, lowest_coordination
from nzsp_surfaces.crystals import Crystal, Operation
from nzsp_surfaces.electrostatics import arrangement_energies, pair_energies
from nzsp_surfaces.errors import UserError
from nzsp_surfaces.planes import Gap, Stack, gaps, stack
from nzsp_surfaces.sharing import Arrangement, NoSlab, Site, Termination, arrangements, site_coordinates, termination

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]
FLIP_TOLERANCE = 0.15
"""Å: a bulk that was relaxed without symmetry constraints is symmetric to this by far."""


@dataclass(frozen=True, slots=True)
class SlabOptions:
    """What a slab must satisfy.

    Attributes:
        thickness: Å, least distance of the two cuts and of the outermost framework atoms.
        vacuum: Å between a slab and its image along the normal.
        max_cell: largest surface cell tried, in primitive ones.
        arrangements: how many ways of sharing mobile ions are kept, lowest electrostatic energy first.
    """

    thickness: float = 10.0
    vacuum: float = 15.0
    max_cell: int = 4
    arrangements: int = 6

    def __post_init__(self) -> None:
        for name in ("thickness", "vacuum", "max_cell", "arrangements"):
            if getattr(self, name) <= 0:
                raise ValueError(f"'{name}' must be positive")


@dataclass(frozen=True)
class SlabCut:
    """A slab as a choice of sites; it holds for every geometry of the same crystal, relaxed or not.

    Attributes:
        miller: the plane, as given.
        in_plane: (2, 3) surface cell vectors in multiples of the primitive ones.
        sites: (site, lattice translation) of every atom.
        flip: the operation on primitive coordinates that maps the faces on each other.
        formula_units: in the slab.
        position: Å along the normal, of the bottom cut within the repeat.
        broken: framework bonds cut, per Å² of one face.
        electrostatic: eV per Å² above the best arrangement of this cut, unrelaxed formal charges.
        arrangement: rank among the arrangements of this cut, from 1.
        n_arrangements: how many kinds of face there are up to symmetry.
    """

    miller: tuple[int, ...]
    in_plane: tuple[tuple[int, int, int], tuple[int, int, int]]
    sites: tuple[Site, ...]
    flip: Operation
    formula_units: int
    position: float
    broken: float
    electrostatic: float
    arrangement: int
    n_arrangements: int


@dataclass(frozen=True)
class Flip:
    """The operation x -> R x + t that turns a built slab over.

    Attributes:
        rotation: (3, 3).
        translation: (3,) Å, in the slab's frame.
        partners: (n,) the atom that each atom is mapped on.
    """

    rotation: Matrix
    translation: Matrix
    partners: npt.NDArray[np.int64]

    @cached_property
    def powers(self) -> tuple[tuple[Matrix, npt.NDArray[np.int64]], ...]:
        """(rotation, partners) of its powers, until every atom is back in place."""
        identity = np.arange(len(self.partners))
        powers = [(np.eye(3), identity)]
        rotation, partners = self.rotation, self.partners
        while not (np.allclose(rotation, np.eye(3), atol=1e-6) and (partners == identity).all()):
            powers.append((rotation, partners))
            rotation, partners = self.rotation @ rotation, self.partners[partners]
        return tuple(powers)

    @property
    def order(self) -> int:
        """How often it is repeated until every atom is back in place."""
        return len(self.powers)

    def average(self, vectors: Matrix) -> Matrix:
        """(n, 3) displacements or forces, made equal on both faces."""
        total = np.zeros_like(vectors)
        for rotation, partners in self.powers:
            total[partners] += vectors @ rotation.T
        return np.asarray(total / self.order)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A cut that gives no slab, and why. `position` in Å along the normal within the repeat."""

    miller: tuple[int, ...]
    position: float
    reason: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was checked on the finished structure, by other means than it was built with.

    Attributes:
        whole: every polyanion has all its ligands.
        symmetric: an operation found by spglib turns the slab over.
        dipole: e/Å, formal charges' moment along the normal per area.
        coordination: lowest number of anions around each framework cation.
        thickness, vacuum: Å.
        area: Å² of one face.
    """

    whole: bool
    symmetric: bool
    dipole: float
    coordination: dict[str, int]
    thickness: float
    vacuum: float
    area: float

    @property
    def failure(self) -> str | None:
        """What makes the slab inadmissible."""
        if not self.whole:
            return "polyanions are cut"
        if not self.symmetric:
            return "not symmetric: its faces differ"
        if abs(self.dipole) > 1e-3:
            return f"polar: dipole {self.dipole:.4f} e/Å"
        return None


def cut_slabs(
    crystal: Crystal,
    miller: tuple[int, ...],
    polyanions: tuple[Polyanion, ...],
    mobile: frozenset[str],
    options: SlabOptions,
) -> tuple[tuple[SlabCut, ...], tuple[Rejection, ...]]:
    """The slabs of a plane that break the fewest framework bonds, and what was rejected.

    Returns:
        Cuts ordered by electrostatic energy, and one rejection per other cut.

    Raises:
        UserError: wrong indices or polyanions.
    """
    view = stack(crystal, miller, polyanions, mobile)
    cuts: list[SlabCut] = []
    rejected: list[Rejection] = []
    for gap in gaps(view):
        if cuts and gap.broken / view.area > cuts[0].broken + 1e-9:
            reason = f"breaks more bonds: {gap.broken / view.area:.4f} per Å² where {cuts[0].broken:.4f} suffice"
            rejected.append(_rejection(view, gap, reason))
            continue
        try:
            cuts += _arranged(termination(view, gap, options.thickness, options.max_cell), options)
        except NoSlab as failure:
            rejected.append(_rejection(view, gap, str(failure)))
    return tuple(cuts), tuple(rejected)


def _rejection(view: Stack, gap: Gap, reason: str) -> Rejection:
    return Rejection(view.miller, round(gap.middle % 1.0 * view.repeat, 4), reason)


def _arranged(term: Termination, options: SlabOptions) -> list[SlabCut]:
    """The best arrangements of the shared ions by electrostatics, one for each kind of face."""
    choices = arrangements(term)
    energies = _electrostatics(term, choices, options.vacuum)
    best: dict[int, int] = {}
    for i in np.argsort(np.round(energies, 6), kind="stable").tolist():
        best.setdefault(choices[i].face, i)
    area = term.stack.area * round(abs(float(np.linalg.det(term.supercell))))
    lowest = float(energies.min())
    return [
        _cut(term, choices[i], (float(energies[i]) - lowest) / area, rank, len(best))
        for rank, i in enumerate(list(best.values())[: options.arrangements], start=1)
    ]


def _cut(term: Termination, choice: Arrangement, electrostatic: float, rank: int, count: int) -> SlabCut:
    u, v = (tuple(int(i) for i in row) for row in term.in_plane)
    return SlabCut(
        miller=term.stack.miller,
        in_plane=(u, v),  # type: ignore[arg-type]
        sites=_sorted_sites(term.stack, term.fixed + choice.occupied),
        flip=choice.flip,
        formula_units=term.formula_units,
        position=round(term.gap.middle % 1.0 * term.stack.repeat, 4),
        broken=term.gap.broken / term.stack.area,
        electrostatic=electrostatic,
        arrangement=rank,
        n_arrangements=count,
    )


def _sorted_sites(view: Stack, sites: tuple[Site, ...]) -> tuple[Site, ...]:
    """Elements in the crystal's order, then from the bottom up: the order that POSCAR files want."""
    order = [str(e) for e in view.crystal.structure.composition]
    heights = site_coordinates(view, sites) @ view.indices
    rank = {site: (order.index(view.crystal.structure[site[0]].specie.symbol), h) for site, h in zip(sites, heights)}  # noqa: B905
    return tuple(sorted(sites, key=lambda s: (rank[s][0], round(float(rank[s][1]), 6), s)))


def _electrostatics(term: Termination, choices: tuple[Arrangement, ...], vacuum: float) -> Matrix:
    """(m,) eV of every arrangement, from one Ewald sum over all sites that any of them may fill."""
    if len(choices) == 1:
        return np.zeros(1)
    sites = term.fixed + term.lower + term.upper
    structure = _place(term.stack.crystal, term.in_plane, sites, vacuum)
    pairs = pair_energies(structure, term.stack.crystal.charges)
    number = {site: i for i, site in enumerate(sites)}
    occupied = np.zeros((len(choices), len(sites)), bool)
    occupied[:, : len(term.fixed)] = True
    for row, choice in zip(occupied, choices, strict=True):
        row[[number[site] for site in choice.occupied]] = True
    return arrangement_energies(pairs, occupied)


def build(cut: SlabCut, crystal: Crystal, vacuum: float) -> Structure:
    """The slab of a cut in a crystal's geometry, middle of the slab at half the cell, third vector along the normal.

    Args:
        vacuum: Å.

    Returns:
        Structure with a along x and the normal along z.
    """
    return _place(crystal, np.array(cut.in_plane), cut.sites, vacuum)


def _place(crystal: Crystal, in_plane: npt.NDArray[np.int64], sites: tuple[Site, ...], vacuum: float) -> Structure:
    from pymatgen.core import Structure

    frame = surface_frame(crystal, in_plane)
    points = _positions(crystal, sites) @ frame.T
    a, b = in_plane @ crystal.structure.lattice.matrix @ frame.T
    height = float(np.ptp(points[:, 2])) + vacuum
    points[:, 2] += 0.5 * height - 0.5 * (points[:, 2].max() + points[:, 2].min())
    elements = [crystal.structure[site].specie.symbol for site, _ in sites]
    lattice = [a, b, [0.0, 0.0, height]]
    return Structure(lattice, elements, points, coords_are_cartesian=True, to_unit_cell=False)


def _positions(crystal: Crystal, sites: tuple[Site, ...]) -> Matrix:
    fractions = np.array([crystal.structure.frac_coords[site] + np.array(offset) for site, offset in sites])
    return np.asarray(fractions @ crystal.structure.lattice.matrix)


def surface_frame(crystal: Crystal, in_plane: npt.NDArray[np.int64]) -> Matrix:
    """(3, 3) rotation whose rows are x along the first plane vector, y in the plane, z along the normal."""
    a, b = in_plane @ crystal.structure.lattice.matrix
    x, z = a / np.linalg.norm(a), np.cross(a, b) / np.linalg.norm(np.cross(a, b))
    return np.array([x, np.cross(z, x), z])


def flip_of(cut: SlabCut, crystal: Crystal, structure: Structure) -> Flip:
    """The operation that turns the built slab over.

    Args:
        structure: as built from this cut; it fixes the origin.

    Raises:
        UserError: the structure is not symmetric under it.
    """
    lattice, frame = crystal.structure.lattice.matrix, surface_frame(crystal, np.array(cut.in_plane))
    rotation = frame @ lattice.T @ cut.flip.rotation @ np.linalg.inv(lattice.T) @ frame.T
    origin = structure.cart_coords[0] - frame @ _positions(crystal, cut.sites[:1])[0]
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


def certify(
    structure: Structure, charges: dict[str, int], polyanions: tuple[Polyanion, ...], framework: set[str]
) -> Certificate:
    """Check a finished slab by its coordinates alone.

    Args:
        charges: formal charges of all its elements.
        framework: elements whose coordination is reported.
    """
    heights = structure.cart_coords[:, 2]
    a, b, c = structure.lattice.matrix
    area = float(np.linalg.norm(np.cross(a, b)))
    ionic = np.array([charges[site.specie.symbol] for site in structure])
    thickness = float(np.ptp(heights))
    return Certificate(
        whole=broken_polyanions(structure, charges, polyanions) == 0,
        symmetric=turns_over(structure),
        dipole=float(ionic @ (heights - heights.mean())) / area,
        coordination=lowest_coordination(structure, charges, framework),
        thickness=thickness,
        vacuum=float(c[2]) - thickness,
        area=area,
    )


def turns_over(structure: Structure, symprec: float = 0.05) -> bool:
    """Whether spglib finds an operation that maps one face of a slab on the other."""
    import spglib

    cell = (structure.lattice.matrix, structure.frac_coords, structure.atomic_numbers)
    symmetry = spglib.get_symmetry(cell, symprec=symprec)
    return symmetry is not None and any(rotation[2, 2] == -1 for rotation in symmetry["rotations"])
