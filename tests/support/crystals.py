"""Real crystals for the tests, built once."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.crystals.bonds import Polyanion, strong_polyanions
from nzsp_surfaces.crystals.crystal import Crystal, crystal
from nzsp_surfaces.crystals.material import Material, material
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.slabs.cut import Rejection, SlabCut, SlabOptions
from nzsp_surfaces.slabs.cutting import cut_slabs
from nzsp_surfaces.slabs.survey import PlaneSurvey, every_plane, survey

STRUCTURES = Path(__file__).parents[2] / "inputs" / "structures"
CRYSTALS = Path(__file__).parents[2] / "inputs" / "crystals.yaml"
FILES = {"NZP": "NaZr2P3O12.cif", "NZS": "Na4Zr2Si3O12.cif", "Na3PO4": "Na3PO4.cif"}
PLANES = [(1, -1, 0, 2), (1, 0, -1, 4), (1, 1, -2, 0), (0, 0, 0, 1)]
Axes = tuple[tuple[int, ...], ...]
USUAL = SlabOptions()
ENOUGH = SlabOptions(arrangements=10_000)
"""Options that keep every arrangement."""


def structure(name: str) -> Structure:
    """A crystal's structure, the caller's own."""
    return _structure(name).copy()


@cache
def _structure(name: str) -> Structure:
    if name in FILES:
        return load_structure(STRUCTURES / FILES[name])
    known: dict[str, tuple[str, Lattice, dict[str, tuple[float, float, float]]]] = {
        "calcite": (
            "R-3c", Lattice.hexagonal(4.99, 17.06), {"Ca": (0, 0, 0), "C": (0, 0, 0.25), "O": (0.2568, 0, 0.25)}
        ),
        "NaCl": ("Fm-3m", Lattice.cubic(5.64), {"Na": (0, 0, 0), "Cl": (0.5, 0.5, 0.5)}),
        "MgO": ("Fm-3m", Lattice.cubic(4.21), {"Mg": (0, 0, 0), "O": (0.5, 0.5, 0.5)}),
        "SrTiO3": ("Pm-3m", Lattice.cubic(3.905), {"Sr": (0, 0, 0), "Ti": (0.5, 0.5, 0.5), "O": (0.5, 0.5, 0)}),
        "wurtzite": ("P6_3mc", Lattice.hexagonal(3.25, 5.207), {"Zn": (1 / 3, 2 / 3, 0), "O": (1 / 3, 2 / 3, 0.3819)}),
        "CuAu": ("P4/mmm", Lattice.tetragonal(2.8, 3.67), {"Cu": (0, 0, 0), "Au": (0.5, 0.5, 0.5)}),
        "Cu": ("Fm-3m", Lattice.cubic(3.6), {"Cu": (0, 0, 0)}),
        # Lithium in three-fold rings on both sides of a layer: turned over twice by -3, a ring does not come back.
        "rings": (
            "P-3m1", Lattice.hexagonal(6.0, 9.0), {"Zr": (0, 0, 0.5), "O": (0.17, 0.83, 0.37), "Li": (0.2, 0.4, 0.05)}
        ),
    }  # fmt: skip
    group, lattice, sites = known[name]
    return Structure.from_spacegroup(group, lattice, list(sites), list(sites.values()))


CHARGES: dict[str, dict[str, float]] = {"rings": {"Zr": 6, "O": -2, "Li": 1}}


@cache
def ionic(name: str) -> Crystal:
    """The crystal with its symmetry and charges."""
    return crystal(structure(name), CHARGES.get(name))


@cache
def polyanions(name: str) -> tuple[Polyanion, ...]:
    """What a cut of the crystal keeps whole."""
    return strong_polyanions(ionic(name))


def mobile(name: str) -> frozenset[str]:
    """Elements of charge +1."""
    return frozenset(e for e, q in ionic(name).charges.items() if q == 1)


def framework(name: str) -> set[str]:
    """Cations that are neither mobile nor centres of polyanions."""
    cations = {e for e, q in ionic(name).charges.items() if q > 0}
    return cations - mobile(name) - {p.centre for p in polyanions(name)}


@cache
def slabs_of(
    name: str, plane: tuple[int, ...], options: SlabOptions = USUAL
) -> tuple[tuple[SlabCut, ...], tuple[Rejection, ...]]:
    """Accepted and rejected cuts of a plane."""
    return cut_slabs(ionic(name), plane, polyanions(name), mobile(name), options)


@cache
def published(name: str) -> Material:
    """A crystal of inputs/crystals.yaml; do not change its structure, copy it."""
    entry = yaml.safe_load(CRYSTALS.read_text(encoding="utf-8"))[name]
    elements = [label.rstrip("0123456789") for label in entry["sites"]]
    lattice = Lattice.from_parameters(*entry["lattice"])
    whole = Structure.from_spacegroup(entry["group"], lattice, elements, list(entry["sites"].values()))
    return material(name, whole, entry["charges"], None, tuple(entry["mobile"]), name)


@cache
def surveyed(name: str) -> tuple[PlaneSurvey, ...]:
    """All planes of a published crystal up to index 1."""
    found = published(name)
    return tuple(survey(found, every_plane(found, 1), USUAL))


def perovskite() -> Structure:
    """SrZrO3 as people have it, in Pbnm."""
    sites = {
        "Sr": [(0.004, 0.5242, 0.25)],
        "Zr": [(0.0, 0.0, 0.0)],
        "O": [(-0.0687, -0.0133, 0.25), (0.2154, 0.2837, 0.0363)],
    }
    operations = [
        (np.diag(signs), shift)
        for signs, shift in (
            ((1, 1, 1), (0, 0, 0)),
            ((-1, -1, 1), (0, 0, 0.5)),
            ((-1, 1, -1), (0.5, 0.5, 0.5)),
            ((1, -1, -1), (0.5, 0.5, 0)),
        )
    ]
    elements, places = [], []
    for element, starts in sites.items():
        found: list[np.ndarray] = []
        for start, (turn, shift), sign in itertools.product(starts, operations, (1, -1)):
            place = sign * (turn @ np.array(start) + shift) % 1.0
            if all(np.abs((place - other + 0.5) % 1.0 - 0.5).max() > 1e-3 for other in found):
                found.append(place)
        elements += [element] * len(found)
        places += found
    return Structure(Lattice.orthorhombic(5.7963, 5.8171, 8.2048), elements, places)


def monoclinic() -> Structure:
    """Monazite's kin CePO4 in P2_1/n, spglib's standard cell being P2_1/c's."""
    lattice = Lattice.monoclinic(6.788, 7.0163, 6.465, 103.43)
    sites = [(0.2815, 0.1593, 0.1000), (0.3048, 0.1630, 0.6121), (0.2501, 0.0068, 0.4450), (0.3814, 0.3307, 0.4975),
             (0.4745, 0.1054, 0.8042), (0.1274, 0.2153, 0.7108)]  # fmt: skip
    elements, places = [], []
    for element, (x, y, z) in zip(["Ce", "P", "O", "O", "O", "O"], sites, strict=True):
        half = [(x, y, z), (0.5 - x, y + 0.5, 0.5 - z)]
        elements += [element] * 4
        places += [*half, *((-a, -b, -c) for a, b, c in half)]
    return Structure(lattice, elements, places)


def rewritten(start: Structure, axes: Axes) -> Structure:
    """The same crystal with other axes, given as rows in multiples of the present ones."""
    fractions = start.frac_coords @ np.linalg.inv(np.array(axes, float))
    return Structure(Lattice(np.array(axes) @ start.lattice.matrix), start.species, fractions)


def noisy(start: Structure, most: float, seed: int) -> Structure:
    """The crystal with each atom moved by up to `most` Å in a direction of its own."""
    random = np.random.default_rng(seed)
    directions = random.normal(size=(len(start), 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    shifts = most * random.random(len(start))[:, None] ** (1 / 3) * directions
    return Structure(start.lattice, start.species, start.cart_coords + shifts, coords_are_cartesian=True)


POLAR: dict[str, tuple[str, float, dict[str, tuple[float, float, float]], dict[str, float]]] = {
    "argyrodite": (
        "F-43m",
        9.859,
        {"Li1": (0.25, 0.0232, 0.25), "P1": (0, 0, 0.5), "S1": (0.25, 0.25, 0.75), "S2": (0.1194, -0.1194, 0.6194),
         "Cl1": (0, 0, 0)},
        {"Li": 1, "P": 5, "S": -2, "Cl": -1},
    ),
    "KNbO3": ("Pm-3m", 4.02, {"K": (0, 0, 0), "Nb": (0.5, 0.5, 0.5), "O": (0.5, 0.5, 0)}, {"K": 1, "Nb": 5, "O": -2}),
    "LaAlO3": (
        "Pm-3m", 3.79, {"La": (0, 0, 0), "Al": (0.5, 0.5, 0.5), "O": (0.5, 0.5, 0)}, {"La": 3, "Al": 3, "O": -2}
    ),
}  # fmt: skip
"""Cubic crystals with polar planes: group, edge in Å, sites, charges; Li6PS5Cl in the order that Li takes at 24g."""


@cache
def known_material(name: str) -> Material:
    """A crystal of those above or of inputs/crystals.yaml; do not change its structure, copy it."""
    if name not in POLAR:
        return published(name)
    group, edge, sites, charges = POLAR[name]
    elements = [label.rstrip("0123456789") for label in sites]
    whole = Structure.from_spacegroup(group, Lattice.cubic(edge), elements, list(sites.values()))
    return material(name, whole, charges, None, None, name)
