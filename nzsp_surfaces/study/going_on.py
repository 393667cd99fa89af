"""The slabs and crystals that a study goes on with, read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import did_you_mean
from nzsp_surfaces.crystals.crystal import hkl
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.study.schema import GoingOn, StartKeys

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.study.schema import StudyFile


@dataclass(frozen=True)
class Given:
    """A slab that is there already.

    Attributes:
        keys: what the study says of it.
        structure: third vector along the normal.
    """

    keys: StartKeys
    structure: Structure

    def content(self) -> dict[str, Any]:
        """What identifies it."""
        return {"structure": self.structure, "keys": self.keys}


@dataclass(frozen=True)
class Starts:
    """All that a study goes on with.

    Attributes:
        keys: what the study says.
        bulks: primitive cells by material.
        films: cells of films' compounds.
        slabs: in the order of the study.
    """

    keys: GoingOn
    bulks: Mapping[str, Structure]
    films: Mapping[str, Structure]
    slabs: tuple[Given, ...]


def starts(settings: StudyFile, path: Path) -> Starts | None:
    """Read what a study goes on with; None where it cuts its own slabs.

    Raises:
        UserError: a name or plane that the study does not have, one that it lacks, or a file that cannot be read.
    """
    keys = settings.going_on
    if keys is None:
        return None
    where = f"{path}: going_on"
    for slab in keys.slabs:
        _check_slab(slab, settings, where)
    _check_crystals({slab.material for slab in keys.slabs}, keys.bulks, f"{where}: bulks")
    outer = {slab.film for slab in keys.slabs if slab.film}
    beneath = {on for name in outer if (on := settings.films[name].on)}
    _check_crystals(outer | beneath, keys.films, f"{where}: films")
    return Starts(
        keys,
        {name: load_structure(file) for name, file in keys.bulks.items()},
        {name: load_structure(file) for name, file in keys.films.items()},
        tuple(Given(slab, load_structure(slab.structure, as_read=True)) for slab in keys.slabs),
    )


def _check_slab(slab: StartKeys, settings: StudyFile, where: str) -> None:
    if slab.material not in settings.materials:
        raise UserError(f"{where}: no material '{slab.material}'; {did_you_mean(slab.material, settings.materials)}")
    if slab.film is not None and slab.film not in settings.films:
        raise UserError(f"{where}: no film '{slab.film}'; {did_you_mean(slab.film, settings.films)}")
    if hkl(slab.plane) not in {hkl(plane) for plane in settings.planes}:
        raise UserError(f"{where}: plane {list(slab.plane)} is not among 'planes'; add it there")
    if (slab.film is None) != (slab.film_units == 0):
        raise UserError(f"{where}: {slab.structure}: a slab with a film needs 'film_units', and a bare one has none")
    stacked = slab.film is not None and settings.films[slab.film].on is not None
    if stacked != (slab.units_beneath > 0):
        raise UserError(f"{where}: {slab.structure}: a film on a film needs 'units_beneath', and no other slab has any")


def _check_crystals(wanted: Iterable[str], given: Mapping[str, Path], where: str) -> None:
    lacking = sorted(set(wanted) - set(given))
    if lacking:
        raise UserError(f"{where}: {', '.join(lacking)} is missing; name the relaxed structure of each")
