"""What a slab is, told from its atoms and its crystal alone, whoever built it and however its cell is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.crystals.certificate import turns_over
from nzsp_surfaces.crystals.crystal import coprime, hkil, primitive_indices, simplest_plane, standard_miller
from nzsp_surfaces.crystals.extent import FreeSlab, free_slab
from nzsp_surfaces.crystals.planes import Integers, stack
from nzsp_surfaces.slabs.build import FLIP_TOLERANCE
from nzsp_surfaces.slabs.identity import slab_identity
from nzsp_surfaces.slabs.recognise_content import Content, added_atoms, content_of, counted, film_atoms
from nzsp_surfaces.slabs.recognise_faces import Placed, as_placed, face_names, turned_to
from nzsp_surfaces.slabs.recognise_fit import Fit, best_fit

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.crystal import Crystal
    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.slabs.cut import Cut

STRAIN = 0.03
"""Of the plane: a slab of the same method has the lattice of the bulk; another functional is up to 2 per cent off."""
ROOM = 15.0
"""Å of vacuum around a slab whose symmetry is asked for."""


@dataclass(frozen=True)
class Recognised:
    """A slab in terms of its crystal.

    Attributes:
        miller: the plane on the axes that count for the bulk's file, the simplest of its form; four indices for
            trigonal and hexagonal crystals.
        standard_miller: the same on spglib's standard cell.
        termination: name of its faces, the same for all thicknesses, surface cells and ways of writing them; two names
            with a stroke between them where the faces differ. It holds among slabs of one crystal.
        framework: the same without the mobile elements: of the place of the cut, however mobile ions are shared out.
        area: Å² of one face of the slab's cell.
        cells: how many primitive surface cells that is.
        thickness: Å between its outermost atoms that belong to the crystal.
        repeats: how many repeats along the normal the crystal's atoms make.
        strain: largest relative change of a length in the plane, from the bulk to the slab.
        misfit: Å, root mean square distance of the crystal's atoms from their sites.
        formula_units: of the bulk.
        film_units: formula units of the film that was asked about.
        excess: element -> atoms beyond these units, negative where some lack.
        film_atoms: of that film, by their numbers in the structure.
        other_atoms: that are neither the crystal's nor the film's, as adsorbates.
        faces_alike: whether one energy serves both faces.
        reason: why nothing fits; all else is then at its default.
        placed: the crystal's atoms as sites of the crystal, for all that is asked about a cut.
    """

    miller: tuple[int, ...] = ()
    standard_miller: tuple[int, ...] = ()
    termination: str = ""
    framework: str = ""
    area: float = 0.0
    cells: int = 0
    thickness: float = 0.0
    repeats: float = 0.0
    strain: float = 0.0
    misfit: float = 0.0
    formula_units: int = 0
    film_units: int = 0
    excess: dict[str, int] = field(default_factory=dict)
    film_atoms: tuple[int, ...] = ()
    other_atoms: tuple[int, ...] = ()
    faces_alike: bool = False
    reason: str | None = None
    placed: Placed | None = field(default=None, repr=False)

    @property
    def stoichiometric(self) -> bool:
        """Whether whole formula units account for all its atoms."""
        return self.reason is None and not self.excess


def recognise(
    crystal: Crystal,
    structure: Structure,
    film: Crystal | None = None,
    mobile: frozenset[str] = frozenset(),
    *,
    most: float = STRAIN,
) -> Recognised:
    """What a slab of a crystal is. The geometry from which a run started tells its faces best.

    Args:
        crystal: the bulk, in the geometry of the same method.
        structure: the slab, in any cell.
        film: the compound of a film that may lie on it.
        mobile: elements whose ions either face may hold, and a film may move.
        most: strain of the slab's plane that is allowed.

    Returns:
        With a `reason` where the structure is no slab of this crystal.
    """
    slab = free_slab(structure)
    if slab is None:
        return Recognised(reason="no slab: it has no vacuum on two sides of a plane of atoms")
    fit = best_fit(crystal, slab, most)
    if isinstance(fit, str):
        return Recognised(reason=fit)
    content = content_of(counted(slab), crystal, film)
    covering = film_atoms(fit, film, content.film_units) if film else np.zeros(0, np.int64)
    others = np.setdiff1d(added_atoms(fit, content), covering)
    return _described(fit, content, covering, others, mobile)


def _described(fit: Fit, content: Content, covering: Integers, others: Integers, mobile: frozenset[str]) -> Recognised:
    crystal, slab = fit.crystal, fit.slab
    own = np.setdiff1d(np.arange(len(slab.points)), np.concatenate([covering, others]))
    miller, cells = plane_of(crystal, fit.pose.in_plane), _cells(fit.pose.in_plane)
    indices = primitive_indices(crystal, miller)
    placed = turned_to(crystal, _placed(fit, own), indices)
    names = face_names(crystal, placed, indices)
    left_out = mobile if mobile < crystal.counts.keys() else frozenset[str]()
    return Recognised(
        miller=miller,
        standard_miller=standard_miller(crystal, miller),
        termination=_joined(names),
        framework=_joined(face_names(crystal, placed, indices, left_out)),
        area=slab.area,
        cells=cells,
        thickness=float(np.ptp(slab.heights[own])),
        repeats=len(own) / len(crystal.structure) / cells,
        strain=fit.pose.strain,
        misfit=fit.misfit_of(own),
        formula_units=content.units,
        film_units=content.film_units,
        excess=content.excess,
        film_atoms=tuple(covering.tolist()),
        other_atoms=tuple(others.tolist()),
        faces_alike=(len(set(names)) == 1 and len(own) == len(slab.points)) or _turns_over(slab),
        placed=placed,
    )


def termination_of(crystal: Crystal, cut: Cut, without: frozenset[str] = frozenset()) -> str:
    """The name that `recognise` gives to the faces of a cut; of its framework where mobile elements are left out."""
    slab = as_placed(cut.in_plane, cut.sites)
    indices = primitive_indices(crystal, plane_of(crystal, slab.in_plane))
    return _joined(face_names(crystal, turned_to(crystal, slab, indices), indices, without))


def identity_of(material: Material, found: Recognised) -> str | None:
    """The name of the whole slab, its thickness included, that a cut of the same sites has; None where none is known.

    It is that of `slab_identity`, without the number that tells apart what shares one.
    """
    if found.placed is None:
        return None
    view = stack(material.crystal, found.miller, material.polyanions, material.mobile)
    return slab_identity(view, found.placed.in_plane, found.placed.places)


def plane_of(crystal: Crystal, in_plane: Integers) -> tuple[int, ...]:
    """The simplest name of the plane that two lattice vectors span, up to its opposite.

    Args:
        in_plane: (2, 3) in multiples of the primitive vectors.
    """
    indices = np.rint(crystal.conventional_multiples @ np.cross(*in_plane)).astype(np.int64)
    found = simplest_plane(crystal, coprime(tuple(int(i) for i in indices)))
    return hkil(found) if crystal.hexagonal else found


def _joined(names: tuple[str, str]) -> str:
    return "/".join(sorted(set(names)))


def _placed(fit: Fit, atoms: Integers) -> Placed:
    """The atoms that lie on sites, of two on one site both."""
    on = atoms[fit.sites[atoms] >= 0]
    return Placed(fit.pose.in_plane, fit.sites[on], fit.offsets[on])


def _cells(in_plane: Integers) -> int:
    """Surface cell in primitive ones."""
    return int(np.gcd.reduce(np.cross(*in_plane)))


def _turns_over(slab: FreeSlab) -> bool:
    """Whether an operation of the slab's own turns it over."""
    from pymatgen.core import Structure

    height = float(np.ptp(slab.heights)) + ROOM
    lattice = np.array([*slab.lattice, height * slab.normal])
    whole = Structure(lattice, slab.symbols, slab.points, coords_are_cartesian=True)
    return turns_over(whole) or turns_over(whole, FLIP_TOLERANCE)
