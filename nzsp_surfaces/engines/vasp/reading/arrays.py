"""Arrays of VASP's XML: from the text of elements to rows of three numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.base.calculation import Matrix
from nzsp_surfaces.base.errors import Damaged

_OPEN = b"<v>"
_FIELD = np.dtype([("whole", "<u8"), ("point", "u1"), ("part", "<u8")])
"""A number in VASP's fixed format: eight characters, the point, eight digits."""
_ROW = np.dtype([("open", f"S{len(_OPEN)}"), ("numbers", _FIELD, 3)])
_BYTES = np.dtype(f"V{_ROW.itemsize}")
_CLOSE = b" </v>"
_PART = np.uint64(10**8)
"""Number of units of the last digit in 1."""

Words = npt.NDArray[np.uint64]
"""Eight characters of text as one number, the first in the lowest byte."""


def matrices(elements: Sequence[bytes], path: Path) -> list[Matrix]:
    """Numbers (n, 3) in the rows of each array.

    Rows in VASP's fixed format are read all at once, which costs little more for the arrays of a step than for one of
    them, and equal to the last bit what reading word by word gives.

    Raises:
        Damaged: a number overflowed its column, is infinite, or is missing.
    """
    rows = [_rows(element) for element in elements]
    numbers = _columns([found for found in rows if found is not None])
    if numbers is None:
        return [_words(element, path) for element in elements]
    ends = np.cumsum([0 if found is None else len(found) for found in rows]).tolist()
    return [
        _words(element, path) if found is None else numbers[end - len(found) : end]
        for element, found, end in zip(elements, rows, ends, strict=True)
    ]


def _words(element: bytes, path: Path) -> Matrix:
    """Rows however they are laid out."""
    try:
        numbers = np.array(re.sub(rb"</?v[^>]*>", b" ", element).split(), float).reshape(-1, 3)
    except ValueError as error:
        raise Damaged(f"{path}: an array is not of numbers in threes ({error}); look at OUTCAR") from error
    if not np.isfinite(numbers).all():
        raise Damaged(f"{path}: an array holds infinite numbers; look at OUTCAR")
    return numbers


def _rows(element: bytes) -> npt.NDArray[np.void] | None:
    """(n,) rows of an array, still text, where they are equally long and begin and end as VASP writes them."""
    first, last = element.find(_OPEN), element.rfind(_OPEN)
    period = element.find(_OPEN, first + 1) - first
    rows, odd = divmod(last - first, max(period, 1))
    if odd or period < _ROW.itemsize + len(_CLOSE) or not element.startswith(_CLOSE, last + _ROW.itemsize):
        return None
    return np.ndarray((rows + 1,), _BYTES, element, first, (period,))


def _columns(rows: Sequence[npt.NDArray[np.void]]) -> Matrix | None:
    """(n, 3) of all rows; None where one of them is not in VASP's fixed format.

    Whole parts of seven digits leave an exact integer below 2^53 in units of the last digit, so that dividing it rounds
    once, as reading the text does.
    """
    if not rows:
        return np.empty((0, 3))
    text = np.concatenate(rows).view(_ROW)
    fields: npt.NDArray[Any] = text["numbers"]
    wholes, minus, wrong = _integers(np.ascontiguousarray(fields["whole"]))
    parts, blank = _digits(np.ascontiguousarray(fields["part"]))
    if (wrong | blank).any() or (fields["point"] != ord(".")).any() or (text["open"] != _OPEN).any():
        return None
    numbers: Matrix = (wholes * _PART + parts).view(np.int64) / float(_PART)
    signed = numbers.view(np.uint64)
    signed |= minus & _MINUS
    return numbers


# --- eight characters at a time


def _every(byte: int) -> np.uint64:
    """That byte eight times."""
    return np.uint64(byte * 0x0101010101010101)


_ONE, _HIGH, _LOW, _ZEROS, _BLANKS = _every(0x01), _every(0xF0), _every(0x0F), _every(ord("0")), _every(ord(" "))
_SIX, _FIRST, _LAST = _every(6), np.uint64(0xFF), np.uint64(0xFF << 56)
_MINUS, _DASH = np.uint64(1 << 63), np.uint64(ord("-") ^ ord(" "))
_JOINS = tuple(
    (np.uint64(10**digits), np.uint64(8 * digits), np.uint64(mask))
    for digits, mask in ((1, 0x00FF00FF00FF00FF), (2, 0x0000FFFF0000FFFF), (4, 0x00000000FFFFFFFF))
)
"""Neighbours that become one number: digits, then pairs, then fours."""


def _digits(words: Words) -> tuple[Words, Words]:
    """Numbers of eight digits, and anything but 0 where a character was none."""
    # A digit plus six still fits into the lower half of its byte.
    wrong = ((words & _HIGH) | ((words + _SIX) & _HIGH)) ^ _ZEROS
    digits = words & _LOW
    for ten, shift, mask in _JOINS:
        digits = (digits * ten + (digits >> shift)) & mask
    return digits, wrong


def _integers(words: Words) -> tuple[Words, Words, Words]:
    """Numbers of up to seven digits behind blanks and perhaps a minus; all bits set where there is a minus; and
    anything but 0 where there is no such number.
    """
    # Of digits the fifth bit is set, of blanks and minus signs it is not: 0xFF in their place.
    front = ((~words >> np.uint64(4)) & _ONE) * _FIRST
    signs = (words ^ _BLANKS) & front
    # Where those bytes are the first ones, this is the one bit above them.
    above = front + np.uint64(1)
    minus = np.negative((signs != 0).view(np.uint8).astype(np.uint64))
    digits, wrong = _digits((words & ~front) | (_ZEROS & front))
    wrong |= front & (above | _LAST)
    wrong |= ~front & _FIRST
    wrong |= signs ^ ((above >> np.uint64(8)) * _DASH & minus)
    return digits, minus, wrong
