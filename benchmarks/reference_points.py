"""Calculations of the reference as extended XYZ: geometry, energy, forces, and how they were computed.

The project keeps them in `inputs/reference/points/ENGINE-SETTINGS/PART.xyz`: nobody has to compute them twice, and a
relaxation may begin from their forces. ASE, OVITO and others read them.
"""

from __future__ import annotations

import io
import json
import logging
import shutil
from pathlib import Path
from typing import Any

import ase.io
from ase.calculators.singlepoint import SinglePointCalculator
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure

from nzsp_surfaces.base.calculation import Calculation, calculation_from_json
from nzsp_surfaces.base.content import structure_to_json
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.crystals.crystal import ase_atoms, pymatgen_structure

log = logging.getLogger(__name__)
REFERENCE = Path(__file__).parents[1] / "inputs" / "reference"
POINTS, ROWS = REFERENCE / "points", REFERENCE / "surface_energies.json"
POINT = "point.xyz"
"""In the folder of a part."""
SAME = StructureMatcher(ltol=1e-3, stol=1e-3, angle_tol=0.1, primitive_cell=False, scale=False)
"""A run of the same study elsewhere ends as near as this; planes that share a bulk may write it differently."""
IN_COLUMNS = ("structure", "energy", "forces")
"""What extended XYZ has a place for; the rest of a calculation is kept in its comment line."""


def begin_from(settings: Path, output: Path) -> None:
    """Lay what the project keeps, of the settings of a folder, where a run in `output` looks for what it has done."""
    for path in sorted(_shelf(settings).glob("*.xyz")):
        place = output / path.stem / POINT
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)


def add_to(settings: Path, output: Path) -> None:
    """Keep what a run has computed with the settings of a folder."""
    shelf = _shelf(settings)
    shelf.mkdir(parents=True, exist_ok=True)
    for path in sorted(output.glob(f"*/{POINT}")):
        shutil.copy(path, shelf / f"{path.parent.name}.xyz")


def _shelf(settings: Path) -> Path:
    """The folder for inputs/gpaw/quick is gpaw-quick."""
    return POINTS / f"{settings.parent.name}-{settings.name}"


def keep(calculation: Calculation, path: Path) -> None:
    """Write a calculation where `kept` finds it."""
    atoms = ase_atoms(calculation.structure)
    atoms.calc = SinglePointCalculator(atoms, energy=calculation.energy, forces=calculation.forces)
    rest = {key: value for key, value in calculation.to_json().items() if key not in IN_COLUMNS}
    atoms.info["calculation"] = json.dumps(rest)
    text = io.StringIO()
    ase.io.write(text, atoms, format="extxyz")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.getvalue())


def read(path: Path) -> Calculation:
    """A calculation that was kept."""
    atoms = ase.io.read(path, format="extxyz")
    rest = atoms.info["calculation"]
    return calculation_from_json(
        {
            **(rest if isinstance(rest, dict) else json.loads(rest)),
            "structure": structure_to_json(pymatgen_structure(atoms)),
            "energy": atoms.get_potential_energy(),
            "forces": atoms.get_forces(),
        }
    )


def kept(structure: Structure, path: Path) -> Calculation | None:
    """What is kept there, if it is of this structure; in the kept one's cell."""
    if not path.exists():
        return None
    found = read(path)
    if SAME.fit(found.structure, structure):
        return found
    log.warning("%s: is of another geometry; computed again", path)
    return None


def add_rows(rows: list[dict[str, Any]]) -> None:
    """Put rows among those that the project keeps, each in the place of an earlier one of its surface and engine."""
    kept_rows = {_surface(row): row for row in json.loads(ROWS.read_text())}
    kept_rows.update({_surface(row): row for row in rows})
    write_atomically(ROWS, json.dumps(list(kept_rows.values()), indent=1) + "\n")


def _surface(row: dict[str, Any]) -> str:
    """What a row is of, and how it was computed."""
    return json.dumps([row[key] for key in ("material", "plane", "film", "engine", "settings")])
