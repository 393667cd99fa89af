"""What a plane offers where it has no stoichiometric, symmetric and nonpolar slab."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from nzsp_surfaces.crystals.planes import Gap, Stack, gaps, stack
from nzsp_surfaces.slabs.faces import broken_by_kind, lost_bonds
from nzsp_surfaces.slabs.placing import placed
from nzsp_surfaces.slabs.ranking import sorted_sites
from nzsp_surfaces.slabs.terminations import mirror_tops

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.bonds import Polyanion
    from nzsp_surfaces.crystals.crystal import Crystal
    from nzsp_surfaces.crystals.planes import Site
    from nzsp_surfaces.slabs.cut import SlabOptions

AlternativeKind = Literal["symmetric", "cleaved"]


@dataclass(frozen=True)
class Alternative:
    """A slab that gives no surface energy by itself, and what it does give.

    Attributes:
        kind: symmetric, off stoichiometry, one of two whose faces belong together; or cleaved, with two unlike faces.
        miller: the plane, as given.
        in_plane: (2, 3) surface cell vectors in multiples of the primitive ones.
        sites: (site, lattice translation) of every atom.
        position: Å along the normal, of the bottom cut within the repeat.
        formula_units: whole ones that the slab holds.
        excess: ions of each element beyond them.
        charge: e, formal, of the slab.
        dipole: e/Å, formal charges' moment along the normal per area; 0 where the faces are alike.
        valence: bond valence of all bonds cut, per Å² of one face.
        energy: what its energy gives, as a formula.
    """

    kind: AlternativeKind
    miller: tuple[int, ...]
    in_plane: tuple[tuple[int, ...], ...]
    sites: tuple[Site, ...]
    position: float
    formula_units: int
    excess: dict[str, int]
    charge: float
    dipole: float
    valence: float
    energy: str


def alternatives(
    crystal: Crystal, miller: tuple[int, ...], polyanions: tuple[Polyanion, ...], options: SlabOptions
) -> tuple[Alternative, ...]:
    """The nearest slabs of a plane that are stoichiometric or symmetric, but not both, at its weakest cut.

    A pair of symmetric slabs shows the two sides of the cut: with the excess of each balanced by chemical potentials
    both have a surface energy, whose sum does not depend on them (K. Reuter and M. Scheffler, Phys. Rev. B 65, 035406
    (2001)). A slab of whole repeats has both sides as its two faces; it gives their sum, the cleavage energy, alone.

    Returns:
        Nothing where every cut of the plane breaks polyanions, or its layers lie too close to be told apart.

    Raises:
        UserError: wrong indices or polyanions.
    """
    view = stack(crystal, miller, polyanions, frozenset())
    if view.severed:
        return ()
    places = gaps(view)
    if not places:
        return ()
    weakest = min(places, key=lambda gap: (round(_valence(view, gap), 6), gap.middle))
    repeats = math.ceil(options.thickness / view.repeat)
    cleaved = _alternative("cleaved", view, weakest.middle, weakest.middle + repeats)
    return (*_pair(view, weakest, options), cleaved)


def _valence(view: Stack, gap: Gap) -> float:
    """Bond valence across a gap, per Å²: that of a slab of one repeat."""
    sites = _between(view, gap.middle, gap.middle + 1.0)
    lost = lost_bonds(view, view.basis[:2], sites)
    return sum(row.valence for row in broken_by_kind(view, lost, view.area))


def _pair(view: Stack, gap: Gap, options: SlabOptions) -> tuple[Alternative, ...]:
    """The symmetric slabs with the one and with the other side of a cut."""
    bottoms = {round(gap.middle % 1.0, 6): gap}
    for sense, shift in view.height_maps:
        image = (sense * gap.middle + shift) % 1.0
        if sense == -1 and all(abs((image - b + 0.5) % 1.0 - 0.5) > 1e-3 for b in bottoms):
            bottoms.setdefault(round(image, 6), Gap(image, image, gap.broken))
    found = []
    for bottom in list(bottoms.values())[:2]:
        tops = sorted(mirror_tops(view, bottom, options.thickness))
        found += [_alternative("symmetric", view, bottom.middle, tops[0])] if tops else []
    return tuple(found)


def _alternative(kind: AlternativeKind, view: Stack, bottom: float, top: float) -> Alternative:
    crystal, sites = view.crystal, sorted_sites(view, _between(view, bottom, top))
    present = Counter(crystal.symbols[site] for site, _ in sites)
    formula = crystal.counts
    units = min(present[e] // n for e, n in formula.items())
    excess = {e: present[e] - units * n for e, n in formula.items() if present[e] > units * n}
    lost = lost_bonds(view, view.basis[:2], sites)
    dipole = 0.0 if kind == "symmetric" else _dipole(view, sites)
    return Alternative(
        kind=kind,
        miller=view.miller,
        in_plane=tuple(tuple(int(i) for i in row) for row in view.basis[:2]),
        sites=sites,
        position=round(bottom % 1.0 * view.repeat, 4),
        formula_units=units,
        excess=excess,
        charge=sum(crystal.charges[e] * n for e, n in present.items()),
        dipole=dipole,
        valence=sum(row.valence for row in broken_by_kind(view, lost, view.area)),
        energy=_energy(kind, crystal.formula, units, excess),
    )


def _between(view: Stack, bottom: float, top: float) -> tuple[Site, ...]:
    """Sites of all units between two heights, in the primitive surface cell."""
    sites = []
    for number, height in enumerate(view.heights.tolist()):
        for rise in range(math.ceil(bottom - height), math.floor(top - height) + 1):
            shift = rise * view.basis[2]
            for site, offset in view.units[number].members:
                x, y, z = (int(i) for i in np.array(offset) + shift)
                sites.append((site, (x, y, z)))
    return tuple(sites)


def _dipole(view: Stack, sites: tuple[Site, ...]) -> float:
    slab = placed(view.crystal, view.basis[:2], sites, 10.0)
    ionic = np.array([view.crystal.charges[site.specie.symbol] for site in slab])
    heights = slab.cart_coords[:, 2]
    return float(ionic @ (heights - heights.mean())) / view.area


def _energy(kind: AlternativeKind, formula: str, units: int, excess: dict[str, int]) -> str:
    bulk = f"E_slab - {units} E_bulk({formula})"
    if kind == "cleaved":
        return f"E_cleavage = ({bulk}) / A, both faces together"
    potentials = "".join(f" - {n} mu({e})" for e, n in excess.items())
    return f"gamma = ({bulk}{potentials}) / (2 A)"
