"""What CP2K's own data files offer: for which elements there is a basis with its potential."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.cp2k.settings import BASIS_FILES, POTENTIAL_FILE, Cp2kSettings

FOLDERS = ("/usr/share/cp2k", "/usr/local/share/cp2k/data", "/opt/cp2k/data")
"""Where the data usually lies where CP2K_DATA_DIR does not say."""


def data_folder() -> Path:
    """The folder of CP2K's data.

    Raises:
        UserError: there is none.
    """
    told = os.environ.get("CP2K_DATA_DIR")
    for folder in map(Path, (told,) if told else FOLDERS):
        if (folder / POTENTIAL_FILE).is_file():
            return folder
    raise UserError(
        f"engine 'cp2k': no {POTENTIAL_FILE} in {told or ' or '.join(FOLDERS)}; run: apt-get install cp2k-data, or set "
        "CP2K_DATA_DIR to CP2K's data folder"
    )


def valences(elements: Iterable[str], settings: Cp2kSettings, where: str) -> dict[str, int]:
    """Electrons of each element that basis and potential treat: where there are several, the most, for semicore states.

    Raises:
        UserError: an element has no basis, or no potential that goes with it.
    """
    folder = data_folder()
    bases = _offered(folder / BASIS_FILES[settings.basis], settings.basis)
    potentials = _offered(folder / POTENTIAL_FILE, "GTH-PBE")
    both = {element: bases.get(element, frozenset()) & potentials.get(element, frozenset()) for element in elements}
    lacking = sorted(element for element, offered in both.items() if not offered)
    if lacking:
        names = f"{settings.basis} with a GTH-PBE potential"
        raise UserError(f"{where}: engine 'cp2k' has no {names} for {', '.join(lacking)}; choose another engine")
    return {element: max(both[element]) for element in sorted(both)}


@cache
def _offered(path: Path, family: str) -> Mapping[str, frozenset[int]]:
    """By element, the numbers of electrons for which a file of CP2K's data has a set of this family."""
    pattern = re.compile(rf"^\s*([A-Z][a-z]?)\s.*?\b{re.escape(family)}-q(\d+)\b", re.MULTILINE)
    found: dict[str, set[int]] = {}
    for element, electrons in pattern.findall(path.read_text(errors="replace")):
        found.setdefault(element, set()).add(int(electrons))
    return {element: frozenset(numbers) for element, numbers in found.items()}
