"""Which of the files that a folder holds is read as its run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from nzsp_surfaces.base.calculation import Matrix
from nzsp_surfaces.base.errors import Damaged, Unfinished, UserError
from nzsp_surfaces.engines.vasp.reading.h5 import H5Run, read_h5
from nzsp_surfaces.engines.vasp.reading.names import h5_files, is_h5, located, xml_files
from nzsp_surfaces.engines.vasp.reading.steps import Pass, trace_of
from nzsp_surfaces.engines.vasp.reading.witness import is_among, last_energies

T = TypeVar("T")
_SAME = 1e-7
"""eV; one run's energies, read twice."""


def best_source(place: Path, from_xml: Callable[[Path], tuple[T, int, bool]], from_h5: Callable[[H5Run], T]) -> T:
    """Choose vasprun.xml, or vaspout.h5 where that knows more.

    vasprun.xml comes first: it has an end that tells whether it is whole, the settings with their defaults, and E0 in
    dynamics. A crash tears it and may leave a good vaspout.h5, or one that was not closed and cannot be read. So the
    second is asked where the first is missing, is cut off and holds fewer whole steps, or is damaged.

    Args:
        from_xml: what is read, whole steps, and whether the file is whole.

    Raises:
        UserError: there is no such file, or there are several of different runs and nothing tells which one counts.
    """
    if is_h5(place):
        return from_h5(_with_steps(place))
    h5 = next(iter(h5_files(place)), None) if place.is_dir() else None
    if h5 and not xml_files(place):
        return from_h5(_with_steps(h5))
    try:
        found, steps, whole = from_xml(chosen(place))
    except (Damaged, Unfinished) as error:
        return _or_else(h5, from_h5, 0, error)
    if whole or h5 is None:
        return found
    try:
        return _or_else(h5, from_h5, steps, Unfinished())
    except UserError:
        return found


def chosen(place: Path) -> Path:
    """The vasprun.xml of a folder: of a plain and a compressed one that differ, the one that OUTCAR is of.

    Raises:
        UserError: there is none, or nothing tells which one counts.
    """
    files = xml_files(place) if place.is_dir() else []
    if len(files) < 2:
        return located(place)
    energies = {path: rows for path in files if (rows := _energies(path)) is not None}
    longest = max(energies, key=lambda path: len(energies[path]), default=files[0])
    if all(_begins(energies[longest], rows) for rows in energies.values()):
        return longest
    fitting = [path for path, rows in energies.items() if len(rows) and is_among(rows[-1], last_energies(path))]
    if len(fitting) == 1:
        return fitting[0]
    names = " and ".join(path.name for path in files)
    raise UserError(f"{place}: {names} are of different runs, and no OUTCAR tells which one counts; remove the other")


def _energies(path: Path) -> Matrix | None:
    """(n,) eV of each whole step; None where the file is damaged."""
    try:
        return np.asarray(trace_of(Pass(path))[:, 2])
    except Damaged:
        return None


def _begins(long: Matrix, short: Matrix) -> bool:
    """Whether the one goes on from the other's steps."""
    return bool(np.allclose(long[: len(short)], short, rtol=0, atol=_SAME))


def _or_else(h5: Path | None, from_h5: Callable[[H5Run], T], steps: int, error: UserError) -> T:
    """From a file with more whole steps; the error where there is none."""
    try:
        run = _with_steps(h5) if h5 else None
        if run and run.n_steps > steps:
            return from_h5(run)
    except UserError as other:
        raise error from other
    raise error


def _with_steps(path: Path) -> H5Run:
    if not path.is_file():
        raise UserError(f"{path}: no such file; give the folder in which VASP ran")
    run = read_h5(path)
    if not run.n_steps:
        raise Unfinished(f"{path}: holds no whole ionic step; run VASP again")
    return run
