"""spglib's C code writes to standard error where a tolerance does not suit a crystal: an answer like others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH = "SPGLIB_WARNING"
"""The environment variable that spglib reads whenever it is about to warn."""


@contextmanager
def quiet_spglib() -> Iterator[None]:
    """Let spglib be silent within a block."""
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = "OFF"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SWITCH]
        else:
            os.environ[SWITCH] = before
