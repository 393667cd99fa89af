"""Whose axes indices refer to: however a crystal's axes are named, its slabs and shapes are the same, renamed alike."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.crystals.crystal import Crystal, crystal, primitive_indices, relaxed, standard_miller
from nzsp_surfaces.crystals.material import material
from nzsp_surfaces.crystals.planes import surface_basis
from nzsp_surfaces.energies.wulff import WulffShape, wulff_shape
from nzsp_surfaces.slabs.survey import checked_planes, survey_plane
from support.crystals import USUAL, Axes, ionic, monoclinic, noisy, perovskite, rewritten, structure

PERMUTED: list[Axes] = [
    tuple(tuple(int(i) for i in row) for row in np.eye(3, dtype=int)[list(order)] * (1 if even else -1))
    for order, even in zip(itertools.permutations(range(3)), (1, 0, 0, 1, 1, 0), strict=True)
]
"""The six names of three axes, right-handed all of them."""
CHOICES: list[Axes] = [((1, 0, 0), (0, 1, 0), (1, 0, 1)), ((1, 0, 1), (0, 1, 0), (-1, 0, 0)), *PERMUTED]
"""Cell choices of a monoclinic crystal: other vectors across the unique axis, and other names."""
TABLE = {(1, 0, 0): 0.9, (0, 1, 0): 1.1, (0, 0, 1): 0.8, (1, 1, 0): 0.9, (0, 1, 1): 1.0}


def renamed(miller: tuple[int, ...], axes: Axes) -> tuple[int, int, int]:
    """The plane on other axes."""
    h, k, l = np.array(axes) @ miller
    return int(h), int(k), int(l)


def area(cell: Crystal, miller: tuple[int, ...]) -> float:
    """Å² of the smallest repeat within a plane."""
    basis = surface_basis(cell.structure.lattice.matrix, primitive_indices(cell, miller))
    u, v, _ = basis @ cell.structure.lattice.matrix
    return float(np.linalg.norm(np.cross(u, v)))


def slabs(start: Structure, miller: tuple[int, ...]) -> tuple[list[tuple[str, int]], list[tuple[int, ...]]]:
    """Identity and size of the slabs of a plane, and the plane in the standard setting."""
    found = material("x", start, None, None, None, "x")
    plane = survey_plane(found, miller, USUAL)
    names = sorted((each.identity, len(each.cut.sites)) for each in plane.surfaces)
    return names, [standard_miller(found.crystal, miller)]


def faces(shape: WulffShape) -> list[float]:
    """Share of each form, mean energy and volume."""
    return [*(facet.area_fraction for facet in shape.facets), shape.mean_gamma, shape.volume]


def test_the_plane_001_of_pbnm_is_spanned_by_a_and_b_of_the_file() -> None:
    """5.7963 Å times 5.8171 Å; (001) of Pnma is another plane, and is what the standard setting means."""
    ours, theirs = crystal(perovskite()), crystal(perovskite(), setting="standard")
    assert area(ours, (0, 0, 1)) == pytest.approx(33.718, abs=0.01)
    assert area(theirs, (0, 0, 1)) == pytest.approx(47.72, abs=0.1)
    assert standard_miller(ours, (0, 0, 1)) == (0, 1, 0)
    assert standard_miller(theirs, (0, 0, 1)) == (0, 0, 1)


@pytest.mark.parametrize("axes", PERMUTED)
def test_the_conventional_cell_of_a_permuted_file_is_the_files(axes: Axes) -> None:
    """Its vectors have the file's lengths and angles."""
    start = rewritten(perovskite(), axes)
    assert Lattice(crystal(start).conventional_lattice).parameters == pytest.approx(start.lattice.parameters)


@pytest.mark.parametrize("axes", CHOICES)
def test_the_conventional_cell_of_a_monoclinic_file_is_the_files(axes: Axes) -> None:
    """Whatever the unique axis is called, and whichever vectors lie across it."""
    start = rewritten(monoclinic(), axes)
    assert Lattice(crystal(start).conventional_lattice).parameters == pytest.approx(start.lattice.parameters)


@pytest.mark.parametrize("axes", [PERMUTED[1], PERMUTED[3]])
def test_slabs_of_a_plane_keep_their_identity_under_other_names(axes: Axes) -> None:
    """A perovskite's (110) and a phosphate's (001), with their indices renamed as the axes are."""
    for start, miller in ((perovskite(), (1, 1, 0)), (monoclinic(), (1, 0, 0))):
        known, found = slabs(start, miller), slabs(rewritten(start, axes), renamed(miller, axes))
        assert known[0]
        assert found == known


@pytest.mark.parametrize(("start", "choices"), [(perovskite(), PERMUTED), (monoclinic(), CHOICES)])
def test_a_table_of_energies_gives_one_shape(start: Structure, choices: list[Axes]) -> None:
    """Table and file renamed together leave the shape, from the file and from a relaxed primitive cell."""
    known = faces(wulff_shape(start, TABLE.items()))
    for axes in choices:
        other = rewritten(start, axes)
        table = [(renamed(miller, axes), gamma) for miller, gamma in TABLE.items()]
        assert faces(wulff_shape(other, table)) == pytest.approx(known)
        own = crystal(other)
        larger = relaxed(own, own.structure.copy().apply_strain(0.01))
        shape = wulff_shape(larger.structure, table, setting=larger.conventional_multiples)
        assert faces(shape) == pytest.approx(known)


@pytest.mark.parametrize("name", ["NZP", "calcite", "NaCl", "SrTiO3", "wurtzite", "CuAu"])
def test_a_standard_file_and_its_primitive_cell_mean_the_same_planes(name: str) -> None:
    """Neither has axes of its own, so that keys of such crystals stay."""
    assert crystal(structure(name)).axes.are_standard
    small = crystal(structure(name).get_primitive_structure())
    assert small.axes.are_standard
    assert small.conventional_lattice == pytest.approx(ionic(name).conventional_lattice, abs=1e-4)


def test_a_supercell_and_rhombohedral_axes_mean_the_standard_cell_and_say_so() -> None:
    """One line names the standard cell and the file's axes."""
    for start in (perovskite() * (2, 1, 1), structure("calcite").get_primitive_structure()):
        found = material("x", start, None, None, None, "x")
        assert found.crystal.axes.are_standard
        assert [note for note in found.notes if "standard axes, not to those of the file" in note]


def test_a_noisy_crystal_has_its_planes_at_a_wider_tolerance_and_the_refusal_names_it() -> None:
    """Calcite with noise is triclinic at 0.01 Å: four indices are refused, and the tolerance that helps is named."""
    rough = noisy(structure("calcite"), 0.015, 1)
    with pytest.raises(UserError, match=r"--symprec 0\.\d+, with which it is R-3c"):
        checked_planes(material("x", rough, None, None, None, "x", symprec=0.01), ((1, 0, -1, 4),))
    found = material("x", rough, None, None, None, "x")
    assert checked_planes(found, ((1, 0, -1, 4),))
    assert area(found.crystal, (1, 0, -1, 4)) == pytest.approx(area(ionic("calcite"), (1, 0, -1, 4)), rel=0.01)


def test_permuted_axes_are_told_in_those_of_the_standard_cell() -> None:
    """Pbnm's c is Pnma's b."""
    note = material("x", perovskite(), None, None, None, "x").notes[0]
    assert "axes of the file" in note
    assert "a = c', b = a', c = b'" in note
