"""Relaxed faces on slabs of another thickness: the same face, atom by atom."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.slabs.build import build, flip_of
from nzsp_surfaces.slabs.carried import face_displacements, face_distance, further_apart, lower_half, with_displacements
from nzsp_surfaces.slabs.cut import SlabCut
from nzsp_surfaces.slabs.series import of_repeats, repeats
from support.crystals import PLANES, ionic, mobile, polyanions, slabs_of

VACUUM = 15.0


def other(name: str, cut: SlabCut, count: int) -> SlabCut:
    """The cut with so many repeats."""
    return of_repeats(cut, ionic(name), polyanions(name), mobile(name), count)


def moved(name: str, cut: SlabCut) -> Structure:
    """The slab of a cut, moved at random but alike on both faces."""
    slab = build(cut, ionic(name), VACUUM)
    shifts = flip_of(cut, ionic(name), slab).average(np.random.default_rng(3).normal(0.0, 0.1, (len(slab), 3)))
    for site, shift in zip(slab, shifts, strict=True):
        site.coords = site.coords + shift
    return slab


@pytest.mark.parametrize("name", ["NZP", "NZS"])
@pytest.mark.parametrize("plane", PLANES)
def test_a_thicker_slab_has_the_displaced_face_of_the_thinner_one(name: str, plane: tuple[int, ...]) -> None:
    """Its lower face lies as that of the other, site by site, and its upper face is the image of it."""
    cut = slabs_of(name, plane)[0][-1]
    thick, crystal = other(name, cut, repeats(cut) + 1), ionic(name)
    built = build(thick, crystal, VACUUM)
    flip = flip_of(thick, crystal, built)
    found = with_displacements(
        thick, built, flip, face_displacements(cut, build(cut, crystal, VACUUM), moved(name, cut))
    )
    shifts, thin = found.cart_coords - built.cart_coords, build(cut, crystal, VACUUM)
    wanted = dict(zip(cut.sites, moved(name, cut).cart_coords - thin.cart_coords, strict=True))
    low = list(np.flatnonzero(lower_half(thin)))
    place = {site: number for number, site in enumerate(thick.sites)}
    assert np.allclose([shifts[place[cut.sites[n]]] for n in low], [wanted[cut.sites[n]] for n in low], atol=1e-6)
    assert np.allclose(shifts[flip.partners], shifts @ flip.rotation.T, atol=1e-6)


def test_thinner_slabs_have_the_same_face_too_until_nothing_is_left() -> None:
    """Its sites are among those of the thicker one; no slab has no repeats."""
    cut = slabs_of("NZP", (1, 0, -1, 4))[0][0]
    thin = other("NZP", cut, repeats(cut) - 1)
    assert len(thin.sites) * repeats(cut) == len(cut.sites) * (repeats(cut) - 1)
    assert other("NZP", cut, repeats(cut)) is cut
    with pytest.raises(UserError, match="no slab 3 repeats thinner has the same faces"):
        other("NZP", cut, 0)


def test_faces_of_two_thicknesses_are_told_alike_or_not() -> None:
    """By the atom that moved furthest, wherever the middle of the slab lies."""
    cut, crystal = slabs_of("NZP", (1, -1, 0, 2))[0][0], ionic("NZP")
    thin, thick = build(cut, crystal, VACUUM), build(other("NZP", cut, repeats(cut) + 1), crystal, VACUUM)
    assert face_distance(thick, thin) == pytest.approx(0.0, abs=1e-9)
    lowest = int(np.argmin(thin.cart_coords[:, 2]))
    thin.translate_sites([lowest], [0.8, 0.0, 0.0], frac_coords=False)
    assert face_distance(thick, thin) == pytest.approx(0.8, abs=0.1)


def test_slabs_further_apart_are_the_same_slabs() -> None:
    """Distances stay, the cell grows, the middle stays in the middle."""
    slab = build(slabs_of("NZP", (1, -1, 0, 2))[0][0], ionic("NZP"), VACUUM)
    wide = further_apart(slab, 5.0)
    assert wide.lattice.c == pytest.approx(slab.lattice.c + 5.0)
    assert np.allclose(wide.cart_coords - slab.cart_coords, [0.0, 0.0, 2.5])
    assert wide.species == slab.species
