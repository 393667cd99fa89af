"""Where a film's cations go: into the pockets of lowest electrostatic energy, with a seeded preference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.units import EV_PER_E2_PER_A
from nzsp_surfaces.films.compound import FilmCompound

if TYPE_CHECKING:
    from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]

GRID = 0.5
"""Å between trial positions of film cations."""
CATION_TO_ANION = 2.15
"""Å, least distance at which a film cation starts from an anion."""
CATION_TO_CATION = 2.9
"""Å, likewise from another cation."""
SCREENING = 0.25
"""1/Å, damping of the Coulomb sum that places film cations; a neutral film needs no longer range."""
ROUGHNESS = 0.5
"""eV, spread of the random preference that makes differently seeded starts differ."""


class NoRoom(UserError):
    """A film does not fit where it is to lie."""


def with_cations(
    bare: Structure,
    slab_charges: dict[str, float],
    anions: Matrix,
    film: FilmCompound,
    rng: np.random.Generator,
    floor: float | None = None,
    tight: float = 1.0,
) -> tuple[list[str], Matrix]:
    """Elements and positions of a lower film: its polyanions and, one by one, its cations in the best pockets left.

    Args:
        floor: Å, height of the film's far side; that of its lowest anions where they lie lower or it is None.
        tight: of the usual distances between ions, what a pocket needs.

    Raises:
        NoRoom: there are not enough pockets.
    """
    size = len(film.elements)
    elements = film.elements * (len(anions) // size)
    known = film.charges
    charges = np.array([*(slab_charges[s.specie.symbol] for s in bare), *(known[e] for e in elements)], float)
    ions, grid = np.vstack([bare.cart_coords, anions]), _grid(bare, anions, floor)
    preference = ROUGHNESS * rng.gumbel(size=len(grid))
    free = _free(bare, ions, charges, grid, tight)
    grid, preference = grid[free], preference[free]
    energy = _pocket_energy(bare, ions, charges, grid, tight)
    places = [anions]
    strongest = sorted(film.cations.items(), key=lambda cation: -known[cation[0]])
    for cation in [e for e, n in strongest for _ in range(n * len(anions) // (size * film.anions))]:
        best = int(np.argmin(energy * known[cation] - preference)) if len(grid) else -1
        if best < 0 or not np.isfinite(energy[best]):
            raise NoRoom(f"film {film.name}: no room for {cation} on this face; choose fewer layers or another plane")
        elements, places = [*elements, cation], [*places, grid[best]]
        energy += _pocket_energy(bare, grid[best][None], np.array([float(known[cation])]), grid, tight)
    return elements, np.vstack(places)


def _grid(bare: Structure, anions: Matrix, floor: float | None = None) -> Matrix:
    """(m, 3) Å trial positions, from the slab's lowest atoms to the film's."""
    a, b, _ = bare.lattice.matrix
    na, nb = (max(1, int(np.linalg.norm(v) / GRID)) for v in (a, b))
    bottom, top = anions[:, 2].min() - 2.0, bare.cart_coords[:, 2].min() + 1.5
    bottom = bottom if floor is None else min(bottom, floor)
    levels = np.arange(bottom, max(top, bottom + GRID), GRID)
    i, j, z = np.meshgrid(np.arange(na) / na, np.arange(nb) / nb, levels, indexing="ij")
    points = i.reshape(-1, 1) * a + j.reshape(-1, 1) * b
    points[:, 2] = z.ravel()
    return np.asarray(points)


def _free(bare: Structure, positions: Matrix, charges: Matrix, grid: Matrix, tight: float) -> npt.NDArray[np.bool_]:
    """(m,) whether no ion is too close; nothing else of the grid is worth an energy."""
    from scipy.spatial import cKDTree

    a, b, _ = bare.lattice.matrix
    shifts = np.array([i * a + j * b for i in (-1, 0, 1) for j in (-1, 0, 1)])
    free = np.ones(len(grid), bool)
    for chosen, least in ((charges > 0, CATION_TO_CATION), (charges <= 0, CATION_TO_ANION)):
        images = (_in_cell(bare, positions[chosen])[:, None] + shifts[None]).reshape(-1, 3)
        # A hair nearer, so that the border is decided where it always was: with the energy.
        reach = tight * least - 1e-6
        free &= ~np.isfinite(cKDTree(images).query(grid, distance_upper_bound=reach)[0]) if len(images) else True
    return free


def _pocket_energy(bare: Structure, positions: Matrix, charges: Matrix, grid: Matrix, tight: float) -> Matrix:
    """(m,) eV/e: damped Coulomb potential on the grid; infinite where an ion is too close."""
    from scipy.special import erfc

    if not len(grid):
        return np.zeros(0)
    near = positions[:, 2] < grid[:, 2].max() + 8.0
    a, b, _ = bare.lattice.matrix
    total, blocked = np.zeros(len(grid)), np.zeros(len(grid), bool)
    for position, charge in zip(_in_cell(bare, positions[near]), charges[near], strict=True):
        least = tight * (CATION_TO_CATION if charge > 0 else CATION_TO_ANION)
        for shift in (i * a + j * b for i in (-1, 0, 1) for j in (-1, 0, 1)):
            distance = np.linalg.norm(grid - (position + shift), axis=1)
            blocked |= distance < least
            total += charge * erfc(SCREENING * distance) / np.maximum(distance, 0.5)
    return np.where(blocked, np.inf, EV_PER_E2_PER_A * total)


def _in_cell(bare: Structure, positions: Matrix) -> Matrix:
    """Positions moved by plane vectors into the surface cell; heights stay."""
    fractions = bare.lattice.get_fractional_coords(positions)
    fractions[:, :2] %= 1.0
    return np.asarray(bare.lattice.get_cartesian_coords(fractions))
