"""The ways of sharing units between the two faces of a termination, up to its symmetry."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.crystal import Operation
from nzsp_surfaces.crystals.planes import Integers, Site
from nzsp_surfaces.slabs.stoichiometry import NoSlab, Piece
from nzsp_surfaces.slabs.terminations import Termination


@dataclass(frozen=True, slots=True)
class Arrangement:
    """One way of sharing.

    Attributes:
        occupied: units of lower + upper that the slab holds.
        flip: the operation that maps its faces on each other.
        face: the same number for arrangements whose single faces are alike and only differ in how the two are turned.
    """

    occupied: tuple[Piece, ...]
    flip: Operation
    face: int

    @property
    def sites(self) -> tuple[Site, ...]:
        """Sites of all occupied units."""
        return tuple(itertools.chain(*self.occupied))


def arrangements(term: Termination) -> tuple[Arrangement, ...]:
    """All ways of sharing that no operation of the slab maps on each other.

    Raises:
        NoSlab: none of them has equal faces.
    """
    pieces = term.lower + term.upper
    if not pieces:
        return (Arrangement((), term.operations[term.flips[0]], 0),)
    found: dict[int, Arrangement] = {}
    lower = _lower_occupations(term)
    faces = _canonical(lower, term.group)
    for flip in term.flips:
        back = np.argsort(term.group[flip])
        rows = lower | lower[:, back]
        # Turned over twice, by -3 for one, a face need not come back; such a slab would be no image of itself.
        alike = (rows == rows[:, back]).all(axis=1)
        rows, kinds = rows[alike], faces[alike]
        for key, row, face in zip(_canonical(rows, term.group).tolist(), rows, kinds.tolist(), strict=True):
            if key not in found:
                occupied = tuple(piece for piece, full in zip(pieces, row, strict=True) if full)
                found[key] = Arrangement(occupied, term.operations[flip], face)
    if not found:
        raise NoSlab("not symmetric: no way of sharing leaves equal faces")
    return tuple(found.values())


def face_number(term: Termination, sites: tuple[Site, ...]) -> int:
    """The number of the face that given sites leave at the bottom; see `Arrangement.face`."""
    held = set(sites)
    row = [[set(piece) <= held for piece in term.lower] + [False] * len(term.upper)]
    return int(_canonical(np.array(row, bool), term.group)[0])


def with_face(term: Termination, sites: tuple[Site, ...]) -> Arrangement:
    """The arrangement whose bottom face keeps the very units that given sites hold there.

    Raises:
        NoSlab: no operation makes the top face alike.
    """
    pieces, held = term.lower + term.upper, set(sites)
    row = np.array([set(piece) <= held for piece in term.lower] + [False] * len(term.upper), bool)
    for flip in term.flips:
        back = np.argsort(term.group[flip])
        full = row | row[back]
        if (full == full[back]).all():
            occupied = tuple(piece for piece, there in zip(pieces, full, strict=True) if there)
            return Arrangement(occupied, term.operations[flip], face_number(term, sites))
    raise NoSlab("not symmetric: no operation makes the other face alike")


def _lower_occupations(term: Termination) -> npt.NDArray[np.bool_]:
    """(m, n) occupations of the bottom face alone."""
    choices = [
        itertools.combinations([i for i, k in enumerate(term.kinds) if k == kind], n) for kind, n in term.kept.items()
    ]
    picks = [list(itertools.chain(*pick)) for pick in itertools.product(*choices)]
    rows = np.zeros((len(picks), len(term.lower) + len(term.upper)), bool)
    for row, pick in zip(rows, picks, strict=True):
        row[pick] = True
    return rows


def _canonical(rows: npt.NDArray[np.bool_], group: Integers) -> Integers:
    """(m,) the smallest number that the group's images of each occupation spell in binary."""
    powers = 1 << np.arange(rows.shape[1], dtype=np.int64)
    numbers = np.stack([rows @ powers[permutation] for permutation in group])
    return np.asarray(numbers.min(axis=0))
