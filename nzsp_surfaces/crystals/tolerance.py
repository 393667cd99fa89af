"""Within which distance a crystal is symmetric: what noise has broken counts, what a distortion has broken does not.

A relaxation without symmetry leaves atoms 0.01 to 0.03 Å from their symmetric places, each in its own direction. A
distortion, as that of BaTiO3 with titanium off the centre of its octahedron, moves them further, or breaks some
operations of the higher symmetry while it keeps others; noise breaks all of them alike. So the highest symmetry counts
that is reached by small or by random displacements and hardly any strain.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.compat.spglib import quiet_spglib
from nzsp_surfaces.crystals.moments import kinds, moments_of, with_moments

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
TOLERANCES = (0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1)
"""Å: from what experimental structures are symmetric to, up to what relaxed and older ones may need."""
WIDER = (0.15, 0.2)
"""Å: asked as well, since noise of 0.03 Å on each of two atoms and on the origin adds up to that."""
HELPFUL = (*TOLERANCES, *WIDER, 0.3)
"""Å: those that a user may want to try."""
SMALL = 0.035
"""Å: displacements that noise may have caused even where it left other operations whole."""
RANDOM = 0.045
"""Å, root mean square over the atoms: the same where all operations are broken alike."""
ALIKE = 2.5
"""Errors of operations that differ by less than this factor are alike: by their sites they do so up to 1.7."""
STRAIN = 0.004
"""Of a cell: tetragonal BaTiO3 is 0.007 from cubic, cold CoO 0.008, cells of rough relaxations are 0.003."""
EXACT = 1e-4
"""Å: atoms that are this close to where they should be are there."""
AT_PLACE = 1e-3
"""Å: no more than what a file's decimals leave."""
MANY = 2000
"""Atoms of a cell that is too large to be looked at several times."""
FAR = 0.5
"""Å: an image further from every atom of its element is none of them."""


@dataclass(frozen=True, eq=False)
class Symmetrised:
    """A structure on its symmetric places.

    Attributes:
        lattice: (3, 3) rows, Å, turned as the given one.
        fractions: (n, 3), in the order of the given atoms.
        moved: (n,) Å, how far each atom is from where it was given.
        strain: largest relative change of a length.
        errors: (m,) Å, root mean square distance between the image of an atom and the atom that it is meant to be: of
            one operation for each rotation, and of the translations within the cell where it is not primitive.
    """

    lattice: Matrix
    fractions: Matrix
    moved: Matrix
    strain: float
    errors: Matrix

    @property
    def largest(self) -> float:
        """Å, how far the atom is moved that is moved most."""
        return float(self.moved.max())

    @property
    def is_exact(self) -> bool:
        """True where nothing had to be moved."""
        return self.largest < AT_PLACE and self.strain < AT_PLACE / 10

    @property
    def objection(self) -> str | None:
        """What speaks against noise; None where nothing does."""
        if self.strain > STRAIN:
            return f"would strain the cell by {100 * self.strain:.1f} %"
        spread = float(np.sqrt((self.moved**2).mean()))
        alike = len(self.errors) > 1 and self.errors.max() < ALIKE * self.errors.min()
        if self.largest < SMALL or (spread < RANDOM and alike):
            return None
        return f"would move atoms by {self.largest:.2f} Å"


@dataclass(frozen=True)
class Tolerance:
    """Within which distance sites count as equivalent, and what other distances would give.

    Attributes:
        symprec: Å.
        answers: the least tolerance of the scan (Å) for each answer, with its symbol; empty where none was made.
        used: the symbol that counts.
        objection: what speaks against an answer of higher symmetry; empty where there is none.
        moved: Å, how far the atom is from its symmetric place that is furthest.
    """

    symprec: float
    answers: tuple[tuple[float, str], ...] = ()
    used: str = ""
    objection: str = ""
    moved: float = 0.0

    def told(self) -> tuple[str, ...]:
        """Lines on what was found, where there was a choice or atoms are far off their places."""
        lines = []
        if len(self.answers) > 1:
            (least, symbol), *others = self.answers
            words = ", ".join([f"{symbol} at {least:g}", *(f"{name} from {at:g}" for at, name in others)])
            lines.append(f"{words} Å: {self.used} used{self.objection}.")
        if self.moved > (AT_PLACE if lines else TOLERANCES[0]):
            lines.append(f"Atoms lie up to {self.moved:.3f} Å from the symmetric places of {self.used}.")
        return tuple(lines)


def dataset(structure: Structure, symprec: float) -> Any:
    """What spglib finds of a structure within `symprec` Å; None where it finds nothing."""
    import spglib

    cell = (structure.lattice.matrix, structure.frac_coords, kinds(structure))
    with quiet_spglib():
        return spglib.get_symmetry_dataset(cell, symprec=symprec)


def within(structure: Structure, symprec: float | None) -> tuple[Tolerance, Any]:
    """The tolerance that is given (Å), else the one that a scan finds, and what spglib finds there, if anything."""
    tolerance, data = scan(structure) if symprec is None else (Tolerance(symprec), dataset(structure, symprec))
    return replace(tolerance, used=tolerance.used or str(data.international if data else "")), data


def scan(structure: Structure) -> tuple[Tolerance, Any]:
    """The tolerance at which a structure has the highest symmetry that noise may have broken.

    Returns:
        One of `TOLERANCES` or `WIDER`; the first where the ends of the scan agree, and for more than `MANY` atoms. And
        what spglib finds there, None where that is nothing.
    """
    first = dataset(structure, TOLERANCES[0])
    last = dataset(structure, WIDER[-1]) if len(structure) <= MANY else first
    if first is None or (last is not None and _answer(first) == _answer(last)):
        return Tolerance(TOLERANCES[0]), first
    between = ((at, dataset(structure, at)) for at in (*TOLERANCES[1:], *WIDER[:-1]))
    found = [each for each in ((TOLERANCES[0], first), *between, (WIDER[-1], last)) if each[1] is not None]
    return _chosen(structure, [next(run) for _, run in itertools.groupby(found, key=lambda each: _answer(each[1]))])


def _chosen(structure: Structure, runs: list[tuple[float, Any]]) -> tuple[Tolerance, Any]:
    """The highest symmetry that nothing speaks against, from the least tolerance of each answer."""
    chosen, objection = runs[0], ""
    for at, data in runs[1:]:
        if _order(data) > _order(chosen[1]):
            against = _objection(structure, data, at)
            if not against:
                chosen, objection = (at, data), ""
            elif at <= TOLERANCES[-1]:
                objection = against
    shown = [run for run in runs if run[0] <= max(chosen[0], TOLERANCES[-1])]
    names = _names([data for _, data in shown])
    answers = tuple(zip((at for at, _ in shown), names, strict=True))
    return Tolerance(chosen[0], answers, dict(answers)[chosen[0]], objection), chosen[1]


def _answer(data: Any) -> tuple[int, int]:
    """Space group and size of the primitive cell."""
    return int(data.number), _size(data)


def _size(data: Any) -> int:
    return len(set(data.mapping_to_primitive.tolist()))


def _order(data: Any) -> float:
    """Operations in a volume, compared with those of other answers for the same cell."""
    import spglib

    rotations = spglib.get_symmetry_from_database(data.hall_number)["rotations"]
    return len(np.unique(rotations.reshape(-1, 9), axis=0)) / _size(data)


def _names(found: list[Any]) -> list[str]:
    """Symbols; with the size of the primitive cell where two answers differ in nothing else."""
    symbols = [str(data.international) for data in found]
    sizes = [_size(data) for data in found]
    unlike = {s: len({n for t, n in zip(symbols, sizes, strict=True) if t == s}) > 1 for s in symbols}
    return [f"{s} of {n} atoms" if unlike[s] else s for s, n in zip(symbols, sizes, strict=True)]


def _objection(structure: Structure, data: Any, symprec: float) -> str:
    ideal = symmetrised(structure, data, symprec)
    against = "would let atoms fall together" if ideal is None else ideal.objection
    return f", since {data.international} {against}" if against else ""


def symmetrised(structure: Structure, data: Any, symprec: float) -> Symmetrised | None:
    """A structure with its atoms and its metric averaged over the space group that spglib found of it.

    Args:
        data: what spglib found within `symprec` Å.

    Returns:
        None where an operation does not map the atoms one to one.
    """
    folded, copies, off = _folded(structure, data)
    own = data if len(folded) == len(structure) else _alike(folded, data, symprec)
    mapped = None if own is None else _mapped(folded, own)
    if mapped is None:
        return None
    rotations, moves, errors = mapped
    cell, strain = _averaged(folded.lattice.matrix, rotations)
    multiples = _multiples(structure, folded)
    lattice, shifts = multiples @ cell, (moves[copies] - off) @ np.linalg.inv(multiples)
    moved = np.linalg.norm(shifts @ lattice, axis=1)
    broken = _distances(errors, cell)[~(rotations == np.eye(3)).all(axis=(1, 2))]
    if len(folded) < len(structure):  # The mean of several copies has less noise than each of them.
        broken *= (len(structure) / len(folded)) ** 0.5
        broken = np.append(broken, _distances(2**0.5 * off, cell))
    return Symmetrised(lattice, structure.frac_coords + shifts, moved, strain, broken)


def _alike(folded: Structure, data: Any, symprec: float) -> Any:
    """The same space group in the primitive cell, for which a wider tolerance may be needed; None where it is not."""
    tried = (dataset(folded, factor * symprec) for factor in (1, 1.5, 2, 3))
    return next((own for own in tried if own is not None and own.number == data.number), None)


def _folded(structure: Structure, data: Any) -> tuple[Structure, Integers, Matrix]:
    """The primitive cell with the mean place of all copies of a site, the site of each atom, and how far it is off.

    A cell that is primitive already stays as it is. Distances are fractions of the primitive vectors.
    """
    from pymatgen.core import Structure as Pymatgen

    _, first, copies = np.unique(data.mapping_to_primitive, return_index=True, return_inverse=True)
    if len(first) == len(structure):
        return structure, np.arange(len(structure)), np.zeros_like(structure.frac_coords)
    multiples = np.rint(structure.lattice.matrix @ np.linalg.inv(data.primitive_lattice))
    places = structure.frac_coords @ multiples
    apart = places - places[first][copies]
    apart -= np.rint(apart)
    mean = np.zeros((len(first), 3))
    np.add.at(mean, copies, apart)
    mean /= np.bincount(copies)[:, None]
    species, moments = [structure[int(n)].specie for n in first], moments_of(structure)
    folded = Pymatgen(np.linalg.solve(multiples, structure.lattice.matrix), species, places[first] + mean)
    folded = with_moments(folded, [moments[int(n)] for n in first] if moments else ())
    return folded, copies, apart - mean[copies]


def _multiples(structure: Structure, folded: Structure) -> Matrix:
    return np.rint(structure.lattice.matrix @ np.linalg.inv(folded.lattice.matrix))


def _mapped(structure: Structure, data: Any) -> tuple[Matrix, Matrix, Matrix] | None:
    """Of a primitive cell: (m, 3, 3) rotations, (n, 3) ways to the mean of all images, (m, n, 3) to each of them."""
    rotations, fractions = np.asarray(data.rotations, float), structure.frac_coords
    images = np.einsum("gij,nj->gni", rotations, fractions) + np.asarray(data.translations)[:, None]
    partners = _partners(structure, images)
    if partners is None:
        return None
    errors = images - fractions[partners]
    errors -= np.rint(errors)
    moves = np.zeros_like(fractions)
    np.add.at(moves, partners.ravel(), errors.reshape(-1, 3) / len(rotations))
    return rotations, moves - moves.mean(axis=0), errors  # The origin is where the atoms move least.


def _averaged(lattice: Matrix, rotations: Matrix) -> tuple[Matrix, float]:
    """The nearest lattice whose metric the rotations keep, and the largest relative change of a length to it."""
    metric = np.mean([rotation.T @ lattice @ lattice.T @ rotation for rotation in rotations], axis=0)
    back = np.linalg.inv(lattice)
    squares, directions = np.linalg.eigh(back @ metric @ back.T)
    stretch = directions @ np.diag(np.sqrt(squares)) @ directions.T
    return lattice @ stretch, float(np.abs(np.sqrt(squares) - 1).max())


def _partners(structure: Structure, images: Matrix) -> Integers | None:
    """(m, n) the atom of the same element nearest to each image; None where one is nearest to two, or none is near.

    Nearness is that along the cell's vectors as though they were orthogonal, which serves to tell atoms apart.
    """
    from scipy.spatial import cKDTree

    lengths, numbers = np.array(structure.lattice.abc), np.array(kinds(structure))
    partners = np.empty(images.shape[:2], np.int64)
    for element in set(numbers.tolist()):
        own = np.flatnonzero(numbers == element)
        tree = cKDTree(_wrapped(structure.frac_coords[own]) * lengths, boxsize=lengths)
        distance, nearest = tree.query(_wrapped(images[:, own]) * lengths, distance_upper_bound=FAR)
        if np.isinf(distance).any() or (np.sort(nearest, axis=1) != np.arange(len(own))).any():
            return None
        partners[:, own] = own[nearest]
    return partners


def _wrapped(fractions: Matrix) -> Matrix:
    inside = fractions % 1.0
    return np.asarray(np.where(inside >= 1.0 - 1e-12, 0.0, inside))


def _distances(errors: Matrix, lattice: Matrix) -> Matrix:
    """(m,) Å, root mean square over the atoms, the translation being the best; errors are (m, n, 3) or (n, 3)."""
    own = errors - errors.mean(axis=-2, keepdims=True)
    return np.asarray(np.sqrt((np.linalg.norm(own @ lattice, axis=-1) ** 2).mean(axis=-1)))
