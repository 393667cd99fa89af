"""Potentials of VASP: which an element gets, and finding and checking them where pymatgen is configured to look.

They are licensed, and none is part of this package.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.yaml import did_you_mean
from nzsp_surfaces.engines.vasp.settings import Functional, VaspSettings

if TYPE_CHECKING:
    from pymatgen.io.vasp import PotcarSingle

_NOT_CONFIGURED = (
    "potentials are not configured: PMG_VASP_PSP_DIR is neither in the environment nor in .pmgrc.yaml; sort "
    "those you have a licence for with 'pmg config -p SOURCE TARGET', then 'pmg config --add PMG_VASP_PSP_DIR "
    "TARGET'; or write POTCAR.spec only"
)


def potential_symbols(settings: VaspSettings, elements: Iterable[str]) -> dict[str, str]:
    """Name of each element's potential: the settings', else the one that pymatgen's MPRelaxSet recommends.

    Raises:
        UserError: neither names one.
    """
    chosen = {element: settings.potentials.get(element) or _recommended(element) for element in elements}
    unknown = [element for element, symbol in chosen.items() if not symbol]
    if unknown:
        raise UserError(f"no potential is known for {', '.join(unknown)}; name one under 'potentials', as Fe: Fe_pv")
    return chosen


def _recommended(element: str) -> str:
    """Empty where there is none."""
    from pymatgen.io.vasp.sets import MPRelaxSet

    table: dict[str, str] = MPRelaxSet.CONFIG["POTCAR"]
    return table.get(element, "")


def check_potentials(settings: VaspSettings, elements: Iterable[str]) -> tuple[str, ...]:
    """Look whether the potentials are at hand and are what their names say; see `find_potentials`."""
    return find_potentials(settings.functional, tuple(potential_symbols(settings, elements).values())).warnings


@dataclass(frozen=True, slots=True)
class Potentials:
    """Potentials as found.

    Attributes:
        text: of POTCAR.
        titles: of each, with its date.
        warnings: those whose contents pymatgen does not know, or knows of another release.
    """

    text: str
    titles: tuple[str, ...]
    warnings: tuple[str, ...]


def find_potentials(functional: Functional, symbols: Sequence[str]) -> Potentials:
    """Read potentials where pymatgen is configured to look for them, and check them.

    Raises:
        UserError: potentials are not configured or missing; or a file holds another element, potential or functional.
    """
    folder = _release_folder(functional)
    read = {symbol: _potential(functional, symbol, folder) for symbol in symbols}
    missing = [symbol for symbol, single in read.items() if single is None]
    if missing:
        raise UserError(
            f"{folder}: no potential {', '.join(missing)} (looked for {missing[0]}/POTCAR and POTCAR.{missing[0]}, "
            "also compressed); add it there with 'pmg config -p', or set PMG_VASP_PSP_DIR to where it is"
        )
    found = {symbol: single for symbol, single in read.items() if single is not None}
    notes = [note for symbol, single in found.items() for note in _checked(single, symbol, functional, folder)]
    texts = [found[symbol].data.rstrip("\n") + "\n" for symbol in symbols]
    return Potentials("".join(texts), tuple(found[s].keywords["TITEL"] for s in symbols), tuple(notes))


def _release_folder(functional: Functional) -> Path:
    """Where pymatgen looks for the potentials of a release."""
    from pymatgen.core import SETTINGS
    from pymatgen.io.vasp import PotcarSingle

    if functional not in get_args(Functional):
        raise UserError(f"functional '{functional}' is unknown; {did_you_mean(functional, get_args(Functional))}")
    top = SETTINGS.get("PMG_VASP_PSP_DIR")
    if not top:
        raise UserError(_NOT_CONFIGURED)
    below = SETTINGS.get("PMG_VASP_PSP_SUB_DIRS", {}).get(functional, PotcarSingle.functional_dir[functional])
    folder: Path = Path(top).expanduser() / below
    if not folder.is_dir():
        remedy = "make it with 'pmg config -p', correct PMG_VASP_PSP_DIR, or choose another 'functional'"
        raise UserError(f"{folder}: no such folder of {functional} potentials; {remedy}")
    return folder


def _potential(functional: Functional, symbol: str, folder: Path) -> PotcarSingle | None:
    """A potential, or None where there is no file."""
    from pymatgen.io.vasp import PotcarSingle

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `_checked` says it in one line, with the file
        try:
            return PotcarSingle.from_symbol_and_functional(symbol, functional)
        except FileNotFoundError:
            return None
        except (AttributeError, IndexError, KeyError, ValueError, EOFError, OSError) as error:
            raise UserError(f"{folder}: cannot read potential {symbol} ({error}); copy it there again") from error


def _checked(single: PotcarSingle, symbol: str, functional: Functional, folder: Path) -> list[str]:
    """What is odd about a potential, not enough to refuse it.

    Raises:
        UserError: it is another element's, another potential or made for another functional.
    """
    title, element = single.keywords["TITEL"], symbol.split("_")[0].split(".")[0]
    releases, names = single.identify_potcar(mode="file")
    # Some potentials have a title other than their name; those pymatgen knows by their contents.
    if single.element != element or symbol not in (names or [single.symbol]):
        raise UserError(f"{folder}: the potential {symbol} is '{title}'; put the right file there")
    if single.functional != "PBE":
        raise UserError(f"{folder}: '{title}' was made for {single.functional}, not PBE; put the right file there")
    if not releases:
        return [f"{folder}: pymatgen does not know the contents of '{title}': changed, damaged or of a newer release"]
    return [] if functional in releases else [f"{folder}: '{title}' is of {' or '.join(sorted(releases))}"]
