"""A capping film on one plane, annealed at 500 K, as a workflow of FireWorks.

    python workflows/film_anneal.py NaZr2P3O12.cif Na3PO4.cif 1,-1,0,2 -l my_launchpad.yaml --profile paper

bare slab relaxed -> film placed -> dynamics in segments that a killed job goes on from -> quench -> both faces made
like the better one, relaxed -> surface energy with the film's compound as reference. The study is written beside the
crystal.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nzsp_surfaces.cli.main import main

STUDY = """\
name: {film} on {name}
materials:
  {name}: {{structure: {file}}}
planes: [[{plane}]]
films:
  {film}: {{structure: {film_file}, planes: [[{plane}]], temperature: 500, time: 4000}}
"""


def written(crystal: Path, film: Path, plane: str) -> Path:
    """The study of a film on a plane, in a file beside the crystal."""
    path = crystal.with_name(f"{crystal.stem}_{film.stem}.yaml")
    names = {"name": crystal.stem, "film": film.stem, "file": crystal.name, "film_file": film.resolve(), "plane": plane}
    path.write_text(STUDY.format(**names))
    return path


if __name__ == "__main__":
    crystal, film = map(Path, sys.argv[1:3])
    sys.exit(main(["submit", str(written(crystal, film, sys.argv[3])), *sys.argv[4:]]))
