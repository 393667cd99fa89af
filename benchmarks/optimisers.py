"""Evaluations that optimisers of ASE take to relax one slab: NaZr2(PO4)3 (1-102) by SevenNet-0, from CHGNet's minimum.

Down to 0.02 eV/Å with both faces alike, beside BFGS as the package uses it and a start with CHGNet's Hessian.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.optimize import BFGS, FIRE, LBFGS, GPMin
from ase.optimize.precon import Exp, PreconLBFGS

from benchmarks.relaxation import DEAR, LIMIT, QUICK, ROOT, relaxed, slabs
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.crystals.crystal import ase_atoms
from nzsp_surfaces.engines.ase.moving import held_as_asked
from nzsp_surfaces.engines.entry import EngineKeys
from nzsp_surfaces.engines.registry import choose
from nzsp_surfaces.study.study import load_study

TABLE = ROOT / "benchmarks" / "results" / "optimisers.json"
MOST = 120
OPTIMISERS: dict[str, Callable[[Atoms], Any]] = {
    "BFGS, 70 eV/Å²": lambda atoms: BFGS(atoms, logfile=None),
    "BFGS, 30 eV/Å²": lambda atoms: BFGS(atoms, logfile=None, alpha=30.0),
    "LBFGS": lambda atoms: LBFGS(atoms, logfile=None),
    "FIRE": lambda atoms: FIRE(atoms, logfile=None),
    "GPMin": lambda atoms: GPMin(atoms, logfile=None),
    "PreconLBFGS, Exp": lambda atoms: PreconLBFGS(atoms, precon=Exp(A=3), use_armijo=False, logfile=None),
}


class Counted(Calculator):
    """A calculator that counts what it computes."""

    implemented_properties = ("energy", "forces")

    def __init__(self, inner: Calculator) -> None:
        super().__init__()
        self.inner, self.count = inner, 0

    def calculate(self, atoms: Atoms | None = None, properties: object = None, changes: object = all_changes) -> None:
        """Energy and forces of the inner one."""
        assert atoms is not None
        super().calculate(atoms, properties, changes)
        self.count += 1
        bare = atoms.copy()
        bare.set_constraint()
        self.inner.calculate(bare, ["energy", "forces"], all_changes)
        self.results = {name: self.inner.results[name] for name in self.implemented_properties}
        self.results["free_energy"] = self.results["energy"]


def main() -> None:
    """Print evaluations and ends, and keep them."""
    slab = next(slabs(load_study(ROOT / "inputs/table1.yaml")))
    with tempfile.TemporaryDirectory() as folder:
        start = relaxed(slab.structure, slab.flip, QUICK, None, Path(folder, "start")).structure
        ours = relaxed(start, slab.flip, DEAR, QUICK, Path(folder, "ours"))
    rows = [
        {"optimiser": "lent Hessian", "evaluations": ours.steps, "converged": ours.converged, "energy": ours.energy}
    ]
    dear = cast("Any", choose(EngineKeys(DEAR), {}, "benchmark").make({})).calculator
    for name, make in OPTIMISERS.items():
        atoms = ase_atoms(start)
        atoms.calc = counted = Counted(dear)
        held_as_asked(atoms, LIMIT, slab.flip)
        converged = bool(make(atoms).run(fmax=LIMIT.force, steps=MOST))
        rows.append(_row(name, counted.count, converged, float(atoms.get_potential_energy())))
        print(rows[-1], flush=True)
    TABLE.parent.mkdir(exist_ok=True)
    write_atomically(TABLE, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")


def _row(name: str, evaluations: int, converged: bool, energy: float) -> dict[str, Any]:
    return {"optimiser": name, "evaluations": evaluations, "converged": converged, "energy": energy}


if __name__ == "__main__":
    main()
