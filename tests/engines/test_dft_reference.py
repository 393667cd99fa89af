"""The surface energies by PBE that come with the project: each follows from its parts, and from the geometries kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymatgen.core import Composition, Structure

from benchmarks.reference_points import read
from nzsp_surfaces.base.units import joule_per_square_metre
from nzsp_surfaces.energies.surface import formula_units
from nzsp_surfaces.engines.gpaw.settings import GpawSettings
from nzsp_surfaces.engines.program import settings_in

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "inputs" / "reference"
ROWS = json.loads((REFERENCE / "surface_energies.json").read_text())


POINTS = sorted((REFERENCE / "points" / "gpaw-quick").glob("*.xyz"))
NOISY = pytest.mark.xfail(strict=True, reason="forces of the relaxed Na3PO4 sum to 0.029 eV/Å: the grid's noise")
MARKED = [pytest.param(path, marks=NOISY if path.stem == "Na3PO4_bulk_relaxed" else ()) for path in POINTS]
VARIED = json.loads((ROOT / "benchmarks" / "results" / "convergence_pbe.json").read_text())
GAMMA_POINT = pytest.mark.xfail(
    strict=True, reason="four k-points in the plane lower it by 0.014: gamma leaves that open"
)
FINER = [
    pytest.param(
        row, marks=GAMMA_POINT if row["length"] > 8 else (), id="{cutoff}-{grid}-{length}-{vacuum}".format(**row)
    )
    for row in VARIED[1:]
]
RELAXED = [row for row in ROWS if row["converged"]]
SOFT = pytest.mark.xfail(strict=True, reason="0.60 eV were foretold under the film on the silicate, 0.49 gained")
FORETOLD = [
    pytest.param(part, marks=SOFT if part["name"] == "NZS_1-102_Na3PO4" else (), id=part["name"])
    for part in {part["name"]: part for row in RELAXED for part in row["parts"]}.values()
]


def geometry(part: str) -> Structure:
    """Of a part, where its point is kept, or its structure alone."""
    kept = REFERENCE / "points" / "gpaw-quick" / f"{part}.xyz"
    return read(kept).structure if kept.exists() else Structure.from_file(REFERENCE / f"{part}.vasp")


def name(row: dict[str, Any]) -> str:
    """Material, plane and film."""
    return "_".join(filter(None, (row["material"], row["plane"], row["film"])))


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_a_reference_follows_from_its_parts(row: dict[str, Any]) -> None:
    """gamma = (E_slab - n E_bulk - m E_film) / (2 A), in a slab and a bulk with the same in-plane vectors."""
    slab, bulk, *_ = (geometry(part["name"]) for part in row["parts"])
    area = float(np.linalg.norm(np.cross(*slab.lattice.matrix[:2])))
    assert area == pytest.approx(row["area"], abs=1e-3)
    assert all(min(np.abs(np.subtract(bulk.lattice.abc, length))) < 2e-3 for length in slab.lattice.abc[:2])
    assert gamma_of(row, [part["energy"] for part in row["parts"]]) == pytest.approx(
        row["gamma_single_point"], abs=1e-4
    )


def gamma_of(row: dict[str, Any], energies: list[float]) -> float:
    """J/m², from the energies of its parts, eV."""
    slab, bulk, *film = (geometry(part["name"]) for part in row["parts"])
    energy, bulk_energy, *film_energy = energies
    units = row["n_film_units"]
    rest = slab.composition - sum((each.composition.reduced_composition * units for each in film), start=Composition())
    energy -= formula_units(rest, bulk.composition) * bulk_energy / of_cell(bulk)
    energy -= sum(units * e / of_cell(each) for e, each in zip(film_energy, film, strict=True))
    return joule_per_square_metre(energy / (2 * row["area"]))


def of_cell(crystal: Structure) -> float:
    """Formula units."""
    return float(crystal.composition.get_reduced_composition_and_factor()[1])


@pytest.mark.parametrize("path", MARKED, ids=lambda path: path.stem)
def test_a_kept_point_is_by_the_settings_that_the_project_has(path: Path) -> None:
    """So that it may stand for one that is computed today; and its forces are those of one energy."""
    kept = read(path)
    assert kept.settings == settings_in(ROOT / "inputs" / "gpaw" / "quick", GpawSettings, "").compared
    assert np.linalg.norm(kept.forces.sum(axis=0)) < 0.02
    parts = [part for row in ROWS if row["engine"] == "gpaw" for part in row["parts"]]
    ends = {f"{part['name']}_relaxed": part["relaxed"]["energy"] for part in parts if "relaxed" in part}
    energies = {part["name"]: part["energy"] for part in parts} | ends
    assert kept.energy == pytest.approx(energies[path.stem], abs=1e-5)


@pytest.mark.parametrize("row", RELAXED, ids=name)
def test_a_relaxed_reference_follows_from_its_relaxed_parts(row: dict[str, Any]) -> None:
    """Each ended lower than it began, with a few calls."""
    gamma = gamma_of(row, [part["relaxed"]["energy"] for part in row["parts"]])
    assert gamma == pytest.approx(row["gamma_relaxed"], abs=1e-4)
    for part in row["parts"]:
        assert part["relaxed"]["calls"] <= 8
        assert gained(part) > 0


@pytest.mark.parametrize("part", FORETOLD)
def test_a_relaxation_gains_what_was_foretold(part: dict[str, Any]) -> None:
    """Within a tenth, from the first point's forces and the Hessian that a potential lends."""
    assert abs(gained(part) - part["energy_left"]) < 0.1 * gained(part)


def gained(part: dict[str, Any]) -> float:
    """eV, by the relaxation."""
    return float(part["energy"] - part["relaxed"]["energy"])


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_no_reference_is_called_relaxed_that_noisy_forces_foretell(row: dict[str, Any]) -> None:
    """A relaxed value stands only where the forces of every part sum to zero."""
    noisy = any(part["net_force"] > 0.1 for part in row["parts"])
    assert (row["gamma"] is None) if noisy else row["gamma"] is not None


@pytest.mark.parametrize("finer", FINER)
def test_settings_move_the_surface_energy_by_less_than_a_hundredth(finer: dict[str, float]) -> None:
    """Finer cutoffs, grids, k-points and vacuum, one at a time, on the smallest slab with these faces."""
    assert finer["net_force"] < 0.01
    assert abs(finer["gamma"] - VARIED[0]["gamma"]) < 0.01


def test_hopped_faces_lie_lower_by_density_functional_theory_too() -> None:
    """At the potential's geometry, beside the same plane as it was cut; each row follows from its point."""
    hopped = REFERENCE / "hopped"
    for row in json.loads((hopped / "surface_energies.json").read_text()):
        slab, bulk = row["parts"]
        assert read(hopped / f"{slab['name']}.xyz").energy == pytest.approx(slab["energy"], abs=1e-5)
        assert gamma_of(row, [slab["energy"], bulk["energy"]]) == pytest.approx(row["gamma_single_point"], abs=1e-4)
        as_cut = next(r for r in ROWS if r["engine"] == "gpaw" and name(r) == name(row))
        assert row["gamma_single_point"] < as_cut["gamma_single_point"] - 0.05


def test_a_longer_anneal_lowers_the_film_by_density_functional_theory_too() -> None:
    """The row follows from its points, and lies below that of the short anneal by more than both leave open."""
    annealed = REFERENCE / "annealed"
    (row,) = json.loads((annealed / "surface_energies.json").read_text())
    points = {path.stem: read(path) for path in annealed.glob("*.xyz")}
    assert {part["name"]: part["energy"] for part in row["parts"] if part["name"] in points} == {
        name: pytest.approx(point.energy, abs=1e-5) for name, point in points.items()
    }
    assert gamma_of(row, [part["energy"] for part in row["parts"]]) == pytest.approx(
        row["gamma_single_point"], abs=1e-4
    )
    short = next(r for r in ROWS if r["engine"] == "gpaw" and name(r) == name(row))
    assert row["gamma"] < short["gamma"] - 0.05
