"""What the anneal of a covered slab shows: bonds, whole anions, where the elements are, how the mobile ions move."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.crystals.bonds import Polyanion
from nzsp_surfaces.crystals.contacts import Charges, find_bonds
from nzsp_surfaces.dynamics.diffusion import Diffusion, diffusion
from nzsp_surfaces.dynamics.displacement import Displacement, mean_square_displacement, unwrapped, without_drift
from nzsp_surfaces.dynamics.equilibration import Equilibration, equilibration
from nzsp_surfaces.dynamics.lost import Parts
from nzsp_surfaces.dynamics.profiles import DensityProfile, density_profile

if TYPE_CHECKING:
    from pymatgen.core import Structure

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
UNSETTLED = Diffusion(refused="the run is not shown to be in equilibrium")
NEAR = 4.0
"""Å: a mobile ion of the slab that begins within this of the outermost framework is at the interface."""


@dataclass(frozen=True)
class Run:
    """What is kept of dynamics, in even steps from the start to the end.

    Attributes:
        frames: (k, n, 3) Å.
        interval: fs between two frames.
        energies: (m,) eV, the potential energy.
    """

    frames: Array
    interval: float
    energies: Array


@dataclass(frozen=True)
class Ions:
    """What the elements of slab and film are.

    Attributes:
        charges: by element.
        polyanions: of crystal and film.
        mobile: elements whose ions move by themselves.
    """

    charges: Charges
    polyanions: Sequence[Polyanion]
    mobile: frozenset[str]


@dataclass(frozen=True)
class Bonding:
    """Bonds against time.

    Attributes:
        to_slab, to_film: (k,) anions of each around a cation of the framework, mean over these cations.
        whole_slab, whole_film: (k,) share of the polyanions' centres of each that have all ligands; NaN without any.
    """

    to_slab: Array
    to_film: Array
    whole_slab: Array
    whole_film: Array


@dataclass(frozen=True)
class FilmDynamics:
    """An anneal, looked at.

    Attributes:
        times: (k,) fs of the frames.
        bonding: in each frame.
        profile: mean over the frames in equilibrium, or over the second half where none is reached.
        motion: of the mobile ions that began in the film, at the interface and inside, over the same frames.
        equilibration: of the potential energy, in its steps.
        diffusion: of the same ions as `motion`.
    """

    times: Array
    bonding: Bonding
    profile: DensityProfile
    motion: dict[str, Displacement]
    equilibration: Equilibration
    diffusion: dict[str, Diffusion]


def film_dynamics(start: Structure, run: Run, parts: Parts, ions: Ions) -> FilmDynamics:
    """Look at the anneal of a covered slab.

    Args:
        start: the first structure, the third vector along the normal.
        parts: what the atoms belong to.
    """
    masses = np.array([float(site.specie.atomic_mass) for site in start])
    paths = without_drift(unwrapped(run.frames, start.lattice.matrix), masses)
    found, symbols = equilibration(run.energies), [site.specie.symbol for site in start]
    later, area = paths[int(found.left_out * len(paths)) :], float(start.volume / start.lattice.c)
    regions = mobile_regions(start, parts, ions.mobile)
    motion = {name: mean_square_displacement(later[:, chosen], run.interval) for name, chosen in regions.items()}
    return FilmDynamics(
        times=np.asarray(np.arange(len(run.frames)) * run.interval, np.float64),
        bonding=bonding(start, paths, parts, ions),
        profile=density_profile(later[:, :, 2], symbols, area),
        motion=motion,
        equilibration=found,
        diffusion={name: diffusion(each) if found.reached else UNSETTLED for name, each in motion.items()},
    )


def mobile_regions(start: Structure, parts: Parts, mobile: Iterable[str]) -> dict[str, Mask]:
    """The mobile ions that begin in the film, at the interface and inside; places without any are left out."""
    heights = start.cart_coords[:, 2]
    slab = heights[parts.framework]
    near = (heights > slab.max() - NEAR) | (heights < slab.min() + NEAR)
    moving = np.isin([site.specie.symbol for site in start], sorted(mobile))
    split = {"film": parts.film, "interface": ~parts.film & near, "inside": ~parts.film & ~near}
    return {name: moving & chosen for name, chosen in split.items() if (moving & chosen).any()}


def bonding(start: Structure, frames: Array, parts: Parts, ions: Ions) -> Bonding:
    """Bonds in each frame, (k, n, 3) Å."""
    rows = [_bonds_of(start, frame, parts, ions) for frame in frames]
    return Bonding(*np.array(rows).T)


def _bonds_of(start: Structure, frame: Array, parts: Parts, ions: Ions) -> tuple[float, float, float, float]:
    from pymatgen.core import Structure

    symbols = np.array([site.specie.symbol for site in start])
    here = Structure(start.lattice, list(symbols), frame, coords_are_cartesian=True)
    ends = np.array([(b.cation, b.anion) for b in find_bonds(here, ions.charges)], np.int64).reshape(-1, 2)
    own = ends[parts.framework[ends[:, 0]]]
    by_film = int(parts.film[own[:, 1]].sum())
    cations = int(parts.framework.sum())
    whole, centres = _whole(symbols, ends, ions.polyanions)
    shares = [whole[centres & side].mean() if (centres & side).any() else np.nan for side in (~parts.film, parts.film)]
    return (len(own) - by_film) / cations, by_film / cations, float(shares[0]), float(shares[1])


def _whole(
    symbols: npt.NDArray[np.str_], ends: npt.NDArray[np.int64], polyanions: Sequence[Polyanion]
) -> tuple[Mask, Mask]:
    """Which atoms are centres with all their ligands, and which are centres."""
    whole, centres = (np.zeros(len(symbols), bool) for _ in range(2))
    for each in polyanions:
        ligands = np.bincount(ends[symbols[ends[:, 1]] == each.ligand, 0], minlength=len(symbols))
        own = symbols == each.centre
        centres |= own
        whole |= own & (ligands == each.count)
    return whole, centres
