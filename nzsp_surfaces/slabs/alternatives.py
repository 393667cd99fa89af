"""What a plane offers where it has no stoichiometric, symmetric and nonpolar slab."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from nzsp_surfaces.crystals.planes import Gap, Integers, Stack, gaps, stack
from nzsp_surfaces.slabs.faces import NO_DIPOLE, broken_by_kind, lost_bonds
from nzsp_surfaces.slabs.placing import placed
from nzsp_surfaces.slabs.ranking import arranged, sorted_sites
from nzsp_surfaces.slabs.stoichiometry import NoSlab
from nzsp_surfaces.slabs.surface_cells import supercells
from nzsp_surfaces.slabs.terminations import balanced_out, mirror_tops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nzsp_surfaces.crystals.bonds import Polyanion
    from nzsp_surfaces.crystals.crystal import Crystal
    from nzsp_surfaces.crystals.planes import Site
    from nzsp_surfaces.slabs.cut import SlabCut, SlabOptions

AlternativeKind = Literal["symmetric", "cleaved"]
NO_CHARGE = 1e-6
"""e"""


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
        over: the same as a formula, SrO or 2 TiO2; empty where there are none.
        shared: mobile ions near a cut that stay on each face, as "1 of 2 Na", so that the slab has no charge.
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
    over: str
    shared: str
    charge: float
    dipole: float
    valence: float
    energy: str


def alternatives(
    crystal: Crystal,
    miller: tuple[int, ...],
    polyanions: tuple[Polyanion, ...],
    mobile: frozenset[str],
    options: SlabOptions,
) -> tuple[Alternative, ...]:
    """The nearest slabs of a plane that are stoichiometric or symmetric, but not both, at its weakest cut.

    A pair of symmetric slabs shows the two sides of the cut: with the excess of each balanced by chemical potentials
    both have a surface energy, whose sum does not depend on them (K. Reuter and M. Scheffler, Phys. Rev. B 65, 035406
    (2001)). Where they would be charged, mobile ions near the cut are shared out so that they are not. A slab of whole
    repeats has both sides as its two faces; it gives their sum, the cleavage energy, alone.

    Returns:
        Nothing where every cut of the plane breaks polyanions, or its layers lie too close to be told apart.

    Raises:
        UserError: wrong indices or polyanions.
    """
    view = stack(crystal, miller, polyanions, frozenset())
    if view.severed or not gaps(view):
        return ()
    weakest = _weakest(view)
    pair = [_symmetric(view, bottom, options) for bottom in _sides(view, weakest)]
    if mobile and any(abs(each.charge) > NO_CHARGE for each in pair):
        pair = _balanced_pair(stack(crystal, miller, polyanions, mobile), options) or pair
    top = weakest.middle + math.ceil(options.thickness / view.repeat)
    return *pair, _alternative("cleaved", view, weakest.middle, view.basis[:2], _between(view, weakest.middle, top))


def offered(found: Sequence[Alternative]) -> str:
    """What alternatives are and what their energies need, in words; "nothing" where there are none."""
    pair = [each for each in found if each.kind == "symmetric"]
    texts = [_symmetric_words(pair)] if pair else []
    for each in (each for each in found if each.kind == "cleaved"):
        dipole = f" and a dipole of {abs(each.dipole):.3f} e/Å" if abs(each.dipole) > NO_DIPOLE else ""
        texts.append(f"a slab with unlike faces{dipole}, for the cleavage energy")
    return "; ".join(texts) or "nothing"


def _symmetric_words(pair: Sequence[Alternative]) -> str:
    """Of symmetric slabs; where mobile ions could not be shared out they may have nothing over."""
    over = list(dict.fromkeys(each.over for each in pair if each.over))
    charges = dict.fromkeys(f"{each.charge:+g}" for each in pair if abs(each.charge) > NO_CHARGE)
    held = [f"{' or '.join(over)} over"] if over else []
    held += [f"a formal charge of {' or '.join(charges)} e"] if charges else []
    needs = " or ".join(f"mu({each.split()[-1]})" for each in over)
    off, need = (" off stoichiometry", f", which need {needs}") if over else ("", "")
    return f"symmetric slabs{off}{' with ' if held else ''}{' and '.join(held)}{need}"


def _weakest(view: Stack) -> Gap:
    """The gap with the least bond valence across it."""
    return min(gaps(view), key=lambda gap: (round(_valence(view, gap), 6), gap.middle))


def _valence(view: Stack, gap: Gap) -> float:
    """Bond valence across a gap, per Å²: that of a slab of one repeat."""
    sites = _between(view, gap.middle, gap.middle + 1.0)
    lost = lost_bonds(view, view.basis[:2], sites)
    return sum(row.valence for row in broken_by_kind(view, lost, view.area))


def _sides(view: Stack, gap: Gap) -> list[Gap]:
    """The bottom cuts of the symmetric slabs with the one and with the other side of a cut; none without a flip."""
    bottoms = {round(gap.middle % 1.0, 6): gap}
    for sense, shift in view.height_maps:
        image = (sense * gap.middle + shift) % 1.0
        if sense == -1 and all(abs((image - b + 0.5) % 1.0 - 0.5) > 1e-3 for b in bottoms):
            half = 0.5 * (gap.upper - gap.lower)
            bottoms.setdefault(round(image, 6), Gap(image - half, image + half, gap.broken))
    turns = any(sense == -1 for sense, _ in view.height_maps)
    return list(bottoms.values())[:2] if turns else []


def _symmetric(view: Stack, bottom: Gap, options: SlabOptions) -> Alternative:
    top = min(mirror_tops(view, bottom, options.thickness))
    return _alternative("symmetric", view, bottom.middle, view.basis[:2], _between(view, bottom.middle, top))


def _balanced_pair(view: Stack, options: SlabOptions) -> list[Alternative]:
    """Symmetric slabs whose mobile ions leave no charge, for both sides of the framework's weakest gap; or none."""
    if not gaps(view):
        return []
    cuts = [_balanced(view, bottom, options) for bottom in _sides(view, _weakest(view))]
    return [
        _alternative("symmetric", view, cut.bottom, np.array(cut.in_plane), cut.sites, cut.shared)
        for cut in cuts
        if cut and None not in cuts
    ]


def _balanced(view: Stack, bottom: Gap, options: SlabOptions) -> SlabCut | None:
    """The smallest slab from a cut whose mobile ions leave no charge, shared out as electrostatics has it."""
    top = min(mirror_tops(view, bottom, options.thickness))
    for size in range(1, options.max_cell + 1):
        for supercell in (cell for cells in supercells(size, view) for cell in cells):
            try:
                return arranged((balanced_out(view, bottom, top, supercell),), options)[0]
            except NoSlab:
                continue
    return None


def _alternative(
    kind: AlternativeKind, view: Stack, bottom: float, in_plane: Integers, sites: tuple[Site, ...], shared: str = ""
) -> Alternative:
    crystal = view.crystal
    present = Counter(crystal.symbols[site] for site, _ in sites)
    units = min(present[e] // n for e, n in crystal.counts.items())
    excess = {e: present[e] - units * n for e, n in crystal.counts.items() if present[e] > units * n}
    area = float(np.linalg.norm(np.cross(*(in_plane @ crystal.structure.lattice.matrix))))
    lost = lost_bonds(view, in_plane, sites)
    return Alternative(
        kind=kind,
        miller=view.miller,
        in_plane=tuple(tuple(int(i) for i in row) for row in in_plane),
        sites=sorted_sites(view, sites),
        position=round(bottom % 1.0 * view.repeat, 4),
        formula_units=units,
        excess=excess,
        over=_over(excess),
        shared=shared,
        charge=sum(crystal.charges[e] * n for e, n in present.items()),
        dipole=0.0 if kind == "symmetric" else _dipole(view, sites),
        valence=sum(row.valence for row in broken_by_kind(view, lost, area)),
        energy=_energy(kind, crystal.formula, units, excess),
    )


def _over(excess: dict[str, int]) -> str:
    """Ions as a formula, by electronegativity: {"O": 2, "Sr": 2} -> 2 SrO."""
    from pymatgen.core import Element

    if not excess:
        return ""
    times = math.gcd(*excess.values())
    order = sorted(excess, key=lambda element: (Element(element).X, element))
    formula = "".join(e + (str(excess[e] // times) if excess[e] > times else "") for e in order)
    return f"{times} {formula}" if times > 1 else formula


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
