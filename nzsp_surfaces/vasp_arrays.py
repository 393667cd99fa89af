"""Arrays of VASP's XML: from the text of an element to rows of three numbers."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nzsp_surfaces.calculation import Matrix
from nzsp_surfaces.errors import Damaged

_SMALL = 1000
"""Bytes; below, words are as fast as columns."""
_WIDTH, _POINT = 17, 8
"""Columns of a number, and of them that of its point, where VASP writes rows in its fixed format."""
_OPEN = b"<v>"
_ROW = len(_OPEN) + 3 * _WIDTH + len(b" </v>")
_MINUS = 2.0**52
"""More than any number of that format in units of its last digit; with it, sums stay exact."""


def matrix(element: bytes, path: Path) -> Matrix:
    """(n, 3) of an array's rows.

    Raises:
        Damaged: a number overflowed its column, is infinite, or is missing.
    """
    numbers = _columns(element) if len(element) > _SMALL else None
    return _words(element, path) if numbers is None else numbers


def _words(element: bytes, path: Path) -> Matrix:
    """Rows however they are laid out."""
    try:
        numbers = np.array(re.sub(rb"</?v[^>]*>", b" ", element).split(), float).reshape(-1, 3)
    except ValueError as error:
        raise Damaged(f"{path}: an array is not of numbers in threes ({error}); look at OUTCAR") from error
    if not np.isfinite(numbers).all():
        raise Damaged(f"{path}: an array holds infinite numbers; look at OUTCAR")
    return numbers


def _columns(element: bytes) -> Matrix | None:
    """Rows in VASP's fixed format, three times as fast as word by word and equal to the last bit; None for any other.

    Each byte stands for its digit's worth in units of the last digit, and what does not belong in its column for NaN.
    The sum is an exact integer below 2^53, so that dividing it rounds once, as reading the text does.
    """
    first, last = element.find(_OPEN), element.rfind(_OPEN)
    period = element.find(_OPEN, first + 1) - first
    rows, odd = divmod(last - first, max(period, 1))
    if odd or period < _ROW or not element.startswith(b" </v>", last + _ROW - 5):
        return None
    opened = np.ndarray((rows + 1,), "S3", element, first, (period,))
    shape, strides = (rows + 1, 3, _WIDTH), (period, _WIDTH, 1)
    digits = np.ndarray(shape, np.uint8, element, first + len(_OPEN), strides).ravel()
    sums = _worth().take(digits + _offsets(len(digits))).reshape(-1, _WIDTH) @ np.ones(_WIDTH)
    if not (sums < 2 * _MINUS).all() or not (opened == _OPEN).all():
        return None
    return (np.where(sums < _MINUS, sums, _MINUS - sums) / 1e8).reshape(-1, 3)


@lru_cache(maxsize=4)
def _offsets(size: int) -> npt.NDArray[np.uint16]:
    """Where the worths of each byte's column begin."""
    return np.tile(np.arange(0, 256 * _WIDTH, 256, dtype=np.uint16), size // _WIDTH)


@cache
def _worth() -> Matrix:
    """Of each byte in each column; there is a digit before every point."""
    worth = np.full((_WIDTH, 256), np.nan)
    worth[: _POINT - 1, ord(" ")] = 0.0
    worth[: _POINT - 1, ord("-")] = _MINUS
    worth[_POINT, ord(".")] = 0.0
    for column in set(range(1, _WIDTH)) - {_POINT}:
        power = _WIDTH - 1 - column - (column < _POINT)
        worth[column, ord("0") : ord("9") + 1] = 10.0**power * np.arange(10)
    return worth.ravel()
