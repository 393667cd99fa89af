"""What must hold between the keys of a study, and between them and its materials and engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import did_you_mean
from nzsp_surfaces.crystals.crystal import equivalent_planes, hexagonal_within, hkl

if TYPE_CHECKING:
    from nzsp_surfaces.crystals.material import Material
    from nzsp_surfaces.engines.base import ChosenEngine
    from nzsp_surfaces.study.schema import Profile, StudyFile


def check_keys(settings: StudyFile, path: Path) -> None:
    """Planes are planes, each given once, and every key names what there is.

    Raises:
        UserError: which is at fault.
    """
    _check_planes(settings, path)
    _check_published(settings, path)
    _check_converged(settings, path)
    _check_annealed(settings, path)
    _check_stacked(settings, path)


def _check_planes(settings: StudyFile, path: Path) -> None:
    seen: set[tuple[int, int, int]] = set()
    for plane in settings.planes:
        try:
            indices = hkl(plane)
        except UserError as error:
            raise UserError(f"{path}: planes: {error}") from error
        if indices in seen:
            raise UserError(f"{path}: planes: {list(plane)} is given twice; remove one")
        seen.add(indices)


def check_forms(material: Material, planes: tuple[tuple[int, ...], ...], path: Path) -> None:
    """Two planes of one form are one plane.

    Raises:
        UserError: which; or a plane has four indices and the material is not hexagonal.
    """
    forms: dict[frozenset[tuple[int, int, int]], tuple[int, ...]] = {}
    for plane in planes:
        if len(plane) == 4 and not material.crystal.hexagonal:
            within = hexagonal_within(material.crystal)
            hint = f"; with its symprec at {within[0]:g} it is {within[1]}" if within else "; give three"
            raise UserError(
                f"{path}: planes: {list(plane)} has four indices, but {material.name} is not hexagonal{hint}"
            )
        form = equivalent_planes(material.crystal, plane)
        if form in forms:
            other = list(forms[form])
            raise UserError(
                f"{path}: planes: {other} and {list(plane)} are the same plane of {material.name}; remove one"
            )
        forms[form] = plane


def _check_published(settings: StudyFile, path: Path) -> None:
    for value in settings.published:
        if value.material not in settings.materials:
            hint = did_you_mean(value.material, settings.materials)
            raise UserError(f"{path}: published: no material '{value.material}'; {hint}")
        if value.film is not None and value.film not in settings.films:
            raise UserError(f"{path}: published: no film '{value.film}'; {did_you_mean(value.film, settings.films)}")
        if hkl(value.plane) not in {hkl(plane) for plane in settings.planes}:
            raise UserError(f"{path}: published: plane {list(value.plane)} is not among 'planes'; add it there")


def _check_converged(settings: StudyFile, path: Path) -> None:
    wanted = [("converge", plane) for plane in (settings.converge and settings.converge.planes) or ()]
    wanted += [(f"mixtures: {name}", plane) for name, keys in settings.mixtures.items() for plane in keys.segregation]
    for where, plane in wanted:
        if hkl(plane) not in {hkl(p) for p in settings.planes}:
            raise UserError(f"{path}: {where}: plane {list(plane)} is not among 'planes'; add it there")


def _check_annealed(settings: StudyFile, path: Path) -> None:
    """Dynamics move every atom, so that those of a frozen middle would be held where an anneal has left them."""
    if settings.anneal is not None and settings.slabs.frozen:
        raise UserError(f"{path}: anneal: the middle of its slabs cannot be frozen; set 'frozen' of 'slabs' to 0")


def _check_stacked(settings: StudyFile, path: Path) -> None:
    """A film lies on a slab, or on one film that lies on a slab in a cell that is known before anything is computed."""
    for name, keys in settings.films.items():
        if keys.on is None:
            continue
        where, beneath = f"{path}: films: {name}: on", settings.films.get(keys.on)
        if beneath is None:
            raise UserError(f"{where}: no film '{keys.on}'; {did_you_mean(keys.on, settings.films)}")
        if beneath.on is not None:
            raise UserError(f"{where}: '{keys.on}' lies on '{beneath.on}' itself; name a film that lies on the slab")
        if len(beneath.ways) > 1:
            raise UserError(
                f"{where}: '{keys.on}' is laid on in several ways, whose cells may differ; name one of them"
            )
        bare = [list(plane) for plane in keys.planes if hkl(plane) not in {hkl(p) for p in beneath.planes}]
        if bare:
            raise UserError(f"{where}: '{keys.on}' does not cover plane {bare[0]}; add it there, or leave it out here")


def check_jumps(materials: tuple[Material, ...], profile: Profile, path: Path) -> None:
    """What jumps are mobile ions.

    Raises:
        UserError: the profile asks for jumps, and a material has none.
    """
    still = [material for material in materials if not material.mobile]
    if profile.jumps and still:
        raise UserError(
            f"{path}: jumps: {still[0].name} has no mobile ions; name cations as its 'mobile', or leave jumps out"
        )


def check_solved(settings: StudyFile, engine: ChosenEngine, path: Path) -> None:
    """Cutoff and k-points belong to density functionals.

    Raises:
        UserError: the engine is a potential, and they are to be varied.
    """
    asked = [name for name in ("cutoff", "kpoints") if settings.converge and getattr(settings.converge, name)]
    if asked and not engine.is_dft:
        raise UserError(
            f"{path}: converge: a potential has no {' and no '.join(asked)}, and {engine.name} is one; leave them out, "
            "or choose gpaw, cp2k or vasp"
        )
