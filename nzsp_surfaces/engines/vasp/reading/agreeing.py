"""What two runs of VASP must agree in for their energies to be compared, in one spelling and with VASP's defaults."""

from __future__ import annotations

from typing import Any

import numpy as np

from nzsp_surfaces.base.calculation import Matrix
from nzsp_surfaces.engines.vasp.compared import canonical
from nzsp_surfaces.engines.vasp.reading.header import Header

AGREEING: dict[str, Any] = {
    # What is solved.
    "PREC": "Normal",
    "EFIELD": 0.0,
    "ISPIN": 1,
    **dict.fromkeys(("ENMAX", "GGA", "METAGGA", "AEXX", "HFSCREEN", "LDAUTYPE")),
    **dict.fromkeys(("LASPH", "LHFCALC", "LDAU", "LSORBIT"), False),
    # How it is approximated.
    "LREAL": False,
    "ADDGRID": False,
    "ISMEAR": 1,
    "SIGMA": 0.2,
    # Dispersion and a solvent.
    "IVDW": 0,
    **dict.fromkeys(("LUSE_VDW", "LSOL"), False),
    **dict.fromkeys(("ZAB_VDW", "EB_K", "TAU", "LAMBDA_D_K")),
}
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
    return {
        **given,
        "hubbard_u": _corrections(header),
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


def _corrections(header: Header) -> dict[str, float]:
    """U - J of each element, eV; 0 where it has none."""
    elements = header.types or tuple(dict.fromkeys(header.elements))
    if not header.tag("LDAU", None):
        return dict.fromkeys(elements, 0.0)
    shells, u, j = (_listed(header, name, default) for name, default in (("LDAUL", 2), ("LDAUU", 0.0), ("LDAUJ", 0.0)))
    found = dict.fromkeys(elements, 0.0)
    for number, element in enumerate(elements):
        if number < min(len(shells), len(u)) and shells[number] >= 0:
            found[element] = float(u[number] - (j[number] if number < len(j) else 0.0))
    return found


def _listed(header: Header, name: str, default: float) -> list[float]:
    """A tag given by type."""
    value = header.tag(name, None)
    values = [default] * len(header.types or header.elements) if value is None else np.ravel(value).tolist()
    return [number if isinstance(number, int | float) else default for number in values]


def _charge(header: Header) -> float:
    """In units of e, of the cell: electrons taken away; 0 where the file tells no number of them."""
    electrons = header.tag("NELECT", None)
    if header.neutral is None or not isinstance(electrons, int | float) or electrons <= 0:
        return 0.0
    return round(header.neutral - electrons, 3) + 0.0
