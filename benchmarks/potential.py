"""SevenNet-0: our fused convolution beside the stock calculator, alternating in one process, one thread."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

STRUCTURE = Path(__file__).parents[1] / "inputs/structures/NaZr2P3O12.cif"
ROUNDS = 5


def main() -> None:
    """Print seconds for each energy and forces, and the agreement."""
    import torch
    from sevenn.calculator import SevenNetCalculator

    from nzsp_surfaces.crystals.crystal import ase_atoms, crystal
    from nzsp_surfaces.crystals.reading import load_structure
    from nzsp_surfaces.engines.ase.sevennet_cpu import fast_sevennet_calculator

    torch.set_num_threads(1)
    calculators = {"stock": SevenNetCalculator("7net-0", device="cpu"), "fused": fast_sevennet_calculator("7net-0")}
    for repeats in ((2, 1, 1), (3, 1, 1)):
        atoms = ase_atoms(crystal(load_structure(STRUCTURE)).structure) * repeats
        times, energies = _alternating(atoms, calculators)
        ratio = statistics.median(a / b for a, b in zip(times["stock"], times["fused"], strict=True))
        middle = {name: statistics.median(values) for name, values in times.items()}
        apart = abs(energies["stock"] - energies["fused"]) / len(atoms)
        print(
            f"{len(atoms)} atoms: stock {middle['stock']:.3f} s, fused {middle['fused']:.3f} s, ratio {ratio:.1f}; "
            f"energies {apart:.1e} eV/atom apart"
        )


def _alternating(atoms: Any, calculators: dict[str, Any]) -> tuple[dict[str, list[float]], dict[str, float]]:
    times: dict[str, list[float]] = {name: [] for name in calculators}
    energies = {}
    for turn in range(ROUNDS + 3):
        atoms.rattle(0.01, seed=turn)
        for name, calculator in calculators.items():
            atoms.calc = calculator
            began = time.perf_counter()
            atoms.get_forces()
            energies[name] = atoms.get_potential_energy()
            if turn >= 3:  # TorchScript compiles itself in the first calls
                times[name].append(time.perf_counter() - began)
    return times, energies
