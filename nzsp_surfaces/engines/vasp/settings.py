"""Settings of VASP 5.4.4 by purpose: defaults, files, changes, and what slab and bulk must agree in.

The settings that a study starts from are those of ``default_settings``; ``inputs/vasp`` holds the same values as files,
with where each comes from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, make_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import read
from nzsp_surfaces.engines.base import Basis
from nzsp_surfaces.engines.vasp.compared import canonical
from nzsp_surfaces.engines.vasp.tags import Value, checked, given_tags, tags_schema, without_long_list

Purpose = Literal["bulk", "slab", "aimd", "static"]
"""What settings are for: a crystal's cell and atoms relax, a slab's atoms relax, dynamics, or nothing moves."""
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
Functional = Literal["PBE", "PBE_52", "PBE_52_W_HASH", "PBE_54", "PBE_54_W_HASH", "PBE_64"]
"""PBE and the release of its potentials, as pymatgen names them; plain PBE is the oldest."""

PAPER_POTENTIALS = {"Na": "Na", "Zr": "Zr_sv", "P": "P", "Si": "Si", "O": "O_s"}

_ELECTRONS: dict[str, Value] = {
    "PREC": "Accurate",
    "ENCUT": 500.0,
    "GGA": "PE",
    "LASPH": True,
    "ADDGRID": False,
    "LREAL": False,
    "ISPIN": 2,
    "ISMEAR": 0,
    "SIGMA": 0.05,
    "ISYM": 0,
    "ALGO": "Normal",
    "EDIFF": 1e-6,
    "NELM": 100,
    "NELMIN": 4,
    "LWAVE": False,
    "LCHARG": False,
}
"""What slab and bulk share. Where each value comes from stands in inputs/vasp/bulk.yaml."""
_IONS: dict[Purpose, dict[str, Value]] = {
    "bulk": {"IBRION": 2, "ISIF": 3, "NSW": 200, "EDIFFG": -0.01},
    "slab": {"IBRION": 2, "ISIF": 2, "NSW": 400, "EDIFFG": -0.01, "LVHAR": True},
    "aimd": {
        "PREC": "Normal",
        "LREAL": "Auto",
        "ALGO": "Fast",
        "MAXMIX": 40,
        "IBRION": 0,
        "ISIF": 2,
        "POTIM": 2.0,
        "NSW": 2000,
        "MDALGO": 3,
        "LANGEVIN_GAMMA": (10.0,),
        "TEBEG": 500.0,
        "TEEND": 500.0,
        "RANDOM_SEED": (1.0, 0.0, 0.0),
    },
    "static": {"IBRION": -1, "ISIF": 2, "NSW": 0, "LCHARG": True, "LVHAR": True},
}

DECIDED = {
    "EDIFFG": "the profile's 'bulk_force' and 'slab_force'",
    "NSW": "the profile's 'max_steps' and the film's 'time'",
    "TEBEG": "the film's 'temperature'",
    "TEEND": "the film's 'temperature'",
    "RANDOM_SEED": "the study's 'seed'",
}
"""Tags that a study sets itself, and by which of its keys; the same for every engine."""

COMPARED: dict[str, Value | None] = {
    # What is solved: Hamiltonian, basis and grids.
    "ENCUT": None,
    "ENAUG": None,
    "PREC": "Normal",
    "GGA": None,
    "METAGGA": None,
    "LHFCALC": False,
    "AEXX": None,
    "HFSCREEN": None,
    "IVDW": 0,
    "LASPH": False,
    "LSORBIT": False,
    "LNONCOLLINEAR": False,
    "ISPIN": 1,
    "EFIELD": 0.0,
    "LUSE_VDW": False,
    "LSOL": False,
    # How it is approximated: each shifts the energy per atom by up to some meV.
    "LREAL": False,
    "ADDGRID": False,
    "ISMEAR": 1,
    "SIGMA": 0.2,
    # What error handlers loosen on the way, so that a mixed pair would go unnoticed.
    "ISYM": 2,
    "EDIFF": 1e-4,
}
"""Tags in which slab and bulk must agree, with the value that VASP takes where a tag is absent.

None: VASP takes it from the potentials or from other tags of this list. Left out, because they lead to the same ground
state (ALGO, NELM, mixing, NCORE, KPAR), say what is relaxed and how far (IBRION, ISIF, NSW, EDIFFG), count atoms or
species (MAGMOM, NELECT; LDAUU, compared by element), or serve slabs alone (LDIPOL, IDIPOL, DIPOL).
"""


@dataclass(frozen=True)
class VaspSettings:
    """How VASP is to compute what serves one purpose.

    Attributes:
        purpose: bulk (cell and atoms relax), slab (atoms relax), aimd (anneal at constant volume) or static; the key
            'kind' of a settings file.
        incar: tags by name; MAGMOM, and dipole tags where a slab needs them, are added for each structure.
        kpoint_length: Å; along each reciprocal vector b_i, 1/Å without 2 pi, the mesh has ceil(length |b_i|) points.
        gamma_only: the gamma point alone, whatever the length.
        potentials: by element; elements that are absent get those of pymatgen's MPRelaxSet.
        functional: PBE, with the release of its potentials.
        magmom: µB that atoms of an element start with, where the structure brings no moments of its own.
        hubbard_u: U - J in eV by element (Dudarev's form), on its p, d or f shell.
    """

    purpose: Purpose
    incar: Mapping[str, Value]
    kpoint_length: float = 20.0
    gamma_only: bool = False
    potentials: Mapping[str, str] = field(default_factory=lambda: dict(PAPER_POTENTIALS))
    functional: Functional = "PBE"
    magmom: Mapping[str, float] = field(default_factory=dict)
    hubbard_u: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kpoint_length <= 0:
            raise ValueError("'kpoint_length' must be positive")
        for name in ("magmom", "hubbard_u"):
            _check_elements(name, getattr(self, name))


def _check_elements(name: str, table: Mapping[str, float]) -> None:
    from pymatgen.core import Element

    unknown = [key for key in table if not Element.is_valid_symbol(key)]
    if unknown:
        raise ValueError(f"'{name}' is by element, as Fe: 5; '{unknown[0]}' is none")


def at_basis(settings: VaspSettings, basis: Basis) -> VaspSettings:
    """The same with another cutoff or other k-points; a mesh that is asked for comes before the gamma point alone."""
    changed = settings if basis.kpoints is None else replace(settings, kpoint_length=basis.kpoints, gamma_only=False)
    return changed if basis.cutoff is None else replace(changed, incar={**changed.incar, "ENCUT": basis.cutoff})


def default_settings(purpose: Purpose) -> VaspSettings:
    """The paper's settings, completed by our choices; ``inputs/vasp`` says which is which."""
    return VaspSettings(purpose, {**_ELECTRONS, **_IONS[purpose]}, gamma_only=purpose == "aimd")


def other_than_default(settings: VaspSettings) -> dict[str, Any]:
    """Plain data of what the settings say other than the defaults of their purpose.

    Tags and table entries stand alone beside those at their defaults, which are left out; what is taken away is None.
    """
    default = default_settings(settings.purpose)
    found: dict[str, Any] = {}
    for key in fields(settings):
        ours, usual = getattr(settings, key.name), getattr(default, key.name)
        if isinstance(ours, Mapping):
            names = sorted(name for name in ours.keys() | usual.keys() if ours.get(name) != usual.get(name))
            ours, usual = {name: _listed(ours.get(name)) for name in names}, {}
        if ours != usual:
            found[key.name] = ours
    return found


TOLD = ("GGA", "METAGGA", "ENCUT", "PREC", "ISPIN", "ISMEAR", "SIGMA", "EDIFF", "IVDW")
"""Tags that papers tell; those that are changed are told as well."""


def told_settings(other: Mapping[str, Any], elements: Collection[str]) -> tuple[str, ...]:
    """The settings of slabs in words.

    Args:
        other: than the default, as `other_than_default` gives it.
        elements: whose potentials are told.
    """
    default = default_settings("slab")
    tags = {**default.incar, **other.get("incar", {})}
    potentials = {**default.potentials, **other.get("potentials", {})}
    names = [name for name in dict.fromkeys((*TOLD, *other.get("incar", {}))) if tags.get(name) is not None]
    chosen = [potentials.get(element, f"{element} as in MPRelaxSet") for element in sorted(elements)]
    mesh = f"⌈{other.get('kpoint_length', default.kpoint_length):g} Å · |b|⌉ k-points along each reciprocal vector b"
    moved = [f"U − J = {u:g} eV on {element}" for element, u in other.get("hubbard_u", {}).items() if u]
    said = [f"potentials {', '.join(chosen)}"] if chosen else []
    return (*(f"{name} = {tags[name]}" for name in names), mesh, *said, *moved)


def _listed(value: Any) -> Any:
    """A value as JSON gives it back."""
    return list(value) if isinstance(value, tuple) else value


def read_settings(folder: Path | None) -> dict[Purpose, VaspSettings]:
    """The settings of each purpose for a study: from PURPOSE.yaml in a folder where there is one, else the defaults.

    Raises:
        UserError: file, line and key at fault; a tag that the study decides; slab and bulk that could not be compared.
    """
    if folder is not None and not folder.is_dir():
        raise UserError(f"{folder}: no such folder; it should hold {', '.join(f'{p}.yaml' for p in PURPOSES)}")
    files = {purpose: folder / f"{purpose}.yaml" for purpose in PURPOSES} if folder else {}
    given = {purpose: load_settings(path) for purpose, path in files.items() if path.is_file()}
    for purpose, settings in given.items():
        _refuse_decided(settings, files[purpose])
    found = {purpose: given.get(purpose, default_settings(purpose)) for purpose in PURPOSES}
    _refuse_unlike(found["bulk"], found["slab"], folder)
    return found


def _refuse_decided(settings: VaspSettings, path: Path) -> None:
    default = default_settings(settings.purpose).incar
    decided = DECIDED | ({"POTIM": "the study's 'timestep'"} if settings.purpose == "aimd" else {})
    for tag, by in decided.items():
        if settings.incar.get(tag) != default.get(tag):
            raise UserError(f"{path}: INCAR tag {tag} is decided by {by}; set it there and leave the tag out")


def _refuse_unlike(bulk: VaspSettings, slab: VaspSettings, folder: Path | None) -> None:
    """Energies of such a study would be refused when all is computed."""
    one, other = comparable_settings(bulk.incar), comparable_settings(slab.incar)
    unlike = [tag for tag in one if one[tag] != other[tag]]
    names = ("kpoint_length", "functional", "potentials", "hubbard_u")
    unlike += [name for name in names if getattr(bulk, name) != getattr(slab, name)]
    if unlike:
        raise UserError(f"{folder}: bulk.yaml and slab.yaml differ in {', '.join(unlike)}; give both the same")


def load_settings(path: Path | str) -> VaspSettings:
    """Read settings from a file: its 'kind', which is their purpose, and what it gives other than the defaults.

    An INCAR tag that is given as null is removed.

    Raises:
        UserError: file, line and key at fault.
    """
    try:
        given = read(path, _file_schema())
    except UserError as error:
        raise UserError(without_long_list(str(error))) from error
    default = default_settings(given.kind)
    keys = {key: value for key, value in vars(given).items() if value is not None and key != "kind"}
    keys |= {"incar": default.incar, "potentials": {**default.potentials, **given.potentials}}
    return changed(replace(default, **keys), given_tags(given.incar), where=f"{path}: ")


@cache
def _file_schema() -> Any:
    """The keys of a settings file: 'kind' for the purpose; tags and 'gamma_only' may be left to it."""
    incar = tags_schema()
    own = {"incar": (incar, field(default_factory=incar)), "gamma_only": (bool | None, field(default=None))}
    hints = get_type_hints(VaspSettings)
    keys: list[Any] = [("kind", Purpose)]
    for key in fields(VaspSettings):
        if key.name != "purpose":
            keys.append((key.name, *own.get(key.name, (hints[key.name], _default_of(key)))))
    check = {"__post_init__": VaspSettings.__post_init__}
    return make_dataclass("VaspFile", keys, frozen=True, namespace=check)


def _default_of(key: Field[Any]) -> Any:
    return key.default if key.default is not MISSING else field(default_factory=key.default_factory)


def changed(settings: VaspSettings, overrides: Mapping[str, Value | None], where: str = "") -> VaspSettings:
    """The settings with other INCAR tags; None removes one.

    Args:
        where: begins every error.

    Raises:
        UserError: a tag is unknown, of another type, or not to be set this way.
    """
    tags = {**settings.incar, **{tag: checked(tag, value, where) for tag, value in overrides.items()}}
    return replace(settings, incar={tag: value for tag, value in tags.items() if value is not None})


def comparable_settings(incar: Mapping[str, Value]) -> dict[str, Value | None]:
    """The tags of `COMPARED`, in which slab and bulk must agree, in one spelling; what is absent at its default."""
    return {tag: canonical(tag, incar.get(tag, default)) for tag, default in COMPARED.items()}
