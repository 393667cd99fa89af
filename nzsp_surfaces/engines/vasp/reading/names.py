"""Names of VASP's files: plain or compressed, alone or as the runs of a double relaxation."""

from __future__ import annotations

import re
from pathlib import Path

from nzsp_surfaces.base.errors import UserError

XML, H5 = "vasprun.xml", "vaspout.h5"
_PACKED = ("", ".gz", ".xz", ".bz2")
_ENDING = re.compile(r"\.relax(\d+)")
"""What custodian adds to the names of the runs that it starts one after the other."""


def xml_files(place: Path) -> list[Path]:
    """Files that hold the run of a folder: plain and compressed ones of one name; of a double relaxation the last.

    More than one where somebody compressed a run and ran VASP again, or copied half.
    """
    return _files(place, XML)


def h5_files(place: Path) -> list[Path]:
    """The same of vaspout.h5."""
    return _files(place, H5)


def runs_in(folder: Path) -> list[Path]:
    """A file of each run in a folder, the last first: the runs of a double relaxation are two."""
    found = [_named(folder, XML, ending) or _named(folder, H5, ending) for ending in _endings(folder)]
    return [paths[0] for paths in found if paths]


def is_h5(path: Path) -> bool:
    """Whether a file is vaspout.h5 by its name, compressed or not."""
    return ".h5" in path.suffixes


def beside(path: Path, name: str) -> list[Path]:
    """Files of a name that may belong to a run: those with the ending of its own."""
    ending = _ENDING.search(path.name)
    return _named(path.parent, name, ending[0] if ending else "")


def located(place: Path) -> Path:
    """The path of vasprun.xml that is given by itself or by its folder; the first where there are several.

    Raises:
        UserError: there is no such file.
    """
    found = xml_files(place) if place.is_dir() else [place]
    if found and found[0].is_file():
        return found[0]
    raise UserError(f"{place}: no {XML} here; give the folder in which VASP ran")


def _files(folder: Path, name: str) -> list[Path]:
    return next((found for ending in _endings(folder) if (found := _named(folder, name, ending))), [])


def _endings(folder: Path) -> list[str]:
    """What follows the names: nothing first, then .relax2 before .relax1."""
    try:
        numbers = {int(found[1]) for path in folder.iterdir() if (found := _ENDING.search(path.name))}
    except OSError:
        numbers = set()
    return ["", *(f".relax{number}" for number in sorted(numbers, reverse=True))]


def _named(folder: Path, name: str, ending: str) -> list[Path]:
    return [path for packed in _PACKED if (path := folder / f"{name}{ending}{packed}").is_file()]
