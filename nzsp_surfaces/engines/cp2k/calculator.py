"""CP2K behind ASE's calculator: a density that is not self-consistent never counts, and remedies are told."""

from __future__ import annotations

import logging
import shlex
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.calculators.calculator import all_changes
from ase.units import Rydberg

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.engines.ase.program import ProgramCalculator
from nzsp_surfaces.engines.base import Basis
from nzsp_surfaces.engines.cp2k.cost import check_memory, told_cost
from nzsp_surfaces.engines.cp2k.data import data_folder, valences
from nzsp_surfaces.engines.cp2k.settings import Cp2kSettings
from nzsp_surfaces.engines.cp2k.template import WAYS, template

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.cp2k import CP2K

log = logging.getLogger(__name__)

LABEL = "cp2k"
"""Name of CP2K's files in a calculation's folder: cp2k.inp, cp2k.out, cp2k-RESTART.wfn."""
CONVERGED, FAILED = "SCF run converged", "SCF run NOT converged"
"""What CP2K writes at the end of a density's search."""


class Cp2kCalculator(ProgramCalculator):
    """Energy, forces and stress by CP2K in a folder, from the last density that lies there.

    Args:
        settings: how.
        command: words that start CP2K's shell.
        folder: of its files; created when missing.
    """

    def __init__(self, settings: Cp2kSettings, command: str, folder: Path) -> None:
        super().__init__(folder)
        self.settings, self.shell = settings, command
        self._ways = [settings.solver, *(way for way in WAYS if way != settings.solver)]
        self._running: CP2K | None = None

    def within(self, folder: Path) -> Cp2kCalculator:
        """The same calculator for another folder."""
        return Cp2kCalculator(self.settings, self.shell, folder)

    @property
    def compared(self) -> dict[str, Any]:
        """What slab and bulk must agree in."""
        return self.settings.compared

    def at(self, basis: Basis) -> Cp2kCalculator:
        """The same calculator with another cutoff of its grids, or cells repeated further."""
        return Cp2kCalculator(self.settings.at(basis), self.shell, self.folder)

    def calculate(self, atoms: Atoms | None = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """Energy, forces and stress of `atoms`, which is repeated where its cell is small.

        Raises:
            UserError: CP2K stopped, the density did not converge in any way, or there is not enough memory.
        """
        super().calculate(atoms, properties, system_changes)
        assert atoms is not None
        counts = repeats(atoms, self.settings.repeat)
        whole = atoms.repeat(counts)
        check_memory(whole, self.settings)
        self._evaluate(whole)
        assert self._running is not None
        found, copies = self._running.results, int(np.prod(counts))
        self.results = {
            "energy": found["energy"] / copies,
            "forces": found["forces"][: len(atoms)].copy(),
            "stress": found["stress"].copy(),
        }

    def close(self) -> None:
        """End CP2K; the density stays in the folder."""
        running, self._running = self._running, None
        if running is not None:
            _end(running)

    def _evaluate(self, whole: Atoms) -> None:
        """Try one way after the other, each from the density that the last one left."""
        for way in self._ways:
            if self._converges(whole, way):
                return
            self.close()
            log.warning("cp2k: the density of %s does not converge by %s", whole.get_chemical_formula(), way)
            self._ways = [*self._ways[1:], way]
            self.remedies.append(f"density not converged by {way}: then by {self._ways[0]}")
        raise UserError(
            f"engine 'cp2k': the density of {whole.get_chemical_formula()} did not converge in any of {len(WAYS)} ways "
            f"(see {self.folder}/{LABEL}.out); look at the structure, or raise max_scf"
        )

    def _converges(self, whole: Atoms, way: str) -> bool:
        """Whether CP2K finds the density this way; its results are then at hand."""
        output = self.folder / f"{LABEL}.out"
        if self._running is None:
            self._running = self._started(whole, way)
            output.unlink(missing_ok=True)
        before = output.stat().st_size if output.exists() else 0
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "ASE may stall")
                self._running.calculate(whole, ["energy"], self._running.check_state(whole))
        except (AssertionError, OSError, ValueError) as error:  # what ASE says when the program has ended
            if FAILED in _written(output, before):
                return False
            raise UserError(f"engine 'cp2k': it stopped ({_complaint(output)}); see {output}") from error
        text = _written(output, before)
        return CONVERGED in text and FAILED not in text

    def _started(self, whole: Atoms, way: str) -> CP2K:
        from ase.calculators.cp2k import CP2K

        elements = sorted(set(whole.get_chemical_symbols()))
        electrons = valences(elements, self.settings, "engine")
        self.folder.mkdir(parents=True, exist_ok=True)
        log.info("cp2k: %s", told_cost(whole, self.settings))
        return CP2K(
            label=LABEL,
            command=f"cd {shlex.quote(str(self.folder))} && exec {self.shell}",
            inp=template(self.settings, electrons, way, str(data_folder())),
            xc="PBE",
            cutoff=self.settings.cutoff * Rydberg,
            max_scf=self.settings.max_scf,
            basis_set=None,
            basis_set_file=None,
            potential_file=None,
            pseudo_potential=None,
            poisson_solver=None,
            print_level="MEDIUM",
        )


def repeats(atoms: Atoms, length: float) -> tuple[int, int, int]:
    """How often a cell is repeated along each vector, so that its lattice planes are `length` Å apart or more."""
    spacings = 1 / np.linalg.norm(atoms.cell.reciprocal(), axis=1)
    one, two, three = (max(1, int(np.ceil(length / spacing - 1e-6))) for spacing in spacings)
    return one, two, three


def _end(running: CP2K) -> None:
    """Close the shell, which may have ended by itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            running.close()
        except (AssertionError, OSError):
            running._shell = None  # nothing is left to be closed


def _written(output: Path, before: int) -> str:
    if not output.exists():
        return ""
    with output.open("rb") as file:
        file.seek(before)
        return file.read().decode(errors="replace")


def _complaint(output: Path) -> str:
    """The line in which CP2K says why it stopped."""
    for line in _written(output, 0).splitlines():
        if "[ABORT]" in line or "\\___/" in line:
            words = line.replace("*", " ").replace("\\___/", " ").replace("[ABORT]", " ").split()
            if words and "\\" not in "".join(words):
                return " ".join(words)
    return "it says nothing"
