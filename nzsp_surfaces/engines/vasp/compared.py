"""Values of INCAR tags in one spelling, so that what VASP reads as the same compares as the same."""

from __future__ import annotations

from typing import Any

_PRECISIONS = {word[0]: word for word in ("LOW", "MEDIUM", "NORMAL", "ACCURATE", "HIGH", "SINGLE")}
"""VASP looks at the first letter, and echoes the first six."""
_UNSET = {"", "--", "NONE"}
_NO, _YES = {"F", "FALSE", "N"}, {"T", "TRUE", "Y"}


def canonical(tag: str, value: Any) -> Any:
    """A tag's value in one spelling; None where it says what VASP takes without it.

    PREC by its first letter; GGA and METAGGA without the words for none; LREAL as False, ON (or true) or AUTO.
    """
    if not isinstance(value, str):
        return ("ON" if value else False) if tag == "LREAL" and value is not None else value
    word = value.strip().upper()
    if tag == "PREC":
        return _PRECISIONS.get(word[:1], word)
    if tag in ("GGA", "METAGGA"):
        return None if word in _UNSET else word
    if tag == "LREAL":
        return _projection(word.strip("."))
    return _truth(word)


def _projection(word: str) -> Any:
    """LREAL: A for Auto, O for On, else a truth value."""
    return {"A": "AUTO", "O": "ON", "T": "ON"}.get(word[:1], False)


def _truth(word: str) -> Any:
    """A truth value as Fortran writes it; other words stay."""
    bare = word.strip(".")
    is_truth = word != bare or len(bare) == 1
    return bare in _YES if is_truth and bare in _NO | _YES else word
