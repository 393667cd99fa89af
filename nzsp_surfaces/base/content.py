"""What identifies a value: plain data in which whatever is at its default is left out, and the digest of it.

Leaving defaults out lets a dataclass grow: a new field with a default leaves the identities of all that was made before
as they are. In return a default, once released, must not change: a new behaviour is a new field.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pymatgen.core import Structure

DIGITS = 8
"""Of lattice vectors (Å) and fractional positions in identities; threads and processors differ in the last bits."""
FOR_PEOPLE = {"content": False}
"""Metadata of a dataclass field that is read by people alone and identifies nothing."""
ELSEWHERE = {"content": False}
"""Metadata of fields that name files or engines: what these hold identifies a value, not where they lie."""


def content(value: Any) -> Any:
    """Plain data that is equal for equal values, wherever and whenever they were made.

    Of a dataclass, the fields that are not at their default; of a structure, its lattice, elements and positions,
    rounded; of anything that has a method `content`, what that returns.

    Raises:
        TypeError: a value of a kind that has no content, such as an open file or a path.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(key): content(part) for key, part in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(content(part) for part in value)
    if isinstance(value, list | tuple):
        return [content(part) for part in value]
    return _content_of_object(value)


def _content_of_object(value: Any) -> Any:
    if hasattr(value, "content"):
        return content(value.content())
    if is_dataclass(value):
        given = ((field, content(getattr(value, field.name))) for field in fields(value) if _counts(field))
        return {field.name: part for field, part in given if part != _default(field)}
    if hasattr(value, "frac_coords"):
        return _rounded(value)
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no content that could identify it: {value!r}")


def _counts(field: Field[Any]) -> bool:
    return bool(field.metadata.get("content", True))


def _default(field: Field[Any]) -> Any:
    """The content of a field's default; nothing equals it where there is none."""
    if field.default is not MISSING:
        return content(field.default)
    return content(field.default_factory()) if field.default_factory is not MISSING else MISSING


def _rounded(structure: Structure) -> dict[str, Any]:
    exact = structure_to_json(structure)
    return exact | {name: (np.round(exact[name], DIGITS) + 0.0).tolist() for name in ("lattice", "fractions")}


def digest(data: Any) -> str:
    """Identity of plain data: SHA-256 of its canonical JSON, 20 hexadecimal digits."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def structure_to_json(structure: Structure) -> dict[str, Any]:
    """Lattice (3, 3) Å, elements, and fractional positions (n, 3), which is what a structure holds: no bit is lost.

    Moments in µB stand there where it brings some.
    """
    moments = structure.site_properties.get("magmom")
    return {
        "lattice": structure.lattice.matrix.tolist(),
        "elements": [site.specie.symbol for site in structure],
        "fractions": structure.frac_coords.tolist(),
        **({"magmom": [float(moment) for moment in moments]} if moments else {}),
    }


def structure_from_json(data: dict[str, Any]) -> Structure:
    """The inverse of `structure_to_json`."""
    from pymatgen.core import Structure

    properties = {"magmom": data["magmom"]} if "magmom" in data else {}
    return Structure(data["lattice"], data["elements"], data["fractions"], site_properties=properties)
