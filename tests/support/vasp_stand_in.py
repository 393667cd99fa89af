"""A stand-in for VASP: vpmdk in the current folder, which here also obeys STOPCAR, knows EMT and leaves a LOCPOT.

    python vasp_stand_in.py [EMT | CHGNET] [seconds to wait in each step] [words]

vpmdk itself reads no STOPCAR and no velocities, and its learned potentials take ten seconds to load, which EMT does
not. Words are what VASP says when it stops with an error: said once in a folder that holds a slab, then mended.
"""

from __future__ import annotations

import builtins
import sys
import time
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from typing import Any

MODEL = sys.argv[1] if len(sys.argv) > 1 else "EMT"
PAUSE = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
WORDS = sys.argv[3] if len(sys.argv) > 3 else ""
STOPCAR = Path("STOPCAR")
ATOM = -5.0
"""eV; VASP's energies are negative, while EMT's zero is the perfect metal."""


class WithoutPotentials:
    """Makes learned potentials look uninstalled: EMT does not need the ten seconds that they take to import."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name.partition(".")[0] in ("torch", "chgnet", "sevenn"):
            raise ModuleNotFoundError(name)


if MODEL == "EMT":
    sys.meta_path.insert(0, WithoutPotentials())

import numpy as np  # noqa: E402
import vpmdk_core  # noqa: E402
from ase import Atoms, units  # noqa: E402
from ase.calculators.emt import EMT  # noqa: E402
from ase.optimize import BFGS  # noqa: E402
from pymatgen.io.vasp import Locpot, Poscar  # noqa: E402
from vpmdk_core import execution  # noqa: E402

thermalized = vpmdk_core._thermalize_momenta


class SlowEMT(EMT):
    """EMT that takes its time."""

    def calculate(self, *given: Any) -> None:
        time.sleep(PAUSE)
        super().calculate(*given)
        for name in ("energy", "free_energy"):
            self.results[name] += ATOM * len(self.atoms)


class Stoppable(BFGS):
    """Ends after the step in flight where STOPCAR asks for it; ASE asks either method, by its version."""

    def converged(self, *given: Any, **named: Any) -> bool:
        return STOPCAR.exists() or bool(super().converged(*given, **named))

    def gradient_converged(self, gradient: Any) -> bool:
        return STOPCAR.exists() or bool(super().gradient_converged(gradient))


def until_stopped(*numbers: int) -> Iterable[int]:
    """`range` that ends where STOPCAR asks for it: vpmdk's loop over the steps of dynamics."""
    return takewhile(lambda _: not STOPCAR.exists(), builtins.range(*numbers))


def goes_on(atoms: Atoms, temperature: float) -> None:
    """Velocities of POSCAR where it has some, which vpmdk does not look for; else drawn anew."""
    given = Poscar.from_file("POSCAR", check_for_potcar=False).velocities
    if given is None:
        thermalized(atoms, temperature)
    else:
        atoms.set_velocities(np.array(given) / units.fs)


def build(_tags: dict[str, str], **_: Any) -> SlowEMT:
    return SlowEMT()


def leave_potential() -> None:
    """LOCPOT of a slab, deep within and 3 eV in the vacuum, and OUTCAR's words on Fermi level and moment."""
    poscar = Poscar.from_file("POSCAR", check_for_potcar=False)
    inside = poscar.structure.frac_coords[:, 2] % 1.0
    nearest = np.abs((np.arange(100)[:, None] / 100 - inside + 0.5) % 1.0 - 0.5).min(axis=1)
    average = np.where(nearest * poscar.structure.lattice.c < 1.5, -12.0, 3.0)
    Locpot(poscar, {"total": np.broadcast_to(average, (2, 2, 100)).copy()}).write_file("LOCPOT")
    words = " number of electron  44.0 magnetization  0.0\n E-fermi :  -1.5000  XC(G=0):\n"
    outcar = Path("OUTCAR")
    if outcar.exists():
        outcar.write_text(words + outcar.read_text())


def complains() -> bool:
    """Whether to stop with an error: once in a folder that holds more than four atoms."""
    many = sum(map(int, Path("POSCAR").read_text().splitlines()[6].split())) > 4
    told = Path("complained")
    if not WORDS or not many or told.exists():
        return False
    told.touch()
    return True


if __name__ == "__main__":
    if complains():
        print(WORDS)
        sys.exit(1)
    if MODEL == "EMT":
        vpmdk_core._CALCULATOR_BUILDERS["CHGNET"] = build
    vpmdk_core.BFGS = Stoppable
    vpmdk_core._thermalize_momenta = goes_on
    execution.range = until_stopped
    sys.argv = sys.argv[:1]
    status = vpmdk_core.main([])
    if "LVHAR = .TRUE." in Path("INCAR").read_text():
        leave_potential()
    sys.exit(status)
