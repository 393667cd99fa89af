"""Films: whole polyanions where the crystal would have gone on, alike on both faces."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.bonds import Polyanion
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.crystals.crystal import relaxed
from nzsp_surfaces.crystals.moments import moments_of, with_moments
from nzsp_surfaces.films.compound import film_compound
from nzsp_surfaces.films.cover import CappedSlab, cap, mirrored
from nzsp_surfaces.films.faces import describe_faces
from nzsp_surfaces.slabs.build import build
from support.crystals import framework, ionic, mobile, polyanions, published, slabs_of

PLANE = (1, -1, 0, 2)
VACUUM = 15.0
FILM = film_compound("Na3PO4", ionic("Na3PO4"), polyanions("Na3PO4"))

each_material = pytest.mark.parametrize("name", ["NZP", "NZS"])


@cache
def capped(name: str, seed: int = 1, layers: int = 1) -> CappedSlab:
    """A covered (1-102) slab."""
    cut = slabs_of(name, PLANE)[0][0]
    return cap(cut, ionic(name), polyanions(name), mobile(name), FILM, layers, VACUUM, seed)


def groups(name: str) -> tuple[Polyanion, ...]:
    """Polyanions of the crystal and the film."""
    return tuple({*polyanions(name), *FILM.polyanions})


def charges(name: str) -> dict[str, float]:
    """Formal charges of the crystal and the film."""
    return ionic(name).charges | FILM.charges


def flipped(slab: CappedSlab, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Positions under the slab's flip."""
    return np.asarray(points @ slab.flip.rotation.T + slab.flip.translation)


def asymmetry(slab: CappedSlab, structure: Structure) -> float:
    """Å: how far the images under the flip lie from the atoms they should meet."""
    lattice = structure.lattice
    images = lattice.get_fractional_coords(flipped(slab, structure.cart_coords))
    gaps = images - structure.frac_coords[slab.flip.partners]
    return float(np.linalg.norm(lattice.get_cartesian_coords(gaps - np.rint(gaps)), axis=1).max())


def test_the_film_compound_is_read_from_its_crystal() -> None:
    """Three sodium for each PO4, with the bond length of the phosphate."""
    assert FILM.cations == {"Na": 3}
    assert str(FILM.polyanion) == "PO4"
    assert 1.5 < FILM.bond < 1.6


@each_material
def test_every_zirconium_under_a_film_has_six_oxygens_again(name: str) -> None:
    """The film's PO4 take the places where the crystal would have gone on; all tetrahedra are whole."""
    for face in describe_faces(capped(name).structure, charges(name), framework(name), groups(name)):
        assert set(face.coordination["Zr"]) == {6}
        assert face.tetrahedra_whole


@each_material
def test_a_bare_face_is_described_as_bare(name: str) -> None:
    """Without a film the outermost zirconium of both faces has five, the others six."""
    slab = build(slabs_of(name, PLANE)[0][0], ionic(name), VACUUM)
    for face in describe_faces(slab, charges(name), framework(name), groups(name)):
        assert face.coordination["Zr"][0] == 5
        assert set(face.coordination["Zr"]) == {5, 6}


@each_material
def test_both_faces_are_images_of_each_other(name: str) -> None:
    """The flip maps the covered slab on itself; the check by coordinates finds it symmetric and nonpolar."""
    slab = capped(name)
    assert asymmetry(slab, slab.structure) < 0.02
    found = certify(slab.structure, charges(name), groups(name), framework(name))
    assert found.failure is None
    assert found.vacuum == pytest.approx(VACUUM)


@each_material
@pytest.mark.parametrize("layers", [1, 2])
def test_a_covered_slab_is_so_many_units_of_both_compounds(name: str, layers: int) -> None:
    """Composition = n formula units + m Na3PO4, as many on each face, in proportion to the layers."""
    slab, cut = capped(name, layers=layers), slabs_of(name, PLANE)[0][0]
    crystal = ionic(name).structure.composition.reduced_composition
    film = ionic("Na3PO4").structure.composition.reduced_composition
    assert slab.structure.composition == crystal * cut.formula_units + film * slab.film_units
    assert slab.film_units == layers * capped(name).film_units
    assert slab.film_units % 2 == 0


@each_material
def test_the_crystal_under_the_film_is_untouched(name: str) -> None:
    """The first atoms are those of the bare slab, moved as one."""
    bare = build(slabs_of(name, PLANE)[0][0], ionic(name), VACUUM)
    below = capped(name).structure
    assert [s.specie for s in below][: len(bare)] == [s.specie for s in bare]
    shift = below.cart_coords[: len(bare)] - bare.cart_coords
    assert shift == pytest.approx(np.tile(shift[0], (len(bare), 1)))


@each_material
def test_nothing_starts_too_close(name: str) -> None:
    """No two ions are closer than a P-O bond, no film cation closer to an oxygen than 2.1 Å."""
    structure = capped(name).structure
    distances = structure.distance_matrix + 9 * np.eye(len(structure))
    assert distances.min() > 1.4
    film = len(slabs_of(name, PLANE)[0][0].sites)
    sodium = [i for i, s in enumerate(structure) if s.specie.symbol == "Na" and i >= film]
    assert distances[sodium].min() > 2.1


def test_the_same_seed_gives_the_same_film_and_another_seed_another() -> None:
    """Starts are reproducible to the last bit, and differ in the sodium."""
    cut = slabs_of("NZP", PLANE)[0][0]
    again = cap(cut, ionic("NZP"), polyanions("NZP"), mobile("NZP"), FILM, 1, VACUUM, 1)
    assert (again.structure.cart_coords == capped("NZP").structure.cart_coords).all()
    others = [capped("NZP", seed).structure.cart_coords for seed in (2, 3)]
    assert all(np.abs(other - again.structure.cart_coords).max() > 0.3 for other in others)


@each_material
@pytest.mark.parametrize("face", ["bottom", "top"])
def test_mirroring_an_untouched_slab_changes_nothing(name: str, face: str) -> None:
    """Either half is already the image of the other."""
    slab = capped(name)
    assert mirrored(slab, slab.structure.cart_coords, face).cart_coords == pytest.approx(
        slab.structure.cart_coords, abs=0.02
    )


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(["NZP", "NZS"]), st.sampled_from(["bottom", "top"]), st.integers(0, 2**32 - 1), st.floats(0, 0.5)
)
def test_mirroring_keeps_one_half_and_makes_the_slab_symmetric(name: str, face: str, seed: int, size: float) -> None:
    """After any displacements the chosen half stays, up to the drift of the whole, and the flip writes the other."""
    slab = capped(name)
    start = slab.structure.cart_coords
    moved = start + np.random.default_rng(seed).normal(scale=size, size=start.shape) + [0.3, -0.2, 0.1]
    result = mirrored(slab, moved, face)
    assert asymmetry(slab, result) < 1e-3
    half = slab.lower if face == "bottom" else slab.lower[slab.flip.partners]
    steady = moved - (moved - start).mean(axis=0)
    assert result.cart_coords[half] == pytest.approx(steady[half], abs=1e-9)
    assert np.abs(result.cart_coords - start).max() < 6 * size + 0.05


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(["NZP", "NZS"]), st.integers(0, 2**32 - 1))
def test_averaging_over_the_flip_projects_on_symmetric_displacements(name: str, seed: int) -> None:
    """Once is as good as twice, and what comes out keeps the slab symmetric."""
    slab = capped(name)
    random = np.random.default_rng(seed).normal(scale=0.2, size=(len(slab.structure), 3))
    even = slab.flip.average(random)
    assert slab.flip.average(even) == pytest.approx(even)
    moved = Structure(
        slab.structure.lattice, slab.structure.species, slab.structure.cart_coords + even, coords_are_cartesian=True
    )
    assert asymmetry(slab, moved) == pytest.approx(asymmetry(slab, slab.structure), abs=1e-3)


def test_a_film_needs_one_kind_of_anion() -> None:
    """Monazite's phosphate will do, an apatite's phosphate and fluoride not."""
    fluorapatite = published("fluorapatite")
    with pytest.raises(UserError) as error:
        film_compound("apatite", fluorapatite.crystal, fluorapatite.polyanions)
    assert "exactly one kind of anion" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_covered_slab_keeps_its_moments_and_the_film_has_none() -> None:
    """Also where one face is made like the other."""
    cut, plain = slabs_of("NZP", PLANE)[0][0], ionic("NZP")
    order = [1.0 if symbol == "Zr" else 0.0 for symbol in plain.symbols]
    magnetic = relaxed(plain, with_moments(plain.structure, order))
    covered = cap(cut, magnetic, polyanions("NZP"), mobile("NZP"), FILM, 1, VACUUM, 1)
    found = moments_of(covered.structure)
    assert found == tuple(float(site.specie.symbol == "Zr") for site in covered.structure)
    assert moments_of(mirrored(covered, covered.structure.cart_coords, "top")) == found
