"""Input files of VASP 5.4.4 for a structure: INCAR, KPOINTS, POSCAR, POTCAR, as data and on disk.

Nothing here starts VASP.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.crystals.certificate import certify
from nzsp_surfaces.crystals.moments import moments_of
from nzsp_surfaces.engines.vasp.correlation import hubbard_tags, hubbard_used, starting_moments, usually_needed
from nzsp_surfaces.engines.vasp.mesh import Mesh, independent_kpoints, kpoint_mesh, parallel_advice
from nzsp_surfaces.engines.vasp.potentials import find_potentials, potential_symbols
from nzsp_surfaces.engines.vasp.settings import VaspSettings, comparable_settings
from nzsp_surfaces.engines.vasp.tags import Value, incar_text

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.contacts import Charges

LONG = 50.0
"""Å; in a longer cell charge sloshes between its ends unless the mixer begins gently (AMIN), by VASP's own advice."""
GENTLE = 0.01
"""AMIN there; VASP's default is 0.1."""


@dataclass(frozen=True)
class VaspInputs:
    """Everything that VASP reads, for one structure.

    Attributes:
        structure: as in POSCAR, the atoms of an element together.
        order: our number of each atom of POSCAR.
        incar: all tags.
        mesh: k-points along each vector, centred on gamma.
        fixed: (n,) in POSCAR's order, atoms that do not move.
        symbols: of the potentials, in POTCAR's order.
        settings: that these came from.
        warnings: what a person should look at.
        velocities: (n, 3) Å/fs in POSCAR's order, with which dynamics goes on; None to draw them.
    """

    structure: Structure
    order: tuple[int, ...]
    incar: Mapping[str, Value]
    mesh: Mesh
    fixed: tuple[bool, ...]
    symbols: tuple[str, ...]
    settings: VaspSettings
    warnings: tuple[str, ...]
    velocities: npt.NDArray[np.float64] | None = None

    @property
    def files(self) -> dict[str, str]:
        """Contents by name; POTCAR.spec names the potentials, which are licensed and not ours to hand out."""
        from pymatgen.io.vasp import Kpoints, Poscar

        free = None if not any(self.fixed) else [[not fixed] * 3 for fixed in self.fixed]
        moving = None if self.velocities is None else self.velocities.tolist()
        mesh = "gamma point" if self.settings.gamma_only else f"length {self.settings.kpoint_length:g} A"
        return {
            "INCAR": incar_text(self.incar),
            "KPOINTS": str(Kpoints.gamma_automatic(self.mesh, comment=f"centred on gamma, {mesh}")).rstrip() + "\n",
            "POSCAR": Poscar(self.structure, selective_dynamics=free, velocities=moving).get_str(),
            "POTCAR.spec": "\n".join(self.symbols) + "\n",
        }

    @property
    def comparable(self) -> dict[str, Any]:
        """What slab and bulk must agree in; a calculation's ``settings``.

        The table of potentials is compared as a whole: a film's compound has fewer elements than the slab it covers.
        """
        return {
            **comparable_settings(self.incar),
            "functional": self.settings.functional,
            "potentials": dict(self.settings.potentials),
            "kpoint_length": 0.0 if self.settings.gamma_only else self.settings.kpoint_length,
            "hubbard_u": hubbard_used(
                self.incar.get, tuple(dict.fromkeys(site.specie.symbol for site in self.structure))
            ),
        }

    def restored(self, values: npt.ArrayLike) -> npt.NDArray[Any]:
        """(n, ...) values of atoms as VASP lists them, put back into our order."""
        listed = np.asarray(values)
        ours = np.empty_like(listed)
        ours[list(self.order)] = listed
        return ours


def inputs_for(
    structure: Structure,
    settings: VaspSettings,
    *,
    slab: bool,
    polar: bool = False,
    held: Iterable[int] = (),
    velocities: npt.NDArray[np.float64] | None = None,
) -> VaspInputs:
    """What VASP reads for a structure.

    Args:
        structure: ordered; atoms in any order.
        slab: whether the third vector is the normal of a slab, with vacuum along it.
        polar: whether the slab needs a dipole correction; `needs_dipole_correction` tells.
        held: numbers of the atoms that stay where they are.
        velocities: (n, 3) Å/fs, in the structure's order, with which dynamics goes on.

    Raises:
        UserError: the cell does not suit VASP or the purpose, a potential is unknown, or dynamics have no thermostat.
    """
    _check_cell(structure, settings, slab=slab)
    elements = [site.specie.symbol for site in structure]
    order = element_order(elements)
    species = list(dict.fromkeys(elements))
    centre = slab_centre(structure) if slab and polar else None
    own = moments_of(structure)
    moments = starting_moments(settings, [elements[i] for i in order], [own[i] for i in order] if own else ())
    incar = _completed(settings, [elements[i] for i in order], moments, max(structure.lattice.abc), centre)
    chosen = potential_symbols(settings, species)
    fixed = set(held)
    return VaspInputs(
        structure=_plain(structure, order),
        order=order,
        incar=incar,
        mesh=_mesh(structure, settings, slab=slab),
        fixed=tuple(i in fixed for i in order),
        symbols=tuple(chosen[element] for element in species),
        settings=settings,
        warnings=(
            *_unusual_values(incar),
            *_borrowed(settings, chosen),
            *usually_needed(settings, species, ordered=bool(own)),
        ),
        velocities=None if velocities is None else velocities[list(order)],
    )


def element_order(elements: Sequence[str]) -> tuple[int, ...]:
    """Numbers of the atoms, those of an element together; elements and atoms stay as they came first."""
    first = list(dict.fromkeys(elements))
    return tuple(sorted(range(len(elements)), key=lambda i: first.index(elements[i])))


def needs_dipole_correction(structure: Structure, charges: Charges) -> bool:
    """Whether a slab's faces differ or its formal charges have a dipole along the normal."""
    return certify(structure, charges, (), set()).failure is not None


def slab_centre(structure: Structure) -> float:
    """Fraction of the third vector at the slab's middle, opposite to that of the vacuum, wherever the cell begins."""
    heights = np.sort(structure.frac_coords[:, 2] % 1.0)
    gaps = np.diff(np.append(heights, heights[0] + 1.0))
    widest = int(gaps.argmax())
    return round(float((heights[widest] + 0.5 * gaps[widest] + 0.5) % 1.0), 6)


def thermostat(incar: Mapping[str, Any]) -> str:
    """Which thermostat dynamics (IBRION = 0) run with, named for results.

    SMASS is the mass of Nosé's variable, not a time: some programs that read an INCAR take it for a damping time.

    Raises:
        UserError: none, so that the energy would be conserved and not the temperature.
    """
    algorithm = incar.get("MDALGO", 0)
    if algorithm == 3 and min(incar.get("LANGEVIN_GAMMA", (0.0,))) > 0:
        return f"Langevin, friction {' '.join(f'{g:g}' for g in incar['LANGEVIN_GAMMA'])} /ps"
    if algorithm == 1 and incar.get("ANDERSEN_PROB", 0.0) > 0:
        return f"Andersen, probability {incar['ANDERSEN_PROB']:g}"
    if algorithm in (0, 2) and incar.get("SMASS", -3.0) >= 0:
        return f"Nosé, mass {incar['SMASS']:g} (SMASS)"
    raise UserError(
        f"INCAR: MDALGO {algorithm} without a thermostat would conserve the energy, not the temperature; "
        "give MDALGO 3 with LANGEVIN_GAMMA above 0, or MDALGO 2 with SMASS at least 0"
    )


def advised(inputs: VaspInputs, cores: int, cores_per_node: int | None = None) -> VaspInputs:
    """The inputs with KPAR and NCORE for a number of cores; tags that the settings give stay as they are."""
    if inputs.incar.keys() & {"KPAR", "NCORE", "NPAR"}:
        return inputs
    advice = parallel_advice(cores, independent_kpoints(inputs.mesh), cores_per_node)
    return replace(inputs, incar={**inputs.incar, **advice})


def _check_cell(structure: Structure, settings: VaspSettings, *, slab: bool) -> None:
    where = f"{structure.composition.reduced_formula}, '{settings.purpose}' settings"
    if not structure.is_ordered:
        raise UserError(f"{where}: sites are partly occupied; give an ordered structure")
    if np.linalg.det(structure.lattice.matrix) < 0:
        raise UserError(f"{where}: the cell's vectors are left-handed, which VASP refuses; exchange two of them")
    if settings.purpose in ("bulk", "slab") and (settings.purpose == "slab") != slab:
        raise UserError(f"{where}: the structure is {'a' if slab else 'no'} slab; choose the settings that suit it")
    if slab:
        _check_slab(structure, settings, where)


def _check_slab(structure: Structure, settings: VaspSettings, where: str) -> None:
    a, b, c = structure.lattice.matrix / np.array(structure.lattice.abc)[:, None]
    if max(abs(a @ c), abs(b @ c)) > 1e-4:
        raise UserError(f"{where}: the slab's third vector is not its normal; build the slab with one that is")
    if int(settings.incar.get("ISIF", 2)) > 2:  # type: ignore[arg-type]
        raise UserError(f"{where}: ISIF {settings.incar['ISIF']} would relax the vacuum away; use ISIF 2 for a slab")


def _completed(
    settings: VaspSettings,
    elements: list[str],
    moments: tuple[float, ...],
    longest: float,
    centre: float | None,
) -> dict[str, Value]:
    """The tags, with those that depend on the structure.

    Args:
        elements: of the atoms, in POSCAR's order.
        moments: of the atoms, µB, in that order.
        longest: Å, vector of the cell.
        centre: of a slab that needs a dipole correction.
    """
    incar = dict(settings.incar)
    if incar.get("ISPIN", 1) == 2:
        incar["MAGMOM"] = moments
    if incar.get("IBRION") == 0:
        thermostat(incar)
        incar |= _friction(incar, len(set(elements)))
    if longest > LONG:
        incar.setdefault("AMIN", GENTLE)
    incar = {**incar, **hubbard_tags(settings, list(dict.fromkeys(elements)))}
    if centre is not None:
        # In the plane any centre will do: only the component along the normal has a meaning.
        incar = {"LDIPOL": True, "IDIPOL": 3, "DIPOL": (0.5, 0.5, centre), **incar}
    return incar


def _mesh(structure: Structure, settings: VaspSettings, *, slab: bool) -> Mesh:
    if settings.gamma_only:
        return (1, 1, 1)
    return kpoint_mesh(structure.lattice.matrix, settings.kpoint_length, slab=slab)


def _friction(incar: Mapping[str, Value], species: int) -> dict[str, Value]:
    """One friction given serves every species."""
    given = incar.get("LANGEVIN_GAMMA")
    if not isinstance(given, tuple):
        return {}
    if len(given) not in (1, species):
        raise UserError(f"INCAR: LANGEVIN_GAMMA has {len(given)} values for {species} species; give one for all")
    return {"LANGEVIN_GAMMA": given * species if len(given) == 1 else given}


def _plain(structure: Structure, order: Sequence[int]) -> Structure:
    """Elements and positions alone: a POSCAR knows no oxidation states."""
    from pymatgen.core import Structure as Pymatgen

    elements = [structure[i].specie.symbol for i in order]
    return Pymatgen(structure.lattice, elements, structure.frac_coords[list(order)])


def _unusual_values(incar: Mapping[str, Value]) -> list[str]:
    """Values that pymatgen's list does not have; the list is not complete, so they are not refused."""
    from pymatgen.io.vasp import Incar

    listed = {tag: list(value) if isinstance(value, tuple) else value for tag, value in incar.items()}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Incar(listed).check_params()
    return [f"INCAR: {entry.message}" for entry in caught]


def _borrowed(settings: VaspSettings, chosen: Mapping[str, str]) -> list[str]:
    return [
        f"potential {symbol} of {element} is MPRelaxSet's choice: 'potentials' names none, nor does the paper"
        for element, symbol in chosen.items()
        if element not in settings.potentials
    ]


def write_inputs(inputs: VaspInputs, folder: Path, potcars: Literal["files", "spec"] = "files") -> tuple[str, ...]:
    """Write INCAR, KPOINTS, POSCAR and POTCAR.spec, all or none, into a folder that is made if need be.

    Args:
        potcars: "files" writes POTCAR too; "spec" only names the potentials, for a machine that has them.

    Returns:
        Warnings.

    Raises:
        UserError: potentials are not at hand, or the folder holds a calculation or a POTCAR of unknown order.
        OSError: the folder cannot be written; it stays as it was.
    """
    _check_folder(folder, potcars)
    contents, notes = inputs.files, inputs.warnings
    if potcars == "files":
        found = find_potentials(inputs.settings.functional, inputs.symbols)
        contents, notes = {**contents, "POTCAR": found.text}, (*notes, *found.warnings)
    _write_all(folder, contents)
    return notes


def _check_folder(folder: Path, potcars: str) -> None:
    for result in ("OUTCAR", "vasprun.xml"):
        if (folder / result).exists():
            raise UserError(f"{folder}: holds the {result} of a calculation; choose another folder, or move it away")
    if potcars == "spec" and (folder / "POTCAR").exists():
        raise UserError(f"{folder}: holds a POTCAR whose order may be another; move it away, or write POTCAR too")


def _write_all(folder: Path, contents: Mapping[str, str]) -> None:
    """Write files aside, then move them into place: a full disk leaves the folder as it was."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as aside:
        for name, text in contents.items():
            write_atomically(Path(aside) / name, text)
        folder.mkdir(exist_ok=True)
        for name in contents:
            (Path(aside) / name).replace(folder / name)


# Until runs says inputs_for.
