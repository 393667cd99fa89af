"""For which elements GPAW's data has potentials."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

from nzsp_surfaces.base.errors import UserError


def check_elements(elements: Iterable[str], where: str) -> None:
    """Look whether every element has a PBE potential; where the data lies with another Python, GPAW itself will say so.

    Raises:
        UserError: one has none.
    """
    there = importlib.util.find_spec("gpaw_data")
    if there is None or there.origin is None:
        return
    folder = Path(there.origin).parent / "setups"
    lacking = sorted(element for element in set(elements) if not (folder / f"{element}.PBE.gz").exists())
    if lacking:
        raise UserError(f"{where}: engine 'gpaw' has no PBE potential for {', '.join(lacking)}; choose another engine")
