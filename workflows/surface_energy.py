"""Surface energies of the planes of one crystal as a workflow of FireWorks.

    python workflows/surface_energy.py calcite.cif 1,0,-1,4 0,0,0,1 -l my_launchpad.yaml

bulk relaxation -> slabs of each plane -> short relaxations that rank the ways of sharing ions -> relaxations -> surface
energies. Writes the study beside the crystal, so that `nzsp status`, `collect` and `wulff` can be asked for it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nzsp_surfaces.cli.main import main

STUDY = """\
name: surfaces of {name}
materials:
  {name}: {{structure: {file}}}
planes: [{planes}]
"""


def written(crystal: Path, planes: list[str]) -> Path:
    """The study of a crystal, in a file beside it."""
    rows = ", ".join(f"[{plane}]" for plane in planes)
    path = crystal.with_suffix(".yaml")
    path.write_text(STUDY.format(name=crystal.stem, file=crystal.name, planes=rows))
    return path


if __name__ == "__main__":
    planes = [argument for argument in sys.argv[2:] if "," in argument]
    others = [argument for argument in sys.argv[2:] if "," not in argument]
    sys.exit(main(["submit", str(written(Path(sys.argv[1]), planes)), *others]))
