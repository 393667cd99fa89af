"""The reactions of a study, read and balanced, and the phases that take part in them or compete."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import did_you_mean
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.energies.reactions import Reaction, balanced

if TYPE_CHECKING:
    from pymatgen.core import Composition, Structure

    from nzsp_surfaces.study.further import PhaseKeys
    from nzsp_surfaces.study.schema import StudyFile


def phase_keys(settings: StudyFile) -> dict[str, PhaseKeys]:
    """All phases that a study names besides its materials and films."""
    competing = settings.potentials.phases if settings.potentials else {}
    return competing | (settings.reactions.phases if settings.reactions else {})


def phases(settings: StudyFile, path: Path) -> dict[str, Structure]:
    """The same, read.

    Raises:
        UserError: a name is that of a material or a film.
    """
    for key, given in (("potentials", settings.potentials), ("reactions", settings.reactions)):
        for name in given.phases if given else ():
            if name in settings.materials or name in settings.films:
                raise UserError(f"{path}: {key}: '{name}' is a material or a film, which is there anyway; leave it out")
    return {name: load_structure(phase.structure) for name, phase in phase_keys(settings).items()}


def reactions(settings: StudyFile, compositions: Mapping[str, Composition], path: Path) -> tuple[Reaction, ...]:
    """The reactions, balanced.

    Args:
        compositions: of materials, films and phases, by name.

    Raises:
        UserError: one names something else, or cannot be balanced.
    """
    equations = settings.reactions.equations if settings.reactions else ()
    return tuple(_reaction(equation, compositions, f"{path}: reactions: '{equation}'") for equation in equations)


def _reaction(equation: str, compositions: Mapping[str, Composition], where: str) -> Reaction:
    sides = [[name.strip() for name in side.split(" + ")] for side in equation.split("->")]
    if len(sides) != 2:
        raise UserError(f"{where}: write what is used up and what forms, as NZP + Na2O -> Na3PO4 + ZrO2")
    names = [name for side in sides for name in side]
    for name in names:
        if name not in compositions:
            raise UserError(f"{where}: no phase '{name}'; {did_you_mean(name, compositions)}")
        if names.count(name) > 1:
            raise UserError(f"{where}: '{name}' stands there twice; leave one out")
    try:
        return balanced(*({name: compositions[name] for name in side} for side in sides))
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
