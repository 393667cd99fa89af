"""Table 1 of the paper as a workflow of FireWorks.

    python workflows/table1.py -l my_launchpad.yaml --profile paper -d /shared/nzsp

The options are those of `nzsp submit`. The study lists materials, planes and films; its plan is bulk relaxations, slabs
screened and relaxed, films annealed at 500 K and quenched, surface energies.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nzsp_surfaces.cli.main import main

STUDY = Path(__file__).parents[1] / "inputs/table1.yaml"

if __name__ == "__main__":
    sys.exit(main(["submit", str(STUDY), *sys.argv[1:]]))
