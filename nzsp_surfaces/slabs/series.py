"""One termination at several thicknesses, with the identical faces."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.planes import Stack, stack
from nzsp_surfaces.slabs.arrangements import with_face
from nzsp_surfaces.slabs.cut import SlabCut
from nzsp_surfaces.slabs.ranking import sorted_sites
from nzsp_surfaces.slabs.stoichiometry import NoSlab
from nzsp_surfaces.slabs.terminations import shared_out

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.bonds import Polyanion
    from nzsp_surfaces.crystals.crystal import Crystal


def thickness_series(
    cut: SlabCut,
    crystal: Crystal,
    polyanions: tuple[Polyanion, ...],
    mobile: frozenset[str],
    count: int,
) -> tuple[SlabCut, ...]:
    """A slab and the next thicker ones, each by one repeat, whose faces are the same atom by atom.

    For the linear fit of the energy against the number of repeats (V. Fiorentini and M. Methfessel, J. Phys.: Condens.
    Matter 8, 6525 (1996)) the faces must not change.

    Args:
        count: of slabs, the given one included.

    Raises:
        UserError: no thicker slab has these faces.
    """
    view = stack(crystal, cut.miller, polyanions, mobile)
    return (cut, *(_other(view, cut, more) for more in range(1, count)))


def repeats(cut: SlabCut) -> int:
    """Repeats along the normal between the two cuts of a slab; a part of one counts as a whole one."""
    return max(1, math.ceil(cut.top - cut.bottom - 1e-6))


def of_repeats(
    cut: SlabCut, crystal: Crystal, polyanions: tuple[Polyanion, ...], mobile: frozenset[str], count: int
) -> SlabCut:
    """The slab with the bottom face of another, site by site, and so many repeats; thinner ones, too.

    Raises:
        UserError: no slab of this thickness has this face.
    """
    if count == repeats(cut):
        return cut
    return _other(stack(crystal, cut.miller, polyanions, mobile), cut, count - repeats(cut))


def _other(view: Stack, cut: SlabCut, more: int) -> SlabCut:
    """The slab with `more` repeats in its middle, or fewer."""
    supercell = np.rint(np.array(cut.in_plane) @ np.linalg.inv(view.basis))[:, :2].astype(np.int64)
    try:
        if cut.top + more <= cut.bottom:
            raise NoSlab("nothing is left")
        term = shared_out(view, cut.place, cut.top + more, supercell)
        choice = with_face(term, cut.sites)
    except NoSlab as failure:
        what = f"{abs(more)} repeat{'s' if abs(more) > 1 else ''} {'thicker' if more > 0 else 'thinner'}"
        raise UserError(f"plane {list(cut.miller)}: no slab {what} has the same faces") from failure
    sites = sorted_sites(view, term.fixed + choice.sites)
    return replace(cut, sites=sites, flip=choice.flip, top=term.top, formula_units=term.formula_units)
