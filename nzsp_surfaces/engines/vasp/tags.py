"""INCAR tags: which there are, what they may be set to, and how VASP reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import field, make_dataclass
from functools import cache
from itertools import groupby
from typing import Any, Literal

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import did_you_mean

Value = bool | int | float | str | tuple[float, ...]
"""The value of an INCAR tag."""

_REFUSED = {
    "MAGMOM": "its order is that of the atoms; give 'magmom', µB by element",
    "KSPACING": "VASP ignores it beside a KPOINTS file; give 'kpoint_length'",
    "KGAMMA": "VASP ignores it beside a KPOINTS file; meshes are always centred on gamma",
    **dict.fromkeys(
        ("LDAU", "LDAUTYPE", "LDAUL", "LDAUU", "LDAUJ"),
        "its order is that of the species, another in slab, bulk and film; give 'hubbard_u', eV by element",
    ),
}

_TYPES: dict[str, tuple[str, Any]] = {
    "bool": ("true or false", bool),
    "int": ("an integer", int),
    "float": ("a number", float),
    "str": ("text of one line", str),
    "list": ("a list of numbers", tuple[float, ...]),
    "bool | str": ("true, false or text", Literal["true", "false", "Auto", "A", "On", "O"]),
}
"""What a tag may be set to, by pymatgen's name of its type: in words, and as a settings file is read."""
_SWITCHES = {"true": True, "false": False}
_ABSENT = object()
_ONE_VALUE = re.compile(r"[\w .,:+/*()-]+")
"""Text without what VASP would take for a further tag (after ';') or a comment (after '#' or '!')."""


@cache
def _known() -> dict[str, str]:
    """Every tag that pymatgen knows, and its type."""
    from pymatgen.io.vasp import Incar

    parameters: Any = Incar.INCAR_PARAMS
    return {tag: about["type"] for tag, about in parameters.items()}


def checked(tag: str, value: Any, where: str = "") -> Value | None:
    """The value as the tag's type; None, which removes a tag, stays None.

    Args:
        where: begins every error.

    Raises:
        UserError: the tag is unknown, of another type, or not to be set this way.
    """
    if tag in _REFUSED:
        raise UserError(f"{where}INCAR tag {tag} cannot be set: {_REFUSED[tag]}")
    if tag not in _known():
        raise UserError(without_long_list(f"{where}unknown INCAR tag '{tag}'; {did_you_mean(tag, _known())}"))
    if value is None:
        return None
    typed = _typed(_known()[tag], value)
    if typed is None:
        raise UserError(f"{where}INCAR tag {tag} must be {_TYPES[_known()[tag]][0]}, not {value!r}")
    return typed


def _typed(kind: str, value: Any) -> Value | None:
    """None where the value is of another kind."""
    match kind, value:
        case _, bool():
            return value if kind in ("bool", "bool | str") else None
        case "int", int():
            return value
        case "float", int() | float() if math.isfinite(value):
            return float(value)
        case "str" | "bool | str", str() if _ONE_VALUE.fullmatch(value):
            return value
        case "list", [_, *_]:
            numbers = [_typed("float", each) for each in value]
            return None if None in numbers else tuple(numbers)  # type: ignore[arg-type]
    return None


def without_long_list(message: str) -> str:
    """An error without the names of all tags: hundreds help nobody."""
    head, _, names = message.partition("; known: ")
    return f"{head}; look it up in VASP's manual" if names.count(",") > 50 else message


@cache
def tags_schema() -> Any:
    """Tags in a settings file as a dataclass, with one field per tag, so that errors name the line."""
    fields: list[Any] = [(tag, _TYPES[kind][1] | None, field(default=_ABSENT)) for tag, kind in _known().items()]
    return make_dataclass("Tags", fields, frozen=True)


def given_tags(tags: Any) -> dict[str, Value | None]:
    """The tags that a file gives, of an instance of `tags_schema`; truth values also of the tag that takes text."""
    return {tag: _SWITCHES.get(value, value) for tag, value in vars(tags).items() if value is not _ABSENT}


def incar_text(incar: Mapping[str, Value]) -> str:
    """The tags as VASP reads them, one a line, in their order."""
    return "".join(f"{tag} = {_written(tag, value)}\n" for tag, value in incar.items())


def _written(tag: str, value: Value) -> str:
    if isinstance(value, bool):
        return ".TRUE." if value else ".FALSE."
    if isinstance(value, tuple):
        return _runs(value) if tag == "MAGMOM" else " ".join(map(_number, value))
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    """The shortest text that gives the number back; whole ones without a point, since some lists are of integers."""
    return str(int(value)) if value == int(value) else repr(float(value))


def _runs(values: tuple[float, ...]) -> str:
    """Repeated values as 36*0.6."""
    return " ".join(f"{len(list(equal))}*{_number(value)}" for value, equal in groupby(values))
