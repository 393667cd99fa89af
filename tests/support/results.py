"""A small results directory as `nzsp run` leaves it, with made-up values near Table 1."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from pymatgen.core.lattice import Lattice
from pymatgen.core.structure import Structure

from nzsp_surfaces.energies.wulff import capped_energies, wulff_shape

PLANES: list[tuple[int, ...]] = [(1, -1, 0, 2), (1, 0, -1, 4), (1, 1, -2, 0), (0, 0, 0, 1)]
COMPUTED = {"NZP": [0.66, 0.81, 1.04, 0.89], "NZS": [0.65, 0.83, 1.17, 0.85]}
PUBLISHED = {"NZP": [0.69, 0.86, 1.15, 0.97], "NZS": [0.67, 0.88, 1.26, 0.89]}
CAPPED = {"NZP": (0.41, 0.44), "NZS": (0.55, 0.58)}
COORDINATION = [5, 4, 5, 3]


def nzp() -> Structure:
    """NaZr2(PO4)3, R-3c, 108 atoms (Hagman and Kierkegaard 1968)."""
    sites = [(0, 0, 0), (0, 0, 0.1456), (0.2917, 0, 0.25), (0.1856, -0.0105, 0.1948), (0.1910, 0.1690, 0.0874)]
    return Structure.from_spacegroup("R-3c", Lattice.hexagonal(8.8045, 22.7585), ["Na", "Zr", "P", "O", "O"], sites)


def nzs() -> Structure:
    """Na4Zr2(SiO4)3, R-3c, 126 atoms."""
    sites = [
        (0, 0, 0),
        (0.636, 0, 0.25),
        (0, 0, 0.147),
        (0.292, 0, 0.25),
        (0.180, -0.030, 0.195),
        (0.195, 0.168, 0.088),
    ]
    species = ["Na", "Na", "Zr", "Si", "O", "O"]
    return Structure.from_spacegroup("R-3c", Lattice.hexagonal(9.1861, 22.181), species, sites)


def toy_slab(bulk: Structure, vacuum: float = 15.0) -> Structure:
    """One conventional cell with vacuum on top: no good slab, but one to draw."""
    a, _, c = bulk.lattice.abc
    fractions = bulk.frac_coords % 1.0
    fractions[:, 2] *= c / (c + vacuum)
    return Structure(Lattice.hexagonal(a, c + vacuum), bulk.species, fractions)


def write_results(directory: Path) -> Path:
    """Fill a directory with every file of the contract."""
    bulks = {"NZP": nzp(), "NZS": nzs()}
    for folder in ("structures", "traces"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for material, bulk in bulks.items():
        toy_slab(bulk).to(filename=str(directory / "structures" / f"{material}.vasp"), fmt="poscar")
    _write_trace(directory / "traces" / "anneal.csv")
    tables: dict[str, Any] = {
        "study": {"identity": "3f9c2a", "profile": "quick", "name": "Table 1", "planes": PLANES},
        "slabs": [row for material in bulks for row in _slabs(material)],
        "rejected": _rejected(),
        "bulk": [_bulk("NZP", "NaZr2(PO4)3", bulks["NZP"]), _bulk("NZS", "Na4Zr2(SiO4)3", bulks["NZS"])],
        "surface_energies": [row for material in bulks for row in energies(material)],
        "candidates": _candidates(),
        "films": [row for material in bulks for row in _films(material)],
        "dynamics": [_dynamics(material, seed) for material in bulks for seed in (1, 2)],
        "wulff": _wulff(bulks),
        "provenance": _provenance(),
    }
    for name, table in tables.items():
        (directory / f"{name}.json").write_text(json.dumps(table, indent=1), encoding="utf-8")
    return directory


def energies(material: str) -> list[dict[str, Any]]:
    """Rows of ``surface_energies.json`` of one material, the capped plane last."""
    rows = list(zip(PLANES, COMPUTED[material], PUBLISHED[material], strict=True))
    bare = [_energy(material, plane, None, gamma, paper) for plane, gamma, paper in rows]
    return [*bare, _energy(material, PLANES[0], "Na3PO4", *CAPPED[material])]


def _identity(material: str, miller: tuple[int, ...], film: str | None) -> dict[str, Any]:
    name = f"{material}-{''.join(map(str, miller))}" + (f"-{film}" if film else "")
    return {
        "id": name,
        "material": material,
        "miller": miller,
        "film": film,
        "structure": f"structures/{material}.vasp",
    }


def _energy(material: str, miller: tuple[int, ...], film: str | None, gamma: float, paper: float) -> dict[str, Any]:
    return {
        **_identity(material, miller, film),
        "n_film_units": 4 if film else 0,
        "gamma": gamma,
        "gamma_published": paper,
        "converged": not (film and material == "NZS"),
        "engine": "sevennet",
        "model": "SevenNet-0",
        "formula": "[E_slab - 4 E_bulk" + (" - 4 E(Na3PO4)" if film else "") + "] / (2 A)",
        "area": 82.5,
    }


def _slabs(material: str) -> list[dict[str, Any]]:
    surfaces = [(plane, None, n) for plane, n in zip(PLANES, COORDINATION, strict=True)] + [(PLANES[0], "Na3PO4", 6)]
    return [
        {
            **_identity(material, plane, film), "n_atoms": 72, "n_formula_units": 4, "n_film_units": 4 if film else 0,
            "area": 82.5, "thickness": 12.84, "vacuum": 15.0, "symmetric": True, "dipole": -1e-9,
            "surface_coordination": {"Zr": n}, "broken_bonds_per_area": 0.0242,
        }
        for plane, film, n in surfaces
    ]  # fmt: skip


def _rejected() -> list[dict[str, Any]]:
    reasons = ["cuts 3 PO4 groups", "polar: 0.31 e/Å along the normal", "no operation maps one face on the other"]
    return [
        {"material": "NZP", "miller": plane, "position": 0.1 * n, "reason": reason}
        for plane in PLANES
        for n, reason in enumerate(reasons)
    ]


def _bulk(material: str, formula: str, structure: Structure) -> dict[str, Any]:
    return {
        "id": material, "material": material, "formula": formula, "space_group": "R-3c", "space_group_relaxed": "R-3c",
        "lattice": [*structure.lattice.abc, *structure.lattice.angles], "energy_per_formula_unit": -142.1234,
        "max_force": 0.0087, "converged": True, "structure": f"structures/{material}.vasp",
    }  # fmt: skip


def _candidates() -> list[dict[str, Any]]:
    return [
        {
            **_identity("NZS", PLANES[3], None), "id": f"NZS-0001-{n}", "gamma": 0.85 + 0.07 * n, "converged": n < 3,
            "selected": n == 0, "note": f"arrangement {n} of the shared Na",
        }
        for n in range(4)
    ]  # fmt: skip


def _films(material: str) -> list[dict[str, Any]]:
    stages = {"start": [6, 5, 6, 5], "annealed": [6, 6, 6, 5], "relaxed": [6, 6, 6, 6]}
    return [
        {**_identity(material, PLANES[0], "Na3PO4"), "stage": stage, "face": face, "coordination": {"Zr": counts},
         "tetrahedra_whole": True}
        for face in ("bottom", "top")
        for stage, counts in stages.items()
    ]  # fmt: skip


def _dynamics(material: str, seed: int) -> dict[str, Any]:
    return {
        **_identity(material, PLANES[0], "Na3PO4"), "seed": seed, "temperature": 500, "mean_temperature": 494.2,
        "timestep": 2.0, "duration": 500, "thermostat": "Langevin, 0.01 / fs", "trace": "traces/anneal.csv",
    }  # fmt: skip


def _write_trace(path: Path) -> None:
    noise, time = np.random.default_rng(7), np.arange(0.0, 500.0, 2.0)
    temperature = 500 * (1 - np.exp(-time / 40)) + 35 * noise.standard_normal(len(time))
    energy = -812 - 3 * (1 - np.exp(-time / 120)) + 0.5 * noise.standard_normal(len(time))
    table = np.column_stack([time, temperature, energy])
    np.savetxt(path, table, delimiter=",", header="time_fs,temperature_K,potential_energy_eV", comments="", fmt="%.4f")


def _wulff(bulks: dict[str, Structure]) -> dict[str, Any]:
    shapes = {}
    for material, bulk in bulks.items():
        bare = dict(zip(PLANES, COMPUTED[material], strict=True))
        capped = capped_energies(bare, {PLANES[0]: CAPPED[material][0]})
        shapes[material] = wulff_shape(bulk, bare.items()).as_dict()
        shapes[f"{material}+Na3PO4"] = wulff_shape(bulk, capped.items()).as_dict()
    return shapes


def _provenance() -> dict[str, Any]:
    settings = {"anneal_time": 500, "force_limit": 0.05, "seeds": 2}
    return {
        "program": "nzsp_surfaces", "version": "0.1.0", "python": "3.11.7", "platform": "Linux-6.1-x86_64",
        "packages": {"ase": "3.29.0", "pymatgen": "2026.10.24", "sevenn": "0.13.0", "torch": "2.9.1"},
        "engine": "sevennet", "model": "SevenNet-0", "engine_version": "0.13.0", "device": "cpu",
        "profile": {"name": "quick", "description": "0.5 ps of dynamics, forces below 0.05 eV/Å", "settings": settings},
        "seeds": [1, 2], "study_identity": "3f9c2a", "started": "2026-11-23 16:04", "finished": "2026-11-23 16:09",
        "wall_seconds": 281.3, "calculations": 46, "repeated_from_disk": 0,
    }  # fmt: skip
