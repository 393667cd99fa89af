"""Rows about anneals of films."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nzsp_surfaces.base.units import CM2_PER_S
from nzsp_surfaces.report.rows.columns import Column, Row

if TYPE_CHECKING:
    from nzsp_surfaces.dynamics.film import FilmDynamics
    from nzsp_surfaces.engines.base import DynamicsSettings
    from nzsp_surfaces.tasks.base import Task

Numbers = list[float]


@dataclass(frozen=True)
class MotionSource:
    """The anneal of a film.

    Attributes:
        task: that ran it.
        found: by looking at it.
        settings: of the dynamics.
        lost: why the film is none any more.
    """

    task: Task
    found: FilmDynamics
    settings: DynamicsSettings
    lost: str | None

    def start(self) -> float | None:
        """fs from which on the potential energy is in equilibrium."""
        reached = self.found.equilibration
        return reached.start * self.settings.timestep if reached.reached else None


motion = Column[MotionSource]()


@dataclass(frozen=True, kw_only=True)
class FilmMotionRow(Row[MotionSource]):
    """What an anneal of a covered slab shows; a number of each list for each time, height or lag."""

    FILE: ClassVar[str] = "film_dynamics.json"

    id: str = motion("task that ran it", of=lambda s: s.task.id)
    material: str = motion("name in the study", of=lambda s: s.task.subject.material or "")
    miller: tuple[int, ...] | None = motion("plane, as the study writes it", of=lambda s: s.task.subject.miller)
    film: str | None = motion("name in the study", of=lambda s: s.task.subject.film)
    temperature: float | None = motion("wanted", of=lambda s: s.settings.temperature, unit="K", earlier=None)
    lost: str | None = motion("why the film is none any more; null where it stayed", of=lambda s: s.lost)
    equilibrated_after: float | None = motion(
        "start that leaves most independent values of the potential energy (Chodera 2016); null below 20 of them",
        of=lambda s: s.start(),
        unit="fs",
    )
    independent: float = motion(
        "independent values of the potential energy from there on",
        of=lambda s: round(s.found.equilibration.independent, 1),
    )
    times: Numbers = motion("of the frames", of=lambda s: rounded(s.found.times), unit="fs")
    to_slab: Numbers = motion(
        "anions of the slab around a cation of its framework, mean", of=lambda s: rounded(s.found.bonding.to_slab)
    )
    to_film: Numbers = motion(
        "anions of the film around a cation of the slab's framework, mean",
        of=lambda s: rounded(s.found.bonding.to_film),
    )
    whole_slab: Numbers = motion(
        "share of the slab's polyanions with all ligands; empty without any",
        of=lambda s: rounded(s.found.bonding.whole_slab),
    )
    whole_film: Numbers = motion(
        "share of the film's polyanions with all ligands; empty without any",
        of=lambda s: rounded(s.found.bonding.whole_film),
    )
    heights: Numbers = motion(
        "middles of layers along the normal, from the slab's middle",
        of=lambda s: rounded(s.found.profile.heights),
        unit="Å",
    )
    densities: dict[str, Numbers] = motion(
        "mean number of atoms in these layers, by element, once in equilibrium or else over the second half",
        of=lambda s: {element: rounded(d, 6) for element, d in s.found.profile.densities.items()},
        unit="1/Å³",
    )
    lags: Numbers = motion(
        "time between the moments whose displacements are averaged",
        of=lambda s: rounded(next((m.times for m in s.found.motion.values()), np.zeros(0))),
        unit="fs",
    )
    in_plane: dict[str, Numbers] = motion(
        "mean-square displacement in the plane of mobile ions that began in the film, at the interface or inside",
        of=lambda s: {name: rounded(m.in_plane) for name, m in s.found.motion.items()},
        unit="Å²",
    )
    normal: dict[str, Numbers] = motion(
        "the same along the normal",
        of=lambda s: {name: rounded(m.normal) for name, m in s.found.motion.items()},
        unit="Å²",
    )
    diffusion: dict[str, float] | None = motion(
        "coefficient of diffusion in the plane of these ions by Einstein's relation, where the run shows one",
        of=lambda s: {name: d.coefficient * CM2_PER_S for name, d in s.found.diffusion.items() if d.coefficient},
        unit="cm²/s",
        earlier=None,
    )
    no_diffusion: dict[str, str] | None = motion(
        "why it shows none: too few hops, no growth with time, no equilibrium",
        of=lambda s: {name: d.refused for name, d in s.found.diffusion.items() if d.refused},
        earlier=None,
    )


def rounded(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], digits: int = 4) -> Numbers:
    """Numbers of a file; none where there is nothing to tell."""
    return [] if np.isnan(values).any() else [round(float(x), digits) for x in values]
