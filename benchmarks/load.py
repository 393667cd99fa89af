"""How long `nzsp status`, `query` and `doctor` take on 50,000 results, and how much a core computes for them meanwhile.

The documents are those that real studies leave: jobs are made by the functions that submit a study, and each result is
that of a slab of NaZr2P3O12 with its forces, in the form in which workers keep it.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.crystals import ROOT
from benchmarks.launchpad import (
    PER_MATERIAL,
    carry_on,
    keep_entries,
    launchpad_of,
    made_up_plan,
    made_up_study,
    tests_server,
    timed,
)
from nzsp_surfaces.base.calculation import Calculation, EngineIdentity
from nzsp_surfaces.cli.main import main as nzsp
from nzsp_surfaces.crystals.reading import load_structure
from nzsp_surfaces.runs.fireworks.database import RESULTS, Database, database
from nzsp_surfaces.runs.fireworks.documents import result_document
from nzsp_surfaces.runs.fireworks.tasks import workflows
from nzsp_surfaces.study.bundle import pack
from nzsp_surfaces.tasks.base import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nzsp_surfaces.study.study import Study
    from nzsp_surfaces.tasks.plan import Plan

SIZE = int(os.environ.get("NZSP_LOAD", "50000"))
BATCH = 1000


def main() -> None:
    """Fill a database and print what each question to it takes, twice: the first also loads the libraries."""
    server = tests_server("6g")
    if server is None:
        return
    with tempfile.TemporaryDirectory() as name, server.running(Path(name)) as (process, address):
        folder = Path(name)
        launchpad, study = launchpad_of(folder, address, SIZE), made_up_study(folder)
        with database(launchpad) as known:
            print(f"filled in {timed(lambda: _fill(known, study, folder)):.0f} s", flush=True)
        for call in (["status"], ["status", str(study.path)], ["query"], QUERY, ["doctor"]):
            words = " ".join(Path(word).name for word in call)
            for _ in range(2):
                print(f"nzsp {words}: {_costs([*call, '-l', str(launchpad)], process.pid)}", flush=True)


QUERY = ["query", "--material", "M7", "--miller", "3,1,0"]


def _fill(known: Database, study: Study, folder: Path) -> None:
    plan = made_up_plan(SIZE, PER_MATERIAL)
    known.prepare()
    known.keep_study(pack(study))
    known.add(workflows(study, plan, folder, set()))
    carry_on(known)
    keep_entries(known, study, plan)
    for batch in _batches(plan, folder):
        known.launchpad.db[RESULTS].insert_many(batch)
    for task in plan.tasks:
        (folder / "calculations" / task.key).mkdir(parents=True)


def _batches(plan: Plan, folder: Path) -> Iterator[list[dict[str, object]]]:
    """Documents of results, some at a time."""
    of_slab = _result()
    for begin in range(0, len(plan.tasks), BATCH):
        yield [
            {"_id": task.key} | result_document(task.kind, replace(of_slab, task=task.id, key=task.key), folder, "node")
            for task in plan.tasks[begin : begin + BATCH]
        ]


def _result() -> Result:
    """Of a slab as large as those of Table 1."""
    slab = load_structure(ROOT / "inputs/structures/NaZr2P3O12.cif")
    chance = np.random.default_rng(0)
    moved = slab.copy().perturb(0.01, seed=0)
    forces = chance.normal(0, 0.01, (len(slab), 3))
    identity = EngineIdentity("sevennet-0", "7net-0", "0.12")
    return Result("x", "x", Calculation(moved, -800.0, forces, True, 0.03, 40, identity, {"float": 32}), slab)


def _costs(call: list[str], server: int) -> str:
    """The time that a command takes, and what it and the server compute, which other processes do not change."""
    before = time.process_time(), computed(server)
    seconds = timed(lambda: _ask(call))
    own, others = time.process_time() - before[0], computed(server) - before[1]
    return f"{seconds:.2f} s; {own:.2f} s of a core, the server {others:.2f}"


def computed(process: int) -> float:
    """Seconds of a core that a process has had so far, on Linux."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ask(call: list[str]) -> None:
    """A command, its output thrown away; a doctor who finds something says so by 1."""
    with contextlib.redirect_stdout(io.StringIO()):
        assert nzsp(call) in (0, 1)


if __name__ == "__main__":
    main()
