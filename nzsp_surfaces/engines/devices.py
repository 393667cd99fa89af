"""Which device potentials compute on here, found out without loading torch where that is possible."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DRIVERS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd")
"""Files that Linux has where a graphics processor of NVIDIA or AMD can be computed on, Windows' own Linux included."""


@cache
def torch_device() -> str:
    """cuda where torch can compute on a graphics processor here, else cpu.

    Torch takes seconds to load, and is asked only where the machine has a driver and torch was built to use it.
    """
    if not _may_have_one():
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _may_have_one() -> bool:
    if importlib.util.find_spec("torch") is None:
        return False
    try:
        built_without = version("torch").endswith("+cpu")
    except PackageNotFoundError:
        built_without = False
    on_linux = sys.platform.startswith("linux")
    return not built_without and (not on_linux or any(Path(driver).exists() for driver in DRIVERS))
