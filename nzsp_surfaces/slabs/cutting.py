"""From a crystal and a plane to its slabs, and reasons for every rejected cut."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.planes import Gap, Stack, gaps, layers, stack
from nzsp_surfaces.slabs.identity import congruent, surroundings
from nzsp_surfaces.slabs.layer_sets import MOST_LAYERS, MOST_SETS, can_be_mended, layer_sets
from nzsp_surfaces.slabs.stoichiometry import NoSlab
from nzsp_surfaces.slabs.terminations import terminations

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.bonds import Polyanion
    from nzsp_surfaces.crystals.crystal import Crystal

from nzsp_surfaces.slabs.cut import Rejection, SlabCut, SlabOptions
from nzsp_surfaces.slabs.ranking import arranged, position_of

Matrix = npt.NDArray[np.float64]


def cut_slabs(
    crystal: Crystal,
    miller: tuple[int, ...],
    polyanions: tuple[Polyanion, ...],
    mobile: frozenset[str],
    options: SlabOptions,
) -> tuple[tuple[SlabCut, ...], tuple[Rejection, ...]]:
    """The slabs of every termination of a plane, and what was rejected.

    Cuts between layers of the framework come first; only where none of them gives a slab, cuts through a layer of
    charged units are tried; and only where these give none and the plane is polar, cuts through layers of several
    kinds.

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
    if not accepted and can_be_mended(view, places):
        accepted, also = _through_sets(view, options)
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
            accepted.append(arranged(terminations(view, gap, options.thickness, options.max_cell), options))
        except NoSlab as failure:
            rejected.append(Rejection(view.miller, position_of(view, gap.middle), str(failure)))
    return accepted, rejected


def _through_sets(view: Stack, options: SlabOptions) -> tuple[list[list[SlabCut]], list[Rejection]]:
    """The arranged slabs of the cuts through fewest neighbouring layers of several kinds that give any."""
    rejected: list[Rejection] = []
    for count in range(1, MOST_LAYERS + 1):
        sets = layer_sets(view, count)
        accepted, also = _terminations(view, sets[:MOST_SETS], options)
        rejected += also
        if len(sets) > MOST_SETS:
            what = f"sets of {count} layers" if count > 1 else "layers of several kinds"
            reason = f"{MOST_SETS} of {len(sets)} {what} were halved, those that break the fewest bonds"
            rejected.append(Rejection(view.miller, position_of(view, sets[MOST_SETS].middle), reason))
        if accepted:
            return accepted, rejected
    return [], rejected


def _severed(view: Stack) -> Rejection:
    unit = view.units[view.severed[0]]
    name = {1: "chains", 2: "layers", 3: "frameworks"}[unit.dimensions]
    reason = f"polyanions are cut: endless {name} of {view.element(view.severed[0])} polyanions run through this plane"
    return Rejection(view.miller, 0.0, reason)
