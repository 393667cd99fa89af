"""What VASP reads for each question that an engine is asked: a structure and settings in, inputs out; nothing runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from nzsp_surfaces.base.calculation import Matrix
from nzsp_surfaces.engines.base import Basis, DynamicsSettings, RelaxSettings
from nzsp_surfaces.engines.vasp.inputs import VaspInputs, inputs_for
from nzsp_surfaces.engines.vasp.settings import Purpose, VaspSettings, at_basis
from nzsp_surfaces.engines.vasp.tags import Value

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.flip import Flip

AllSettings = Mapping[Purpose, VaspSettings]

LEG = 500
"""Steps of dynamics in one leg; each is checked before the next begins."""
LARGEST_SEED = 900_000_000
"""VASP takes first numbers of RANDOM_SEED below it."""
DYNAMICS = "dynamics"
"""Folder of the legs of dynamics within a task's; the relaxation after an anneal must not take them for its own."""
EASED = "eased"
"""Folder of the relaxation before them."""
EASING = 10
"""Steps of relaxation before dynamics: the placing of a film leaves forces that would overheat it."""
EASY = 0.1
"""eV/Å; forces below it need no easing."""
OF_DYNAMICS = ("MDALGO", "LANGEVIN_GAMMA", "ANDERSEN_PROB", "SMASS", "TEBEG", "TEEND", "POTIM", "RANDOM_SEED")
"""Tags of dynamics, which a relaxation does without; POTIM means another thing there."""


def relaxing(settings: VaspSettings, relax: RelaxSettings, steps: int | None = None) -> VaspSettings:
    """The settings of a relaxation that a study asks for.

    Args:
        steps: that are left; all where not given.
    """
    asked: dict[str, Value] = {"EDIFFG": -relax.force, "NSW": relax.max_steps if steps is None else steps}
    return replace(settings, incar={**settings.incar, **asked})


def moving(settings: VaspSettings, dynamics: DynamicsSettings, steps: int, leg: int) -> VaspSettings:
    """The settings of a leg of the dynamics that a study asks for; each leg has random numbers of its own."""
    asked: dict[str, Value] = {
        "TEBEG": dynamics.temperature,
        "TEEND": dynamics.temperature,
        "POTIM": dynamics.timestep,
        "NSW": steps,
        "RANDOM_SEED": (float(dynamics.seed % LARGEST_SEED), float(leg), 0.0),
    }
    return replace(settings, incar={**settings.incar, **asked})


def easing(settings: VaspSettings, done: int) -> VaspSettings:
    """The settings of dynamics for a few steps of relaxation in the same cell.

    Args:
        done: steps behind.
    """
    asked: dict[str, Value] = {"IBRION": 2, "NSW": max(1, EASING - done), "EDIFFG": -EASY}
    kept = {tag: value for tag, value in settings.incar.items() if tag not in OF_DYNAMICS}
    return replace(settings, incar={**kept, **asked})


def point_inputs(structure: Structure, settings: AllSettings) -> VaspInputs:
    """Inputs for energy and forces of a slab with equivalent faces, as it is."""
    return inputs_for(structure, settings["static"], slab=True)


def crystal_inputs(crystal: Structure, settings: AllSettings) -> VaspInputs:
    """Inputs for energy and forces of a crystal as it is."""
    return inputs_for(crystal, settings["static"], slab=False)


def all_at(settings: AllSettings, basis: Basis) -> AllSettings:
    """The settings of all purposes with another cutoff or other k-points."""
    return {purpose: at_basis(each, basis) for purpose, each in settings.items()}


def relaxation_inputs(
    structure: Structure, settings: AllSettings, relax: RelaxSettings, flip: Flip | None, done: int = 0
) -> VaspInputs:
    """Inputs for the relaxation of a slab, or of a crystal with its cell.

    Args:
        structure: as the leg begins with it.
        flip: tells that the faces are equivalent; a slab without one gets a dipole correction.
        done: steps of the legs behind that are not computed again.
    """
    asked = relaxing(settings["bulk" if relax.cell else "slab"], relax, max(1, relax.max_steps - done))
    polar = not relax.cell and flip is None
    return inputs_for(structure, asked, slab=not relax.cell, polar=polar, held=relax.held)


STANDING: Mapping[str, Value] = {"IBRION": -1, "NSW": 0, "ISTART": 1, "LWAVE": True, "LCHARG": False}
"""Tags of a point among those of a relaxation: it begins from the wave functions of the last, where it left any."""


def standing_inputs(structure: Structure, settings: AllSettings, relax: RelaxSettings, flip: Flip | None) -> VaspInputs:
    """Inputs for one geometry of a slab that something outside VASP relaxes, as accurate as VASP's own relaxation.

    Args:
        flip: tells that the faces are equivalent; a slab without one gets a dipole correction.
    """
    slab = settings["slab"]
    kept = {tag: value for tag, value in slab.incar.items() if tag not in ("EDIFFG", "POTIM")}
    standing = replace(slab, incar={**kept, **STANDING})
    return inputs_for(structure, standing, slab=True, polar=flip is None, held=relax.held)


def easing_inputs(structure: Structure, settings: AllSettings, done: int = 0) -> VaspInputs:
    """Inputs for the relaxation before dynamics, of its own accuracy.

    Args:
        structure: as the leg begins with it.
        done: steps of the legs behind.
    """
    return inputs_for(structure, easing(settings["aimd"], done), slab=False)


def dynamics_inputs(
    structure: Structure,
    settings: AllSettings,
    dynamics: DynamicsSettings,
    velocities: Matrix | None = None,
    done: int = 0,
    leg: int = 0,
) -> VaspInputs:
    """Inputs for a leg of dynamics.

    Args:
        structure: as the leg begins with it.
        velocities: (n, 3) Å/fs with which it goes on; None to draw them.
        done: steps of the legs behind that are not computed again.
        leg: number of the legs behind.
    """
    asked = moving(settings["aimd"], dynamics, min(LEG, dynamics.steps - done), leg)
    return inputs_for(structure, asked, slab=False, velocities=velocities)
