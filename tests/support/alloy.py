"""A study that takes seconds: an alloy with EMT, and `nzsp run` as a process on it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from nzsp_surfaces import load_study, make_plan
from nzsp_surfaces.runs.local import Watcher, run_plan
from nzsp_surfaces.runs.store import Store
from nzsp_surfaces.tasks.base import Outcome
from nzsp_surfaces.tasks.plan import Plan
from support.crystals import structure

STUDY = """\
name: alloy
materials:
  CuAu: {structure: CuAu.vasp, charges: {Cu: 1, Au: -1}, mobile: []}
planes: [[1, 1, 0], [1, 0, 1]]
slabs: {thickness: 8, vacuum: 10}
engine: emt
profiles:
  quick: {bulk_force: 0.001, slab_force: 0.002}
"""
"""EMT knows metals only; formal charges make copper-gold an 'ionic crystal' with two planes that cleave."""

GOLDEN = Path(__file__).parents[1] / "contracts" / "alloy_energies.json"
"""With more digits than all processors share: sums over atoms may be taken in another order."""


def write(folder: Path, text: str = STUDY) -> Path:
    """The study beside its structure."""
    folder.mkdir(exist_ok=True)
    structure("CuAu").to(filename=str(folder / "CuAu.vasp"), fmt="poscar")
    (folder / "study.yaml").write_text(text)
    return folder / "study.yaml"


def carried_out(file: Path) -> tuple[Plan, Outcome]:
    """A study, planned and run in this process, its results beside it."""
    study = load_study(file)
    plan = make_plan(study)
    return plan, run_plan(study, plan, Store(file.parent / "results"), 1, Watcher(*[lambda *_: None] * 4))


def nzsp_run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """`nzsp run`, to its end."""
    call = [sys.executable, "-m", "nzsp_surfaces", "run", *map(str, arguments), "--workers", "1"]
    return subprocess.run(call, capture_output=True, text=True, timeout=300)


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit status 2 and one line with the words, no traceback."""
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    for word in words:
        assert word in done.stderr


def document(folder: Path, name: str) -> Any:
    """A document of the results."""
    return json.loads((folder / f"{name}.json").read_text())


def recorded(results: Path) -> int:
    """Bytes of the records of running tasks."""
    return sum(path.stat().st_size for path in results.glob("calculations/*/evaluations.bin") if path.exists())


def golden_energies(engine: str) -> dict[str, float]:
    """Surface energies of the study, J/m², as they have been since it was first computed.

    Args:
        engine: emt, or vpmdk, which computes with EMT and writes VASP's files.
    """
    kept: dict[str, dict[str, float]] = json.loads(GOLDEN.read_text())
    return kept[engine]
