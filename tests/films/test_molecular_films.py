"""Films of molecular ions: hydroxides, peroxides, borohydrides and acid salts cover a slab as phosphates do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces import load_study
from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.crystals.crystal import crystal
from nzsp_surfaces.films.cations import NoRoom
from nzsp_surfaces.films.compound import FilmCompound, film_compound, kept_by_all
from nzsp_surfaces.films.cover import cap
from nzsp_surfaces.films.laying import Laying
from nzsp_surfaces.slabs.cutting import cut_slabs
from support.crystals import framework, ionic, mobile, polyanions, published, slabs_of
from support.hydrates import hydrate

PLANE = (1, -1, 0, 2)
GARNET = Path(__file__).parents[2] / "inputs" / "llzo-li2co3.yaml"
CRYSTALS: dict[str, tuple[str, Lattice, list[tuple[str, list[float]]]]] = {
    # Foeppl, Z. Anorg. Allg. Chem. 291, 12 (1957), as revised by Cota and de la Mora, Acta Cryst. B 61, 133 (2005)
    "Li2O2": (
        "P6_3/mmc", Lattice.hexagonal(3.183, 7.7258),
        [("Li", [0, 0, 0]), ("Li", [1 / 3, 2 / 3, 0.75]), ("O", [1 / 3, 2 / 3, 0.1497])],
    ),
    # Soulie, Renaudin, Cerny and Yvon, J. Alloys Compd. 346, 200 (2002), as in the case of the issue
    "LiBH4": (
        "Pnma", Lattice.orthorhombic(7.1213, 4.406, 6.6744),
        [("Li", [0.1568, 0.25, 0.1015]), ("B", [0.304, 0.25, 0.4305]), ("H", [0.908, 0.25, 0.928]),
         ("H", [0.404, 0.25, 0.28]), ("H", [0.172, 0.054, 0.428])],
    ),
    # Sass and Scheuerman, Acta Cryst. 15, 77 (1962), hydrogen beside its oxygen
    "NaHCO3": (
        "P2_1/c", Lattice.monoclinic(3.51, 9.71, 8.05, 111.85),
        [("Na", [0.4278, 0.0042, 0.7142]), ("C", [0.0767, 0.2367, 0.0713]), ("O", [0.189, 0.3665, 0.071]),
         ("O", [0.172, 0.163, 0.208]), ("O", [-0.165, 0.168, -0.079]), ("H", [0.3, 0.24, 0.3])],
    ),
    "NH4Cl": (
        "P-43m", Lattice.cubic(3.8758), [("N", [0, 0, 0]), ("Cl", [0.5, 0.5, 0.5]), ("H", [0.153, 0.153, 0.153])],
    ),
}  # fmt: skip


def written(name: str) -> Structure:
    if name == "LiOH":
        return hydrate("LiOH")
    if name == "Li2CO3":
        return published("li2co3").crystal.structure
    group, lattice, sites = CRYSTALS[name]
    return Structure.from_spacegroup(group, lattice, [e for e, _ in sites], [x for _, x in sites])


def compound(name: str) -> FilmCompound:
    return film_compound(name, crystal(written(name)))


@pytest.mark.parametrize(
    ("name", "anion", "cations"),
    [
        ("LiOH", ["O", "H"], {"Li": 1}),
        ("Li2O2", ["O", "O"], {"Li": 2}),
        ("LiBH4", ["H", "H", "H", "H", "B"], {"Li": 1}),
        ("Li2CO3", ["C", "O", "O", "O"], {"Li": 2}),
        ("NaHCO3", ["O", "O", "O", "C", "H"], {"Na": 1}),
    ],
)
def test_the_anion_of_a_film_is_found_as_that_of_a_crystal(
    name: str, anion: list[str], cations: dict[str, int]
) -> None:
    """Whole, with as many cations as balance it."""
    found = compound(name)
    assert sorted(found.elements) == sorted(anion)
    assert found.elements[0] == anion[0]
    assert found.cations == cations
    charge = sum(found.charges[e] for e in found.elements) + sum(n * found.charges[e] for e, n in found.cations.items())
    assert charge == pytest.approx(0)


@pytest.mark.parametrize("name", ["LiOH", "Li2O2", "LiBH4", "Li2CO3", "NaHCO3"])
def test_a_slab_is_covered_by_whole_molecular_ions(name: str) -> None:
    """Both faces alike, composition in whole units of both compounds, nothing on top of each other."""
    film, cut = compound(name), slabs_of("NZP", PLANE)[0][0]
    capped = cap(cut, ionic("NZP"), polyanions("NZP"), mobile("NZP"), film, 1, 15.0, 1)
    groups, charges = kept_by_all((film,), ionic("NZP"), polyanions("NZP")), ionic("NZP").charges | film.charges
    assert certify(capped.structure, charges, groups, framework("NZP")).failure is None
    unit = crystal(written(name)).structure.composition.reduced_composition
    anions = len(film.elements) / sum(n for e, n in unit.items() if str(e) not in film.cations)
    whole = ionic("NZP").structure.composition.reduced_composition * cut.formula_units
    assert capped.structure.composition == whole + unit * (capped.film_units * anions)
    distances = capped.structure.distance_matrix + 9 * np.eye(len(capped.structure))
    assert distances.min() > 0.9


@pytest.mark.parametrize("units", [2, 4, 8])
def test_no_place_of_the_slab_is_given_to_a_film(units: int) -> None:
    """Carbonates that hang from a garnet's single oxygens: however many, atoms lie at least as far apart as C and O."""
    study = load_study(GARNET)
    (garnet,), film, options = study.materials, study.films[0], study.settings.slabs
    cut = cut_slabs(garnet.crystal, (0, 0, 1), (), garnet.mobile, options)[0][0]
    laying = Laying("grown", units, film.volume)
    for each in (laying, replace(laying, volume=None)):
        try:
            slab = cap(cut, garnet.crystal, (), garnet.mobile, film.compound, 1, 15.0, 1, each).structure
        except NoRoom:  # more than hang apart are spread out
            assert each.volume is None
            assert units == 8
            continue
        assert (slab.distance_matrix + 9 * np.eye(len(slab))).min() > 1.2


def test_films_of_single_anions_or_molecular_cations_are_refused_by_name() -> None:
    """Ammonium chloride has neither a polyanion nor single cations."""
    with pytest.raises(UserError, match=r"film NH4Cl: needs exactly one kind of anion or polyanion.*H4N, Cl"):
        compound("NH4Cl")


def test_an_element_of_both_signs_is_refused() -> None:
    """Hydride beside hydroxide would react, and bonds would be found where there are none."""
    brucite = published("brucite")
    cut = slabs_of("NZP", PLANE)[0][0]
    with pytest.raises(UserError, match=r"H is -1 in the film and \+1 in"):
        cap(cut, brucite.crystal, brucite.polyanions, frozenset(), compound("LiBH4"), 1, 15.0, 1)
