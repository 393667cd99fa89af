"""Hydroxides, hydrates and acid salts with their hydrogens, from the literature."""

from __future__ import annotations

from functools import cache

from pymatgen.core import Lattice, Structure
from pymatgen.core.operations import SymmOp

from nzsp_surfaces.crystals.material import Material, material

Sites = list[tuple[str, list[float]]]

HYDRATES: dict[str, tuple[str, Lattice, Sites]] = {
    # Busing and Levy, J. Chem. Phys. 26, 563 (1957)
    "portlandite": (
        "P-3m1", Lattice.hexagonal(3.5918, 4.9063),
        [("Ca", [0, 0, 0]), ("O", [1 / 3, 2 / 3, 0.2341]), ("H", [1 / 3, 2 / 3, 0.4248])],
    ),
    # Saalfeld and Wedde, Z. Kristallogr. 139, 129 (1974)
    "gibbsite": (
        "P2_1/n", Lattice.monoclinic(8.684, 5.078, 9.736, 94.54),
        [("Al", [0.1679, 0.5295, -0.0023]), ("Al", [0.3344, 0.0236, -0.0024]), ("O", [0.1779, 0.2183, -0.1115]),
         ("O", [0.6692, 0.6558, -0.1023]), ("O", [0.4984, 0.1315, -0.1044]), ("O", [-0.0205, 0.6293, -0.1068]),
         ("O", [0.2971, 0.7178, -0.1052]), ("O", [0.8194, 0.1491, -0.1015]), ("H", [0.101, 0.152, -0.124]),
         ("H", [0.595, 0.573, -0.098]), ("H", [0.503, 0.137, -0.19]), ("H", [-0.029, 0.801, -0.107]),
         ("H", [0.293, 0.724, -0.196]), ("H", [0.815, 0.16, -0.19])],
    ),
    # Pedersen and Semmingsen, Acta Cryst. B 38, 1074 (1982)
    "gypsum": (
        "I2/c", Lattice.monoclinic(5.679, 15.202, 6.522, 118.43),
        [("Ca", [0.5, 0.07967, 0.25]), ("S", [0, 0.07705, 0.75]), ("O", [0.9632, 0.1319, 0.55047]),
         ("O", [0.75822, 0.02226, 0.66709]), ("O", [0.3796, 0.18212, 0.45881]), ("H", [0.25109, 0.16158, 0.50368]),
         ("H", [0.40453, 0.24275, 0.49218])],
    ),
    # Zachariasen, J. Chem. Phys. 1, 634 (1933)
    "nahcolite": (
        "P2_1/n", Lattice.monoclinic(7.51, 9.7, 3.53, 93.32),
        [("Na", [0.278, 0, 0.708]), ("C", [0.069, 0.236, 0.314]), ("O", [0.069, 0.367, 0.314]),
         ("O", [0.2, 0.169, 0.183]), ("O", [0.939, 0.169, 0.444]), ("H", [0.319, 0.25, 0.064])],
    ),
    # Dachs, Z. Kristallogr. 112, 60 (1959)
    "LiOH": (
        "P4/nmm", Lattice.tetragonal(3.549, 4.334),
        [("Li", [0, 0, 0]), ("O", [0, 0.5, 0.1951]), ("H", [0, 0.5, 0.4072])],
    ),
    # Hermansson and Lunell, Acta Cryst. B 38, 2563 (1982)
    "LiOH.H2O": (
        "C2/m", Lattice.monoclinic(7.4153, 8.3054, 3.195, 110.107),
        [("Li", [0, 0.3476, 0.5]), ("O", [0.2858, 0, 0.3952]), ("O", [0, 0.2067, 0]), ("H", [0.2658, 0, 0.111]),
         ("H", [0.1111, 0.1317, 0.1224])],
    ),
    # Forsyth, Hedley and Johnson, J. Phys. C 1, 179 (1968)
    "goethite": (
        "Pbnm", Lattice.orthorhombic(4.602, 9.952, 3.021),
        [("Fe", [-0.045, 0.146, 0.25]), ("O", [0.288, -0.199, 0.25]), ("O", [-0.198, -0.053, 0.25]),
         ("H", [-0.38, -0.08, 0.25])],
    ),
    # West, Z. Kristallogr. 74, 306 (1930): hydrogen in the middle between two oxygens, as in the mean of both sides
    "KDP": (
        "I-42d", Lattice.tetragonal(7.43, 6.97),
        [("K", [0, 0, 0.5]), ("P", [0, 0, 0]), ("O", [0.144, 0.081, 0.139]), ("H", [0.145, 0.25, 0.125])],
    ),
}  # fmt: skip


OPERATIONS = {
    "P2_1/n": ["x,y,z", "-x,-y,-z", "1/2-x,1/2+y,1/2-z", "1/2+x,1/2-y,1/2+z"],
    "I2/c": ["x,y,z", "-x,-y,-z", "-x,y,1/2-z", "x,-y,1/2+z", "1/2+x,1/2+y,1/2+z", "1/2-x,1/2-y,1/2-z",
             "1/2-x,1/2+y,-z", "1/2+x,1/2-y,z"],
}  # fmt: skip
"""Of settings that pymatgen does not know by their symbols."""


@cache
def hydrate(name: str) -> Structure:
    """A crystal's structure; do not change it, copy it."""
    group, lattice, sites = HYDRATES[name]
    if group not in OPERATIONS:
        return Structure.from_spacegroup(group, lattice, [e for e, _ in sites], [x for _, x in sites])
    operations = [SymmOp.from_xyz_str(text) for text in OPERATIONS[group]]
    every = [(element, op.operate(place) % 1) for element, place in sites for op in operations]
    whole = Structure(lattice, [element for element, _ in every], [place for _, place in every])
    return whole.merge_sites(0.1, mode="delete") or whole


@cache
def known(name: str) -> Material:
    """What is found of it without any option."""
    return material(name, hydrate(name), None, None, None, name)
