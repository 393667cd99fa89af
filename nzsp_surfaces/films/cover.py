"""Capping films on both faces of a slab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.bonds import Polyanion
from nzsp_surfaces.crystals.crystal import Crystal
from nzsp_surfaces.crystals.flip import Flip
from nzsp_surfaces.crystals.moments import moments_of, with_moments
from nzsp_surfaces.crystals.planes import stack
from nzsp_surfaces.films.cations import with_cations
from nzsp_surfaces.films.compound import FilmCompound
from nzsp_surfaces.films.stacking import anchors, polyanion_at
from nzsp_surfaces.slabs.build import build, flip_of, shifted
from nzsp_surfaces.slabs.cut import Cut

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]


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


def cap(
    cut: Cut,
    crystal: Crystal,
    polyanions: tuple[Polyanion, ...],
    mobile: frozenset[str],
    film: FilmCompound,
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
        UserError: the bare face has no broken bond that a film could complete, or an element is a cation in one and an
            anion in the other.
    """
    _refuse_clash(crystal, cut, film)
    view = stack(crystal, cut.miller, polyanions, mobile)
    bare = build(cut, crystal, vacuum)
    found = anchors(view, cut, layers)
    if not found:
        raise UserError(f"film {film.name} on {list(cut.miller)}: no broken bond at the face; leave this plane bare")
    groups = [polyanion_at(crystal, cut, bare, anchor, film) for anchor in found]
    lower = with_cations(bare, crystal.charges, np.vstack(groups), film, np.random.default_rng(seed))
    return _both_faces(bare, lower, len(groups), flip_of(cut, crystal, bare), vacuum)


def _refuse_clash(crystal: Crystal, cut: Cut, film: FilmCompound) -> None:
    for element in sorted(film.charges.keys() & crystal.charges.keys()):
        if film.charges[element] * crystal.charges[element] < 0:
            raise UserError(
                f"film {film.name} on {list(cut.miller)}: {element} is {film.charges[element]:+g} in the film and "
                f"{crystal.charges[element]:+g} in {crystal.formula}; leave this plane bare"
            )


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
    own = moments_of(bare)
    structure = with_moments(structure, [*own, *[0.0] * (len(symbols) - len(own))]) if own else structure
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
    made = Structure(capped.structure.lattice, symbols, result, coords_are_cartesian=True, to_unit_cell=False)
    return with_moments(made, moments_of(capped.structure))


def _nearest_images(structure: Structure, points: Matrix, targets: Matrix) -> Matrix:
    """`points`, each moved by the lattice vector that brings it closest to its target."""
    gaps = structure.lattice.get_fractional_coords(points - targets)
    return np.asarray(points - structure.lattice.get_cartesian_coords(np.rint(gaps)))
