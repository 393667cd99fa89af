"""Films that an anneal carried off are told apart and do not count."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure

from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.dynamics.lost import Parts, lost
from nzsp_surfaces.engines.base import DynamicsSettings, Trajectory
from nzsp_surfaces.study.study import load_study
from nzsp_surfaces.tasks.base import Choices, Result
from nzsp_surfaces.tasks.covering import parts_of
from nzsp_surfaces.tasks.motion import film_motion
from nzsp_surfaces.tasks.plan import Plan, make_plan
from nzsp_surfaces.tasks.table import table
from support.crystals import STRUCTURES

ENGINE = EngineIdentity("emt", "", "1")
STUDY = f"""
name: one film
materials: {{NZP: {{structure: {STRUCTURES}/NaZr2P3O12.cif, polyanion: PO4}}}}
planes: [[1, -1, 0, 2]]
films: {{Na3PO4: {{structure: {STRUCTURES}/Na3PO4.cif, planes: [[1, -1, 0, 2]], starts: 1}}}}
"""


@cache
def planned() -> Plan:
    """A study of one capped plane."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "study.yaml"
        path.write_text(STUDY)
        return make_plan(load_study(path))


def slab() -> Structure:
    """The covered slab as it is built."""
    return planned().slabs[-1].structure.copy()


def parts() -> Parts:
    """What its atoms belong to."""
    (anneal,) = [task for task in planned().tasks if task.kind == "anneal"]
    return parts_of(anneal.inputs.covering, slab(), planned().slabs[-1].film_units or 0)


def moved(sites: list[int], by: tuple[float, float, float]) -> Structure:
    """The slab with some atoms elsewhere, not wrapped."""
    points = slab().cart_coords
    points[sites] += by
    return Structure(slab().lattice, slab().species, points, coords_are_cartesian=True)


def upper_phosphate() -> list[int]:
    """Centre and oxygens of the uppermost phosphate of the film."""
    start, centres = slab(), np.flatnonzero(parts().centres)
    centre = int(max(centres, key=lambda i: start.cart_coords[i, 2]))
    oxygens = [i for i, site in enumerate(start) if site.specie.symbol == "O" and start.get_distance(centre, i) < 1.8]
    return [centre, *oxygens]


def test_the_parts_of_a_slab_are_its_atoms() -> None:
    """Film: whole formula units with a phosphorus each; framework: all zirconium and nothing else."""
    found, symbols = parts(), np.array([site.specie.symbol for site in slab()])
    units = planned().slabs[-1].film_units or 0
    assert units > 0
    assert {e: int((symbols[found.film] == e).sum()) for e in ("Na", "P", "O")} == {
        "Na": 3 * units,
        "P": units,
        "O": 4 * units,
    }
    assert found.centres.sum() == units
    assert (found.framework == (symbols == "Zr")).all()


def test_a_slab_without_a_framework_dissolves_no_film() -> None:
    """A metal under a metal: nothing tells where one begins, and what leaves it is told as ever."""
    none = replace(parts(), framework=np.zeros(len(slab()), bool))
    assert lost(slab(), moved(upper_phosphate(), (0, 0, -6.0)), none) is None
    assert "evaporated" in (lost(slab(), moved(upper_phosphate(), (0, 0, 9.0)), none) or "")


def test_a_film_that_shakes_stays() -> None:
    """As built, and with every atom 0.4 Å elsewhere, nothing is lost."""
    shaken = slab().copy()
    shaken.perturb(0.4)
    assert lost(slab(), slab(), parts()) is None
    assert lost(slab(), shaken, parts()) is None


def test_a_film_stays_whatever_the_slab_s_drift() -> None:
    """All atoms 5 Å higher: nothing is lost."""
    assert lost(slab(), moved(list(range(len(slab()))), (0.0, 0.0, 5.0)), parts()) is None


def test_what_leaves_the_face_has_evaporated() -> None:
    """A sodium or a whole phosphate 7 Å out in the vacuum is named; at a neighbour's distance it is not."""
    sodium = max((i for i in np.flatnonzero(parts().film)), key=lambda i: slab().cart_coords[i, 2])
    assert "evaporated" in (lost(slab(), moved([int(sodium)], (0, 0, 7.0)), parts()) or "")
    assert "4 O, 1 P evaporated" in (lost(slab(), moved(upper_phosphate(), (0, 0, 9.0)), parts()) or "")


def test_a_phosphate_that_sinks_into_the_slab_has_dissolved() -> None:
    """Moved to below the outermost zirconium it is named; moved along the plane it is not."""
    group = upper_phosphate()
    heights = slab().cart_coords[:, 2]
    depth = float(heights[group[0]] - heights[parts().framework].max())
    assert "dissolved: 1 P" in (lost(slab(), moved(group, (0, 0, -depth - 3.0)), parts()) or "")
    assert "dissolved" not in (lost(slab(), moved(group, (1.0, 2.0, 0)), parts()) or "")


def annealed(end: Structure) -> dict[str, Result]:
    """Results of the study, the anneal ending in `end`; energies of -1 eV an atom."""
    return {task.id: _result(task.id, task.kind, end) for task in planned().tasks}


def _result(task: str, kind: str, end: Structure) -> Result:
    plan, steps = planned(), np.linspace(0, 1, 5)[:, None, None]
    units, film = plan.slabs[-1].film_units, plan.slabs[-1].film
    assert film is not None
    crystals = {"bulk": plan.slabs[0].material.crystal.structure, "reference": film.reference.structure}
    if kind == "anneal":
        frames = slab().cart_coords + steps * (end.cart_coords - slab().cart_coords)
        trace = np.array([[2.0 * i, 500.0, -9.0 + 0.1 * i] for i in range(5)])
        run = Trajectory(end, trace, ENGINE, DynamicsSettings(500.0, 8.0), "", frames, 2.0)
        return Result(task, "", start=slab(), trajectory=run, choices=Choices(film_units=units))
    structure = crystals.get(kind, slab() if kind in ("quench", "alike") else plan.slabs[0].structure)
    zero = np.zeros((len(structure), 3))
    more = 0.0 if kind in crystals else 6.0
    found = Calculation(structure, more - len(structure), zero, converged=True, max_force=0.0, steps=1, engine=ENGINE)
    return Result(task, "", found, start=structure, choices=Choices(arrangement=1, film_units=units))


def test_a_lost_film_is_a_reason_and_the_rest_stands() -> None:
    """The covered plane has no value and says why; the bare one has its own. With the film in place both have one."""
    whole = table(planned(), annealed(slab()), {})
    gone = table(planned(), annealed(moved(upper_phosphate(), (0, 0, 9.0))), {})
    assert [row.best is not None for row in whole] == [True, True]
    assert [row.best is not None for row in gone] == [True, False]
    assert "evaporated" in (gone[1].reason or "")
    assert (gone[0].best and gone[0].best.energy) == (whole[0].best and whole[0].best.energy)


def test_a_rigid_film_keeps_its_bonds_and_does_not_move() -> None:
    """Nothing moves: all tetrahedra whole, six oxygens around zirconium in each frame, displacements of zero."""
    (anneal,) = [task for task in planned().tasks if task.kind == "anneal"]
    found = film_motion(anneal, annealed(slab())[anneal.id])
    assert found is not None
    bonds = found.bonding
    assert (bonds.whole_film == 1).all()
    assert (bonds.whole_slab == 1).all()
    assert bonds.to_slab + bonds.to_film == pytest.approx(np.full(5, 6.0))
    assert bonds.to_film.min() > 0
    assert set(found.motion) >= {"film"}
    assert all(each.in_plane.max() < 1e-12 for each in found.motion.values())
    assert sum(d.sum() for d in found.profile.densities.values()) * found.profile.width == pytest.approx(
        len(slab()) / (slab().volume / slab().lattice.c)
    )


def test_a_broken_tetrahedron_shows_in_the_film_alone() -> None:
    """An oxygen pulled off a phosphate of the film in the last frame."""
    (anneal,) = [task for task in planned().tasks if task.kind == "anneal"]
    found = film_motion(anneal, annealed(moved(upper_phosphate()[1:2], (0, 0, 2.5)))[anneal.id])
    assert found is not None
    assert found.bonding.whole_film[0] == 1
    assert found.bonding.whole_film[-1] == 1 - 1 / parts().centres.sum()
    assert (found.bonding.whole_slab == 1).all()
