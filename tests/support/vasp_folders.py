"""Folders as VASP leaves them, written from geometries, energies and settings: what an import is tried on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
from pymatgen.core import Structure

Matrix = npt.NDArray[np.float64]
KINDS = {bool: "logical", int: "int", str: "string"}


@dataclass(frozen=True)
class Ran:
    """How a folder's run was made and how it ended.

    Attributes:
        tags: parameters besides or instead of the usual ones.
        length: Å, of the mesh.
        titles: TITEL by element, where another than `PAW_PBE El`.
        force: eV/Å that is left.
        steps: ionic ones.
        held: numbers of atoms that were held.
        extra: electrons that were added.
        relaxed: OUTCAR says that the relaxation came to its end.
    """

    tags: dict[str, Any] = field(default_factory=dict)
    length: float = 20.0
    titles: dict[str, str] = field(default_factory=dict)
    force: float = 0.004
    steps: int = 2
    held: tuple[int, ...] = ()
    extra: float = 0.0
    relaxed: bool = True


USUAL = {
    "PREC": "accura", "ENMAX": 500.0, "ISPIN": 1, "LREAL": False, "ISMEAR": 0, "SIGMA": 0.05, "EDIFF": 1e-6,
    "EDIFFG": -0.01, "NELM": 60, "NSW": 100, "IBRION": 2, "GGA": "PE", "LASPH": True, "ADDGRID": False,
}  # fmt: skip


def write_run(folder: Path, first: Structure, last: Structure, energy: float, ran: Ran | None = None) -> Path:
    """A folder with vasprun.xml and OUTCAR of a relaxation that began and ended with these geometries.

    Args:
        energy: eV, of the last geometry.
    """
    how = ran or Ran()
    order = sorted(range(len(last)), key=lambda i: last[i].specie.symbol)
    ends = [Structure.from_sites([each[i] for i in order]) for each in (first, last)]
    held = {new for new, old in enumerate(order) if old in how.held}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vasprun.xml").write_text(_document(ends, energy, how, held), encoding="latin-1")
    (folder / "OUTCAR").write_text(_outcar(energy, how), encoding="latin-1")
    return folder


def _document(ends: list[Structure], energy: float, how: Ran, held: set[int]) -> str:
    tags = {**USUAL, **how.tags}
    elements = [site.specie.symbol for site in ends[0]]
    electrons = float(8 * len(elements)) + how.extra
    structures = [ends[0]] * (how.steps - 1) + [ends[1]]
    parts = [
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<modeling>\n <generator>',
        '<i name="program" type="string">vasp </i><i name="version" type="string">5.4.4  </i></generator>',
        _named("incar", {name: tags[name] for name in ("ENMAX", "ISPIN")}),
        _mesh(ends[0], how.length),
        _named("parameters", {**tags, "NELECT": electrons}),
        _atoms(elements, how.titles),
        _structure(ends[0], "initialpos", held),
        *(_step(each, energy + 0.1 * (len(structures) - 1 - n), how.force) for n, each in enumerate(structures)),
        _structure(ends[1], "finalpos", set()),
        "</modeling>\n",
    ]
    return "\n".join(parts)


def _named(name: str, values: dict[str, Any]) -> str:
    lines = (f' <i type="{KINDS.get(type(v), "float")}" name="{k}">{_said(v)}</i>' for k, v in values.items())
    return f"<{name}>\n" + "\n".join(lines) + f"\n</{name}>"


def _said(value: Any) -> str:
    return "T" if value is True else "F" if value is False else str(value)


def _mesh(structure: Structure, length: float) -> str:
    """Along the vacuum, which lies along the longest vector of a slab, one point would do; VASP's rule gives it."""
    reciprocal = np.linalg.norm(np.linalg.inv(structure.lattice.matrix), axis=0)
    divisions = " ".join(str(max(1, int(np.ceil(length * b - 1e-6)))) for b in reciprocal)
    return f'<kpoints><generation param="Gamma"><v type="int" name="divisions">{divisions}</v></generation></kpoints>'


def _atoms(elements: list[str], titles: dict[str, str]) -> str:
    kinds = list(dict.fromkeys(elements))
    atoms = "".join(f"<rc><c>{e} </c><c> {kinds.index(e) + 1}</c></rc>" for e in elements)
    named = {e: titles.get(e, f"PAW_PBE {e} 01Jan2000") for e in kinds}
    types = "".join(
        f"<rc><c>{elements.count(e)}</c><c>{e} </c><c>10.0</c><c>8.0</c><c>{title}</c></rc>"
        for e, title in named.items()
    )
    return (
        f'<atominfo><array name="atoms"><set>{atoms}</set></array>'
        f'<array name="atomtypes"><set>{types}</set></array></atominfo>'
    )


def _structure(structure: Structure, name: str, held: set[int]) -> str:
    title = f' name="{name}"' if name else ""
    flags = "".join(f"<v type='logical'>{'F F F' if n in held else 'T T T'}</v>" for n in range(len(structure)))
    selective = f'<varray type="logical" name="selective">{flags}</varray>' if held else ""
    return (
        f'<structure{title}><crystal><varray name="basis">{_rows(structure.lattice.matrix)}</varray></crystal>'
        f'<varray name="positions">{_rows(structure.frac_coords)}</varray>{selective}</structure>'
    )


def _rows(values: Matrix) -> str:
    return "".join(f"<v>{' '.join(f'{x:.10f}' for x in row)}</v>\n" for row in values)


def _step(structure: Structure, energy: float, force: float) -> str:
    forces = np.zeros((len(structure), 3))
    forces[0, 2], forces[-1, 2] = force, -force
    energies = "".join(f'<i name="{name}">{energy:.8f}</i>' for name in ("e_fr_energy", "e_wo_entrp", "e_0_energy"))
    loop = f"<scstep><energy>{energies}</energy></scstep>"
    return (
        f"<calculation>{loop}{loop}{_structure(structure, '', set())}"
        f'<varray name="forces">{_rows(forces)}</varray><energy>{energies}</energy></calculation>'
    )


def _outcar(energy: float, how: Ran) -> str:
    loops = "------------------------ aborting loop because EDIFF is reached ----------------------------------------\n"
    ends = [energy + 0.1 * (how.steps - 1 - n) for n in range(how.steps)]
    steps = "".join(f"{loops} energy  without entropy={e:16.8f}  energy(sigma->0) ={e:16.8f}\n" for e in ends)
    end = " reached required accuracy - stopping structural energy minimisation\n" if how.relaxed else ""
    return f"{steps}{end} General timing and accounting informations for this job:\n"


def write_vaspout(path: Path, named: int, held: int) -> Path:
    """The least vaspout.h5 of one step of magnesium.

    Args:
        named: atoms that its list of types counts.
        held: atoms of its arrays, of which nothing is written where they are many.
    """
    with h5py.File(path, "w") as file:
        for part in ("major", "minor", "patch"):
            file[f"version/{part}"] = 6
        file["input/poscar/ion_types"] = np.array(["Mg"], "S")
        file["input/poscar/number_ion_types"] = [named]
        motion = file.create_group("intermediate/ion_dynamics")
        motion["energies_tags"] = np.array(["free energy    TOTEN", "energy without entropy", "energy(sigma->0)"], "S")
        motion["energies"] = np.zeros((1, 3))
        motion["lattice_vectors"] = np.eye(3)[None]
        for name in ("position_ions", "forces"):
            motion.create_dataset(name, (1, held, 3), "f8", chunks=(1, min(held, 1000), 3))
    return path
