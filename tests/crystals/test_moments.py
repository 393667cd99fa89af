"""The order of magnetic moments: from a file into the crystal, its slabs, a covered slab, and what VASP reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.electronic_structure.core import Magmom
from pymatgen.io.cif import CifWriter

from nzsp_surfaces.base.content import content, structure_from_json, structure_to_json
from nzsp_surfaces.crystals.crystal import Crystal, ase_atoms, crystal, pymatgen_structure, relaxed
from nzsp_surfaces.crystals.moments import moments_of, ordered, with_moments
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.engines.vasp.inputs import inputs_for
from nzsp_surfaces.engines.vasp.settings import default_settings
from nzsp_surfaces.slabs.build import build, flip_of
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.cutting import cut_slabs

pytestmark = pytest.mark.filterwarnings("ignore")
SIGNS = (1, 1, -1, -1, 0, 0, 0, 0)
"""Of the conventional cell of rock salt: layers of nickel, one up, one down, along c."""


UP_AND_DOWN = (1.7, 1.7, -1.7, -1.7, 0.0, 0.0, 0.0, 0.0)


def nickel_oxide(moments: tuple[float, ...] | None = UP_AND_DOWN) -> Structure:
    """Rock salt of 4.18 Å."""
    nickel = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    points = np.vstack([nickel, nickel + np.array([0.5, 0, 0])]) % 1.0
    made = Structure(Lattice.cubic(4.18), ["Ni"] * 4 + ["O"] * 4, points)
    return with_moments(made, moments or ())


def antiferromagnet() -> Crystal:
    return crystal(nickel_oxide(), {"Ni": 2, "O": -2})


def test_the_primitive_cell_holds_the_magnetic_order() -> None:
    """Two nickels of either sign where the chemical cell has one; without moments nothing changes."""
    plain, order = crystal(nickel_oxide(None), {"Ni": 2, "O": -2}), antiferromagnet()
    assert (len(plain.structure), len(order.structure)) == (2, 4)
    assert (plain.number, order.number) == (225, 123)
    assert sorted(moments_of(order.structure)) == [-1.7, 0.0, 0.0, 1.7]
    assert moments_of(plain.structure) == ()
    assert "magmom" not in content(plain)["structure"]
    assert content(order)["structure"]["magmom"] == list(moments_of(order.structure))


@pytest.mark.parametrize("miller", [(0, 0, 1), (1, 0, 0), (1, 1, 0)])
def test_every_site_of_a_slab_has_the_moment_of_its_bulk_site(miller: tuple[int, ...]) -> None:
    """Also after a relaxation of the bulk that knows none; both faces are alike in their moments."""
    order = antiferromagnet()
    forgetful = relaxed(order, with_moments(order.structure, ()))
    cuts, _ = cut_slabs(order, miller, (), frozenset(), SlabOptions(thickness=6.0))
    assert cuts
    for cut in cuts:
        made = build(cut, forgetful, 12.0)
        assert moments_of(made) == tuple(moments_of(order.structure)[site] for site, _ in cut.sites)
        partners = flip_of(cut, order, made).partners
        assert np.array_equal(np.array(moments_of(made))[partners], moments_of(made))


def test_moments_survive_json_ase_and_the_order_of_a_poscar() -> None:
    """What a result keeps, what another engine hands back, and the list in INCAR, which `magmom` gives its sizes."""
    mixed = nickel_oxide()[:]
    made = Structure.from_sites([mixed[i] for i in (0, 4, 2, 5, 1, 6, 3, 7)])
    assert moments_of(structure_from_json(structure_to_json(made))) == moments_of(made)
    assert moments_of(pymatgen_structure(ase_atoms(made))) == moments_of(made)
    given = inputs_for(made, default_settings("bulk"), slab=False)
    assert given.incar["MAGMOM"] == (1.7, -1.7, 1.7, -1.7, 0, 0, 0, 0)
    assert given.restored(given.incar["MAGMOM"]).tolist() == list(moments_of(made))
    assert not [line for line in given.warnings if "a moment" in line]
    larger = inputs_for(made, replace(default_settings("bulk"), magmom={"Ni": 5.0}), slab=False)
    assert larger.incar["MAGMOM"] == (5, -5, 5, -5, 0, 0, 0, 0)


def test_a_file_with_moments_is_read_with_them(tmp_path: Path) -> None:
    """A magCIF and pymatgen's JSON, along an axis of any direction."""
    made = nickel_oxide(None)
    made.add_site_property("magmom", [Magmom([1.2 * sign, 1.2 * sign, 0.0]) for sign in SIGNS])
    CifWriter(made, write_magmoms=True).write_file(tmp_path / "NiO.mcif")
    nickel_oxide(tuple(1.697 * sign for sign in SIGNS)).to(filename=str(tmp_path / "NiO.json"))
    for name in ("NiO.mcif", "NiO.json"):
        read = load_structure(tmp_path / name)
        assert sorted(moments_of(read)) == pytest.approx(sorted(1.697 * sign for sign in SIGNS), abs=2e-3)
        assert len(crystal(read, {"Ni": 2, "O": -2}).structure) == 4


def test_computed_moments_that_are_nearly_equal_are_equal() -> None:
    """Noise does not break the symmetry, small moments are none, and order in several directions is told and left."""
    noisy = nickel_oxide((1.71, 1.69, -1.7, -1.72, 0.02, -0.01, 0.0, 0.0))
    assert crystal(noisy, {"Ni": 2, "O": -2}).number == 123
    assert moments_of(ordered(nickel_oxide((0.1, -0.1, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0)), "test")) == ()
    turned = nickel_oxide(None)
    turned.add_site_property("magmom", [[2.0, 0, 0], [0, 2.0, 0], *[[0, 0, 0.0]] * 6])
    assert moments_of(ordered(turned, "test")) == ()
