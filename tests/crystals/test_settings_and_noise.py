"""A crystal written in any of its settings, with noise, through a file and back, is the same crystal."""

from __future__ import annotations

import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure

from nzsp_surfaces.crystals.crystal import Crystal, hkil, standard_miller
from nzsp_surfaces.crystals.material import Material, material
from nzsp_surfaces.crystals.planes import stack
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.slabs.survey import every_plane, survey_plane
from support.crystals import USUAL, Axes, monoclinic, noisy, perovskite, published, rewritten, structure

FORMATS: tuple[Literal["cif", "poscar"], ...] = ("cif", "poscar")
SAME: Axes = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
TURNED: Axes = ((0, 1, 0), (0, 0, 1), (1, 0, 0))
SWAPPED: Axes = ((0, -1, 0), (-1, 0, 0), (0, 0, -1))
DOUBLED: Axes = ((2, 0, 0), (0, 1, 0), (0, 0, 1))
SLANTED: Axes = ((1, 0, 0), (0, 1, 0), (1, 0, 1))
"""Of a monoclinic cell, another one whose vectors lie across the unique axis; of all others, one that is not theirs."""
RHOMBOHEDRAL = ("NZP", "calcite")
PLANES: dict[str, tuple[int, ...]] = {
    "NZP": (1, 0, -1, 1),
    "calcite": (1, 1, -2, 0),
    "perovskite": (1, 0, 1),
    "monazite's kin": (1, 0, 0),
    "lifepo4": (1, 0, 0),
    "rutile": (1, 1, 1),
}
"""One of each whose slabs are soon cut, and whose layers are not just as far apart as layers must be (0.05 Å)."""
QUICK = ("calcite", "perovskite", "monazite's kin", "rutile")
"""Those whose slabs are cut in some tenths of a second."""


@cache
def conventional(name: str) -> Structure:
    """A crystal in a conventional cell."""
    if name in RHOMBOHEDRAL:
        return structure(name)
    if name == "perovskite":
        return perovskite()
    return monoclinic() if name == "monazite's kin" else published(name).crystal.structure


@cache
def ideal(name: str) -> Material:
    """The crystal from that cell."""
    return described(conventional(name))


def described(cell: Structure) -> Material:
    return material("x", cell, None, None, None, "x")


@st.composite
def written(draw: st.DrawFn, names: tuple[str, ...]) -> tuple[str, Axes, Material]:
    """A crystal's name, the axes it is written in, as multiples of the conventional ones, and what is read again."""
    name = draw(st.sampled_from(names))
    axes = draw(st.sampled_from([SAME, TURNED, SWAPPED, DOUBLED, SLANTED]))
    cell = supercell(conventional(name), axes)
    if name in RHOMBOHEDRAL and draw(st.booleans()):
        cell = cell.get_primitive_structure()
    cell = noisy(cell, draw(st.sampled_from([0.0, 0.005, 0.02, 0.03])), draw(st.integers(0, 999)))
    cell.translate_sites(range(len(cell)), draw(st.tuples(*3 * [st.floats(0, 1)])))
    return name, axes, described(through(cell, draw(st.sampled_from(FORMATS))))


def supercell(cell: Structure, axes: Axes) -> Structure:
    """The crystal on axes of one or more cells."""
    if round(abs(float(np.linalg.det(axes)))) == 1:
        return rewritten(cell, axes)
    larger = cell.copy()
    larger.make_supercell(axes)
    return larger


def through(cell: Structure, kind: Literal["cif", "poscar"]) -> Structure:
    """The cell from a file that it was written to."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / ("crystal.cif" if kind == "cif" else "POSCAR")
        cell.to(filename=str(path), fmt=kind)
        return load_structure(path)


def renamed(found: Crystal, miller: tuple[int, ...], axes: Axes) -> tuple[int, ...]:
    """A plane of the conventional cell on the axes of a crystal that was read."""
    h, k, l = (int(i) for i in np.array(axes) @ [miller[0], miller[1], miller[-1]])
    return hkil((h, k, l)) if found.hexagonal else (h, k, l)


def planes_of(found: Material) -> list[float]:
    """Å² of the smallest repeat of every plane up to index 1."""
    return sorted(area(found, miller) for miller in every_plane(found, 1))


def area(found: Material, miller: tuple[int, ...]) -> float:
    return stack(found.crystal, miller, found.polyanions, found.mobile).area


def the_same_crystal(name: str, axes: Axes, found: Material) -> None:
    """Space group, density, charges, what is kept whole; and where it has the file's axes, the named plane is it."""
    known = ideal(name)
    assert found.crystal.space_group == known.crystal.space_group
    assert found.crystal.number == known.crystal.number
    assert len(found.crystal.structure) == len(known.crystal.structure)
    assert found.crystal.structure.volume == pytest.approx(known.crystal.structure.volume, rel=1e-3)
    assert (found.crystal.charges, found.polyanions, found.mobile) == (
        known.crystal.charges, known.polyanions, known.mobile,
    )  # fmt: skip
    if found.crystal.axes.are_standard:
        standard = material("x", conventional(name), None, None, None, "x", "standard")
        assert planes_of(found) == pytest.approx(planes_of(standard), rel=1e-3)
    else:
        for miller in ((1, 0, 0), (0, 1, 0), (1, 1, 0), (1, 2, 3)):
            assert area(found, renamed(found.crystal, miller, axes)) == pytest.approx(area(known, miller), rel=1e-3)


@cache
def known_slabs(name: str) -> list[int]:
    """Atoms of the slabs of the crystal's plane."""
    return atoms(ideal(name), PLANES[name])


def atoms(found: Material, miller: tuple[int, ...]) -> list[int]:
    return sorted(len(each.cut.sites) for each in survey_plane(found, miller, USUAL).surfaces)


def the_same_slabs(name: str, axes: Axes, found: Material) -> None:
    """As many slabs, with as many atoms, of a plane that is named on the axes that count."""
    miller = PLANES[name]
    if not found.crystal.hexagonal and found.crystal.axes.are_standard:
        miller = standard_miller(ideal(name).crystal, miller)
    elif not found.crystal.hexagonal:
        miller = renamed(found.crystal, miller, axes)
    assert atoms(found, miller) == known_slabs(name)


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(written(QUICK))
def test_a_crystal_is_the_same_in_every_setting_under_noise(case: tuple[str, Axes, Material]) -> None:
    """Its group, its planes, and the slabs of one of them."""
    the_same_crystal(*case)
    the_same_slabs(*case)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(written(tuple(PLANES)))
def test_many_crystals_are_the_same_in_many_settings_under_noise(case: tuple[str, Axes, Material]) -> None:
    """The same for more of them, and more often."""
    the_same_crystal(*case)
    the_same_slabs(*case)
