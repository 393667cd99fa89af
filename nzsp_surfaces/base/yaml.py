"""Strict reading of YAML into frozen dataclasses; every error names the file and the line.

The dataclass is the schema: its fields are the keys, its annotations the types, its defaults make a key optional.
Understood are nested dataclasses, ``X | None``, a scalar ``| Dataclass`` for what may be said in short or in full, a
scalar ``| tuple[X, ...]`` for one or several, ``tuple[X, ...]``, ``tuple[int, int, int, int]``, ``dict[str, X]``,
``Literal``, ``Enum``, ``Path`` (relative to the file), ``bool``, ``int``, ``float``, ``str``, and ``Any`` for plain
data.
"""

from __future__ import annotations

import dataclasses
import math
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

from nzsp_surfaces.base.errors import UserError

T = TypeVar("T")

_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """Plain scalars as in YAML 1.2, so that ``NO`` is nitric oxide, ``1e-3`` a number and ``1:30`` text."""


_Loader.yaml_implicit_resolvers = {}
for _name, _pattern in {
    "null": r"(?:~|null|Null|NULL|)$",
    "bool": r"(?:true|True|TRUE|false|False|FALSE)$",
    "int": r"[-+]?[0-9]+$",
    "float": r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
}.items():
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(_pattern), None)


@dataclasses.dataclass(frozen=True, slots=True)
class _Part:
    """A node of the document and what an error must say about it: file, line and name, such as ``slabs.vacuum``."""

    node: yaml.Node
    file: Path
    line: int
    name: str = ""

    def error(self, message: str) -> UserError:
        return UserError(f"{self.file}:{self.line}: {' '.join(message.split())}")

    def expected(self, what: str) -> UserError:
        subject = f"'{self.name}'" if self.name else "the document"
        return self.error(f"{subject} must be {what}, not {_described(self.node)}")

    def child(self, key: yaml.ScalarNode, value: yaml.Node) -> _Part:
        name = f"{self.name}.{key.value}" if self.name else key.value
        return _Part(value, self.file, _line(key), name)

    def item(self, number: int, value: yaml.Node) -> _Part:
        return _Part(value, self.file, _line(value), f"{self.name} (item {number})")


def read(path: Path | str, cls: type[T]) -> T:
    """Read a YAML file into an instance of the dataclass `cls`.

    A ``ValueError`` raised by a ``__post_init__`` is reported at the line of its mapping, or of the key that the
    message begins with.

    Raises:
        UserError: the file cannot be read, is not YAML, or does not have exactly the keys and types of `cls`.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise UserError(f"{path}: cannot read: {exc.strerror}; give the path of a readable YAML file") from exc
    try:
        return read_text(raw.decode("utf-8-sig"), cls, path)
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise UserError(f"{path}:{line}: not UTF-8 text; save the file as UTF-8") from exc


def read_text(text: str, cls: type[T], file: Path) -> T:
    """Read YAML text as if it stood in `file`, which errors name and relative paths start from.

    Raises:
        UserError: as for `read`.
    """
    node = _compose(text, file)
    if node is None:
        keys = ", ".join(field.name for field in dataclasses.fields(cls))  # type: ignore[arg-type]
        raise UserError(f"{file}: the file is empty; known keys: {keys}")
    try:
        result: T = _instance(_Part(node, file, _line(node)), cls)
    except RecursionError:  # an alias within what it stands for
        raise UserError(f"{file}: nested too deeply; a few levels are enough") from None
    return result


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message about an unknown word: the nearest known one, else all of them."""
    names = list(known)
    folded = {name.casefold(): name for name in names}
    nearest = get_close_matches(word.casefold(), folded, n=1)
    return f"did you mean '{folded[nearest[0]]}'?" if nearest else f"known: {', '.join(names)}"


def _compose(text: str, file: Path) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as exc:
        raise UserError(_syntax_error(exc, file)) from exc
    except yaml.reader.ReaderError as exc:
        line = text.count("\n", 0, exc.position) + 1
        raise UserError(f"{file}:{line}: not YAML: unprintable character #x{exc.character:04x}") from exc
    except RecursionError:
        raise UserError(f"{file}: nested too deeply; a few levels are enough") from None
    return node


def _syntax_error(exc: yaml.MarkedYAMLError, file: Path) -> str:
    # An open bracket is noticed only where the file ends, so the line where it was opened is told, too.
    start = f"{exc.context} (from line {exc.context_mark.line + 1}), " if exc.context_mark else ""
    line = exc.problem_mark.line + 1 if exc.problem_mark else 1
    return f"{file}:{line}: not YAML: {start}{exc.problem}"


def _value(part: _Part, kind: Any) -> Any:
    """The part as `kind`, a type annotation."""
    origin, arguments = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _instance(part, kind)
    if origin in (Union, types.UnionType):
        return _union(part, arguments)
    if origin is tuple:
        return _tuple(part, arguments)
    if origin in (dict, Mapping):
        return {key.value: _value(part.child(key, value), arguments[1]) for key, value in _pairs(part)}
    if origin is Literal:
        return _choice(part, {str(option): option for option in arguments})
    if kind is Any:
        return _plain(part)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _choice(part, {str(member.value): member for member in kind})
    return _scalar(part, kind)


def _instance(part: _Part, cls: Any) -> Any:
    hints = get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}
    children = {key.value: part.child(key, value) for key, value in _pairs(part)}
    _refuse_unknown(part, children, list(fields))
    _refuse_missing(part, children, fields.values())
    values = {name: _value(child, hints[name]) for name, child in children.items()}
    try:
        return cls(**values)
    except ValueError as exc:
        message = str(exc)
        first = re.match(r"\W*(\w*)", message)
        culprit = children.get(first[1], part) if first else part
        raise culprit.error(f"{part.name}: {message}" if part.name else message) from exc


def _refuse_unknown(part: _Part, children: Mapping[str, _Part], known: list[str]) -> None:
    where = f" in '{part.name}'" if part.name else ""
    for key, child in children.items():
        if key not in known:
            raise child.error(f"unknown key '{key}'{where}; {did_you_mean(key, known)}")


def _refuse_missing(part: _Part, present: Iterable[str], fields: Iterable[dataclasses.Field[Any]]) -> None:
    missing = [
        f"'{field.name}'"
        for field in fields
        if field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
        and field.name not in present
    ]
    if missing:
        where = f" in '{part.name}'" if part.name else ""
        raise part.error(f"missing key{'s' * (len(missing) > 1)} {', '.join(missing)}{where}")


def _pairs(part: _Part) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """Keys and values of a mapping, each key once and text."""
    if not isinstance(part.node, yaml.MappingNode) or part.node.tag != _TAG + "map":
        raise part.expected("a mapping (key: value)")
    seen: dict[str, int] = {}
    for key, value in part.node.value:
        if key.tag != _TAG + "str":
            raise _Part(key, part.file, _line(key), part.name).error(
                f"a key must be text, not {_described(key)}; put it in quotes if it is meant as text"
            )
        if key.value in seen:
            raise part.child(key, value).error(f"key '{key.value}' given twice, first in line {seen[key.value]}")
        seen[key.value] = _line(key)
        yield key, value


def _tuple(part: _Part, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    if not isinstance(part.node, yaml.SequenceNode) or part.node.tag != _TAG + "seq":
        raise part.expected("a list")
    items = [part.item(number, node) for number, node in enumerate(part.node.value, start=1)]
    kinds = arguments[:1] * len(items) if arguments[-1] is Ellipsis else arguments
    if len(items) != len(kinds):
        raise part.error(f"'{part.name}' must have {len(kinds)} entries, not {len(items)}")
    return tuple(_value(item, kind) for item, kind in zip(items, kinds, strict=True))


def _union(part: _Part, arguments: tuple[Any, ...]) -> Any:
    """Nothing, a mapping as the dataclass or a list as the tuple among the arguments, or all else as the scalar."""
    if types.NoneType in arguments and part.node.tag == _TAG + "null":
        return None
    kinds = [argument for argument in arguments if argument is not types.NoneType]
    several = [kind for kind in kinds if get_origin(kind) is tuple]
    if several and len(kinds) > 1:
        single = [kind for kind in kinds if kind not in several]
        return _value(part, several[0] if isinstance(part.node, yaml.SequenceNode) else single[0])
    full = [kind for kind in kinds if dataclasses.is_dataclass(kind)]
    short = [kind for kind in kinds if kind not in full]
    if not full or not short:
        (kind,) = kinds
        return _value(part, kind)
    if isinstance(part.node, yaml.MappingNode):
        return _value(part, full[0])
    if not isinstance(part.node, yaml.ScalarNode):
        raise part.expected(f"{_SCALARS[short[0]][0]} or a mapping (key: value)")
    return _value(part, short[0])


def _plain(part: _Part) -> Any:
    """The part as data of its own type: null, a truth value, a number, text, a list or a mapping."""
    if isinstance(part.node, yaml.MappingNode):
        return {key.value: _plain(part.child(key, value)) for key, value in _pairs(part)}
    if isinstance(part.node, yaml.SequenceNode):
        if part.node.tag != _TAG + "seq":
            raise part.expected("plain data")
        return [_plain(part.item(number, node)) for number, node in enumerate(part.node.value, start=1)]
    kinds = {"bool": bool, "int": int, "float": float, "str": str}
    name = part.node.tag.removeprefix(_TAG)
    if name == "null":
        return None
    if name not in kinds:
        raise part.expected("plain data")
    return _scalar(part, kinds[name])


def _choice(part: _Part, options: Mapping[str, Any]) -> Any:
    if not isinstance(part.node, yaml.ScalarNode):
        raise part.expected(f"one of {', '.join(options)}")
    if part.node.value not in options:
        raise part.error(f"unknown value '{part.node.value}' of '{part.name}'; "
                          f"{did_you_mean(part.node.value, options)}")  # fmt: skip
    return options[part.node.value]


def _scalar(part: _Part, kind: type) -> Any:
    what, tags, convert = _SCALARS[kind]
    if not isinstance(part.node, yaml.ScalarNode) or part.node.tag not in {_TAG + tag for tag in tags}:
        raise part.expected(what)
    try:
        value = convert(part.node.value)
    except (KeyError, ValueError) as exc:
        raise part.expected(what) from exc
    return part.file.parent / value if kind is Path else value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_SCALARS: Mapping[type, tuple[str, tuple[str, ...], Any]] = {
    bool: ("true or false", ("bool",), lambda text: {"true": True, "false": False}[text.lower()]),
    int: ("an integer", ("int",), int),
    float: ("a number", ("int", "float"), _finite),
    str: ("text (in quotes if it looks like a number)", ("str",), str),
    Path: ("a path", ("str",), str),
}


def _line(node: yaml.Node) -> int:
    line: int = node.start_mark.line
    return line + 1


def _described(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
    if node.tag == _TAG + "null":
        return "nothing"
    text = node.value if len(node.value) <= 40 else node.value[:37] + "..."
    return repr(text) if node.tag == _TAG + "str" else text
