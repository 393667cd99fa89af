"""Importing 1,000 folders, copies of a bulk and slabs of NaZr2(PO4)3 with thirty steps each: time and memory, twice."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from nzsp_surfaces.crystals.material import Material
from nzsp_surfaces.slabs.build import build
from nzsp_surfaces.slabs.cut import SlabOptions
from nzsp_surfaces.slabs.survey import survey_plane
from nzsp_surfaces.study.study import load_study

ROOT = Path(__file__).parents[1]
FOLDERS, STEPS = 1000, 30
PLANES = ((1, -1, 0, 2), (1, 0, -1, 4), (1, 1, -2, 0), (0, 0, 0, 1))
ENERGY = -7.8
"""eV an atom, as good as any."""
MEASURE = """
import json, resource, sys, time
from nzsp_surfaces.cli.main import main
began = time.perf_counter()
assert main(["import", sys.argv[1], "-o", sys.argv[2]]) == 0
kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
print(json.dumps([time.perf_counter() - began, max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024]))
"""


def main() -> None:
    """Print seconds and MB of the largest process, the first time and again."""
    with tempfile.TemporaryDirectory() as folder:
        sources, runs = Path(folder, "sources"), Path(folder, "runs")
        written = _written(sources, load_study(ROOT / "inputs/table1.yaml").materials[0])
        for count in (FOLDERS // 10, FOLDERS):
            shutil.rmtree(runs, ignore_errors=True)
            for number in range(count):
                shutil.copytree(written[number % len(written)], runs / f"{number // 100}" / f"run{number:04d}")
            for time in ("first", "again"):
                seconds, memory = _measured(runs, Path(folder, f"results{count}"))
                print(f"{count:5d} folders, {time}: {seconds:5.1f} s, {memory:4.0f} MB")


def _written(folder: Path, material: Material) -> list[Path]:
    """Folders of a bulk and of a slab of each plane."""
    # The tests' own writer: they read it back, so it is known to be right.
    sys.path.insert(0, str(ROOT / "tests"))
    files: Any = import_module("support.vasp_folders")
    crystal, how = material.crystal, files.Ran(steps=STEPS)
    slabs = [survey_plane(material, plane, SlabOptions()).surfaces[0].cut for plane in PLANES]
    structures = [crystal.structure, *(build(cut, crystal, 15.0) for cut in slabs)]
    return [
        files.write_run(folder / f"{number}", one, one, ENERGY * len(one) + (8.0 if number else 0.0), how)
        for number, one in enumerate(structures)
    ]


def _measured(runs: Path, results: Path) -> tuple[float, float]:
    """Seconds and MB, in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-c", MEASURE, runs, results], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    seconds, memory = json.loads(told[-1])
    return seconds, memory
