"""GPAW behind ASE's calculator: a density that is not self-consistent never counts, and remedies are told."""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from ase.calculators.calculator import all_changes

from nzsp_surfaces.base.errors import UserError
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.engines.ase.program import ProgramCalculator
from nzsp_surfaces.engines.base import Basis
from nzsp_surfaces.engines.gpaw import service
from nzsp_surfaces.engines.gpaw.cost import check_memory, told_cost
from nzsp_surfaces.engines.gpaw.settings import GpawSettings

if TYPE_CHECKING:
    from ase import Atoms

log = logging.getLogger(__name__)
Matrix = npt.NDArray[np.float64]

WAYS: dict[str, dict[str, Any]] = {
    "ppcg": {"eigensolver": "ppcg"},
    "ppcg, a fiftieth of the new density mixed in": {
        "eigensolver": "ppcg",
        "mixer": {"backend": "pulay", "beta": 0.02, "nmaxold": 5, "weight": 100},
    },
    "davidson": {"eigensolver": "davidson"},
}
"""Ways to a self-consistent density, in the order in which they are tried.

Measured on NaZr2(PO4)3 (1-102): a step of rmm-diis costs two thirds of one of ppcg, but runs away from the first guess.
"""
DIAGONAL: Matrix = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
METAL = 0.05
"""eV; a gap below it is that of a metal."""
SLOPE = 1.03
"""By how much the cutoff is raised to find how the energy depends on it."""


class GpawCalculator(ProgramCalculator):
    """Energy, forces and stress by GPAW in a folder, from the last density that lies there.

    Args:
        settings: how.
        command: words that start GPAW's Python.
        folder: of its files; created when missing.
    """

    def __init__(self, settings: GpawSettings, command: str, folder: Path) -> None:
        super().__init__(folder)
        self.settings, self.command = settings, command
        self._way = next(iter(WAYS))
        self._running: subprocess.Popen[str] | None = None

    def within(self, folder: Path) -> GpawCalculator:
        """The same calculator for another folder."""
        return GpawCalculator(self.settings, self.command, folder)

    @property
    def compared(self) -> dict[str, Any]:
        """What slab and bulk must agree in."""
        return self.settings.compared

    def at(self, basis: Basis) -> GpawCalculator:
        """The same calculator with another cutoff or other k-points."""
        return GpawCalculator(self.settings.at(basis), self.command, self.folder)

    def calculate(self, atoms: Atoms | None = None, properties: Any = None, system_changes: Any = all_changes) -> None:
        """Energy and forces of `atoms`, and the stress at constant cutoff where it is asked for.

        Raises:
            UserError: GPAW stopped, the density did not converge in any way, a metal, or there is not enough memory.
        """
        super().calculate(atoms, properties, system_changes)
        assert atoms is not None
        wants_stress = "stress" in (properties or ())
        found = self._converged(atoms, stress=wants_stress)
        self.results = {"energy": found["energy"], "forces": np.array(found["forces"])}
        if wants_stress:
            self.results["stress"] = np.array(found["stress"]) + self._pulay(atoms, found["energy"])

    def close(self) -> None:
        """End GPAW; its state stays in the folder."""
        running, self._running = self._running, None
        if running is not None:
            assert running.stdin is not None
            running.stdin.close()
            try:
                running.wait(timeout=10)
            except subprocess.TimeoutExpired:
                running.kill()

    def _converged(self, atoms: Atoms, *, stress: bool) -> dict[str, Any]:
        """Try one way after the other."""
        names = list(WAYS)
        for way in names[names.index(self._way) :]:
            found = self._asked(atoms, parameters(atoms, self.settings, way), forces=True, stress=stress)
            if not found.get("failed"):
                self._check_gap(atoms, found["gap"])
                if found["anew"]:
                    self.remedies.append("density ran away from the last one: begun anew")
                return found
            log.warning("gpaw: the density of %s does not converge by %s", atoms.get_chemical_formula(), way)
            self._way = names[min(names.index(way) + 1, len(names) - 1)]
            self.remedies.append(f"density not converged by {way}: then by {self._way}")
        raise UserError(
            f"engine 'gpaw': the density of {atoms.get_chemical_formula()} did not converge in any of {len(WAYS)} ways "
            f"(see {self.folder}/{service.OUTPUT}); look at the structure, or raise max_scf"
        )

    def _check_gap(self, atoms: Atoms, gap: float | None) -> None:
        if self.settings.smearing == 0 and gap is not None and gap < METAL:
            raise UserError(
                f"engine 'gpaw': {atoms.get_chemical_formula()} is a metal here, its gap is {gap:.2f} eV, and the "
                "settings are an insulator's; set smearing, as 0.1"
            )

    def _pulay(self, atoms: Atoms, energy: float) -> Matrix:
        """What turns the stress at a constant number of plane waves into that at a constant cutoff, eV/Å³.

        (2 E_cut / 3 V) dE/dE_cut on the diagonal (G. P. Francis and M. C. Payne, J. Phys.: Condens. Matter 2, 4395
        (1990)); the slope is taken once for a folder, since it hardly depends on the cell.

        Args:
            energy: eV, at the cutoff of the settings.
        """
        path, cutoff = self.folder / "pulay.json", self.settings.cutoff
        if not path.exists():
            higher = self._energy(atoms, SLOPE * cutoff)
            write_atomically(path, json.dumps((higher - energy) / ((SLOPE - 1) * cutoff)))
        slope = float(json.loads(path.read_text()))
        return np.asarray(DIAGONAL * (2 * cutoff * slope / (3 * atoms.get_volume())))

    def _energy(self, atoms: Atoms, cutoff: float) -> float:
        asked = parameters(atoms, self.settings, self._way) | {"mode": {"name": "pw", "ecut": cutoff}}
        found = self._asked(atoms, asked, forces=False, stress=False, keep=False)
        if found.get("failed"):
            raise UserError(f"engine 'gpaw': no density at a cutoff of {cutoff:.0f} eV; raise max_scf")
        return float(found["energy"])

    def _asked(
        self, atoms: Atoms, how: dict[str, Any], *, forces: bool, stress: bool, keep: bool = True
    ) -> dict[str, Any]:
        """What the service answers.

        Raises:
            UserError: it ended, or says what is wrong.
        """
        running = self._running or self._started(atoms)
        assert running.stdin is not None
        assert running.stdout is not None
        question = {
            "numbers": atoms.numbers.tolist(),
            "positions": atoms.positions.tolist(),
            "cell": atoms.cell.array.tolist(),
            "parameters": how,
            "forces": forces,
            "stress": stress,
            "keep": keep,
        }
        try:
            running.stdin.write(json.dumps(question) + "\n")
            running.stdin.flush()
            line = running.stdout.readline()
        except OSError:
            line = ""
        found: dict[str, Any] = json.loads(line) if line else {"error": _last_words(self.folder)}
        if "error" in found:
            self._running = None if not line else running
            raise UserError(f"engine 'gpaw': it stopped ({found['error']}); see {self.folder}/{service.OUTPUT}")
        return found

    def _started(self, atoms: Atoms) -> subprocess.Popen[str]:
        mesh = kpoints(atoms, self.settings.length)
        check_memory(atoms, self.settings, mesh)
        log.info("gpaw: %s; started by: %s", told_cost(atoms, self.settings, mesh), self.command)
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [*shlex.split(self.command), str(Path(service.__file__).resolve())]
        with (self.folder / ERRORS).open("w") as errors:
            self._running = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        return self._running


ERRORS = "gpaw.err"
"""What the service says beside its answers."""


def kpoints(atoms: Atoms, length: float) -> tuple[int, int, int]:
    """Number of k-points along each reciprocal vector: VASP's rule for an automatic mesh."""
    inverse = np.linalg.norm(atoms.cell.reciprocal(), axis=1)
    one, two, three = (max(1, int(np.ceil(length * each - 1e-6))) for each in inverse)
    return one, two, three


def parameters(atoms: Atoms, settings: GpawSettings, way: str) -> dict[str, Any]:
    """Keywords of GPAW for a structure, as plain data."""
    mesh = kpoints(atoms, settings.length)
    bands = {} if settings.smearing else {"nbands": -4}  # four empty ones tell the gap
    return {
        "mode": {"name": "pw", "ecut": settings.cutoff},
        "xc": "PBE",
        "h": settings.grid,
        "kpts": {"size": list(mesh), "gamma": True},
        "symmetry": "off" if mesh == (1, 1, 1) else {},
        "occupations": {"name": "fermi-dirac", "width": settings.smearing},
        "convergence": {
            "energy": settings.energy,
            "density": settings.density,
            "eigenstates": settings.eigenstates,
        },
        "maxiter": settings.max_scf,
        "spinpol": settings.spin,
        **bands,
        **WAYS[way],
    }


def _last_words(folder: Path) -> str:
    """The last line that the service said before it ended."""
    path = folder / ERRORS
    lines = path.read_text(errors="replace").split("\n") if path.exists() else []
    said = [line.strip() for line in lines if line.strip()]
    return said[-1] if said else "killed, perhaps for lack of memory"
