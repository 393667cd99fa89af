"""Plain data back into dataclasses, each value checked against the annotation of its field."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from nzsp_surfaces.base.errors import UserError

AGAIN = "write it again with nzsp run"
"""How every damaged file is mended: results on disk are not computed again."""

_SCALARS: dict[Any, tuple[str, tuple[type, ...]]] = {
    bool: ("true or false", (bool,)),
    int: ("a whole number", (int,)),
    float: ("a number", (int, float)),
    str: ("text", (str,)),
}


def typed(value: Any, kind: Any, where: str) -> Any:
    """A value of JSON as an annotation says; keys that a dataclass does not know are ignored.

    Understood are dataclasses, ``X | None``, ``tuple[X, ...]``, ``tuple[X, Y]``, ``list[X]``, ``dict[str, X]``,
    ``Literal``, ``Any``, ``bool``, ``int``, ``float`` and ``str``.

    Raises:
        UserError: a key is missing or a value is of another type; the message begins with `where`.
    """
    if kind in _SCALARS:
        return _scalar(value, kind, where)
    origin, arguments = _form(kind)
    if kind is Any:
        return value
    if origin in (Union, types.UnionType):
        return _optional(value, arguments, where)
    if is_dataclass(kind):
        return _instance(value, kind, where)
    if origin in (tuple, list):
        return _sequence(value, origin, arguments, where)
    if origin in (dict, Mapping):
        return {key: typed(part, arguments[1], f"{where}.{key}") for key, part in _mapping(value, where).items()}
    return _choice(value, arguments, where) if origin is Literal else _scalar(value, kind, where)


def typed_fields(value: Any, kind: Any, names: Sequence[str], where: str) -> dict[str, Any]:
    """Some fields of a dataclass, by name, each as its annotation says; those that are missing and have a default, not.

    Raises:
        UserError: a key is missing or a value is of another type; the message begins with `where`.
    """
    data, hints = _mapping(value, where), hints_of(kind)
    for name in names:
        if name not in data and name in _required(kind):
            raise UserError(f"{where} has no {name}; {AGAIN}")
    return {name: typed(data[name], hints[name], f"{where}: {name}") for name in names if name in data}


@cache
def _form(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(kind), get_args(kind)


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _required(kind: Any) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind) if field.default is MISSING)


def _optional(value: Any, kinds: tuple[Any, ...], where: str) -> Any:
    if value is None and types.NoneType in kinds:
        return None
    (kind,) = (kind for kind in kinds if kind is not types.NoneType)
    return typed(value, kind, where)


def _instance(value: Any, kind: Any, where: str) -> Any:
    return kind(**typed_fields(value, kind, _names(kind), where))


def hints_of(kind: Any) -> dict[str, Any]:
    """The annotations of a dataclass, resolved."""
    return _hints(kind)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _sequence(value: Any, origin: Any, arguments: tuple[Any, ...], where: str) -> Any:
    if not isinstance(value, list | tuple):
        raise _unexpected(value, "a list", where)
    kinds = arguments if origin is tuple and arguments[-1] is not Ellipsis else (arguments[0],) * len(value)
    if len(kinds) != len(value):
        raise _unexpected(value, f"a list of {len(kinds)}", where)
    return origin(typed(part, kind, where) for part, kind in zip(value, kinds, strict=True))


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _unexpected(value, "a mapping", where)
    return value


def _choice(value: Any, choices: tuple[Any, ...], where: str) -> Any:
    if value not in choices:
        raise _unexpected(value, f"one of {', '.join(map(str, choices))}", where)
    return value


def _scalar(value: Any, kind: Any, where: str) -> Any:
    what, accepted = _SCALARS[kind]
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise _unexpected(value, what, where)
    return kind(value)


def _unexpected(value: Any, what: str, where: str) -> UserError:
    found = "nothing" if value is None else f"a {_NAMES.get(type(value), 'number')}"
    return UserError(f"{where} must be {what}, not {found}; {AGAIN}")


_NAMES: dict[type, str] = {list: "list", dict: "mapping", str: "text", bool: "truth value"}
