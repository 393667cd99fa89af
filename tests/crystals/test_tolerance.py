"""The tolerance of symmetry: noise does not hide it, and a distortion is not taken for noise."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.crystals.crystal import crystal
from nzsp_surfaces.crystals.material import material
from nzsp_surfaces.crystals.tolerance import TOLERANCES, dataset, scan, symmetrised
from support.crystals import monoclinic, noisy, perovskite, published, structure

KNOWN = {
    "NZP": (structure("NZP"), "R-3c"),
    "calcite": (structure("calcite"), "R-3c"),
    "perovskite": (perovskite(), "Pnma"),
    "monazite's kin": (monoclinic(), "P2_1/c"),
    "LiFePO4": (published("lifepo4").crystal.structure, "Pnma"),
    "rutile": (published("rutile").crystal.structure, "P4_2/mnm"),
    "rock salt, doubled": (structure("NaCl") * (2, 1, 1), "Fm-3m"),
    "wurtzite, doubled": (structure("wurtzite") * (2, 1, 1), "P6_3mc"),
}


def titanate(titanium: float, apical: float = 0.0, planar: float = 0.0, ratio: float = 1.0) -> Structure:
    """BaTiO3 with its ions off the cubic places along c, Å, and c/a."""
    a, c = 3.994, 3.994 * ratio
    z = [0.0, 0.5 + titanium / c, apical / c, 0.5 + planar / c, 0.5 + planar / c]
    sites = [(0, 0), (0.5, 0.5), (0.5, 0.5), (0.5, 0), (0, 0.5)]
    places = [(*site, height) for site, height in zip(sites, z, strict=True)]
    return Structure(Lattice.tetragonal(a, c), ["Ba", "Ti", "O", "O", "O"], places)


DISTORTED = {
    "BaTiO3": (titanate(0.054, -0.1, -0.06, 1.01), "P4mm"),
    "BaTiO3 in a cubic cell": (titanate(0.054, -0.1, -0.06), "P4mm"),
    "Ti 0.05 Å off": (titanate(0.05), "P4mm"),
    "Ti 0.1 Å off": (titanate(0.1), "P4mm"),
    "PbTiO3": (titanate(0.3, 0.47, 0.47, 1.06), "P4mm"),
    "a cell 1 % longer": (titanate(0, ratio=1.01), "P4/mmm"),
    "tilted octahedra": (perovskite(), "Pnma"),
}


def symbol(start: Structure) -> str:
    """Space group at the tolerance that the scan chooses."""
    return str(scan(start)[1].international)


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("most", [0.01, 0.02, 0.03])
def test_noise_does_not_hide_the_symmetry(name: str, most: float) -> None:
    """Up to 0.03 Å an atom."""
    start, known = KNOWN[name]
    assert symbol(noisy(start, most, 7)) == known


@pytest.mark.parametrize("name", KNOWN)
def test_nor_does_a_cell_that_was_relaxed_without_symmetry(name: str) -> None:
    """Its lengths and angles off by 0.2 % besides."""
    start, known = KNOWN[name]
    rough, strain = noisy(start, 0.02, 11), np.random.default_rng(11).normal(size=(3, 3))
    strain += strain.T
    strain *= 0.002 / np.abs(np.linalg.eigvalsh(strain)).max()
    found = crystal(Structure(rough.lattice.matrix @ (np.eye(3) + strain), rough.species, rough.frac_coords))
    assert found.space_group == known


@pytest.mark.parametrize("name", DISTORTED)
def test_a_distortion_is_kept(name: str) -> None:
    """As it is; and noise that is smaller leads to no higher symmetry."""
    start, known = DISTORTED[name]
    assert symbol(start) == known
    assert symbol(noisy(start, 0.01, 3)) != "Pm-3m"


def test_an_exact_crystal_has_one_answer_and_says_nothing() -> None:
    """Its tolerance is the least one, and its atoms are not touched."""
    found = crystal(structure("NZP"))
    assert found.tolerance.symprec == TOLERANCES[0]
    assert found.tolerance.told() == ()
    assert found.as_given is found


def test_what_the_tolerances_give_is_said() -> None:
    """Each answer with the least tolerance that gives it, the one that counts, and why a higher one does not."""
    notes = material("x", noisy(perovskite(), 0.02, 1), None, None, None, "x").notes
    assert notes[0].startswith("P1 at 0.01, ")
    assert notes[0].endswith(" Å: Pnma used.")
    assert re.fullmatch(r"Atoms lie up to 0\.0[12]\d Å from the symmetric places of Pnma\.", notes[1])
    refused = crystal(titanate(0.05, ratio=1.01)).tolerance.told()
    assert refused == ("P4mm at 0.01, Pm-3m from 0.1 Å: P4mm used, since Pm-3m would strain the cell by 0.7 %.",)


@pytest.mark.parametrize("name", KNOWN)
def test_the_symmetric_crystal_is_symmetric_and_the_given_one_is_the_files(name: str) -> None:
    """Its symmetry is exact, and the given cell has the volume and, where primitive, the distances of the file's."""
    rough = noisy(KNOWN[name][0], 0.02, 5)
    rough = Structure(rough.lattice.matrix @ np.diag([1.001, 0.999, 1.0]), rough.species, rough.frac_coords)
    found = crystal(rough)
    assert dataset(found.structure, 1e-5).number == found.number
    assert 0.005 < found.tolerance.moved < 0.03
    given = found.as_given.structure
    assert given.volume / len(given) == pytest.approx(rough.volume / len(rough))
    if len(given) == len(rough):
        assert np.sort(given.distance_matrix.ravel()) == pytest.approx(np.sort(rough.distance_matrix.ravel()))


def test_averaging_over_a_group_twice_is_averaging_once() -> None:
    """What has been symmetrised stays."""
    rough = noisy(structure("calcite"), 0.02, 2)
    tolerance, data = scan(rough)
    once = symmetrised(rough, data, tolerance.symprec)
    assert once is not None
    even = Structure(once.lattice, rough.species, once.fractions)
    twice = symmetrised(even, dataset(even, 1e-4), 1e-4)
    assert twice is not None
    assert twice.largest < 1e-10


def test_a_tolerance_that_is_given_decides() -> None:
    """Titanium 0.004 Å off the centre is noise by itself and polar within 0.001 Å, and so are its operations."""
    polar = crystal(titanate(0.004), symprec=1e-3)
    assert (polar.space_group, len(polar.operations)) == ("P4mm", 8)
    cubic = crystal(titanate(0.004))
    assert (cubic.space_group, len(cubic.operations)) == ("Pm-3m", 48)
    assert crystal(titanate(0.1), symprec=0.3).space_group == "Pm-3m"


def test_a_file_of_three_decimals_is_symmetric_and_says_nothing() -> None:
    """0.333 for a third is 0.002 Å from it; its slabs are those of the file nevertheless."""
    cell = structure("wurtzite")
    found = crystal(Structure(Lattice.hexagonal(4.0, 6.4), cell.species, np.round(cell.frac_coords, 3)))
    assert found.space_group == "P6_3mc"
    assert found.tolerance.told() == ()
    assert found.given is not None
