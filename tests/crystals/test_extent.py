"""A crystal, a slab, a chain and a molecule are told apart by the vacuum around them, whatever their cell is."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from nzsp_surfaces.crystals.extent import Kind, free_slab, kind_of
from nzsp_surfaces.slabs.build import build
from support.crystals import PLANES, ionic, published, slabs_of, structure
from support.disguise import rewritten


def graphite() -> Structure:
    """Layers 3.35 Å apart."""
    return Structure.from_spacegroup(
        "P6_3/mmc", Lattice.hexagonal(2.46, 6.71), ["C", "C"], [[0, 0, 0.25], [1 / 3, 2 / 3, 0.25]]
    )


def xenon() -> Structure:
    """Atoms 4.3 Å apart."""
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(6.13), ["Xe"], [[0, 0, 0]])


def caesium() -> Structure:
    """Atoms 5.3 Å apart, in layers of (210) that are further apart than many a vacuum is."""
    return Structure.from_spacegroup("Im-3m", Lattice.cubic(6.14), ["Cs"], [[0, 0, 0]])


def selenium() -> Structure:
    """A chain along c, 15 Å from the next."""
    lattice = Lattice.hexagonal(15.0, 4.95)
    return Structure(lattice, ["Se"] * 3, [[0.06, 0, 0], [0, 0.06, 1 / 3], [-0.06, -0.06, 2 / 3]])


def water() -> Structure:
    """A molecule in a box."""
    places = [(0, 0, 0), (0.76, 0.59, 0), (-0.76, 0.59, 0)]
    return Structure(Lattice.cubic(12), ["O", "H", "H"], places, coords_are_cartesian=True)


def layer() -> Structure:
    """One layer of graphite."""
    half = graphite()
    half.remove_sites([n for n, site in enumerate(half) if site.frac_coords[2] % 1 > 0.5])
    return Structure(Lattice.hexagonal(2.46, 15.0), half.species, half.frac_coords * [1, 1, 0])


BULK = [structure(name) for name in ("NZP", "NZS", "Na3PO4", "calcite", "NaCl", "Cu")] + [
    published(name).crystal.structure for name in ("brucite", "licoo2", "llzo", "zrp2o7")
]
KNOWN: list[tuple[Structure, Kind]] = [
    *((each, "bulk") for each in (*BULK, graphite(), xenon(), caesium(), structure("Cu") * (4, 1, 1))),
    (selenium(), "chain"),
    (water(), "molecule"),
    (Structure(Lattice.cubic(10), ["Na"], [[0, 0, 0]]), "molecule"),
    (layer(), "slab"),
]


@pytest.mark.parametrize(("given", "kind"), KNOWN)
@pytest.mark.parametrize("seed", range(3))
def test_the_kind_does_not_depend_on_the_cell(given: Structure, kind: Kind, seed: int) -> None:
    """As it is, and with other vectors, turned, shifted and shuffled."""
    assert kind_of(given) == kind
    assert kind_of(rewritten(given, seed)) == kind


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("vacuum", [7.0, 15.0, 40.0])
def test_a_slab_keeps_its_area_and_its_thickness(plane: tuple[int, ...], vacuum: float) -> None:
    """In any cell and with any vacuum it is one piece, its middle at height 0."""
    slab = build(slabs_of("NZP", plane)[0][0], ionic("NZP"), vacuum)
    a, b, _ = slab.lattice.matrix
    for seed in range(4):
        found = free_slab(rewritten(slab, seed))
        assert found is not None
        assert found.area == pytest.approx(float(np.linalg.norm(np.cross(a, b))))
        assert float(np.ptp(found.heights)) == pytest.approx(float(np.ptp(slab.cart_coords[:, 2])))
        assert float(found.heights.min() + found.heights.max()) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("given", "kind"), KNOWN)
def test_only_a_slab_is_taken_out_of_its_cell(given: Structure, kind: Kind) -> None:
    """All else has no normal."""
    assert (free_slab(given) is not None) == (kind == "slab")
