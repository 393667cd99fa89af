"""Slabs of a film's own crystal that fit a surface cell: cut, matched to the cell's vectors, strained onto them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.crystal import distinct_planes
from nzsp_surfaces.films.packing import Film, Room
from nzsp_surfaces.films.settling import LEAST
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import Cut, SlabOptions
from nzsp_surfaces.slabs.supercell import ITSELF, Multiples, keeps_flip
from nzsp_surfaces.slabs.survey import survey_plane

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.crystal import Crystal
    from nzsp_surfaces.crystals.material import Material

Matrix = npt.NDArray[np.float64]
MAX_INDEX = 2
"""Of the planes along which the film's crystal is cut."""
MAX_CELL = 4
"""Of these slabs, in primitive surface cells."""
LOOSE = 3.0
"""Times the allowed strain, within which matches are looked at, to say how much the best of them would need."""
DESCENT = 0.05
"""Å by which a sheet is moved away from the face until nothing touches."""


@dataclass(frozen=True)
class Sheet:
    """A slab of the film's crystal on the surface cell of another crystal.

    Attributes:
        miller: the plane along which it is cut.
        elements: of its n atoms.
        places: (n, 3) fractions of that cell's two vectors, and Å above the sheet's lowest atom.
        units: formula units.
        strain: of the sheet, the larger one in size of both principal strains in the plane.
        cells: vectors of the surface cell that it needs, in multiples of the face's own.
    """

    miller: tuple[int, ...]
    elements: tuple[str, ...]
    places: tuple[tuple[float, float, float], ...]
    units: int
    strain: float
    cells: Multiples = ITSELF

    @property
    def count(self) -> int:
        """Of surface cells that it covers."""
        (a, b), (c, d) = self.cells
        return abs(a * d - b * c)


@dataclass(frozen=True)
class Face:
    """What a sheet is to lie on.

    Attributes:
        cut: of the slab.
        crystal: from which it is cut.
        cells: surface cells that one sheet may cover, at most.
        strain: that the sheet may take, at most.
    """

    cut: Cut
    crystal: Crystal
    cells: int
    strain: float

    @cached_property
    def vectors(self) -> Matrix:
        """(2, 2) Å, of the surface cell, the first along x."""
        return np.asarray(build(self.cut, self.crystal, 1.0).lattice.matrix[:2, :2])


@dataclass(frozen=True)
class _Match:
    """Vectors of a film's slab and of a face that lie on each other: multiples (2, 2) of both, and the map there."""

    film: Matrix
    face: Multiples
    stretch: Matrix


def best_sheet(film: Material, face: Face, thickness: float, units: int | None) -> Sheet:
    """The slab of a film's crystal that fits a face on the fewest surface cells, and there the least strained one.

    Lattices are matched as Zur and McGill do (J. Appl. Phys. 55, 378 (1984)), by pymatgen.

    Args:
        film: its compound as a material, whose cations are mobile.
        thickness: Å, of the sheet at least.
        units: formula units on each surface cell; any number where None.

    Raises:
        UserError: none fits; it says how much strain the best would need, or which numbers of units there are.
    """
    found = list(_sheets(film, face, thickness))
    fitting = [sheet for sheet in found if sheet.strain <= face.strain]
    if not fitting:
        least = f"the best needs {min(s.strain for s in found):.1%}" if found else "none comes near"
        raise UserError(
            f"film {film.name}: no slab of its crystal fits {face.cells} cells of this face within a strain of "
            f"{face.strain:.0%} ({least}); raise 'strain' or 'cells', or grow or melt it on"
        )
    wanted = [sheet for sheet in fitting if units is None or sheet.units == units * sheet.count]
    if not wanted:
        there = ", ".join(sorted({f"{sheet.units / sheet.count:g}" for sheet in fitting}))
        raise UserError(f"film {film.name}: no matched slab has {units} formula units on a cell; there are {there}")
    return min(wanted, key=lambda s: (s.count, round(s.strain, 4), len(s.elements)))


def _sheets(film: Material, face: Face, thickness: float) -> Iterator[Sheet]:
    options = SlabOptions(thickness, vacuum=1.0, max_cell=MAX_CELL, arrangements=1)
    for miller in distinct_planes(film.crystal, MAX_INDEX):
        for surface in survey_plane(film, miller, options).surfaces[:1]:
            slab = build(surface.cut, film.crystal, options.vacuum)
            for match in _matches(slab.lattice.matrix[:2, :2], face):
                yield _sheet(miller, slab, match, face)


def _matches(own: Matrix, face: Face) -> Iterator[_Match]:
    """Supercells of `own` (2, 2) Å that lie on some of the face's, within more strain than is allowed."""
    from pymatgen.analysis.interfaces.zsl import ZSLGenerator

    area, most = abs(np.linalg.det(face.vectors)), LOOSE * face.strain
    options = {"max_area": face.cells * area * (1 + 2 * most), "max_length_tol": most, "max_angle_tol": most}
    flat = [np.hstack([vectors, np.zeros((2, 1))]) for vectors in (own, face.vectors)]
    for found in ZSLGenerator(max_area_ratio_tol=2 * most, **options)(*flat):
        film, there = (np.array(v)[:, :2] for v in (found.film_sl_vectors, found.substrate_sl_vectors))
        stretch, multiples = np.linalg.solve(film, there), _multiples(there, face.vectors)
        near = strain_of(stretch) <= most and abs(np.linalg.det(multiples)) < face.cells + 0.5
        if near and keeps_flip(face.cut, multiples):
            yield _Match(np.rint(film @ np.linalg.inv(own)), multiples, stretch)


def _multiples(vectors: Matrix, cell: Matrix) -> Multiples:
    """Of the cell, right-handed; the cell itself where they span no more."""
    (a, b), (c, d) = ([int(i) for i in row] for row in np.rint(vectors @ np.linalg.inv(cell)))
    if abs(a * d - b * c) == 1:
        return ITSELF
    return ((a, b), (c, d)) if a * d - b * c > 0 else ((c, d), (a, b))


def strain_of(stretch: Matrix) -> float:
    """The larger in size of both principal strains of a map in the plane (2, 2), whatever it turns."""
    return float(np.abs(np.linalg.svd(stretch, compute_uv=False) - 1.0).max())


def _sheet(miller: tuple[int, ...], slab: Structure, match: _Match, face: Face) -> Sheet:
    larger = slab.copy()
    larger.make_supercell([[*match.film[0], 0], [*match.film[1], 0], [0, 0, 1]], to_unit_cell=False)
    cell = np.array(match.face) @ face.vectors
    flat = larger.cart_coords[:, :2] @ match.stretch @ np.linalg.inv(cell)
    heights = larger.cart_coords[:, 2] - larger.cart_coords[:, 2].min()
    places = np.round(np.column_stack([flat % 1.0, heights]), 6)
    elements = tuple(site.specie.symbol for site in larger)
    units = round(larger.composition.get_reduced_composition_and_factor()[1])
    rows = tuple((float(x), float(y), float(z)) for x, y, z in places)
    return Sheet(miller, elements, rows, units, strain_of(match.stretch), match.face)


def laid(room: Room, sheet: Sheet, rng: np.random.Generator) -> Film:
    """The sheet below a face, shifted at random in the plane, one of both ways round, as near as nothing touches."""
    places = np.array(sheet.places)
    flat = (rng.choice([-1.0, 1.0]) * places[:, :2] + rng.random(2)) % 1.0
    elements, points = list(sheet.elements), flat @ room.bare.lattice.matrix[:2]
    points[:, 2] = room.bare.cart_coords[:, 2].min() + places[:, 2] - places[:, 2].max()
    crowd = room.crowd(elements, 0).one_body()
    lowered = (points - [0.0, 0.0, down] for down in np.arange(0.0, LEAST.max() + 2 * DESCENT, DESCENT))
    return elements, next(each for each in lowered if crowd.closeness(each) >= 1.0)
