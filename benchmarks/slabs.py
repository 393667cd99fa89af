"""Slabs of the paper's planes: ours beside pymatgen's SlabGenerator, in one process."""

from __future__ import annotations

import math
import time
import warnings
from pathlib import Path
from typing import Any

INPUTS = Path(__file__).parents[1] / "inputs/structures"
MATERIALS = {"NZP": ("NaZr2P3O12.cif", ("P", "O", 2.0)), "NZS": ("Na4Zr2Si3O12.cif", ("Si", "O", 2.1))}
PLANES = ((1, -1, 0, 2), (1, 0, -1, 4), (1, 1, -2, 0), (0, 0, 0, 1))
THICKNESS, VACUUM = 12.0, 15.0


def main() -> None:
    """Print time, atoms and what each returns."""
    warnings.simplefilter("ignore")
    ratios = []
    for name, (file, bond) in MATERIALS.items():
        for plane in PLANES:
            ours, theirs = _ours(INPUTS / file, plane), _pymatgen(INPUTS / file, plane, bond)
            ratios.append(theirs["seconds"] / ours["seconds"])
            print(f"{name} {plane}: ours {_line(ours)} | pymatgen {_line(theirs)} | ratio {ratios[-1]:.0f}")
    print(f"geometric mean of the ratios {math.exp(sum(map(math.log, ratios)) / len(ratios)):.0f}")


def _line(row: dict[str, Any]) -> str:
    kinds = f"{row['slabs']} slabs, {row['good']} symmetric and nonpolar"
    return f"{row['seconds']:.3f} s, {kinds}, fewest atoms {row['atoms']}"


def _ours(path: Path, plane: tuple[int, ...]) -> dict[str, Any]:
    from nzsp_surfaces.bonds import strong_polyanions
    from nzsp_surfaces.crystals import crystal, load_structure
    from nzsp_surfaces.slabs import SlabOptions, build, cut_slabs

    found = crystal(load_structure(path))
    polyanions = strong_polyanions(found)
    began = time.perf_counter()
    cuts, _ = cut_slabs(found, plane, polyanions, frozenset(["Na"]), SlabOptions(THICKNESS, VACUUM))
    structures = [build(cut, found, VACUUM) for cut in cuts]
    return _summary(structures, found.charges, time.perf_counter() - began)


def _pymatgen(path: Path, plane: tuple[int, ...], bond: tuple[str, str, float]) -> dict[str, Any]:
    from pymatgen.core.surface import SlabGenerator
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    from nzsp_surfaces.crystals import crystal, hkl, load_structure

    structure = load_structure(path)
    charges = crystal(structure).charges
    conventional = SpacegroupAnalyzer(structure).get_conventional_standard_structure()
    began = time.perf_counter()
    generator = SlabGenerator(conventional, hkl(plane), THICKNESS, VACUUM, center_slab=True)
    slabs = generator.get_slabs(bonds={bond[:2]: bond[2]}, max_broken_bonds=0)
    return _summary([s.get_orthogonal_c_slab() for s in slabs], charges, time.perf_counter() - began)


def _summary(structures: list[Any], charges: dict[str, int], seconds: float) -> dict[str, Any]:
    from nzsp_surfaces.slabs import certify

    checked = [certify(s, charges, (), set()) for s in structures]
    good = sum(c.symmetric and abs(c.dipole) < 1e-3 for c in checked)
    atoms = min((len(s) for s in structures), default=0)
    return {"seconds": seconds, "slabs": len(structures), "good": good, "atoms": atoms}
