"""Moments and U by element: their tags, what is compared of them, and the word where they are missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.vasp import Incar

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.base.errors import Incomparable, UserError
from nzsp_surfaces.energies.surface import capped_surface_energy
from nzsp_surfaces.engines.base import Ask
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose
from nzsp_surfaces.engines.vasp.correlation import hubbard_used
from nzsp_surfaces.engines.vasp.entry import ChosenVasp
from nzsp_surfaces.engines.vasp.inputs import VaspInputs, inputs_for
from nzsp_surfaces.engines.vasp.settings import PURPOSES, default_settings, load_settings

pytestmark = pytest.mark.filterwarnings("ignore:No Pauling electronegativity")
IRON = {"Fe": 5.3}
OXIDE = ("Na", "Na", "O")
close = pytest.approx


def rock(*elements: str) -> Structure:
    """Ions along a line."""
    n = len(elements)
    return Structure(Lattice.orthorhombic(3.0 * n, 4.0, 4.0), elements, [[i / n, 0, 0] for i in range(n)])


def made(structure: Structure, us: dict[str, float], **others: object) -> VaspInputs:
    settings = replace(default_settings("bulk"), hubbard_u=us, **others)  # type: ignore[arg-type]
    return inputs_for(structure, settings, slab=False)


def computed(inputs: VaspInputs) -> Calculation:
    """As if it had run with these."""
    structure = inputs.structure
    still = np.zeros((len(structure), 3))
    return Calculation(
        structure, -1.0, still, True, 0.0, 1, EngineIdentity("vasp", "PBE", "6"), settings=inputs.comparable
    )


def test_a_u_stands_at_its_element_whatever_the_order_of_the_species() -> None:
    """As pymatgen reads it back: shell, U and J of each species, -1 where there is none."""
    for elements in (("O", "Fe", "Na", "O"), ("Na", "O", "O", "Fe")):
        made_of = made(rock(*elements), IRON)
        incar, species = Incar.from_str(made_of.files["INCAR"]), list(dict.fromkeys(elements))
        assert (incar["LDAU"], incar["LDAUTYPE"], incar["LMAXMIX"]) == (True, 2, 4)
        assert incar["LDAUL"] == [2 if e == "Fe" else -1 for e in species]
        assert incar["LDAUU"] == [IRON.get(e, 0.0) for e in species]
        assert incar["LDAUJ"] == [0, 0, 0]
        assert made_of.comparable["hubbard_u"] == {e: IRON.get(e, 0.0) for e in species}


def test_f_shells_get_a_longer_density_matrix() -> None:
    """LMAXMIX 6 where one is corrected; a tag of the settings comes first in what it says of itself alone."""
    assert made(rock("Ce", "O", "O"), {"Ce": 4.5}).incar["LMAXMIX"] == 6
    assert made(rock("Ce", "O", "O"), {"Ce": 4.5}).incar["LDAUL"] == (3.0, -1.0)
    with pytest.raises(UserError, match="hubbard_u: Na has no p, d or f shell"):
        made(rock("Na", "O"), {"Na": 1.0})


def test_without_a_u_there_is_no_tag_of_it() -> None:
    """Nor where the element that has one does not occur, or has 0."""
    for us in ({}, {"Ni": 6.2}, {"Fe": 0.0}):
        assert not [tag for tag in made(rock("Fe", "O"), us).incar if tag.startswith("LDAU") or tag == "LMAXMIX"]


def test_a_film_s_compound_without_iron_compares_with_a_slab_that_has_it() -> None:
    """Element by element: what a compound does not hold, it cannot differ in; another U of the same element refuses."""
    slab, bulk, film = (computed(made(rock(*of), IRON)) for of in (("Fe", "O", *OXIDE), ("Fe", "O"), OXIDE))
    assert capped_surface_energy(slab, bulk, film, 1, 10.0).gamma > 0
    other = computed(made(rock("Fe", "O"), {"Fe": 4.0}))
    with pytest.raises(Incomparable, match=r"hubbard_u: \{'Fe': 5.3.*\{'Fe': 4"):
        capped_surface_energy(slab, other, film, 1, 10.0)
    with pytest.raises(Incomparable, match="hubbard_u"):
        capped_surface_energy(slab, bulk, computed(made(rock(*OXIDE), {"O": 3.0})), 1, 10.0)


def test_what_vasp_says_that_it_used_is_u_minus_j() -> None:
    """By element; a switch that is off corrects nothing, whatever the lists say."""
    said = {"LDAU": True, "LDAUL": [2, -1], "LDAUU": [6.3, 4.0], "LDAUJ": [1.0, 0.0]}
    assert hubbard_used(said.get, ("Fe", "O")) == {"Fe": close(5.3), "O": 0.0}
    assert hubbard_used({**said, "LDAU": False}.get, ("Fe", "O")) == {"Fe": 0.0, "O": 0.0}
    assert hubbard_used({}.get, ("Fe",)) == {"Fe": 0.0}


def test_one_line_says_where_a_moment_or_a_u_is_usual() -> None:
    """None for what needs neither, for a metal's U, or where both are given."""
    (line,) = [w for w in made(rock("Fe", "Mn", "O"), {}).warnings if "usually" in w]
    assert "Fe, Mn: usually computed with a moment (magmom: {Fe: 5, Mn: 5})" in line
    assert "and U (hubbard_u: {Fe: 5.3, Mn: 3.9})" in line
    assert "U" not in next(w for w in made(rock("Fe"), {}).warnings if "usually" in w).partition("moment (")[2][:15]
    for structure, us, moments in ((rock("Na", "O"), {}, {}), (rock("Fe", "O"), IRON, {"Fe": 4.0})):
        assert not [w for w in made(structure, us, magmom=moments).warnings if "usually" in w]


def test_a_study_gives_both_once_for_all_purposes(tmp_path: Path) -> None:
    """Keys of the engine come before those of the files, enter the identity, and name elements."""
    (tmp_path / "slab.yaml").write_text("kind: slab\nmagmom: {Fe: 4, Ni: 2}\nhubbard_u: {Fe: 5.3}\n")
    (tmp_path / "bulk.yaml").write_text("kind: bulk\nhubbard_u: {Fe: 5.3}\n")
    found = choose(EngineKeys("vasp", settings=tmp_path, magmom={"Fe": 5.0}), {}, "test")
    assert isinstance(found, ChosenVasp)
    assert found.settings["slab"].magmom == {"Fe": 5.0, "Ni": 2.0}
    everywhere = choose(EngineKeys("vasp", hubbard_u=IRON), {}, "test")
    content = everywhere.content(Ask)
    assert [content[purpose] for purpose in PURPOSES] == [{"hubbard_u": IRON}] * 4
    with pytest.raises(UserError, match="test: 'hubbard_u' is by element, as Fe: 5; 'Fe3' is none"):
        choose(EngineKeys("vasp", hubbard_u={"Fe3": 1.0}), {}, "test")
    (tmp_path / "bulk.yaml").write_text("kind: bulk\nhubbard_u: {Xx: 5.3}\n")
    with pytest.raises(UserError, match=r"bulk\.yaml:2: 'hubbard_u' is by element"):
        load_settings(tmp_path / "bulk.yaml")
    (tmp_path / "bulk.yaml").write_text("kind: bulk\nhubbard_u: {Fe: 4}\n")
    with pytest.raises(UserError, match="differ in hubbard_u"):
        choose(EngineKeys("vasp", settings=tmp_path), {}, "test")
