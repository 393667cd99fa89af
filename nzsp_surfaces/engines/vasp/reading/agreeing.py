"""What two runs of VASP must agree in for their energies to be compared, in one spelling and with VASP's defaults."""

from __future__ import annotations

from typing import Any

import numpy as np

from nzsp_surfaces.base.calculation import Matrix
from nzsp_surfaces.engines.vasp.compared import canonical
from nzsp_surfaces.engines.vasp.correlation import hubbard_used
from nzsp_surfaces.engines.vasp.reading.header import Header
from nzsp_surfaces.engines.vasp.settings import COMPARED

_READ = (
    *("PREC", "ENMAX", "GGA", "METAGGA", "LHFCALC", "AEXX", "HFSCREEN", "LASPH", "LSORBIT", "ISPIN", "EFIELD"),
    *("LDAUTYPE", "LREAL", "ADDGRID", "ISMEAR", "SIGMA"),
    *("IVDW", "LUSE_VDW", "ZAB_VDW", "LSOL", "EB_K", "TAU", "LAMBDA_D_K"),
)
AGREEING: dict[str, Any] = {**{tag: COMPARED.get(tag) for tag in _READ}, "LDAU": False}
"""Parameters that energies depend on, whatever the cell, with the value that VASP takes where nothing is said."""
_ONLY_WITH = {
    "AEXX": "LHFCALC",
    "HFSCREEN": "LHFCALC",
    "LDAUTYPE": "LDAU",
    "ZAB_VDW": "LUSE_VDW",
    **dict.fromkeys(("EB_K", "TAU", "LAMBDA_D_K"), "LSOL"),
}
"""Tags that change nothing where another is off, and that one."""
_FUNCTIONALS = {"PAW_PBE": "PE", "PAW_GGA": "91", "PAW": "CA", "US": "CA"}
"""What GGA is where nothing is said, by the first word of a potential's title."""


def agreeing_settings(header: Header) -> dict[str, Any]:
    """Settings by tag; U - J by element in eV; the charge of the cell; titles of potentials; who computed it."""
    used = {name: canonical(name, _used(header, name)) for name in AGREEING}
    if used["GGA"] is None and header.potcars:
        used["GGA"] = _FUNCTIONALS.get(header.potcars[0].split()[0].upper())
    given = {name: value for name, value in used.items() if value is not None and _acts(name, used)}
    elements = tuple(dict.fromkeys(header.elements))
    return {
        **given,
        "hubbard_u": hubbard_used(lambda name: header.tag(name, None), header.types or elements),
        "charge": _charge(header),
        "POTCAR": sorted(header.potcars),
        "program": header.program,
        "version": ".".join(header.version.split(".")[:2]),
    }


def mesh_lengths(header: Header, lattice: Matrix) -> Matrix | None:
    """(3,) Å: n_i / |b_i| of the mesh, with b_i without 2 pi; None where there is no regular mesh.

    What a mesh is as dense as, whatever the cell: a rule n_i = ceil(L |b_i|) gives at least L along each vector.
    """
    divisions = header.kpoints.get("divisions")
    if (
        not isinstance(divisions, list)
        or len(divisions) != 3
        or not all(isinstance(n, int) and n > 0 for n in divisions)
    ):
        return None
    return np.asarray(divisions / np.linalg.norm(np.linalg.inv(lattice).T, axis=1), float)


def _used(header: Header, name: str) -> Any:
    """As given where VASP echoes less than that: it tells LREAL = Auto as T."""
    if name == "LREAL" and isinstance(header.incar.get(name), str):
        return header.incar[name]
    return header.tag(name, AGREEING[name])


def _acts(name: str, used: dict[str, Any]) -> bool:
    return name not in _ONLY_WITH or bool(used[_ONLY_WITH[name]])


def _charge(header: Header) -> float:
    """In units of e, of the cell: electrons taken away; 0 where the file tells no number of them."""
    electrons = header.tag("NELECT", None)
    if header.neutral is None or not isinstance(electrons, int | float) or electrons <= 0:
        return 0.0
    return round(header.neutral - electrons, 3) + 0.0
