"""The surface energies by PBE that come with the project: each follows from its parts, and from the geometries kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymatgen.core import Structure

from nzsp_surfaces.base.units import joule_per_square_metre
from nzsp_surfaces.energies.surface import formula_units

REFERENCE = Path(__file__).parents[2] / "inputs" / "reference"
ROWS = json.loads((REFERENCE / "surface_energies.json").read_text())


def name(row: dict[str, Any]) -> str:
    """Material, plane and film."""
    return "_".join(filter(None, (row["material"], row["plane"], row["film"])))


@pytest.mark.parametrize("row", [row for row in ROWS if not row["film"]], ids=name)
def test_a_reference_follows_from_its_parts(row: dict[str, Any]) -> None:
    """gamma = (E_slab - n E_bulk) / (2 A), in a slab and a bulk with the same in-plane vectors."""
    slab, bulk = (Structure.from_file(REFERENCE / f"{part['name']}.vasp") for part in row["parts"])
    area = float(np.linalg.norm(np.cross(*slab.lattice.matrix[:2])))
    assert area == pytest.approx(row["area"], abs=1e-3)
    assert all(min(np.abs(np.subtract(bulk.lattice.abc, length))) < 2e-3 for length in slab.lattice.abc[:2])
    cells = formula_units(slab.composition, bulk.composition) / bulk.composition.get_reduced_composition_and_factor()[1]
    energies = [part["energy"] for part in row["parts"]]
    gamma = joule_per_square_metre((energies[0] - cells * energies[1]) / (2 * area))
    assert gamma == pytest.approx(row["gamma_single_point"], abs=1e-4)


@pytest.mark.parametrize("row", [row for row in ROWS if row["converged"]], ids=name)
def test_a_relaxed_reference_follows_from_its_relaxed_parts(row: dict[str, Any]) -> None:
    """Each ended lower than it began, with a few calls, and nearer to what was foretold than to where it began."""
    slab, bulk = row["parts"]
    gamma = joule_per_square_metre((slab["relaxed"]["energy"] - bulk["relaxed"]["energy"]) / (2 * row["area"]))
    assert gamma == pytest.approx(row["gamma_relaxed"], abs=1e-4)
    for part in (slab, bulk):
        gained = part["energy"] - part["relaxed"]["energy"]
        assert part["relaxed"]["calls"] <= 8
        assert gained > 0
        assert abs(gained - part["energy_left"]) < 0.1 * gained


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_no_reference_is_called_relaxed_that_noisy_forces_foretell(row: dict[str, Any]) -> None:
    """A relaxed value stands only where the forces of every part sum to zero."""
    noisy = any(part["net_force"] > 0.1 for part in row["parts"])
    assert (row["gamma"] is None) if noisy else row["gamma"] is not None
