"""Moments of an anneal that are quenched besides its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.dynamics.equilibration import equilibration

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.engines.base import Trajectory


@dataclass(frozen=True)
class Snapshot:
    """One of several moments at even distances in the part of an anneal that counts.

    Attributes:
        before: how many distances before the end it lies; the end itself is 0.
        count: of the moments, by which that part is divided.
    """

    before: int
    count: int


def moment_of(run: Trajectory, snapshot: Snapshot) -> tuple[Structure, float]:
    """The structure at a snapshot, and its time in fs.

    Raises:
        UserError: the engine keeps no frames, or too few to tell the snapshots apart.
    """
    from pymatgen.core import Structure

    last = len(run.frames) - 1
    begin = int(equilibration(run.trace[:, 2]).left_out * last)
    if last - begin < snapshot.count:
        raise UserError(
            f"{run.engine.name}: an anneal with {last + 1} frames has no {snapshot.count} snapshots once in "
            "equilibrium; set 'quenched' of the film lower, or anneal longer"
        )
    frame = round(last - snapshot.before * (last - begin) / snapshot.count)
    species = [site.specie.symbol for site in run.structure]
    here = Structure(run.structure.lattice, species, run.frames[frame], coords_are_cartesian=True)
    return here, float(run.times[frame])
