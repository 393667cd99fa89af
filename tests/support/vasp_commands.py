"""What VASP needs to be started in tests: a stand-in as its command, and made-up potentials."""

from __future__ import annotations

import sys
from pathlib import Path

STAND_IN = Path(__file__).parent / "vasp_stand_in.py"
POTENTIALS = {"Cu": "Cu_pv", "Au": "Au", "Na": "Na", "Zr": "Zr_sv", "P": "P", "Si": "Si", "O": "O_s", "Mg": "Mg_pv"}


def command(*words: object) -> str:
    """The stand-in with its arguments, as a shell would be given them."""
    import shlex

    return shlex.join([sys.executable, str(STAND_IN), *map(str, words)])


def potential(symbol: str, *, element: str = "", functional: str = "PE") -> str:
    """Text with the outer form of a potential and made-up numbers."""
    element = element or symbol.split("_")[0]
    return (
        f"  PAW_PBE {symbol} 01Jan2030\n 1.0\n parameters from PSCTR are:\n"
        f"   VRHFIN ={element}: made up\n   LEXCH  = {functional}\n   TITEL  = PAW_PBE {symbol} 01Jan2030\n"
        "   LULTRA =        F    use ultrasoft PP ?\n   ZVAL   =    1.000    mass and valenz\n"
        "END of PSCTR-controll parameters\n local part\n 1.0 2.0 3.0\n End of Dataset\n"
    )


def library(folder: Path, symbols: tuple[str, ...] = tuple(POTENTIALS.values())) -> Path:
    """A folder of made-up potentials as pymatgen wants it; what PMG_VASP_PSP_DIR should say."""
    for symbol in symbols:
        place = folder / "POT_GGA_PAW_PBE" / symbol
        place.mkdir(parents=True)
        (place / "POTCAR").write_text(potential(symbol))
    return folder
