"""Table 1 by several potentials, as docs/dft.md shows them: each relaxes SevenNet-0's slabs further.

    nzsp run inputs/table1.yaml -o runs/table1
    nzsp refine runs/table1 --engine chgnet -o runs/re_chgnet        and so on, see RUNS
    python -m benchmarks.potentials

What is kept lies in inputs/reference/potentials.json, the paper's values first.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nzsp_surfaces import load_results
from nzsp_surfaces.base.files import write_atomically
from nzsp_surfaces.base.labels import plane_name

ROOT = Path(__file__).parents[1]
RUNS = {
    "SevenNet-0": "table1",
    "SevenNet MF-0, PBE": "re_sevennetmf0modalPBE",
    "SevenNet MF-0, r2SCAN": "re_sevennetmf0modalR2SCAN",
    "CHGNet 0.3.0": "re_chgnet",
}
"""Directories below runs/."""


def rows() -> list[dict[str, Any]]:
    """Paper first, then each run, in the order of the study."""
    found = {name: load_results(ROOT / "runs" / run).surface_energies for name, run in RUNS.items()}
    first = next(iter(found.values()))
    paper = [_row("paper", row, row.gamma_published) for row in first]
    ours = [_row(name, row, row.gamma) for name, own in found.items() for row in own]
    return [row for row in [*paper, *ours] if row["gamma"] is not None]


def _row(source: str, row: Any, gamma: float | None) -> dict[str, Any]:
    plane = {"material": row.material, "plane": plane_name(row.miller), "film": row.film}
    return {"source": source, **plane, "gamma": gamma and round(gamma, 4)}


if __name__ == "__main__":
    write_atomically(ROOT / "inputs" / "reference" / "potentials.json", json.dumps(rows(), indent=1) + "\n")
