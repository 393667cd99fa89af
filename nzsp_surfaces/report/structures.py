"""Structures of a results directory: POSCAR and CIF, and back."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.base.labels import plane_text
from nzsp_surfaces.crystals.crystal import ase_atoms, file_miller, pymatgen_structure, standard_miller
from nzsp_surfaces.slabs.placing import middle_atoms

if TYPE_CHECKING:
    from pathlib import Path

    from pymatgen.core import Structure

    from nzsp_surfaces.crystals.material import Material


def plane_comment(material: Material, miller: tuple[int, ...], state: str) -> str:
    """The first line of a slab's POSCAR: what it is, with the plane's other names where file and standard axes differ.

    Args:
        state: of the slab, as "as cut".
    """
    axes, crystal = material.crystal.axes, material.crystal
    names = [f"{material.name} {plane_text(miller)}"]
    if not axes.are_standard:
        names.append(f"on standard axes {plane_text(standard_miller(crystal, miller))}")
    elif not np.array_equal(axes.file, axes.conventional):
        names.append(f"on the file's axes {plane_text(file_miller(crystal, miller))}")
    return ", ".join([*names, state])


def structure_files(structure: Structure, path: Path, name: str, frozen: float = 0.0, comment: str = "") -> str:
    """Write POSCAR and CIF, atoms of an element together; return the relative path of the POSCAR.

    Args:
        frozen: Å in the middle whose atoms the POSCAR marks as fixed.
        comment: first line of the POSCAR; its elements where there is none.
    """
    from ase.constraints import FixAtoms
    from ase.io.cif import write_cif
    from ase.io.vasp import write_vasp

    (path / "structures").mkdir(parents=True, exist_ok=True)
    relative = f"structures/{name}.vasp"
    order = list(dict.fromkeys(site.specie.symbol for site in structure))
    atoms = ase_atoms(structure)
    if frozen:
        atoms.set_constraint(FixAtoms(mask=middle_atoms(structure, frozen)))
    atoms = atoms[sorted(range(len(atoms)), key=lambda i: order.index(atoms[i].symbol))]
    poscar, cif = io.StringIO(), io.BytesIO()
    write_vasp(poscar, atoms, direct=True)
    write_cif(cif, atoms)
    elements, _, rest = poscar.getvalue().partition("\n")
    write_atomically(path / relative, f"{comment or elements}\n{rest}")
    write_atomically(path / f"structures/{name}.cif", cif.getvalue())
    return relative


def read_structure(path: Path) -> Structure:
    """A structure from POSCAR, through ASE, whose import costs a tenth of pymatgen's.

    Raises:
        UserError: the file is damaged.
    """
    from ase.io import read

    try:
        return pymatgen_structure(read(path, format="vasp"))
    except Exception as error:  # readers raise whatever comes
        raise UserError(f"{path}: cannot be read as POSCAR ({error}); write it again with nzsp run") from error
